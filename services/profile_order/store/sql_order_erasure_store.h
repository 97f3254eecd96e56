// OrderErasureStore on storage/sql.
#ifndef SHIMING_SERVICES_PROFILE_ORDER_STORE_SQL_ORDER_ERASURE_STORE_H_
#define SHIMING_SERVICES_PROFILE_ORDER_STORE_SQL_ORDER_ERASURE_STORE_H_

#include <optional>
#include <string>
#include <vector>

#include "services/profile_order/core/order_eraser.h"
#include "storage/outbox/outbox.h"
#include "storage/sql/database.h"

namespace shiming::profile_order {

// Thread-safe. All that it is given must outlive it.
class SqlOrderErasureStore final : public OrderErasureStore {
 public:
  SqlOrderErasureStore(sql::Database& database, const outbox::Outbox& outbox)
      : database_(database), outbox_(outbox) {}

  Awaitable<absl::StatusOr<int64_t>> Cursor() override;
  Awaitable<absl::Status> SetCursor(int64_t number) override;
  Awaitable<absl::StatusOr<std::optional<ErasureRefusal>>> ClosePerson(
      std::string person_id, int64_t kept_since_us, int64_t now_us,
      int64_t lease_epoch) override;
  Awaitable<absl::StatusOr<int64_t>> EraseOrders(std::string person_id,
                                                 int64_t limit) override;
  Awaitable<absl::StatusOr<std::vector<ledger::v1::EventId>>> LastEvents(
      std::string person_id, int64_t limit) override;
  Awaitable<absl::Status> Scrub() override;

 private:
  sql::Database& database_;
  const outbox::Outbox& outbox_;
};

}  // namespace shiming::profile_order

#endif  // SHIMING_SERVICES_PROFILE_ORDER_STORE_SQL_ORDER_ERASURE_STORE_H_
