// Numbers, devices and imports: what the clerk chooses from and what admins
// bring in.
#ifndef SHIMING_SERVICES_PROFILE_ORDER_CORE_STOCK_H_
#define SHIMING_SERVICES_PROFILE_ORDER_CORE_STOCK_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "services/profile_order/core/order_store.h"
#include "shiming/ledger/v1/ledger_resources.pb.h"

namespace shiming::profile_order {

struct DeviceModel {
  std::string tac;  // 8 digits
  std::string model;
  bool eligible = false;
};

struct FreeNumber {
  std::string msisdn;  // 13 digits
  std::string region;
};

struct HeldNumber {
  std::string reservation_id;
  std::string msisdn;  // 13 digits
  int64_t expires_us = 0;
};

// One row of an import; `line` counts from 1, the header.
// `pseudonym` is set by Inventory: as in the record, 32 bytes.
struct IccidRow {
  int line = 0;
  std::string iccid;  // without F
  std::string profile_type;
  std::string pseudonym;
};
struct NumberRow {
  int line = 0;
  std::string msisdn;  // 13 digits
  std::string region;
  std::string pseudonym;
};
struct DeviceModelRow {
  int line = 0;
  DeviceModel model;
};

struct ImportCounts {
  int64_t added = 0;
  int64_t known = 0;
};

// An import, all rows or none.
struct Import {
  RequestKey request;
  std::string import_id;
  std::string admin;
  std::string smdp;  // iccids only
  std::vector<IccidRow> iccids;
  std::vector<NumberRow> numbers;
  std::vector<DeviceModelRow> models;
  // Random places for what is picked at random, one for each row.
  std::vector<int64_t> picks;
  // INVENTORY_IMPORTED but for the count of added rows.
  ledger::v1::Event event;
};

struct StockCounts {
  std::map<std::string, int64_t> free_numbers;      // by region
  std::map<std::string, int64_t> available_iccids;  // by profile type
  int64_t device_models = 0;
  int64_t held_iccids = 0;
};

// Thread-safe.
class StockStore {
 public:
  virtual ~StockStore() = default;

  // nullopt for a type that is in no import.
  virtual Awaitable<absl::StatusOr<std::optional<DeviceModel>>> FindDevice(
      std::string tac) = 0;
  // `pseudonym` of the EID, as in the record, 32 bytes.
  virtual Awaitable<absl::StatusOr<int64_t>> LiveOnEid(
      std::string eid, std::string pseudonym) = 0;
  // Up to `limit` free numbers from a random place on.
  virtual Awaitable<absl::StatusOr<std::vector<FreeNumber>>> ListFree(
      std::string region, int64_t pick, int64_t limit) = 0;

  struct Reserve {
    RequestKey request;
    std::string session_id;
    std::string reservation_id;  // a fresh one
    std::string msisdn;          // 13 digits
    std::string region;          // the shop's
    int64_t now_us = 0;
    int64_t until_us = 0;
  };
  // Gives the session's earlier reservation back. NUMBER_UNKNOWN,
  // NUMBER_TAKEN, NUMBER_OTHER_REGION.
  virtual Awaitable<absl::StatusOr<HeldNumber>> ReserveNumber(
      Reserve reserve) = 0;
  // OK also when it is gone already.
  virtual Awaitable<absl::Status> ReleaseNumber(RequestKey request,
                                                std::string session_id,
                                                std::string reservation_id) = 0;
  // Frees up to `limit` numbers whose reservation is over.
  virtual Awaitable<absl::StatusOr<int64_t>> FreeExpired(int64_t now_us,
                                                         int64_t limit) = 0;

  // IMPORT_CONFLICT naming the line when a row is there with other content.
  virtual Awaitable<absl::StatusOr<ImportCounts>> AddImport(Import import) = 0;
  virtual Awaitable<absl::StatusOr<StockCounts>> Count() = 0;

  // How many persons and EIDs have another count of live numbers than their
  // orders say: 0, or something is wrong. Reads everything.
  virtual Awaitable<absl::StatusOr<int64_t>> CountUsageDifferences() = 0;
};

}  // namespace shiming::profile_order

#endif  // SHIMING_SERVICES_PROFILE_ORDER_CORE_STOCK_H_
