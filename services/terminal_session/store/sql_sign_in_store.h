// Signing in on the SQL port.
#ifndef SHIMING_SERVICES_TERMINAL_SESSION_STORE_SQL_SIGN_IN_STORE_H_
#define SHIMING_SERVICES_TERMINAL_SESSION_STORE_SQL_SIGN_IN_STORE_H_

#include <string>

#include "services/terminal_session/core/sign_in_store.h"
#include "services/terminal_session/store/endings.h"
#include "storage/outbox/outbox.h"
#include "storage/requests/idempotency_keys.h"
#include "storage/sql/database.h"

namespace shiming::terminal_session {

class SqlSignInStore final : public SignInStore {
 public:
  // All references must outlive the store.
  struct Deps {
    sql::Database& database;
    const outbox::Outbox& outbox;
    const requests::IdempotencyKeys& requests;
  };

  explicit SqlSignInStore(Deps deps) : deps_(deps), endings_(deps.outbox) {}

  Result<SignInFacts> Load(const Mutation& mutation, const DeviceId& terminal,
                           const std::string& clerk_id,
                           const std::string& guard) override;
  Result<ShiftRecord> Open(const OpenShift& command) override;
  Result<bool> RecordFailure(const FailedSignIn& failure) override;

 private:
  absl::StatusOr<ShiftRecord> OpenIn(sql::Transaction& tx,
                                     const OpenShift& command) const;
  // Looks at shop, terminal and lock again and holds their rows.
  absl::StatusOr<TerminalRecord> HoldPlace(sql::Transaction& tx,
                                           const OpenShift& command) const;
  // Uses the TOTP step; the clerk as it was read.
  absl::StatusOr<ClerkRecord> UseTotpStep(sql::Transaction& tx,
                                          const OpenShift& command) const;
  absl::Status InsertShift(sql::Transaction& tx,
                           const ShiftRecord& shift) const;
  absl::StatusOr<bool> RecordFailureIn(sql::Transaction& tx,
                                       const FailedSignIn& failure) const;

  const Deps deps_;
  const Endings endings_;
};

}  // namespace shiming::terminal_session

#endif  // SHIMING_SERVICES_TERMINAL_SESSION_STORE_SQL_SIGN_IN_STORE_H_
