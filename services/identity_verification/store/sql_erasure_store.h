// Erasures in the main database.
#ifndef SHIMING_SERVICES_IDENTITY_VERIFICATION_STORE_SQL_ERASURE_STORE_H_
#define SHIMING_SERVICES_IDENTITY_VERIFICATION_STORE_SQL_ERASURE_STORE_H_

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "services/identity_verification/core/erasure_store.h"
#include "storage/outbox/outbox.h"
#include "storage/requests/idempotency_keys.h"
#include "storage/sql/database.h"

namespace shiming::identity_verification {

// On a database that MigrateMain has prepared. Thread-safe.
class SqlErasureStore final : public ErasureStore {
 public:
  struct Deps {
    // Not owned; all outlive the store.
    sql::Database& database;
    const outbox::Outbox& outbox;
    const requests::IdempotencyKeys& requests;
    // Called after each commit with an event, to wake the relay.
    std::function<void()> committed;
  };

  explicit SqlErasureStore(Deps deps) : deps_(std::move(deps)) {}

  Result<ErasureRecord> Propose(const RequestKey& request,
                                const ErasureProposal& proposal,
                                absl::Time open_since) override;
  Result<ErasureRecord> Approve(const RequestKey& request,
                                const std::string& digest,
                                const std::string& officer, absl::Time now,
                                absl::Time open_since) override;
  Result<std::optional<ErasureRecord>> Find(
      const std::string& person_id) override;
  Result<std::vector<ErasureRecord>> List(const std::string& after_person,
                                          int limit) override;
  Result<std::vector<ErasureRecord>> ListTasks(int64_t after,
                                               int limit) override;
  Result<std::optional<ErasureRecord>> FindTask(int64_t number) override;
  Result<int64_t> CountUnderWay() override;
  Result<ErasureRecord> Refuse(const std::string& person_id,
                               int64_t task_number, const std::string& reason,
                               std::optional<absl::Time> retain_until) override;
  Result<ErasureRecord> BeginDestroying(
      const std::string& person_id, int64_t task_number,
      const std::vector<ledger::v1::EventId>& last_events) override;
  Result<ErasureRecord> Finish(const std::string& person_id,
                               const ErasureEnd& end) override;

 private:
  const Deps deps_;
};

}  // namespace shiming::identity_verification

#endif  // SHIMING_SERVICES_IDENTITY_VERIFICATION_STORE_SQL_ERASURE_STORE_H_
