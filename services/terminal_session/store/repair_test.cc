// Goal: after a copy that is some events old was repaired, nobody has a right
// that the record does not give, nothing is permitted twice, and the ledger
// takes what comes next. Method: a shop works on, its database is put back to
// a copy and repaired from what the shop had written.
#include "services/terminal_session/store/repair.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "common/crypto/digest.h"
#include "common/ids/ids.h"
#include "common/testing/status_matchers.h"
#include "ledger/entry.h"
#include "services/terminal_session/store/testing/demo_shop.h"
#include "storage/outbox/fake_ledger.h"
#include "storage/outbox/record_gap.h"

namespace shiming::terminal_session {
namespace {

using ::shiming::testing::FailsWith;
using ::shiming::testing::IsOk;
using ::testing::Contains;
using testing::DemoShop;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr char kAdmin[] = "/admin/a3";

// A microsecond later at each call.
class TickingClock final : public Clock {
 public:
  explicit TickingClock(const Clock& clock) : clock_(clock) {}
  absl::Time Now() const override {
    return clock_.Now() + absl::Microseconds(++ticks_);
  }

 private:
  const Clock& clock_;
  mutable int64_t ticks_ = 0;
};

class RepairTest : public ::testing::Test {
 protected:
  void SetUp() override { shop_.EnrollAll(); }

  void TearDown() override {
    // The whole record and what was written since can stand in a ledger.
    outbox::FakeLedger ledger("terminal_session");
    std::vector<ledger::v1::Event> waiting = record_;
    for (const ledger::v1::Event& event : shop_.Events()) {
      if (!IsOnRecord(event)) waiting.push_back(event);
    }
    for (const ledger::v1::Event& event : waiting) {
      for (const EventId& after : event.after()) {
        if (after.source() == "terminal_session") continue;
        ledger::v1::Event foreign;
        *foreign.mutable_id() = after;
        for (int64_t version = 1; version <= after.version(); ++version) {
          foreign.mutable_id()->set_version(version);
          ledger.AppendDirectly(foreign);
        }
      }
    }
    // Until none is left, or none of those that are left can be appended.
    size_t left = waiting.size() + 1;
    while (waiting.size() < left) {
      left = waiting.size();
      std::erase_if(waiting, [&ledger](const ledger::v1::Event& event) {
        return ledger.AppendDirectly(event) >= 0;
      });
    }
    for (const ledger::v1::Event& event : waiting) {
      ADD_FAILURE() << event.ShortDebugString();
    }
  }

  bool IsOnRecord(const ledger::v1::Event& event) const {
    for (const ledger::v1::Event& known : record_) {
      if (ledger::EventIdText(known.id()) == ledger::EventIdText(event.id())) {
        return true;
      }
    }
    return false;
  }

  // What was written so far is on the record; the database is an older copy
  // from now on.
  void FallBack() {
    record_ = shop_.Events();
    shop_.PutBack("copy");
    // A code of the last minute is used up, also where this copy does not know.
    shop_.clock().Advance(absl::Minutes(1));
  }

  outbox::RecordGap Gap() {
    std::vector<outbox::OwnEntry> entries;
    for (size_t i = 0; i < record_.size(); ++i) {
      entries.push_back(
          {.index = static_cast<int64_t>(i),
           .id = record_[i].id(),
           .sha256 = crypto::Sha256(ledger::SerializeEvent(record_[i]))});
    }
    outbox::RecordGap gap;
    const absl::Status read = shop_.database().ReadBlocking(
        [&](sql::Snapshot& snapshot) -> absl::Status {
          gap.clear();
          const auto unknown = outbox::FindUnknown(snapshot, entries);
          if (!unknown.ok()) return unknown.status();
          for (const size_t i : *unknown) {
            gap.push_back({.index = entries[i].index,
                           .sha256 = entries[i].sha256,
                           .event = record_[i]});
          }
          return absl::OkStatus();
        });
    EXPECT_THAT(read, IsOk());
    return gap;
  }

  // Runs the repair; kept unless `dry`.
  std::vector<std::string> Repair(bool dry = false, int64_t earlier = 0) {
    const outbox::RecordGap gap = Gap();
    const TickingClock clock(shop_.clock());
    const outbox::Outbox outbox({.source = "terminal_session", .clock = clock});
    std::vector<std::string> lines;
    const absl::Status repaired = shop_.database().WriteBlocking(
        [&](sql::Transaction& tx) -> absl::Status {
          const absl::Status adopted = outbox::AdoptVersions(tx, gap);
          if (!adopted.ok()) return adopted;
          const absl::StatusOr<std::vector<std::string>> made =
              RepairDatabase(tx, gap,
                             {.outbox = outbox,
                              .guards = shop_.guards(),
                              .lock_time = absl::Minutes(15),
                              .now = shop_.clock().Now(),
                              .admin = kAdmin,
                              .earlier_repairs = earlier});
          if (!made.ok()) return made.status();
          lines = *made;
          return dry ? absl::CancelledError("dry") : absl::OkStatus();
        });
    EXPECT_EQ(repaired.ok(), !dry) << repaired;
    if (!dry) {
      EXPECT_THAT(Gap(), IsEmpty());
    }
    return lines;
  }

