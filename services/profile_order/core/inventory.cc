#include "services/profile_order/core/inventory.h"

#include <cstring>
#include <utility>

#include "common/crypto/digest.h"
#include "common/ids/ids.h"
#include "common/status/reason.h"
#include "common/status/status_macros.h"
#include "services/profile_order/core/csv_import.h"
#include "services/profile_order/core/request_key.h"

namespace shiming::profile_order {

Import Inventory::Begin(const std::string& admin, std::string_view method,
                        const std::string& request_id, std::string_view kind,
                        const std::string& csv,
                        const google::protobuf::Message& content) const {
  Import import;
  import.request =
      MakeRequestKey(deps_.content_key, admin, method, request_id, content);
  import.import_id = NewId(deps_.random);
  import.admin = admin;
  ledger::v1::Event& event = import.event;
  event.mutable_id()->set_aggregate("import/" + import.import_id);
  event.set_kind(ledger::v1::EVENT_KIND_INVENTORY_IMPORTED);
  event.set_admin(admin);
  event.mutable_inventory()->set_kind(std::string(kind));
  event.mutable_inventory()->set_file_sha256(crypto::Sha256(csv));
  return import;
}

Awaitable<absl::StatusOr<ImportCounts>> Inventory::Store(Import import) {
  for (IccidRow& row : import.iccids) {
    row.pseudonym = deps_.events.PseudonymOf("iccid", row.iccid);
  }
  for (NumberRow& row : import.numbers) {
    row.pseudonym = deps_.events.PseudonymOf("msisdn", row.msisdn);
  }
  const size_t rows = import.iccids.size() + import.numbers.size();
  const std::string random = deps_.random.Bytes(rows * sizeof(uint64_t));
  for (size_t i = 0; i < rows; ++i) {
    uint64_t value = 0;
    std::memcpy(&value, random.data() + i * sizeof(value), sizeof(value));
    import.picks.push_back(static_cast<int64_t>(value >> 1));
  }
  CO_ASSIGN_OR_RETURN(const ImportCounts counts,
                      co_await deps_.stock.AddImport(std::move(import)));
  deps_.record.Poke();
  co_return counts;
}

Awaitable<absl::StatusOr<ImportCounts>> Inventory::ImportIccids(
    std::string admin, order::v1::ImportIccidsRequest request) {
  CO_RETURN_IF_ERROR(CheckRequestId(request.request_id()));
  if (!deps_.smdps.contains(request.smdp())) {
    co_return MakeError(Reason::SMDP_UNKNOWN, "no such SM-DP+ is configured",
                        {.field = "smdp"});
  }
  CO_ASSIGN_OR_RETURN(std::vector<IccidRow> rows, ParseIccids(request.csv()));
  const std::string request_id = request.request_id();
  request.clear_request_id();
  Import import = Begin(admin, "ImportIccids", request_id, "iccids",
                        request.csv(), request);
  import.smdp = request.smdp();
  import.iccids = std::move(rows);
  co_return co_await Store(std::move(import));
}

Awaitable<absl::StatusOr<ImportCounts>> Inventory::ImportNumbers(
    std::string admin, order::v1::ImportNumbersRequest request) {
  CO_RETURN_IF_ERROR(CheckRequestId(request.request_id()));
  CO_ASSIGN_OR_RETURN(std::vector<NumberRow> rows, ParseNumbers(request.csv()));
  const std::string request_id = request.request_id();
  request.clear_request_id();
  Import import = Begin(admin, "ImportNumbers", request_id, "numbers",
                        request.csv(), request);
  import.numbers = std::move(rows);
  co_return co_await Store(std::move(import));
}

Awaitable<absl::StatusOr<ImportCounts>> Inventory::ImportDeviceModels(
    std::string admin, order::v1::ImportDeviceModelsRequest request) {
  CO_RETURN_IF_ERROR(CheckRequestId(request.request_id()));
  CO_ASSIGN_OR_RETURN(std::vector<DeviceModelRow> rows,
                      ParseDeviceModels(request.csv()));
  const std::string request_id = request.request_id();
  request.clear_request_id();
  Import import = Begin(admin, "ImportDeviceModels", request_id,
                        "device_models", request.csv(), request);
  import.models = std::move(rows);
  co_return co_await Store(std::move(import));
}

Awaitable<absl::StatusOr<order::v1::GetStockResponse>> Inventory::GetStock() {
  CO_ASSIGN_OR_RETURN(const StockCounts counts, co_await deps_.stock.Count());
  order::v1::GetStockResponse response;
  response.mutable_free_numbers()->insert(counts.free_numbers.begin(),
                                          counts.free_numbers.end());
  response.mutable_available_iccids()->insert(counts.available_iccids.begin(),
                                              counts.available_iccids.end());
  response.set_device_model_count(counts.device_models);
  response.set_held_iccid_count(counts.held_iccids);
  co_return response;
}

}  // namespace shiming::profile_order
