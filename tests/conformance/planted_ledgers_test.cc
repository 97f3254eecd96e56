// Goal: the audit finds every kind of violation, names its entries, and finds
// nothing else. Method: ledgers that are right but for one planted lie, one at
// least for each kind; a right visit follows, so that a lie does not hide what
// comes after it or make it look wrong.
#include "tests/conformance/planted_ledgers.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "tests/conformance/audit_of.h"

namespace shiming::conformance {
namespace {

class PlantedLedgerTest : public testing::TestWithParam<Plant> {};

TEST_P(PlantedLedgerTest, IsFoundWithItsEntriesAndNothingElse) {
  const Plant& plant = GetParam();
  PlantedLedger planted;
  const std::vector<uint64_t> expected = plant.make(planted);
  if (plant.goes_on) planted.ledger.Issue(planted.second);
  const ledger::AuditFindings findings = AuditOf(planted.ledger);

  const auto& all = findings.violations;
  EXPECT_TRUE(std::any_of(all.begin(), all.end(),
                          [&](const ledger::Violation& violation) {
                            return violation.kind == plant.kind &&
                                   violation.entries == expected;
                          }))
      << testing::PrintToString(expected) << " not in\n"
      << TextOf(findings);
  for (const ledger::Violation& violation : all) {
    EXPECT_TRUE(
        (violation.kind == plant.kind && violation.entries == expected) ||
        plant.also.contains(violation.kind))
        << TextOf(findings);
  }
}

INSTANTIATE_TEST_SUITE_P(Plants, PlantedLedgerTest, testing::ValuesIn(Plants()),
                         [](const testing::TestParamInfo<Plant>& info) {
                           return std::string(
                                      ledger::InfoOf(info.param.kind).name) +
                                  "_" + info.param.name;
                         });

TEST(PlantedLedgersTest, EveryKindHasOne) {
  std::set<ledger::ViolationKind> planted;
  for (const Plant& plant : Plants()) planted.insert(plant.kind);
  for (const ledger::ViolationInfo& info : ledger::AllViolations()) {
    EXPECT_TRUE(planted.contains(info.kind)) << info.name;
  }
}

TEST(PlantedLedgersTest, ACodeRevealedOnALieIsNotProven) {
  PlantedLedger planted;
  SyntheticVisit visit = planted.ledger.OpenSession(planted.first);
  planted.ledger.Verify(visit, nullptr,
                        [](auto&, auto& face) { face.set_live(false); });
  planted.ledger.Place(visit);
  planted.ledger.Ready(visit);
  planted.ledger.Permit(visit);
  planted.ledger.Reveal(visit);
  const ledger::AuditFindings findings = AuditOf(planted.ledger);
  EXPECT_EQ(findings.codes_revealed, 2u);
  EXPECT_EQ(findings.codes_proven, 1u);
}

TEST(PlantedLedgersTest, ACodeBeyondTheLimitIsNotProven) {
  PlantedLedger planted;
  const SyntheticVisit first = planted.ledger.Issue(planted.first);
  SyntheticVisit second = planted.ledger.OpenSession(planted.first);
  second.msisdn = first.msisdn;
  planted.ledger.Verify(second);
  planted.ledger.Place(second);
  planted.ledger.Ready(second);
  planted.ledger.Permit(second);
  planted.ledger.Reveal(second);
  const ledger::AuditFindings findings = AuditOf(planted.ledger);
  EXPECT_EQ(findings.codes_revealed, 3u);
  EXPECT_EQ(findings.codes_proven, 2u);
}

TEST(PlantedLedgersTest, WhatStandsInTheMiddleOfALongLogIsSettled) {
  PlantedLedger planted;
  const SyntheticVisit first = planted.ledger.PlaceOne(planted.first);
  SyntheticVisit second = planted.ledger.OpenSession(planted.second);
  second.msisdn = first.msisdn;
  planted.ledger.Verify(second);
  planted.ledger.Place(second);
  planted.ledger.CloseSession(second, ledger::v1::SESSION_END_CLOSED);
  planted.ledger.CloseShift(planted.second, ledger::v1::SESSION_END_CLOSED);
  planted.ledger.Advance(absl::Hours(30));
  planted.ledger.OpenShift(planted.second);
  for (int i = 0; i < 30; ++i) planted.ledger.Issue(planted.second);
  const ledger::AuditFindings findings = AuditOf(planted.ledger);
  ASSERT_EQ(findings.counts.count(ledger::ViolationKind::NUMBER_IN_TWO_ORDERS),
            1u)
      << TextOf(findings);
  for (const ledger::Violation& violation : findings.violations) {
    EXPECT_TRUE(violation.settled) << TextOf(findings);
  }
}

}  // namespace
}  // namespace shiming::conformance