  std::string MustSignIn(const std::string& terminal,
                         const std::string& clerk) {
    const auto signed_in = shop_.SignIn(terminal, clerk);
    EXPECT_THAT(signed_in, IsOk());
    return signed_in.ok() ? signed_in->shift_token : "";
  }
  std::string MustStart(const std::string& terminal, const std::string& token) {
    const auto started =
        shop_.Run(shop_.sessions().StartSession(shop_.Call(terminal, token)));
    EXPECT_THAT(started, IsOk());
    return started.ok() ? started->session.session_id : "";
  }
  absl::StatusOr<PermitRecord> Permit(const std::string& session,
                                      const std::string& order,
                                      const std::string& request) {
    PermitRequest permit = {.display = shop_.Peer("s1/d1"),
                            .session_id = session,
                            .order_id = order,
                            .request_id = request,
                            .trace_id = std::string(32, 'a'),
                            .now = shop_.clock().Now()};
    permit.order_ready.set_source("profile_order");
    permit.order_ready.set_aggregate("order/" + order);
    permit.order_ready.set_version(2);
    return shop_.Run(shop_.sessions().PermitReveal(permit));
  }

  DemoShop shop_;
  std::vector<ledger::v1::Event> record_;
};

TEST_F(RepairTest, WhatIsOpenInTheCopyEnds) {
  const std::string token = MustSignIn("s1/t1", "wang");
  const std::string session = MustStart("s1/t1", token);
  shop_.Keep("copy");
  MustSignIn("s1/t2", "li");
  FallBack();
  Repair();
  EXPECT_THAT(shop_.Kinds("session/" + session), Contains("SESSION_CLOSED"));
  EXPECT_FALSE(
      shop_.Run(shop_.sessions().StartSession(shop_.Call("s1/t1", token)))
          .ok());
  EXPECT_THAT(shop_.Ends(), Contains("SESSION " + session + " REPAIRED"));
  // And work goes on.
  MustStart("s1/t1", MustSignIn("s1/t1", "wang"));
}

TEST_F(RepairTest, WhatOnlyTheRecordKnowsEndsThere) {
  shop_.Keep("copy");
  const std::string token = MustSignIn("s1/t1", "wang");
  const std::string session = MustStart("s1/t1", token);
  FallBack();
  Repair();
  EXPECT_THAT(shop_.Kinds("session/" + session), Contains("SESSION_CLOSED"));
  EXPECT_THAT(shop_.Ends(), Contains("SESSION " + session + " REPAIRED"));
  EXPECT_FALSE(
      shop_.Run(shop_.sessions().StartSession(shop_.Call("s1/t1", token)))
          .ok());
  MustStart("s1/t1", MustSignIn("s1/t1", "wang"));
}

TEST_F(RepairTest, WhatEndedSinceGetsNoSecondEnd) {
  const std::string token = MustSignIn("s1/t1", "wang");
  const std::string session = MustStart("s1/t1", token);
  shop_.Keep("copy");
  ASSERT_THAT(shop_.Run(shop_.sessions().CloseSession(
                  shop_.Call("s1/t1", token), session)),
              IsOk());
  FallBack();
  Repair();
  int closed = 0;
  for (const std::string& kind : shop_.Kinds("session/" + session)) {
    if (kind == "SESSION_CLOSED") ++closed;
  }
  EXPECT_EQ(closed, 0);  // the record has it
  EXPECT_THAT(shop_.Ends(), Contains("SESSION " + session + " CLOSED"));
  MustStart("s1/t1", MustSignIn("s1/t1", "wang"));
}

TEST_F(RepairTest, RevokedStaysRevoked) {
  shop_.Keep("copy");
  ASSERT_THAT(shop_.Revoke(SubjectKind::SUBJECT_KIND_TERMINAL, "s1/t1"),
              IsOk());
  ASSERT_THAT(shop_.Revoke(SubjectKind::SUBJECT_KIND_CLERK, "li"), IsOk());
  FallBack();
  Repair();
  EXPECT_FALSE(shop_.SignIn("s1/t1", "wang").ok());
  EXPECT_FALSE(shop_.SignIn("s1/t2", "li").ok());
  MustSignIn("s1/t2", "wang");
}

// A key that was replaced does not come back, nor does the new one without two
// admins: the copy does not have what they approved.
TEST_F(RepairTest, WhatWasApprovedSinceIsApprovedAgain) {
  shop_.Keep("copy");
  const DevicePeer old_peer = shop_.Peer("s1/t1");
  shop_.NewKey("s1/t1");
  ASSERT_THAT(shop_.Enroll(shop_.TerminalContent("s1/t1")), IsOk());
  FallBack();
  Repair();
  EXPECT_THAT(shop_.Kinds("terminal/s1/t1"), Contains("TERMINAL_REVOKED"));
  EXPECT_FALSE(shop_.SignIn("s1/t1", "wang").ok());
  ASSERT_THAT(shop_.Enroll(shop_.TerminalContent("s1/t1")), IsOk());
  MustSignIn("s1/t1", "wang");
  EXPECT_NE(shop_.Peer("s1/t1").key_sha256, old_peer.key_sha256);
}

TEST_F(RepairTest, WhoWasEnrolledSinceIsUnknown) {
  shop_.Keep("copy");
  ASSERT_THAT(shop_.Enroll(shop_.ClerkContent("sun", "s1")), IsOk());
  FallBack();
  Repair();
  EXPECT_THAT(shop_.Kinds("clerk/sun"), Contains("CLERK_REVOKED"));
  EXPECT_FALSE(shop_.SignIn("s1/t1", "sun").ok());
  ASSERT_THAT(shop_.Enroll(shop_.ClerkContent("sun", "s1")), IsOk());
  MustSignIn("s1/t1", "sun");
}

TEST_F(RepairTest, LockHolds) {
  shop_.Keep("copy");
  for (int i = 0; i < 5; ++i) {
    SignInAttempt attempt = shop_.Attempt("s1/t1", "wang");
    attempt.password = crypto::Secret("wrong");
    EXPECT_FALSE(shop_.Run(shop_.sign_in().SignIn(std::move(attempt))).ok());
  }
  FallBack();
  ASSERT_EQ(record_.back().kind(), ledger::v1::EVENT_KIND_CLERK_LOCKED);
  EXPECT_THAT(Repair(), Contains(HasSubstr("clerk/wang is locked")));
  EXPECT_THAT(shop_.SignIn("s1/t1", "wang"), FailsWith(Reason::CLERK_LOCKED));
  shop_.clock().Advance(absl::Minutes(16));
  MustSignIn("s1/t1", "wang");
}

TEST_F(RepairTest, PermitIsKeptAndNoneIsGivenTwice) {
  const std::string token = MustSignIn("s1/t1", "wang");
  const std::string session = MustStart("s1/t1", token);
  shop_.Keep("copy");
  const auto first = Permit(session, "o1", "r1");
  ASSERT_THAT(first, IsOk());
  FallBack();
  Repair();
  EXPECT_FALSE(Permit(session, "o1", "r2").ok());
  const std::string other = MustStart("s1/t1", MustSignIn("s1/t1", "wang"));
  EXPECT_THAT(Permit(other, "o1", "r1"), FailsWith(Reason::PERMIT_TAKEN));
}

// Who watched the lost database holds cursors that the copy never gave.
TEST_F(RepairTest, CursorsLeapOverAllThatWereGiven) {
  shop_.Keep("copy");
  for (int i = 0; i < 3; ++i) MustSignIn("s1/t1", "wang");
  const auto before = shop_.Run(shop_.end_store().NewestCursor());
  ASSERT_THAT(before, IsOk());
  FallBack();
  Repair(/*dry=*/false, /*earlier=*/2);
  const auto ends =
      shop_.Run(shop_.end_store().ReadEnds(int64_t{3} << 32, 1000));
  ASSERT_THAT(ends, IsOk());
  EXPECT_FALSE(ends->empty());
  EXPECT_GT(ends->front().cursor, *before);
}

TEST_F(RepairTest, DryRunSaysTheSameAndChangesNothing) {
  const std::string token = MustSignIn("s1/t1", "wang");
  const std::string session = MustStart("s1/t1", token);
  shop_.Keep("copy");
  ASSERT_THAT(shop_.Revoke(SubjectKind::SUBJECT_KIND_CLERK, "li"), IsOk());
  FallBack();
  const size_t events = shop_.Events().size();
  const std::vector<std::string> planned = Repair(/*dry=*/true);
  EXPECT_EQ(shop_.Events().size(), events);
  EXPECT_EQ(Gap().size(), 1u);
  shop_.clock().Advance(absl::Hours(1));
  EXPECT_EQ(Repair(), planned);
}

}  // namespace
}  // namespace shiming::terminal_session
