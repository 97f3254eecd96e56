// Imports by admins.
#ifndef SHIMING_SERVICES_PROFILE_ORDER_CORE_INVENTORY_H_
#define SHIMING_SERVICES_PROFILE_ORDER_CORE_INVENTORY_H_

#include <set>
#include <string>

#include "absl/status/statusor.h"
#include "common/crypto/random.h"
#include "common/crypto/secret.h"
#include "services/profile_order/core/order_events.h"
#include "services/profile_order/core/ports.h"
#include "services/profile_order/core/stock.h"
#include "shiming/order/v1/order_service.pb.h"

namespace shiming::profile_order {

// Thread-safe. All that it is given must outlive it. Errors as csv_import.h
// and StockStore::AddImport say.
class Inventory {
 public:
  struct Deps {
    StockStore& stock;
    Record& record;
    crypto::Random& random;
    const crypto::Secret& content_key;
    const OrderEvents& events;
    std::set<std::string> smdps;  // configured ids
  };
  explicit Inventory(Deps deps) : deps_(std::move(deps)) {}

  // SMDP_UNKNOWN for an SM-DP+ that is not configured.
  Awaitable<absl::StatusOr<ImportCounts>> ImportIccids(
      std::string admin, order::v1::ImportIccidsRequest request);
  Awaitable<absl::StatusOr<ImportCounts>> ImportNumbers(
      std::string admin, order::v1::ImportNumbersRequest request);
  Awaitable<absl::StatusOr<ImportCounts>> ImportDeviceModels(
      std::string admin, order::v1::ImportDeviceModelsRequest request);
  Awaitable<absl::StatusOr<order::v1::GetStockResponse>> GetStock();

 private:
  // Key, id and event of an import of `csv`.
  Import Begin(const std::string& admin, std::string_view method,
               const std::string& request_id, std::string_view kind,
               const std::string& csv,
               const google::protobuf::Message& content) const;
  Awaitable<absl::StatusOr<ImportCounts>> Store(Import import);

  const Deps deps_;
};

}  // namespace shiming::profile_order

#endif  // SHIMING_SERVICES_PROFILE_ORDER_CORE_INVENTORY_H_
