#include "storage/outbox/relay.h"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_future.hpp>
#include <future>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "common/metrics/metrics.h"
#include "common/status/reason.h"
#include "common/status/status_macros.h"
#include "common/time/fake_clock.h"
#include "storage/outbox/fake_ledger.h"
#include "storage/outbox/outbox.h"
#include "storage/outbox/own_aggregates.h"
#include "storage/testing/faulty_database.h"
#include "storage/testing/run.h"
#include "storage/testing/temp_database.h"

namespace shiming::outbox {
namespace {

using ::shiming::sql::testing::FaultyDatabase;
using ::shiming::sql::testing::RunOn;
using ::shiming::sql::testing::TempDatabase;

constexpr char kSource[] = "profile_order";

ledger::v1::Event Draft(const std::string& aggregate) {
  ledger::v1::Event draft;
  draft.mutable_id()->set_aggregate(aggregate);
  draft.set_kind(ledger::v1::EVENT_KIND_ORDER_PLACED);
  return draft;
}

ledger::v1::EventId Id(const std::string& aggregate, int64_t version,
                       const std::string& source = kSource) {
  ledger::v1::EventId id;
  id.set_source(source);
  id.set_aggregate(aggregate);
  id.set_version(version);
  return id;
}

class RelayTest : public ::testing::Test {
 protected:
  RelayTest() : database_(temp_.database()) {}

  void SetUp() override {
    ASSERT_TRUE(
        sql::Migrate(temp_.database(), Outbox::Migrations(), Outbox::kSchema)
            .ok());
    MakeRelay(absl::Minutes(10));
  }
  void TearDown() override {
    ledger_.Release();
    relay_.reset();
    pool_.join();
  }

  // Without polling, unless a test wants it: what is sent was poked.
  void MakeRelay(absl::Duration poll_interval,
                 absl::Duration check_interval = absl::Hours(1)) {
    relay_ = std::make_unique<Relay>(
        Relay::Options{.database = database_,
                       .sink = ledger_,
                       .clock = clock_,
                       .metrics = metrics_,
                       .source = kSource,
                       .poll_interval = poll_interval,
                       .retry_delay = absl::Milliseconds(2),
                       .check_interval = check_interval});
  }

  void Add(const ledger::v1::Event& draft, int count = 1) {
    for (int i = 0; i < count; ++i) {
      ASSERT_TRUE(temp_.database()
                      .WriteBlocking([&](sql::Transaction& tx) {
                        return outbox_.Add(tx, draft).status();
                      })
                      .ok());
    }
  }
  void Keep(const std::string& aggregate) {
    ASSERT_TRUE(temp_.database()
                    .WriteBlocking([&](sql::Transaction& tx) {
                      return outbox_.KeepUntilEnded(tx, aggregate);
                    })
                    .ok());
  }
  // Rows of the outbox.
  int64_t RowCount() {
    int64_t count = -1;
    EXPECT_TRUE(temp_.database()
                    .ReadBlocking([&](sql::Snapshot& s) -> absl::Status {
                      ASSIGN_OR_RETURN(
                          auto rows,
                          s.Query("SELECT COUNT(*) FROM outbox_events", {}));
                      count = rows[0].Int(0);
                      return absl::OkStatus();
                    })
                    .ok());
    return count;
  }
  absl::StatusOr<int64_t> WaitSequenced(
      const ledger::v1::EventId& id,
      absl::Duration timeout = absl::Seconds(30)) {
    return RunOn(pool_, relay_->WaitSequenced(id, absl::Now() + timeout));
  }
  absl::Status CheckNotBehind() {
    return RunOn(pool_, relay_->CheckNotBehind());
  }
  // Each aggregate's versions 1, 2, 3 ... in order; gives the last of each.
  std::map<std::string, int64_t> LastVersions() {
    std::map<std::string, int64_t> last;
    for (const ledger::v1::Event& event : ledger_.Events()) {
      if (event.id().source() != kSource) continue;
      EXPECT_EQ(event.id().version(), ++last[event.id().aggregate()]);
    }
    return last;
  }

