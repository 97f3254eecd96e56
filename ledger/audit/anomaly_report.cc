#include "ledger/audit/anomaly_report.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/crypto/encoding.h"

namespace shiming::ledger {
namespace {

enum Report : int {
  kByHour,
  kByTerminal,
  kByClerk,
  kRefusals,
  kOverrides,
  kAlarms,
  kEidOrders,
  kFastSessions,
};

std::string HourOf(int64_t time_us) {
  const absl::Time hour = absl::FromUnixSeconds(time_us / 3'600'000'000 * 3600);
  return absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", hour, absl::UTCTimeZone());
}

std::string EidOf(const v1::Event& event) {
  for (const v1::Pseudonym& pseudonym : event.pseudonyms()) {
    if (pseudonym.field() == v1::PSEUDONYM_FIELD_EID) return pseudonym.value();
  }
  return "";
}

std::string Cell(const std::string& value) {
  if (value.empty()) return value;
  std::string text = value;
  if (std::string_view("=+-@").find(text[0]) != std::string_view::npos) {
    text.insert(0, 1, '\'');
  }
  if (text.find_first_of("\",\r\n") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted + "\"";
}

}  // namespace

void AnomalyReport::Count(Key key, uint64_t index) {
  Tally& tally = tallies_[std::move(key)];
  if (tally.count++ == 0) tally.first = index;
  tally.last = index;
}

void AnomalyReport::CountIssue(const AuditEntry& entry) {
  const v1::Event& event = entry.event;
  Count({kByHour, HourOf(entry.time_us), event.shop(), event.terminal(),
         event.clerk(), "", ""},
        entry.index);
  Count({kByTerminal, "", event.shop(), event.terminal(), "", "", ""},
        entry.index);
  Count({kByClerk, "", event.shop(), "", event.clerk(), "", ""}, entry.index);
  const auto opened = open_sessions_.find(event.session());
  if (opened == open_sessions_.end()) return;
  const absl::Duration took =
      absl::Microseconds(entry.time_us - opened->second);
  if (took >= options_.fast_session) return;
  Key key = {kFastSessions,    HourOf(entry.time_us), event.shop(),
             event.terminal(), event.clerk(),         "",
             event.session()};
  Tally& tally = tallies_[key];
  tally.seconds = absl::ToDoubleSeconds(took);
  Count(std::move(key), entry.index);
}

void AnomalyReport::Visit(const AuditEntry& entry) {
  if (!entry.canonical) return;
  const v1::Event& event = entry.event;
  switch (event.kind()) {
    case v1::EVENT_KIND_SESSION_OPENED:
      open_sessions_[event.session()] = entry.time_us;
      return;
    case v1::EVENT_KIND_SESSION_CLOSED:
      open_sessions_.erase(event.session());
      return;
    case v1::EVENT_KIND_CODE_REVEALED:
      CountIssue(entry);
      return;
    case v1::EVENT_KIND_IDENTITY_REFUSED:
      Count({kRefusals, "", event.shop(), "", event.clerk(),
             event.refused_reason(), ""},
            entry.index);
      return;
    case v1::EVENT_KIND_ALARM:
      Count({kAlarms, "", event.shop(), "", event.clerk(),
             event.refused_reason(), ""},
            entry.index);
      return;
    case v1::EVENT_KIND_ORDER_PLACED: {
      Tally& tally = eids_[EidOf(event)];
      if (tally.count++ == 0) tally.first = entry.index;
      tally.last = entry.index;
      return;
    }
    default:
      break;
  }
  const std::string& name = v1::EventKind_Name(event.kind());
  if (name.find("OVERRIDE") != std::string::npos) {
    Count({kOverrides, "", event.shop(), "", event.clerk(), name, ""},
          entry.index);
  }
}

std::vector<AnomalyRow> AnomalyReport::Rows() const {
  std::map<Key, Tally> all = tallies_;
  for (const auto& [eid, tally] : eids_) {
    if (tally.count < static_cast<uint64_t>(options_.many_orders)) continue;
    all[{kEidOrders, "", "", "", "", "", crypto::ToHex(eid)}] = tally;
  }
  std::vector<AnomalyRow> rows;
  rows.reserve(all.size());
  for (const auto& [key, tally] : all) {
    AnomalyRow& row = rows.emplace_back();
    int report = 0;
    std::tie(report, row.hour, row.shop, row.terminal, row.clerk, row.reason,
             row.subject) = key;
    row.report = std::string(kAnomalyReports[report]);
    row.count = tally.count;
    row.seconds = tally.seconds;
    row.first_entry = tally.first;
    row.last_entry = tally.last;
  }
  return rows;
}

std::string AnomalyCsv(const std::vector<AnomalyRow>& rows) {
  std::string csv =
      "report,hour,shop,terminal,clerk,reason,subject,count,seconds,"
      "first_entry,last_entry\r\n";
  for (const AnomalyRow& row : rows) {
    for (const std::string* cell :
         {&row.report, &row.hour, &row.shop, &row.terminal, &row.clerk,
          &row.reason, &row.subject}) {
      absl::StrAppend(&csv, Cell(*cell), ",");
    }
    absl::StrAppendFormat(&csv, "%d,%.3f,%d,%d\r\n", row.count, row.seconds,
                          row.first_entry, row.last_entry);
  }
  return csv;
}

}  // namespace shiming::ledger
