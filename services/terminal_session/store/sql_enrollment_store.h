// Enrollment on the SQL port.
#ifndef SHIMING_SERVICES_TERMINAL_SESSION_STORE_SQL_ENROLLMENT_STORE_H_
#define SHIMING_SERVICES_TERMINAL_SESSION_STORE_SQL_ENROLLMENT_STORE_H_

#include <optional>
#include <string>
#include <vector>

#include "services/terminal_session/core/clerk_guard.h"
#include "services/terminal_session/core/enrollment_store.h"
#include "services/terminal_session/store/endings.h"
#include "storage/outbox/outbox.h"
#include "storage/requests/idempotency_keys.h"
#include "storage/sql/database.h"

namespace shiming::terminal_session {

class SqlEnrollmentStore final : public EnrollmentStore {
 public:
  // All references must outlive the store.
  struct Deps {
    sql::Database& database;
    const outbox::Outbox& outbox;
    const requests::IdempotencyKeys& requests;
    const ClerkGuards& guards;
  };

  explicit SqlEnrollmentStore(Deps deps) : deps_(deps), endings_(deps.outbox) {}

  Result<SubjectRecord> Propose(const Mutation& mutation,
                                const std::string& admin,
                                const CheckedProposal& proposal) override;
  Result<SubjectRecord> Approve(const Mutation& mutation,
                                const std::string& admin,
                                const std::string& digest) override;
  Result<SubjectRecord> Revoke(const Mutation& mutation,
                               const std::string& admin, SubjectKind kind,
                               const std::string& subject_id,
                               const std::string& why) override;
  Result<std::vector<SubjectRecord>> List(SubjectKind kind,
                                          const ListPosition& after,
                                          int limit) override;
  Result<std::vector<std::optional<absl::Time>>> LockedUntil(
      const std::vector<std::string>& clerk_ids) override;
  Result<std::vector<terminal::v1::Shop>> ListShops() override;

 private:
  // The transactions of the methods of the same name.
  absl::StatusOr<SubjectRecord> ProposeIn(
      sql::Transaction& tx, const Mutation& mutation, const std::string& admin,
      const CheckedProposal& proposal) const;
  absl::StatusOr<SubjectRecord> ApproveIn(sql::Transaction& tx,
                                          const Mutation& mutation,
                                          const std::string& admin,
                                          const std::string& digest) const;
  absl::StatusOr<SubjectRecord> RevokeIn(sql::Transaction& tx,
                                         const Mutation& mutation,
                                         const std::string& admin,
                                         SubjectKind kind,
                                         const std::string& subject_id,
                                         const std::string& why) const;

  // What must be in force before `record` may be: names its APPROVED event.
  absl::StatusOr<std::vector<EventId>> Foundations(
      sql::Transaction& tx, const SubjectRecord& record) const;
  // Puts the content into the typed rows and ends what rested on the old one.
  absl::Status Apply(sql::Transaction& tx, const SubjectRecord& record,
                     const EndCause& cause) const;
  absl::Status ApplyShop(sql::Transaction& tx, const terminal::v1::Shop& shop,
                         const EndCause& cause) const;
  absl::Status ApplyTerminal(sql::Transaction& tx,
                             const terminal::v1::Terminal& terminal,
                             const EndCause& cause) const;
  absl::Status ApplyDisplay(sql::Transaction& tx,
                            const terminal::v1::Display& display,
                            const EndCause& cause) const;
  absl::Status ApplyClerk(sql::Transaction& tx,
                          const terminal::v1::Clerk& clerk,
                          const EndCause& cause) const;
  absl::Status Pin(sql::Transaction& tx, const SubjectRecord& record) const;
  absl::Status Unpin(sql::Transaction& tx, SubjectKind kind,
                     const std::string& subject_id) const;
  // Takes a subject that is in force out of it.
  absl::Status Withdraw(sql::Transaction& tx, const SubjectRecord& record,
                        const EndCause& cause) const;
  // Ends the display's session and tells those who watch.
  absl::Status EndDisplay(sql::Transaction& tx, const DeviceId& display,
                          const EndCause& cause) const;

  const Deps deps_;
  const Endings endings_;
};

}  // namespace shiming::terminal_session

#endif  // SHIMING_SERVICES_TERMINAL_SESSION_STORE_SQL_ENROLLMENT_STORE_H_
