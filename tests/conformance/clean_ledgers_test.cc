// Goal: the audit finds nothing in ledgers that are right, whatever happened
// in the shops and in whatever order services' events reached the log.
#include <gtest/gtest.h>

#include "tests/conformance/audit_of.h"
#include "tests/conformance/planted_ledgers.h"

namespace shiming::conformance {
namespace {

namespace v1 = ledger::v1;

class CleanLedgerTest : public testing::Test {
 protected:
  ~CleanLedgerTest() override {
    const ledger::AuditFindings findings = AuditOf(planted_.ledger);
    EXPECT_TRUE(findings.violations.empty()) << TextOf(findings);
    EXPECT_EQ(findings.codes_proven, findings.codes_revealed);
  }

  // Ends the counter's visit and shift as a revocation does.
  void EndByRevocation(const SyntheticCounter& counter,
                       const SyntheticVisit& visit,
                       const std::string& aggregate) {
    const auto because = [&](v1::Event& event) {
      *event.add_after() = ledger_.Latest("terminal_session", aggregate);
    };
    ledger_.CloseSession(visit, v1::SESSION_END_REVOKED, because);
    ledger_.CloseShift(counter, v1::SESSION_END_REVOKED, because);
  }

  PlantedLedger planted_;
  SyntheticLedger& ledger_ = planted_.ledger;
  SyntheticCounter& counter_ = planted_.first;
};

TEST_F(CleanLedgerTest, ManyIssues) {
  for (int i = 0; i < 100; ++i) {
    ledger_.Issue(i % 2 == 0 ? counter_ : planted_.second);
  }
}

TEST_F(CleanLedgerTest, RepairedDatabases) {
  for (const char* source :
       {"terminal_session", "identity_verification", "profile_order"}) {
    ledger_.Repair(source);
    ledger_.Issue(counter_);
  }
}

// A repair of terminal_session ends what was open, and takes back what the
// copy did not know.
TEST_F(CleanLedgerTest, RepairEndsWhatWasOpen) {
  const SyntheticVisit visit = ledger_.OpenSession(counter_);
  ledger_.CloseSession(visit, v1::SESSION_END_REPAIRED);
  ledger_.CloseShift(counter_, v1::SESSION_END_REPAIRED);
  ledger_.Act(counter_, "terminal", "REVOKED");
  ledger_.Repair("terminal_session");
  ledger_.Issue(planted_.second);
}

TEST_F(CleanLedgerTest, CancelledExpiredFailedAndFrozen) {
  for (const v1::EventKind end :
       {v1::EVENT_KIND_ORDER_CANCELLED, v1::EVENT_KIND_ORDER_EXPIRED,
        v1::EVENT_KIND_ORDER_FAILED, v1::EVENT_KIND_ORDER_FROZEN}) {
    SyntheticVisit visit = ledger_.ReadyOne(counter_);
    ledger_.CloseSession(visit, v1::SESSION_END_TIMED_OUT);
    ledger_.EndOrder(visit, end);
  }
  SyntheticVisit visit = ledger_.ReadyOne(counter_);
  ledger_.Permit(visit);
  ledger_.Reveal(visit);
  ledger_.CloseSession(visit, v1::SESSION_END_CLOSED);
  ledger_.EndOrder(visit, v1::EVENT_KIND_ORDER_EXPIRED);
}

TEST_F(CleanLedgerTest, NumberAndIccidOfACancelledOrderAreTakenAgain) {
  SyntheticVisit first = ledger_.ReadyOne(counter_);
  ledger_.EndOrder(first, v1::EVENT_KIND_ORDER_CANCELLED);
  ledger_.CloseSession(first, v1::SESSION_END_CLOSED);
  SyntheticVisit second = ledger_.OpenSession(counter_);
  second.msisdn = first.msisdn;
  second.iccid = first.iccid;
  ledger_.Verify(second);
  ledger_.Place(second);
}

TEST_F(CleanLedgerTest, ErasedAndComesAgainAsANewPerson) {
  SyntheticVisit visit = ledger_.ReadyOne(counter_);
  ledger_.Permit(visit);
  ledger_.Reveal(visit);
  ledger_.EndOrder(visit, v1::EVENT_KIND_ORDER_EXPIRED);
  ledger_.CloseSession(visit, v1::SESSION_END_CLOSED);
  ledger_.Erase(visit);
  // Another person id, as the service gives it to the same document.
  ledger_.Issue(counter_);
}

TEST_F(CleanLedgerTest, RefusedThenVerified) {
  SyntheticVisit visit = ledger_.OpenSession(counter_);
  ledger_.Refuse(visit, "FACE_NOT_LIVE");
  const SyntheticVisit fresh = ledger_.OpenSession(planted_.second);
  visit.nonce = fresh.nonce;
  visit.verification = fresh.verification;
  ledger_.Verify(visit);
  ledger_.Place(visit);
}

TEST_F(CleanLedgerTest, DownloadedAgainAfterAFailure) {
  SyntheticVisit visit = ledger_.ReadyOne(counter_);
  ledger_.Permit(visit);
  ledger_.Reveal(visit);
  ledger_.Progress(visit, 1, "");
  ledger_.Progress(visit, 3, "8.1/4.8");
  ledger_.Progress(visit, 1, "");
  ledger_.Progress(visit, 3, "");
  ledger_.Install(visit);
  ledger_.EndOrder(visit, v1::EVENT_KIND_ORDER_CLOSED);
  ledger_.CloseSession(visit, v1::SESSION_END_CLOSED);
}

TEST_F(CleanLedgerTest, WrongEidTwiceThenCancelledAndAskedOnceMore) {
  SyntheticVisit visit = ledger_.ReadyOne(counter_);
  ledger_.Permit(visit);
  ledger_.Reveal(visit);
  ledger_.Alarm(visit, "WRONG_EID", "8.1.1/3.8");
  ledger_.Alarm(visit, "WRONG_EID", "8.1.1/3.8");
  ledger_.EndOrder(visit, v1::EVENT_KIND_ORDER_CANCELLED);
  ledger_.Alarm(visit, "WRONG_EID", "8.1.1/3.8");
  ledger_.CloseSession(visit, v1::SESSION_END_CLOSED);
}

TEST_F(CleanLedgerTest, InstalledWithoutCodeWithItsAlarm) {
  SyntheticVisit visit = ledger_.ReadyOne(counter_);
  ledger_.Permit(visit);
  ledger_.Alarm(visit, "INSTALLED_WITHOUT_CODE", "");
  ledger_.Install(visit);
  ledger_.EndOrder(visit, v1::EVENT_KIND_ORDER_CLOSED);
}

TEST_F(CleanLedgerTest, EverythingGoesOnInTheNextLog) {
  const SyntheticVisit first = ledger_.Issue(counter_);
  SyntheticVisit open = ledger_.ReadyOne(counter_);
  v1::Event seal;
  ledger_.Append("issuance_ledger", "index/sealed", v1::EVENT_KIND_INDEX_SEALED,
                 seal);
  for (int i = 0; i < 2; ++i) {
    ledger_.Freeze();
    ledger_.OpenNext();
    ledger_.Append("issuance_ledger", "index/sealed",
                   v1::EVENT_KIND_INDEX_SEALED, seal);
  }
  ledger_.Permit(open);
  ledger_.Reveal(open);
  ledger_.Progress(open, 3, "");
  ledger_.Install(open);
  ledger_.EndOrder(open, v1::EVENT_KIND_ORDER_CLOSED);
  ledger_.CloseSession(open, v1::SESSION_END_CLOSED);
  SyntheticVisit second = ledger_.OpenSession(counter_);
  second.person = first.person;
  second.eid = first.eid;
  ledger_.Verify(second);
  ledger_.Place(second);
}

TEST_F(CleanLedgerTest, NoticeOfNoOrder) {
  v1::Event event;
  event.set_refused_reason("NOTICE_OF_NO_ORDER");
  ledger_.Append("profile_order", "notice/1", v1::EVENT_KIND_ALARM, event);
}

TEST_F(CleanLedgerTest, PermitOfAnOrderThatWasCancelledMeanwhile) {
  SyntheticVisit visit = ledger_.ReadyOne(counter_);
  ledger_.EndOrder(visit, v1::EVENT_KIND_ORDER_CANCELLED);
  ledger_.Permit(visit);
  ledger_.CloseSession(visit, v1::SESSION_END_CLOSED);
}

TEST_F(CleanLedgerTest, RevocationsEndWhatStood) {
  for (const std::string kind : {"terminal", "clerk"}) {
    SyntheticCounter counter = ledger_.EnrollCounter("demo", "x" + kind);
    ledger_.OpenShift(counter);
    SyntheticVisit visit = ledger_.ReadyOne(counter);
    ledger_.Act(counter, kind, "REVOKED");
    EndByRevocation(
        counter, visit,
        kind + "/" + (kind == "clerk" ? counter.clerk : counter.terminal));
    ledger_.EndOrder(visit, v1::EVENT_KIND_ORDER_CANCELLED);
  }
}

TEST_F(CleanLedgerTest, PermitThatCameBeforeARevocationByTimeOnly) {
  SyntheticVisit visit = ledger_.ReadyOne(counter_);
  const absl::Time permitted = ledger_.now();
  ledger_.Advance(absl::Seconds(5));
  ledger_.Act(counter_, "clerk", "REVOKED");
  ledger_.Permit(visit, [&](v1::Event& event) {
    event.mutable_time()->set_seconds(absl::ToUnixSeconds(permitted) + 1);
  });
  EndByRevocation(counter_, visit, "clerk/" + counter_.clerk);
  ledger_.Reveal(visit);
}

TEST_F(CleanLedgerTest, ReKeyedTerminalAndMovedDisplay) {
  ledger_.CloseShift(counter_, v1::SESSION_END_CLOSED);
  counter_.evidence_key = *crypto::SigningKey::GenerateP256();
  counter_.terminal_key_sha256 = std::string(32, 't');
  ledger_.Act(counter_, "terminal", "PROPOSED");
  ledger_.Act(counter_, "terminal", "APPROVED");
  ledger_.OpenShift(counter_);
  ledger_.Issue(counter_);
  // A new display takes the place of the old one, which goes elsewhere.
  SyntheticCounter fresh = counter_;
  fresh.display = "demo/d9";
  fresh.display_key_sha256 = std::string(32, 'd');
  ledger_.Act(fresh, "display", "PROPOSED");
  ledger_.Act(fresh, "display", "APPROVED");
  ledger_.Issue(fresh);
}

TEST_F(CleanLedgerTest, LockedThenSignsInAfterTheLockOrWithNewCredentials) {
  ledger_.CloseShift(counter_, v1::SESSION_END_CLOSED);
  ledger_.LockClerk(counter_);
  ledger_.Advance(absl::Minutes(16));
  ledger_.OpenShift(counter_);
  ledger_.CloseShift(counter_, v1::SESSION_END_CLOSED);
  ledger_.LockClerk(counter_);
  ledger_.Act(counter_, "clerk", "PROPOSED");
  ledger_.Act(counter_, "clerk", "APPROVED");
  ledger_.OpenShift(counter_);
  ledger_.Issue(counter_);
}

TEST_F(CleanLedgerTest, TwoNumbersOnOnePhoneFivePerPerson) {
  const SyntheticVisit first = ledger_.Issue(counter_);
  for (int i = 0; i < 4; ++i) {
    SyntheticVisit visit = ledger_.OpenSession(counter_);
    visit.person = first.person;
    if (i == 0) visit.eid = first.eid;
    ledger_.Verify(visit);
    ledger_.Place(visit);
    ledger_.CloseSession(visit, v1::SESSION_END_CLOSED);
  }
}

TEST_F(CleanLedgerTest, CancellationThatReachesTheLogAfterTheNextOrder) {
  SyntheticVisit first = ledger_.PlaceOne(counter_);
  ledger_.CloseSession(first, v1::SESSION_END_CLOSED);
  ledger_.EndOrder(first, v1::EVENT_KIND_ORDER_CANCELLED);
  const std::string late = ledger_.TakeBack();
  SyntheticVisit second = ledger_.OpenSession(counter_);
  second.person = first.person;
  second.eid = first.eid;
  second.msisdn = first.msisdn;
  second.iccid = first.iccid;
  ledger_.Verify(second);
  ledger_.Place(second);
  ledger_.AppendBytes(late);
}

TEST_F(CleanLedgerTest, TimeOutThatReachesTheLogAfterTheNextOne) {
  const SyntheticVisit first = ledger_.OpenSession(counter_);
  ledger_.CloseSession(first, v1::SESSION_END_TIMED_OUT);
  const std::string session_end = ledger_.TakeBack();
  const SyntheticVisit second = ledger_.OpenSession(counter_);
  ledger_.AppendBytes(session_end);
  ledger_.CloseSession(second, v1::SESSION_END_SHIFT_ENDED);
  ledger_.CloseShift(counter_, v1::SESSION_END_TIMED_OUT);
  const std::string shift_end = ledger_.TakeBack();
  ledger_.OpenShift(counter_);
  ledger_.AppendBytes(shift_end);
  ledger_.Issue(counter_);
}

}  // namespace
}  // namespace shiming::conformance
