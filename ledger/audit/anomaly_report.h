// What is not forbidden but odd: counts by clerk, terminal and hour, refusals,
// overrides, phones with many orders, sessions too fast. From entries alone.
#ifndef SHIMING_LEDGER_AUDIT_ANOMALY_REPORT_H_
#define SHIMING_LEDGER_AUDIT_ANOMALY_REPORT_H_

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <vector>

#include "absl/time/time.h"
#include "ledger/audit/audit_entry.h"

namespace shiming::ledger {

struct AnomalyOptions {
  // A session is too fast when its code was revealed sooner than this after it
  // was opened. Reading a card, a face and a phone's bar codes takes longer.
  absl::Duration fast_session = absl::Minutes(2);
  // A phone has many orders from this many on.
  int many_orders = 3;
};

// One row of the report. Members that a report has no use for are empty or 0.
struct AnomalyRow {
  std::string report;  // kAnomalyReports
  std::string hour;    // "2026-01-05T01:00:00Z", begin of the hour in UTC
  std::string shop;
  std::string terminal;  // "<shop>/<terminal>"
  std::string clerk;
  std::string reason;   // stable reason
  std::string subject;  // session, order, or pseudonym in hex
  uint64_t count = 0;
  double seconds = 0;
  uint64_t first_entry = 0;
  uint64_t last_entry = 0;

  friend bool operator==(const AnomalyRow&, const AnomalyRow&) = default;
};

// Names of the reports in the order of their rows. Stable.
//   issues_by_hour      codes revealed, by hour, shop, terminal and clerk
//   issues_by_terminal  the same, by terminal
//   issues_by_clerk     the same, by clerk
//   refusals            IDENTITY_REFUSED, by reason, shop and clerk
//   overrides           OVERRIDE_* events, by kind (reason), shop and clerk
//   alarms              ALARM, by reason, shop and clerk
//   eid_orders          phones with many orders; subject is the pseudonym
//   fast_sessions       sessions too fast; subject is the session
inline constexpr std::string_view kAnomalyReports[] = {
    "issues_by_hour", "issues_by_terminal", "issues_by_clerk",
    "refusals",       "overrides",          "alarms",
    "eid_orders",     "fast_sessions"};

// Feed it all entries in order of index. Keeps one record for each row and each
// EID, and open sessions. Not thread-safe.
class AnomalyReport {
 public:
  explicit AnomalyReport(const AnomalyOptions& options) : options_(options) {}

  void Visit(const AuditEntry& entry);

  // Report by report; within one by hour, shop, terminal, clerk, reason,
  // subject.
  std::vector<AnomalyRow> Rows() const;

 private:
  struct Tally {
    uint64_t count = 0;
    uint64_t first = 0;
    uint64_t last = 0;
    double seconds = 0;
  };
  // Report (position in kAnomalyReports), hour, shop, terminal, clerk, reason,
  // subject.
  using Key = std::tuple<int, std::string, std::string, std::string,
                         std::string, std::string, std::string>;

  void Count(Key key, uint64_t index);
  void CountIssue(const AuditEntry& entry);

  const AnomalyOptions options_;
  std::map<Key, Tally> tallies_;
  std::unordered_map<std::string, Tally> eids_;
  std::unordered_map<std::string, int64_t> open_sessions_;  // opened, micros
};

// Rows as CSV (RFC 4180) with a header line; columns are the members of
// AnomalyRow in their order. A value that a spreadsheet would take for a
// formula gets
// a ' in front.
std::string AnomalyCsv(const std::vector<AnomalyRow>& rows);

}  // namespace shiming::ledger

#endif  // SHIMING_LEDGER_AUDIT_ANOMALY_REPORT_H_