  TempDatabase temp_;
  FaultyDatabase database_;
  FakeLedger ledger_{kSource};
  SystemClock clock_;
  Metrics metrics_;
  Outbox outbox_{{.source = kSource, .clock = clock_}};
  boost::asio::thread_pool pool_{2};
  std::unique_ptr<Relay> relay_;
};

TEST_F(RelayTest, SendsWhatIsThereAtStart) {
  Add(Draft("order/a"), 2);
  relay_->Start(pool_.get_executor());
  EXPECT_TRUE(ledger_.WaitUntil(
      [](const FakeLedger& l) { return l.Contains("order/a", 2); }));
  relay_->Stop();
  EXPECT_EQ(RowCount(), 0);
}

TEST_F(RelayTest, APokeWakesAtOnce) {
  relay_->Start(pool_.get_executor());
  for (int version = 1; version <= 20; ++version) {
    Add(Draft("order/a"));
    relay_->Poke();
    ASSERT_TRUE(ledger_.WaitUntil(
        [&](const FakeLedger& l) { return l.Contains("order/a", version); }));
  }
}

TEST_F(RelayTest, PollsWhenNobodyPokes) {
  MakeRelay(absl::Milliseconds(5));
  relay_->Start(pool_.get_executor());
  Add(Draft("order/a"));
  EXPECT_TRUE(ledger_.WaitUntil(
      [](const FakeLedger& l) { return l.Contains("order/a", 1); }));
}

// Goal: two processes on one outbox do not send everything twice, and what one
// of them has left behind is sent by the other.
TEST_F(RelayTest, LeavesAnotherProcessItsEventsUntilTheyAreOld) {
  FakeClock clock(absl::FromUnixSeconds(1'800'000'000));
  OwnAggregates ours;
  OwnAggregates theirs;
  const Outbox our_outbox({.source = kSource, .clock = clock, .own = &ours});
  const Outbox their_outbox(
      {.source = kSource, .clock = clock, .own = &theirs});
  const auto add = [&](const Outbox& outbox, const std::string& aggregate) {
    ASSERT_TRUE(temp_.database()
                    .WriteBlocking([&](sql::Transaction& tx) {
                      return outbox.Add(tx, Draft(aggregate)).status();
                    })
                    .ok());
  };
  add(their_outbox, "order/theirs");
  add(their_outbox, "order/both");
  add(our_outbox, "order/both");
  add(our_outbox, "order/ours");
  Relay relay({.database = database_,
               .sink = ledger_,
               .clock = clock,
               .metrics = metrics_,
               .source = kSource,
               .poll_interval = absl::Milliseconds(5),
               .own = &ours});
  relay.Start(pool_.get_executor());
  ASSERT_TRUE(ledger_.WaitUntil([](const FakeLedger& l) {
    return l.Contains("order/both", 2) && l.Contains("order/ours", 1);
  }));
  EXPECT_FALSE(ledger_.Contains("order/theirs", 1));
  clock.Advance(absl::Seconds(2));
  EXPECT_TRUE(ledger_.WaitUntil(
      [](const FakeLedger& l) { return l.Contains("order/theirs", 1); }));
}

// Goal: both processes' relays may send and store the same events.
TEST_F(RelayTest, TwoRelaysOnOneOutboxLoseAndDoubleNothing) {
  for (int i = 0; i < 3; ++i) {
    for (int a = 0; a < 60; ++a) Add(Draft("order/" + std::to_string(a)));
  }
  MakeRelay(absl::Milliseconds(5));
  Relay other({.database = database_,
               .sink = ledger_,
               .clock = clock_,
               .metrics = metrics_,
               .source = kSource,
               .poll_interval = absl::Milliseconds(5),
               .retry_delay = absl::Milliseconds(2)});
  relay_->Start(pool_.get_executor());
  other.Start(pool_.get_executor());
  EXPECT_TRUE(ledger_.WaitUntil(
      [](const FakeLedger& l) { return l.Events().size() == 180; }));
  other.Stop();
  relay_->Stop();
  EXPECT_EQ(ledger_.Events().size(), 180u);
  EXPECT_EQ(LastVersions().size(), 60u);
  EXPECT_EQ(RowCount(), 0);
}

TEST_F(RelayTest, SendsManyAggregatesInOneCallEachInOrder) {
  for (int i = 0; i < 3; ++i) {
    for (int a = 0; a < 40; ++a) Add(Draft("order/" + std::to_string(a)));
  }
  relay_->Start(pool_.get_executor());
  EXPECT_TRUE(ledger_.WaitUntil(
      [](const FakeLedger& l) { return l.Events().size() == 120; }));
  EXPECT_EQ(ledger_.CallSizes(), (std::vector<size_t>{120}));
  EXPECT_EQ(LastVersions().size(), 40u);
}

TEST_F(RelayTest, DividesABacklogIntoCallsWithinTheirLimits) {
  ASSERT_TRUE(
      temp_.database()
          .WriteBlocking([&](sql::Transaction& tx) -> absl::Status {
            for (int i = 0; i < 700; ++i) {
              RETURN_IF_ERROR(
                  outbox_.Add(tx, Draft("order/" + std::to_string(i % 9)))
                      .status());
            }
            ledger::v1::Event big = Draft("order/big");
            big.set_clerk(std::string(60000, 'c'));
            for (int i = 0; i < 30; ++i) {
              RETURN_IF_ERROR(outbox_.Add(tx, big).status());
            }
            return absl::OkStatus();
          })
          .ok());
  relay_->Start(pool_.get_executor());
  EXPECT_TRUE(ledger_.WaitUntil(
      [](const FakeLedger& l) { return l.Events().size() == 730; }));
  EXPECT_EQ(LastVersions()["order/big"], 30);
  for (size_t size : ledger_.CallSizes()) EXPECT_LE(size, 256u);
}

TEST_F(RelayTest, WhatWaitsIsSentAgainAndHoldsUpNobody) {
  ledger::v1::Event waits = Draft("order/waits");
  *waits.add_after() = Id("verification/v", 1, "identity_verification");
  Add(waits);
  Add(Draft("order/waits"));  // waits for its predecessor
  Add(Draft("order/free"));
  relay_->Start(pool_.get_executor());
  ASSERT_TRUE(ledger_.WaitUntil(
      [](const FakeLedger& l) { return l.Contains("order/free", 1); }));
  EXPECT_FALSE(ledger_.Contains("order/waits", 1));
  Add(Draft("order/free"));
  relay_->Poke();
  ASSERT_TRUE(ledger_.WaitUntil(
      [](const FakeLedger& l) { return l.Contains("order/free", 2); }));
  ledger::v1::Event verified = Draft("verification/v");
  *verified.mutable_id() = Id("verification/v", 1, "identity_verification");
  ledger_.AppendDirectly(verified);
  EXPECT_TRUE(ledger_.WaitUntil(
      [](const FakeLedger& l) { return l.Contains("order/waits", 2); }));
}

// Goal: a call that the ledger holds (it has met an event that waits) does not
// hold up what comes later.
TEST_F(RelayTest, AHeldCallDoesNotHoldUpLaterEvents) {
  ledger_.Hold();
  Add(Draft("order/a"));
  relay_->Start(pool_.get_executor());
  ASSERT_TRUE(ledger_.WaitUntil(
      [](const FakeLedger& l) { return l.CallsStarted() == 1; }));
  Add(Draft("order/b"));
  relay_->Poke();
  EXPECT_TRUE(ledger_.WaitUntil(
      [](const FakeLedger& l) { return l.CallsStarted() == 2; }));
  ledger_.Release();
  EXPECT_TRUE(ledger_.WaitUntil([](const FakeLedger& l) {
    return l.Contains("order/a", 1) && l.Contains("order/b", 1);
  }));
}

TEST_F(RelayTest, ARejectedAggregateStopsAndTheOthersGoOn) {
  ledger_.Reject("order/bad", "LEDGER_CONFLICT");
  Add(Draft("order/bad"), 2);
  Add(Draft("order/good"));
  relay_->Start(pool_.get_executor());
  ASSERT_TRUE(ledger_.WaitUntil(
      [](const FakeLedger& l) { return l.Contains("order/good", 1); }));
  relay_->Stop();
  EXPECT_NE(metrics_.Text().find("shiming_outbox_rejected_total{"
                                 "reason=\"LEDGER_CONFLICT\""),
            std::string::npos);
  EXPECT_EQ(RowCount(), 2);
  absl::StatusOr<int64_t> waited = WaitSequenced(Id("order/bad", 2));
  EXPECT_TRUE(HasReason(waited.status(), Reason::LEDGER_AGGREGATE_FROZEN))
      << waited.status();
}

TEST_F(RelayTest, AResumedAggregateIsSentAgain) {
  ledger_.Reject("order/bad", "LEDGER_CONFLICT");
  Add(Draft("order/bad"), 2);
  EXPECT_TRUE(HasReason(WaitSequenced(Id("order/bad", 1)).status(),
                        Reason::LEDGER_CONFLICT));
  relay_->Start(pool_.get_executor());
  relay_->Stop();  // has stored the answer
  ledger_.Reject("order/bad", "");
  ASSERT_TRUE(temp_.database()
                  .WriteBlocking([&](sql::Transaction& tx) {
                    return outbox_.Resume(tx, "order/bad");
                  })
                  .ok());
  MakeRelay(absl::Minutes(10));
  relay_->Start(pool_.get_executor());
  EXPECT_TRUE(ledger_.WaitUntil(
      [](const FakeLedger& l) { return l.Contains("order/bad", 2); }));
}

TEST_F(RelayTest, CallsWithoutAnAnswerAreRepeated) {
  relay_->Start(pool_.get_executor());
  int64_t version = 0;
  for (bool after_effect : {false, true}) {
    const size_t calls = ledger_.CallSizes().size();
    ledger_.FailCalls(3, after_effect);
    Add(Draft("order/a"), 2);
    version += 2;
    relay_->Poke();
    EXPECT_TRUE(ledger_.WaitUntil([&](const FakeLedger& l) {
      return l.Contains("order/a", version) && l.CallSizes().size() > calls + 3;
    }));
  }
  relay_->Stop();
  EXPECT_EQ(LastVersions()["order/a"], 4);
}

TEST_F(RelayTest, AnswersThatCouldNotBeStoredAreStoredLater) {
  Add(Draft("order/a"));
  database_.FailCommit(1, FaultyDatabase::CommitFault::kNotDone);
  relay_->Start(pool_.get_executor());
  ASSERT_TRUE(ledger_.WaitUntil(
      [](const FakeLedger& l) { return l.Contains("order/a", 1); }));
  Add(Draft("order/b"));
  relay_->Poke();
  ASSERT_TRUE(ledger_.WaitUntil(
      [](const FakeLedger& l) { return l.Contains("order/b", 1); }));
  relay_->Stop();
  EXPECT_EQ(RowCount(), 0);
}

TEST_F(RelayTest, WaitSequencedGivesTheIndexWithoutTheLoop) {
  Add(Draft("order/a"), 3);
  // Not started: it sends the bytes, and its predecessors', itself.
  absl::StatusOr<int64_t> index = WaitSequenced(Id("order/a", 2));
  ASSERT_TRUE(index.ok()) << index.status();
  EXPECT_EQ(*index, 1);
  EXPECT_FALSE(ledger_.Contains("order/a", 3));
}

TEST_F(RelayTest, WaitSequencedSendsAKeptEventEachTime) {
  Keep("order/a");
  Add(Draft("order/a"));
  relay_->Start(pool_.get_executor());
  for (int i = 0; i < 3; ++i) {
    const size_t calls = ledger_.CallsStarted();
    absl::StatusOr<int64_t> index = WaitSequenced(Id("order/a", 1));
    ASSERT_TRUE(index.ok()) << index.status();
    EXPECT_EQ(*index, 0);
    EXPECT_GT(ledger_.CallsStarted(), calls);
  }
}

TEST_F(RelayTest, WaitSequencedRefusesWhatTheLedgerKnowsOtherwise) {
  Keep("order/a");
  Add(Draft("order/a"));
  ASSERT_TRUE(WaitSequenced(Id("order/a", 1)).ok());
  // An edited row, though marked as acknowledged.
  ledger::v1::Event edited = Draft("order/a");
  *edited.mutable_id() = Id("order/a", 1);
  edited.set_shop("elsewhere");
  ASSERT_TRUE(temp_.database()
                  .WriteBlocking([&](sql::Transaction& tx) {
                    return tx.ExecuteOne(
                        "UPDATE outbox_events SET entry = $1 WHERE version = 1",
                        {sql::Value::Bytes(edited.SerializeAsString())});
                  })
                  .ok());
  EXPECT_TRUE(HasReason(WaitSequenced(Id("order/a", 1)).status(),
                        Reason::LEDGER_CONFLICT));
}

TEST_F(RelayTest, WaitSequencedOfAnEventThatIsNotKeptIsAnsweredByItsAbsence) {
  Add(Draft("order/a"));
  relay_->Start(pool_.get_executor());
  ASSERT_TRUE(ledger_.WaitUntil(
      [](const FakeLedger& l) { return l.Contains("order/a", 1); }));
  relay_->Stop();
  absl::StatusOr<int64_t> index = WaitSequenced(Id("order/a", 1));
  ASSERT_TRUE(index.ok());
  EXPECT_EQ(*index, Relay::kIndexUnknown);
  EXPECT_TRUE(
      HasReason(WaitSequenced(Id("order/a", 2)).status(), Reason::NOT_FOUND));
  EXPECT_TRUE(HasReason(WaitSequenced(Id("order/never", 1)).status(),
                        Reason::NOT_FOUND));
}

TEST_F(RelayTest, WaitSequencedWaitsForWhatMustStandBefore) {
  ledger::v1::Event waits = Draft("order/a");
  *waits.add_after() = Id("session/s", 1, "terminal_session");
  Add(waits);
  std::future<absl::StatusOr<int64_t>> index = boost::asio::co_spawn(
      pool_,
      relay_->WaitSequenced(Id("order/a", 1), absl::Now() + absl::Seconds(30)),
      boost::asio::use_future);
  ASSERT_TRUE(ledger_.WaitUntil(
      [](const FakeLedger& l) { return l.CallsStarted() >= 3; }));
  ledger::v1::Event permitted = Draft("session/s");
  *permitted.mutable_id() = Id("session/s", 1, "terminal_session");
  ledger_.AppendDirectly(permitted);
  absl::StatusOr<int64_t> got = index.get();
  ASSERT_TRUE(got.ok()) << got.status();
  EXPECT_EQ(*got, 1);
}

TEST_F(RelayTest, WaitSequencedEndsAtItsDeadline) {
  ledger::v1::Event waits = Draft("order/a");
  *waits.add_after() = Id("session/s", 1, "terminal_session");
  Add(waits);
  absl::StatusOr<int64_t> index =
      WaitSequenced(Id("order/a", 1), absl::Milliseconds(30));
  EXPECT_TRUE(HasReason(index.status(), Reason::DEPENDENCY_UNAVAILABLE));
}

TEST_F(RelayTest, CheckPassesForWhatThisDatabaseMade) {
  EXPECT_TRUE(CheckNotBehind().ok());
  Keep("order/kept");
  Add(Draft("order/kept"), 2);
  Add(Draft("order/a"), 3);
  relay_->Start(pool_.get_executor());
  ASSERT_TRUE(ledger_.WaitUntil(
      [](const FakeLedger& l) { return l.Events().size() == 5; }));
  EXPECT_TRUE(CheckNotBehind().ok());
  EXPECT_TRUE(CheckNotBehind().ok());
  EXPECT_FALSE(relay_->is_behind());
}

TEST_F(RelayTest, CheckFindsAnUnknownAggregate) {
  ledger::v1::Event event = Draft("order/unknown");
  *event.mutable_id() = Id("order/unknown", 1);
  ledger_.AppendDirectly(event);
  absl::Status status = CheckNotBehind();
  EXPECT_TRUE(HasReason(status, Reason::DATABASE_BEHIND_LEDGER)) << status;
  EXPECT_TRUE(relay_->is_behind());
  EXPECT_TRUE(HasReason(WaitSequenced(Id("order/unknown", 1)).status(),
                        Reason::DATABASE_BEHIND_LEDGER));
}

TEST_F(RelayTest, CheckFindsOtherBytes) {
  Add(Draft("order/a"));
  ledger::v1::Event event = Draft("order/a");
  *event.mutable_id() = Id("order/a", 1);
  event.set_shop("elsewhere");
  ledger_.AppendDirectly(event);
  EXPECT_TRUE(HasReason(CheckNotBehind(), Reason::DATABASE_BEHIND_LEDGER));
}

// Goal: a database restored to an older copy is found, also when a check had
// passed before the copy. Method: keep a copy, go on, put the copy back.
TEST_F(RelayTest, CheckFindsARestoredDatabase) {
  Add(Draft("order/a"), 2);
  ASSERT_TRUE(WaitSequenced(Id("order/a", 2)).ok());
  ASSERT_TRUE(CheckNotBehind().ok());
  relay_.reset();
  temp_.Keep("older");
  const auto new_relay = [this] {
    return std::make_unique<Relay>(Relay::Options{.database = temp_.database(),
                                                  .sink = ledger_,
                                                  .clock = clock_,
                                                  .metrics = metrics_,
                                                  .source = kSource});
  };
  Add(Draft("order/a"));
  relay_ = new_relay();
  ASSERT_TRUE(WaitSequenced(Id("order/a", 3)).ok());
  ASSERT_TRUE(CheckNotBehind().ok());
  relay_.reset();

  temp_.PutBack("older");
  relay_ = new_relay();
  EXPECT_TRUE(HasReason(CheckNotBehind(), Reason::DATABASE_BEHIND_LEDGER));
}

TEST_F(RelayTest, TheRunningRelayFindsItselfBehindAndSendsNoMore) {
  MakeRelay(absl::Milliseconds(2), /*check_interval=*/absl::Milliseconds(2));
  ledger::v1::Event event = Draft("order/other_instance");
  *event.mutable_id() = Id("order/other_instance", 1);
  ledger_.AppendDirectly(event);
  relay_->Start(pool_.get_executor());
  ASSERT_TRUE(
      ledger_.WaitUntil([](const FakeLedger& l) { return l.ListCalls() > 0; }));
  relay_->Stop();  // waits for the check
  EXPECT_TRUE(relay_->is_behind());
  EXPECT_EQ(
      metrics_
          .gauge("shiming_outbox_database_behind", "", {{"source", kSource}})
          .Value(),
      1);
  // Started again it would find the same; here it stays still.
  const size_t calls = ledger_.CallsStarted();
  Add(Draft("order/a"));
  relay_->Poke();
  EXPECT_EQ(ledger_.CallsStarted(), calls);
}

TEST_F(RelayTest, AnythingUnsentSurvivesARestart) {
  ledger_.FailCalls(1, /*after_effect=*/true);
  Add(Draft("order/a"), 3);
  relay_->Start(pool_.get_executor());
  relay_->Stop();
  MakeRelay(absl::Minutes(10));
  relay_->Start(pool_.get_executor());
  EXPECT_TRUE(ledger_.WaitUntil([](const FakeLedger& l) {
    return l.CallSizes().size() >= 1 && l.Contains("order/a", 3);
  }));
  relay_->Stop();
  EXPECT_EQ(LastVersions()["order/a"], 3);
}

}  // namespace
}  // namespace shiming::outbox
