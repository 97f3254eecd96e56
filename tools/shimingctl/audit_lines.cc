#include "tools/shimingctl/audit_lines.h"

#include <google/protobuf/util/json_util.h>

#include <nlohmann/json.hpp>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"
#include "absl/time/time.h"
#include "common/crypto/encoding.h"
#include "common/status/status_macros.h"
#include "common/time/proto_time.h"
#include "ledger/entry.h"

namespace shiming::shimingctl {
namespace {

using ledger::v1::Event;
using ledger::v1::LedgerEntry;

constexpr char kCsvHeading[] =
    "index,time,kind,source,aggregate,version,shop,terminal,clerk,session,"
    "order,person_id,eid_pseudonym,iccid_pseudonym,msisdn_pseudonym,"
    "refused_reason,admin,policy_version,entry\r\n";

// Quoted where RFC 4180 needs it. A spreadsheet must not take a field for a
// formula, so one that begins like one is quoted behind an apostrophe.
std::string CsvField(std::string text) {
  if (!text.empty() && std::string("=+-@").find(text[0]) != std::string::npos) {
    text.insert(0, "'");
  }
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  return absl::StrCat("\"", absl::StrReplaceAll(text, {{"\"", "\"\""}}), "\"");
}

std::string PseudonymText(const Event& event,
                          ledger::v1::PseudonymField field) {
  for (const ledger::v1::Pseudonym& pseudonym : event.pseudonyms()) {
    if (pseudonym.field() == field) return crypto::ToHex(pseudonym.value());
  }
  return "";
}

std::string KindText(const Event& event) {
  return std::string(absl::StripPrefix(ledger::v1::EventKind_Name(event.kind()),
                                       "EVENT_KIND_"));
}

std::string CsvLine(const LedgerEntry& entry, const Event& event) {
  std::vector<std::string> fields = {
      absl::StrCat(entry.index()),
      absl::FormatTime("%Y-%m-%dT%H:%M:%E6SZ", FromProto(event.time()),
                       absl::UTCTimeZone()),
      KindText(event),
      event.id().source(),
      event.id().aggregate(),
      absl::StrCat(event.id().version()),
      event.shop(),
      event.terminal(),
      event.clerk(),
      event.session(),
      event.order(),
      event.person_id(),
      PseudonymText(event, ledger::v1::PSEUDONYM_FIELD_EID),
      PseudonymText(event, ledger::v1::PSEUDONYM_FIELD_ICCID),
      PseudonymText(event, ledger::v1::PSEUDONYM_FIELD_MSISDN),
      event.refused_reason(),
      event.admin(),
      event.policy_version(),
      crypto::Base64(entry.entry())};
  for (std::string& field : fields) field = CsvField(std::move(field));
  return absl::StrJoin(fields, ",") + "\r\n";
}

absl::StatusOr<std::string> JsonLine(const LedgerEntry& entry,
                                     const Event& event,
                                     const std::string& found) {
  std::string fields;
  if (!google::protobuf::util::MessageToJsonString(event, &fields).ok()) {
    return absl::InternalError("the event has no JSON form");
  }
  std::string line =
      absl::StrCat("{\"index\":", entry.index(), ",\"event\":", fields,
                   ",\"entry\":\"", crypto::Base64(entry.entry()), "\"");
  if (!entry.tlog_proof().empty()) {
    absl::StrAppend(
        &line, ",\"tlog_proof\":", nlohmann::json(entry.tlog_proof()).dump());
  }
  if (!found.empty()) absl::StrAppend(&line, ",\"found\":\"", found, "\"");
  return line + "}\n";
}

}  // namespace

absl::StatusOr<LineFormat> ParseLineFormat(const std::string& name) {
  if (name == "ndjson") return LineFormat::kNdjson;
  if (name == "csv") return LineFormat::kCsv;
  return absl::InvalidArgumentError("--format is not ndjson or csv");
}

std::string HeadingOf(LineFormat format) {
  return format == LineFormat::kCsv ? kCsvHeading : "";
}

absl::StatusOr<std::string> LineOf(LineFormat format, const LedgerEntry& entry,
                                   const std::string& found) {
  ASSIGN_OR_RETURN(const Event event, ledger::ParseEntry(entry.entry()));
  if (format == LineFormat::kCsv) return CsvLine(entry, event);
  return JsonLine(entry, event, found);
}

}  // namespace shiming::shimingctl
