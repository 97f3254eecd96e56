// The import files: CSV with a fixed header. Every row is checked; an error
// names the line.
#ifndef SHIMING_SERVICES_PROFILE_ORDER_CORE_CSV_IMPORT_H_
#define SHIMING_SERVICES_PROFILE_ORDER_CORE_CSV_IMPORT_H_

#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "services/profile_order/core/stock.h"

namespace shiming::profile_order {

// Larger files come in parts (order proto).
inline constexpr size_t kMaxCsvBytes = 900'000;

// UTF-8, fields separated by commas, no quotes; lines end with LF or CRLF; an
// empty last line and a byte order mark are let through. Errors are
// INVALID_ARGUMENT with field "csv" and metadata line: IMPORT_HEADER_WRONG,
// IMPORT_ROW_MALFORMED (fields, texts), IMPORT_ROW_TWICE, or the reason of the
// identifier itself (BAD_CHECK_DIGIT ...).

// "iccid,profile_type": own stock, so a wrong check digit is an error.
absl::StatusOr<std::vector<IccidRow>> ParseIccids(std::string_view csv);
// "msisdn,region": a region is two digits of GB/T 2260.
absl::StatusOr<std::vector<NumberRow>> ParseNumbers(std::string_view csv);
// "tac,model,eligible": eligible is true or false.
absl::StatusOr<std::vector<DeviceModelRow>> ParseDeviceModels(
    std::string_view csv);

}  // namespace shiming::profile_order

#endif  // SHIMING_SERVICES_PROFILE_ORDER_CORE_CSV_IMPORT_H_
