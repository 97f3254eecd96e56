#include "services/profile_order/core/csv_import.h"

#include <algorithm>
#include <array>
#include <functional>
#include <set>
#include <string>
#include <utility>

#include "common/ids/iccid.h"
#include "common/ids/msisdn.h"
#include "common/status/reason.h"
#include "common/status/status_macros.h"

namespace shiming::profile_order {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
// Profile types are at most so long at one vendor (sgp22 reference, 8.1).
constexpr size_t kMaxProfileTypeBytes = 64;
constexpr size_t kMaxModelBytes = 120;
constexpr size_t kTacDigits = 8;
constexpr size_t kRegionDigits = 2;

absl::Status AtLine(Reason reason, int line, std::string_view what) {
  const std::string number = std::to_string(line);
  return MakeError(reason, "line " + number + ": " + std::string(what),
                   {.field = "csv", .metadata = {{"line", number}}});
}

bool AllDigits(std::string_view text, size_t count) {
  return text.size() == count &&
         std::all_of(text.begin(), text.end(),
                     [](char c) { return c >= '0' && c <= '9'; });
}

// Printable, and not empty. Bytes above ASCII are let through; the database
// refuses what is no UTF-8.
bool IsText(std::string_view text, size_t most) {
  return !text.empty() && text.size() <= most &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return static_cast<unsigned char>(c) >= 0x20 && c != 0x7f &&
                  c != '"';
         });
}

std::vector<std::string_view> Split(std::string_view line) {
  std::vector<std::string_view> fields;
  for (;;) {
    const size_t comma = line.find(',');
    fields.push_back(line.substr(0, comma));
    if (comma == std::string_view::npos) return fields;
    line.remove_prefix(comma + 1);
  }
}

using OnRow = std::function<absl::Status(
    int line, const std::vector<std::string_view>& fields)>;

// Calls `on_row` for each row behind the header.
absl::Status ReadCsv(std::string_view csv, std::string_view header,
                     const OnRow& on_row) {
  if (csv.size() > kMaxCsvBytes) {
    return MakeError(Reason::FIELD_TOO_LONG, "the file is over 900 KB",
                     {.field = "csv"});
  }
  if (csv.substr(0, kByteOrderMark.size()) == kByteOrderMark) {
    csv.remove_prefix(kByteOrderMark.size());
  }
  const size_t field_count =
      static_cast<size_t>(std::count(header.begin(), header.end(), ',')) + 1;
  const auto wrong_header = [&] {
    return AtLine(Reason::IMPORT_HEADER_WRONG, 1,
                  "the header is not " + std::string(header));
  };
  int line_number = 0;
  while (!csv.empty()) {
    const size_t end = csv.find('\n');
    std::string_view line = csv.substr(0, end);
    csv.remove_prefix(end == std::string_view::npos ? csv.size() : end + 1);
    line_number += 1;
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    if (line_number == 1) {
      if (line != header) return wrong_header();
      continue;
    }
    const std::vector<std::string_view> fields = Split(line);
    if (fields.size() != field_count) {
      return AtLine(Reason::IMPORT_ROW_MALFORMED, line_number,
                    "not as many fields as the header");
    }
    RETURN_IF_ERROR(on_row(line_number, fields));
  }
  return line_number == 0 ? wrong_header() : absl::OkStatus();
}

// The error of an identifier, with its line.
absl::Status OfIdentifier(const absl::Status& status, int line) {
  return AtLine(ReasonOf(status).value_or(Reason::IMPORT_ROW_MALFORMED), line,
                std::string(status.message()));
}

absl::Status CheckOnce(std::set<std::string>& seen, const std::string& key,
                       int line) {
  if (seen.insert(key).second) return absl::OkStatus();
  return AtLine(Reason::IMPORT_ROW_TWICE, line, "the same key stands above");
}

}  // namespace

absl::StatusOr<std::vector<IccidRow>> ParseIccids(std::string_view csv) {
  std::vector<IccidRow> rows;
  std::set<std::string> seen;
  RETURN_IF_ERROR(ReadCsv(
      csv, "iccid,profile_type",
      [&](int line, const std::vector<std::string_view>& fields) {
        const absl::StatusOr<Iccid> iccid = Iccid::Parse(fields[0]);
        if (!iccid.ok()) return OfIdentifier(iccid.status(), line);
        if (!IsText(fields[1], kMaxProfileTypeBytes)) {
          return AtLine(Reason::IMPORT_ROW_MALFORMED, line, "profile_type");
        }
        RETURN_IF_ERROR(CheckOnce(seen, iccid->str(), line));
        rows.push_back({.line = line,
                        .iccid = iccid->str(),
                        .profile_type = std::string(fields[1])});
        return absl::OkStatus();
      }));
  return rows;
}

absl::StatusOr<std::vector<NumberRow>> ParseNumbers(std::string_view csv) {
  std::vector<NumberRow> rows;
  std::set<std::string> seen;
  RETURN_IF_ERROR(
      ReadCsv(csv, "msisdn,region",
              [&](int line, const std::vector<std::string_view>& fields) {
                const absl::StatusOr<Msisdn> msisdn = Msisdn::Parse(fields[0]);
                if (!msisdn.ok()) return OfIdentifier(msisdn.status(), line);
                if (!AllDigits(fields[1], kRegionDigits)) {
                  return AtLine(Reason::IMPORT_ROW_MALFORMED, line, "region");
                }
                RETURN_IF_ERROR(CheckOnce(seen, msisdn->str(), line));
                rows.push_back({.line = line,
                                .msisdn = msisdn->str(),
                                .region = std::string(fields[1])});
                return absl::OkStatus();
              }));
  return rows;
}

absl::StatusOr<std::vector<DeviceModelRow>> ParseDeviceModels(
    std::string_view csv) {
  std::vector<DeviceModelRow> rows;
  std::set<std::string> seen;
  RETURN_IF_ERROR(
      ReadCsv(csv, "tac,model,eligible",
              [&](int line, const std::vector<std::string_view>& fields) {
                if (!AllDigits(fields[0], kTacDigits)) {
                  return AtLine(Reason::IMPORT_ROW_MALFORMED, line, "tac");
                }
                if (!IsText(fields[1], kMaxModelBytes)) {
                  return AtLine(Reason::IMPORT_ROW_MALFORMED, line, "model");
                }
                if (fields[2] != "true" && fields[2] != "false") {
                  return AtLine(Reason::IMPORT_ROW_MALFORMED, line, "eligible");
                }
                RETURN_IF_ERROR(CheckOnce(seen, std::string(fields[0]), line));
                rows.push_back({.line = line,
                                .model = {.tac = std::string(fields[0]),
                                          .model = std::string(fields[1]),
                                          .eligible = fields[2] == "true"}});
                return absl::OkStatus();
              }));
  return rows;
}

}  // namespace shiming::profile_order
