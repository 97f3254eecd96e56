// StockStore on storage/sql.
#ifndef SHIMING_SERVICES_PROFILE_ORDER_STORE_SQL_STOCK_STORE_H_
#define SHIMING_SERVICES_PROFILE_ORDER_STORE_SQL_STOCK_STORE_H_

#include <optional>
#include <string>
#include <vector>

#include "services/profile_order/core/stock.h"
#include "storage/outbox/outbox.h"
#include "storage/requests/idempotency_keys.h"
#include "storage/sql/database.h"

namespace shiming::profile_order {

// Thread-safe. All that it is given must outlive it.
class SqlStockStore final : public StockStore {
 public:
  SqlStockStore(sql::Database& database, const outbox::Outbox& outbox,
                const requests::IdempotencyKeys& requests)
      : database_(database), outbox_(outbox), requests_(requests) {}

  Awaitable<absl::StatusOr<std::optional<DeviceModel>>> FindDevice(
      std::string tac) override;
  Awaitable<absl::StatusOr<int64_t>> LiveOnEid(std::string eid,
                                               std::string pseudonym) override;
  Awaitable<absl::StatusOr<std::vector<FreeNumber>>> ListFree(
      std::string region, int64_t pick, int64_t limit) override;
  Awaitable<absl::StatusOr<HeldNumber>> ReserveNumber(Reserve reserve) override;
  Awaitable<absl::Status> ReleaseNumber(RequestKey request,
                                        std::string session_id,
                                        std::string reservation_id) override;
  Awaitable<absl::StatusOr<int64_t>> FreeExpired(int64_t now_us,
                                                 int64_t limit) override;
  Awaitable<absl::StatusOr<ImportCounts>> AddImport(Import import) override;
  Awaitable<absl::StatusOr<StockCounts>> Count() override;
  Awaitable<absl::StatusOr<int64_t>> CountUsageDifferences() override;

 private:
  absl::StatusOr<HeldNumber> ReserveInside(sql::Transaction& tx,
                                           const Reserve& reserve) const;
  absl::StatusOr<ImportCounts> ImportInside(sql::Transaction& tx,
                                            const Import& import) const;

  sql::Database& database_;
  const outbox::Outbox& outbox_;
  const requests::IdempotencyKeys& requests_;
};

}  // namespace shiming::profile_order

#endif  // SHIMING_SERVICES_PROFILE_ORDER_STORE_SQL_STOCK_STORE_H_
