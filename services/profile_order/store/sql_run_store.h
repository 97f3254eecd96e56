// RunStore on storage/sql.
#ifndef SHIMING_SERVICES_PROFILE_ORDER_STORE_SQL_RUN_STORE_H_
#define SHIMING_SERVICES_PROFILE_ORDER_STORE_SQL_RUN_STORE_H_

#include <string>
#include <vector>

#include "services/profile_order/core/run_store.h"
#include "storage/sql/database.h"

namespace shiming::profile_order {

// Thread-safe. The database must outlive it.
class SqlRunStore final : public RunStore {
 public:
  explicit SqlRunStore(sql::Database& database) : database_(database) {}

  Awaitable<absl::Status> Begin(std::string instance, std::string run_id,
                                int64_t until_us) override;
  Awaitable<absl::Status> Hold(std::string instance, std::string run_id,
                               int64_t until_us) override;
  Awaitable<absl::Status> End(std::string run_id) override;
  Awaitable<absl::StatusOr<bool>> IsLive(std::string run_id,
                                         int64_t now_us) override;
  Awaitable<absl::StatusOr<std::vector<std::string>>> ListOver(
      int64_t now_us) override;
  Awaitable<absl::Status> Forget(std::vector<std::string> run_ids,
                                 int64_t now_us) override;

 private:
  sql::Database& database_;
};

}  // namespace shiming::profile_order

#endif  // SHIMING_SERVICES_PROFILE_ORDER_STORE_SQL_RUN_STORE_H_
