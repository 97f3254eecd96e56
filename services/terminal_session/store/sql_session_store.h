// Shifts, sessions, nonces and permits on the SQL port.
#ifndef SHIMING_SERVICES_TERMINAL_SESSION_STORE_SQL_SESSION_STORE_H_
#define SHIMING_SERVICES_TERMINAL_SESSION_STORE_SQL_SESSION_STORE_H_

#include <optional>
#include <string>

#include "services/terminal_session/core/session_store.h"
#include "services/terminal_session/store/endings.h"
#include "storage/outbox/outbox.h"
#include "storage/requests/idempotency_keys.h"
#include "storage/sql/database.h"

namespace shiming::terminal_session {

class SqlSessionStore final : public SessionStore {
 public:
  // All references must outlive the store.
  struct Deps {
    sql::Database& database;
    const outbox::Outbox& outbox;
    const requests::IdempotencyKeys& requests;
  };

  explicit SqlSessionStore(Deps deps) : deps_(deps), endings_(deps.outbox) {}

  Result<std::optional<ShiftRecord>> FindShift(
      const std::string& shift_id) override;
  Result<StandingFacts> LoadTerminal(const DeviceId& terminal,
                                     const std::string& shift_id,
                                     const std::string& session_id) override;
  Result<StandingFacts> LoadDisplay(const DeviceId& display,
                                    const std::string& session_id) override;
  Result<SessionWithNonce> Open(const OpenSession& command) override;
  Result<SessionWithNonce> Issue(const IssueNonce& command) override;
  boost::asio::awaitable<absl::Status> Consume(
      const std::string& session_id, const std::string& nonce,
      const std::string& evidence_sha256, absl::Time now) override;
  Result<SessionRecord> Close(const ShiftCall& call,
                              const std::string& session_id) override;
  boost::asio::awaitable<absl::Status> SignOut(const ShiftCall& call) override;
  Result<bool> EndShift(const ShiftRecord& shift, SessionEnd end,
                        const std::string& trace_id, absl::Time now) override;
  Result<PermitRecord> Permit(const TakePermit& command) override;

 private:
  // The transactions of the methods of the same name.
  absl::StatusOr<SessionWithNonce> OpenIn(sql::Transaction& tx,
                                          const OpenSession& command) const;
  absl::StatusOr<SessionWithNonce> IssueIn(sql::Transaction& tx,
                                           const IssueNonce& command) const;
  absl::Status ConsumeIn(sql::Transaction& tx, const std::string& session_id,
                         const std::string& nonce,
                         const std::string& evidence_sha256,
                         absl::Time now) const;
  absl::StatusOr<SessionRecord> CloseIn(sql::Transaction& tx,
                                        const ShiftCall& call,
                                        const std::string& session_id) const;
  absl::Status SignOutIn(sql::Transaction& tx, const ShiftCall& call) const;
  absl::StatusOr<PermitRecord> PermitIn(sql::Transaction& tx,
                                        const TakePermit& command) const;

  // The shift of the call, open.
  absl::StatusOr<ShiftRecord> OpenShiftOf(sql::Transaction& tx,
                                          const ShiftCall& call) const;
  // The session, of this terminal.
  absl::StatusOr<SessionRecord> SessionOf(sql::Transaction& tx,
                                          const DeviceId& terminal,
                                          const std::string& session_id) const;
  // Ends a session at the terminal whose time has run out but whose row says
  // open; TERMINAL_BUSY when one is really open.
  absl::Status MakeRoom(sql::Transaction& tx, const OpenSession& command) const;
  absl::Status InsertSession(sql::Transaction& tx,
                             const SessionRecord& session) const;
  // Puts a fresh nonce in place of an unused one.
  absl::StatusOr<NonceRecord> GiveNonce(sql::Transaction& tx,
                                        const SessionRecord& session,
                                        const std::string& nonce,
                                        absl::Time now,
                                        absl::Duration nonce_time) const;
  // What a repeat gets: the session, and while it is open the valid nonce or
  // the fresh one.
  absl::StatusOr<SessionWithNonce> Repeat(sql::Transaction& tx,
                                          const ShiftCall& call,
                                          const std::string& session_id,
                                          const std::string& fresh_nonce,
                                          absl::Duration nonce_time) const;

  const Deps deps_;
  const Endings endings_;
};

}  // namespace shiming::terminal_session

#endif  // SHIMING_SERVICES_TERMINAL_SESSION_STORE_SQL_SESSION_STORE_H_
