// Goal: the report counts what stands in the log, under stable names.
#include "ledger/audit/anomaly_report.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "tests/conformance/planted_ledgers.h"

namespace shiming::conformance {
namespace {

using ledger::AnomalyRow;

std::vector<AnomalyRow> RowsOf(const SyntheticLedger& ledger,
                               const ledger::AnomalyOptions& options = {}) {
  ledger::AnomalyReport report(options);
  const ledger::KeyRing keys;
  for (size_t i = 0; i < ledger.size(); ++i) {
    report.Visit(
        ledger::PrepareEntry(i, ledger.entries()[i], keys, ledger::Hasher()));
  }
  return report.Rows();
}

std::vector<AnomalyRow> Of(const std::vector<AnomalyRow>& rows,
                           const std::string& report) {
  std::vector<AnomalyRow> found;
  for (const AnomalyRow& row : rows) {
    if (row.report == report) found.push_back(row);
  }
  return found;
}

TEST(AnomalyReportTest, IssuesByHourTerminalAndClerk) {
  PlantedLedger planted;  // one issue at the second counter
  planted.ledger.Issue(planted.first);
  planted.ledger.Issue(planted.first);
  planted.ledger.Advance(absl::Hours(1));
  planted.ledger.Issue(planted.first);
  const auto rows = RowsOf(planted.ledger);
  const auto hours = Of(rows, "issues_by_hour");
  ASSERT_EQ(hours.size(), 3u);
  EXPECT_EQ(hours[0].hour, "2026-01-05T01:00:00Z");
  EXPECT_EQ(hours[0].terminal, "demo/t1");
  EXPECT_EQ(hours[0].clerk, "clerk-demo-1");
  EXPECT_EQ(hours[0].count, 2u);
  EXPECT_LT(hours[0].first_entry, hours[0].last_entry);
  EXPECT_EQ(hours[2].hour, "2026-01-05T02:00:00Z");
  EXPECT_EQ(hours[2].count, 1u);
  const auto terminals = Of(rows, "issues_by_terminal");
  ASSERT_EQ(terminals.size(), 2u);
  EXPECT_EQ(terminals[0].count, 3u);
  EXPECT_EQ(Of(rows, "issues_by_clerk")[1].count, 1u);
}

TEST(AnomalyReportTest, RefusalsAndAlarms) {
  PlantedLedger planted;
  for (const std::string reason :
       {"FACE_NOT_LIVE", "FACE_NOT_LIVE", "EXPIRED"}) {
    SyntheticVisit visit = planted.ledger.OpenSession(planted.first);
    planted.ledger.Refuse(visit, reason);
    planted.ledger.CloseSession(visit, ledger::v1::SESSION_END_CLOSED);
  }
  SyntheticVisit visit = planted.ledger.ReadyOne(planted.first);
  planted.ledger.Alarm(visit, "WRONG_EID", "8.1.1/3.8");
  const auto rows = RowsOf(planted.ledger);
  const auto refusals = Of(rows, "refusals");
  ASSERT_EQ(refusals.size(), 2u);
  EXPECT_EQ(refusals[0].reason, "EXPIRED");
  EXPECT_EQ(refusals[1].reason, "FACE_NOT_LIVE");
  EXPECT_EQ(refusals[1].count, 2u);
  EXPECT_EQ(refusals[1].clerk, "clerk-demo-1");
  ASSERT_EQ(Of(rows, "alarms").size(), 1u);
  EXPECT_EQ(Of(rows, "alarms")[0].last_entry, planted.ledger.last());
  EXPECT_TRUE(Of(rows, "overrides").empty());
}

TEST(AnomalyReportTest, OnePhoneWithManyOrders) {
  PlantedLedger planted;
  SyntheticVisit first = planted.ledger.PlaceOne(planted.first);
  for (int i = 0; i < 2; ++i) {
    SyntheticVisit visit = planted.ledger.OpenSession(planted.first);
    visit.eid = first.eid;
    planted.ledger.Verify(visit);
    planted.ledger.Place(visit);
  }
  const auto phones = Of(RowsOf(planted.ledger), "eid_orders");
  ASSERT_EQ(phones.size(), 1u);
  EXPECT_EQ(phones[0].count, 3u);
  EXPECT_EQ(phones[0].subject.size(), 64u);
  EXPECT_EQ(phones[0].last_entry, planted.ledger.last());
  EXPECT_TRUE(
      Of(RowsOf(planted.ledger, {.many_orders = 4}), "eid_orders").empty());
}

TEST(AnomalyReportTest, SessionsTooFast) {
  PlantedLedger planted;  // its one issue reveals after 5 seconds
  const auto fast = Of(RowsOf(planted.ledger), "fast_sessions");
  ASSERT_EQ(fast.size(), 1u);
  EXPECT_DOUBLE_EQ(fast[0].seconds, 5);
  EXPECT_TRUE(Of(RowsOf(planted.ledger, {.fast_session = absl::Seconds(5)}),
                 "fast_sessions")
                  .empty());
}

TEST(AnomalyReportTest, CsvIsQuotedAndHoldsNoFormulas) {
  AnomalyRow row{.report = "refusals",
                 .clerk = "=cmd",
                 .reason = "a,\"b\"",
                 .count = 2,
                 .seconds = 1.5,
                 .first_entry = 3,
                 .last_entry = 4};
  EXPECT_EQ(ledger::AnomalyCsv({row}),
            "report,hour,shop,terminal,clerk,reason,subject,count,seconds,"
            "first_entry,last_entry\r\n"
            "refusals,,,,'=cmd,\"a,\"\"b\"\"\",,2,1.500,3,4\r\n");
}

}  // namespace
}  // namespace shiming::conformance
