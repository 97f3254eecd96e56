// Verifications and persons in the main database.
#ifndef SHIMING_SERVICES_IDENTITY_VERIFICATION_STORE_SQL_VERIFICATION_STORE_H_
#define SHIMING_SERVICES_IDENTITY_VERIFICATION_STORE_SQL_VERIFICATION_STORE_H_

#include <functional>
#include <optional>
#include <string>

#include "services/identity_verification/core/verification_store.h"
#include "storage/outbox/outbox.h"
#include "storage/requests/idempotency_keys.h"
#include "storage/sql/database.h"

namespace shiming::identity_verification {

// On a database that MigrateMain has prepared. Thread-safe.
class SqlVerificationStore final : public VerificationStore {
 public:
  struct Deps {
    // Not owned; all outlive the store.
    sql::Database& database;
    const outbox::Outbox& outbox;
    const requests::IdempotencyKeys& requests;
    // Called after each commit with an event, to wake the relay.
    std::function<void()> committed;
  };

  explicit SqlVerificationStore(Deps deps) : deps_(std::move(deps)) {}

  Result<std::optional<VerificationRecord>> FindByRequest(
      const RequestKey& request) override;
  Result<std::optional<VerificationRecord>> Find(
      const std::string& verification_id) override;
  Result<std::optional<KnownPerson>> FindPerson(
      const std::string& alias) override;
  Result<VerificationRecord> Decide(const DecisionDraft& draft) override;

  // Forgets requests that are older than 24 hours; for a periodic task.
  boost::asio::awaitable<absl::Status> DeleteExpiredRequests();

 private:
  absl::StatusOr<VerificationRecord> DecideIn(sql::Transaction& tx,
                                              const DecisionDraft& draft);

  const Deps deps_;
};

}  // namespace shiming::identity_verification

#endif  // SHIMING_SERVICES_IDENTITY_VERIFICATION_STORE_SQL_VERIFICATION_STORE_H_
