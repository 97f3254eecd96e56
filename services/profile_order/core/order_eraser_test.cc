// Goal: the keys of an erased person's orders are in no file any more, what
// stands against it is said and leaves everything as it was, and neither crash
// nor race nor an older database leaves a key behind.
#include "services/profile_order/core/order_eraser.h"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_future.hpp>
#include <map>
#include <memory>
#include <mutex>

#include "common/status/reason.h"
#include "services/profile_order/store/sql_order_erasure_store.h"
#include "services/profile_order/store/tally.h"
#include "services/profile_order/testing/order_bench.h"
#include "storage/outbox/outbox.h"
#include "storage/testing/faulty_database.h"

namespace shiming::profile_order::testing {
namespace {

using sql::testing::FaultyDatabase;

// identity_verification with some approved erasures. Thread-safe.
class FakeErasures final : public ErasureSource {
 public:
  // Approves one; its number.
  int64_t Approve(const std::string& person_id, int64_t kept_since_us) {
    std::lock_guard lock(mutex_);
    tasks_.push_back({.number = static_cast<int64_t>(tasks_.size()) + 1,
                      .person_id = person_id,
                      .kept_since_us = kept_since_us});
    return tasks_.back().number;
  }
  void SetAway(bool away) {
    std::lock_guard lock(mutex_);
    away_ = away;
  }
  // The next report is taken, and its answer lost.
  void LoseAnswer() {
    std::lock_guard lock(mutex_);
    lose_answer_ = true;
  }
  // The last report on a task; nullopt: none yet.
  std::optional<ErasureReport> ReportOn(int64_t number) {
    std::lock_guard lock(mutex_);
    const auto found = reports_.find(number);
    if (found == reports_.end()) return std::nullopt;
    return found->second;
  }
  int report_count() {
    std::lock_guard lock(mutex_);
    return report_count_;
  }

  Awaitable<absl::StatusOr<std::vector<ErasureTask>>> List(
      int64_t after) override {
    std::lock_guard lock(mutex_);
    if (away_) co_return absl::UnavailableError("away");
    std::vector<ErasureTask> tasks;
    for (const ErasureTask& task : tasks_) {
      const auto report = reports_.find(task.number);
      const bool refused =
          report != reports_.end() && report->second.refusal.has_value();
      if (task.number > after && !refused) tasks.push_back(task);
    }
    co_return tasks;
  }
  Awaitable<absl::Status> Report(const ErasureTask& task,
                                 const ErasureReport& report) override {
    std::lock_guard lock(mutex_);
    if (away_) co_return absl::UnavailableError("away");
    report_count_ += 1;
    reports_[task.number] = report;
    if (std::exchange(lose_answer_, false)) {
      co_return absl::UnavailableError("lost");
    }
    co_return absl::OkStatus();
  }

 private:
  std::mutex mutex_;
  std::vector<ErasureTask> tasks_;
  std::map<int64_t, ErasureReport> reports_;
  int report_count_ = 0;
  bool away_ = false;
  bool lose_answer_ = false;
};

class OrderEraserTest : public ::testing::Test {
 protected:
  OrderEraserTest()
      : faults_(bench_.database()),
        outbox_({.source = "profile_order", .clock = bench_.clock()}),
        store_(faults_, outbox_) {
    bench_.ImportStock(60);
    Restart();
  }

  // A new run of the eraser.
  void Restart() {
    eraser_ = std::make_unique<OrderEraser>(
        OrderEraser::Deps{.source = source_,
                          .store = store_,
                          .orders = bench_.store(),
                          .clock = bench_.clock(),
                          .metrics = bench_.metrics(),
                          .holder = "1"});
  }

  absl::StatusOr<int64_t> Work() { return bench_.Run(eraser_->Work()); }

  // At a terminal of its own, where two orders are to stay at hand: a terminal
  // has one session.
  Order Placed(const std::string& person_id = "", int terminal = 1) {
    session_ = bench_.authority().OpenSession(terminal);
    const auto order = bench_.Create(
        bench_.NewRequest(session_, kEid, person_id, terminal), terminal);
    EXPECT_TRUE(order.ok()) << order.status();
    return bench_.WaitForState(order->order_id, OrderState::kReady);
  }

  Order Cancelled(const Order& order, int terminal = 1) {
    order::v1::CancelOrderRequest cancel;
    cancel.set_request_id(bench_.NewUuid());
    cancel.set_session_id(order.session_id);
    cancel.set_order_id(order.order_id);
    const auto status = bench_.Run(
        bench_.orders().Cancel(bench_.TerminalCaller(terminal), cancel));
    EXPECT_TRUE(status.ok()) << status.status();
    return bench_.WaitForState(order.order_id, OrderState::kCancelled);
  }

  // READY, revealed, cancelled: it has a receipt.
  Order EndedOrder(const std::string& person_id = "", int terminal = 1) {
    const Order order = Placed(person_id, terminal);
    EXPECT_TRUE(bench_.Reveal(order.order_id, bench_.NewUuid(), terminal).ok());
    const Order ended = Cancelled(order, terminal);
    bench_.clock().Advance(absl::Seconds(1));
    return ended;
  }

  int64_t Now() { return ToMicros(bench_.clock().Now()); }

  absl::Status ReceiptOf(const Order& order, int terminal = 1) {
    order::v1::GetReceiptRequest request;
    request.set_session_id(order.session_id);
    request.set_order_id(order.order_id);
    return bench_
        .Run(bench_.orders().GetReceipt(bench_.TerminalCaller(terminal),
                                        request))
        .status();
  }

  void ExpectErased(const Order& before) {
    const Order order = bench_.Get(before.order_id);
    EXPECT_TRUE(IsErased(order));
    EXPECT_EQ(order.wrapped_key, "");
    EXPECT_EQ(bench_.DatabaseBytes().find(before.wrapped_key),
              std::string::npos);
    EXPECT_EQ(bench_.DatabaseBytes().find(before.sealed), std::string::npos);
  }

  OrderBench bench_;
  FaultyDatabase faults_;
  const outbox::Outbox outbox_;
  SqlOrderErasureStore store_;
  FakeErasures source_;
  std::unique_ptr<OrderEraser> eraser_;
  std::string session_;
};

TEST_F(OrderEraserTest, DestroysTheKeysOfEndedOrders) {
  const std::string person = bench_.NewPersonId();
  const Order first = EndedOrder(person, 1);
  const Order second = EndedOrder(person, 2);
  const Order other = EndedOrder("", 3);
  ASSERT_TRUE(ReceiptOf(first, 1).ok());
  ASSERT_NE(bench_.DatabaseBytes().find(first.wrapped_key), std::string::npos);
  const int64_t number = source_.Approve(person, Now());
  const auto done = Work();
  ASSERT_TRUE(done.ok()) << done.status();
  EXPECT_EQ(*done, 1);
  ExpectErased(first);
  ExpectErased(second);

  const auto report = source_.ReportOn(number);
  ASSERT_TRUE(report.has_value());
  EXPECT_FALSE(report->refusal.has_value());
  ASSERT_EQ(report->last_events.size(), 2u);
  for (const ledger::v1::EventId& id : report->last_events) {
    EXPECT_EQ(id.source(), "profile_order");
    EXPECT_TRUE(id.aggregate() == AggregateOf(first.order_id) ||
                id.aggregate() == AggregateOf(second.order_id));
    EXPECT_GE(id.version(), 4);  // PLACED, READY, REVEALED, CANCELLED
  }

  // What is no longer answerable says so; the rest of the order still stands.
  EXPECT_TRUE(HasReason(ReceiptOf(first), Reason::OPENING_ERASED));
  const auto proto = ToProto(bench_.Get(first.order_id));
  EXPECT_EQ(proto.state(), order::v1::PROFILE_ORDER_STATE_CANCELLED);
  EXPECT_EQ(proto.msisdn_masked(), "");
  EXPECT_EQ(proto.eid_suffix(), "");
  EXPECT_EQ(proto.iccid(), "");

  // The person places no order any more; nobody else is concerned.
  session_ = bench_.authority().OpenSession(4);
  EXPECT_TRUE(HasReason(
      bench_.Create(bench_.NewRequest(session_, kEid, person, 4), 4).status(),
      Reason::PERSON_IS_ERASED));
  EXPECT_TRUE(ReceiptOf(other, 3).ok());
  EXPECT_EQ(bench_.Get(other.order_id).wrapped_key, other.wrapped_key);

  // A notice that comes late is of no order: no event names the person.
  const size_t before = bench_.ledger().Events().size();
  EXPECT_TRUE(bench_.Notice(first, 3, "").ok());
  for (size_t i = before; i < bench_.ledger().Events().size(); ++i) {
    EXPECT_NE(bench_.ledger().Events()[i].person_id(), person);
  }
  // Counts still agree.
  const auto differences = bench_.Run(bench_.stock().CountUsageDifferences());
  ASSERT_TRUE(differences.ok());
  EXPECT_EQ(*differences, 0);
  // Once.
  EXPECT_EQ(Work().value_or(-1), 0);
  EXPECT_EQ(source_.report_count(), 1);
}

TEST_F(OrderEraserTest, SaysWhatStandsAgainstItAndErasesNothing) {
  const std::string person = bench_.NewPersonId();
  const Order open = Placed(person);
  int64_t number = source_.Approve(person, Now());
  ASSERT_EQ(Work().value_or(-1), 1);
  auto report = source_.ReportOn(number);
  ASSERT_TRUE(report.has_value() && report->refusal.has_value());
  EXPECT_EQ(report->refusal->reason, Reason::PERSON_HAS_OPEN_ORDERS);
  EXPECT_EQ(bench_.Get(open.order_id).wrapped_key, open.wrapped_key);

  // Ended, but kept by law until two years have passed.
  const Order ended = Cancelled(open);
  const int64_t kept_since = ended.state_us;
  bench_.clock().Advance(absl::Seconds(1));
  number = source_.Approve(person, kept_since);
  ASSERT_EQ(Work().value_or(-1), 1);
  report = source_.ReportOn(number);
  ASSERT_TRUE(report.has_value() && report->refusal.has_value());
  EXPECT_EQ(report->refusal->reason, Reason::RETENTION_NOT_OVER);
  EXPECT_EQ(report->refusal->newest_end_us, ended.state_us);
  EXPECT_EQ(bench_.Get(open.order_id).wrapped_key, open.wrapped_key);
  // And the person may still order.
  const Order another = Placed(person);
  EXPECT_EQ(another.person_id, person);
  Cancelled(another);

  // A microsecond later it is over.
  bench_.clock().Advance(absl::Seconds(1));
  number = source_.Approve(person, Now());
  ASSERT_EQ(Work().value_or(-1), 1);
  EXPECT_FALSE(source_.ReportOn(number)->refusal.has_value());
  ExpectErased(ended);
}

TEST_F(OrderEraserTest, AnInstalledProfileIsALiveNumber) {
  const Order order = Placed();
  ASSERT_TRUE(bench_.Reveal(order.order_id, bench_.NewUuid()).ok());
  ASSERT_TRUE(bench_.Notice(order, 1, "").ok());
  ASSERT_TRUE(bench_.Notice(order, 3, "", 1).ok());
  ASSERT_TRUE(bench_.Notice(order, 4, "", 2).ok());
  bench_.WaitForState(order.order_id, OrderState::kInstalled);
  bench_.clock().Advance(absl::Hours(25));
  bench_.worker().Poke(order.order_id);
  bench_.WaitForState(order.order_id, OrderState::kClosed);
  bench_.clock().Advance(absl::Hours(24 * 800));
  const int64_t number = source_.Approve(order.person_id, Now());
  ASSERT_EQ(Work().value_or(-1), 1);
  const auto report = source_.ReportOn(number);
  ASSERT_TRUE(report.has_value() && report->refusal.has_value());
  EXPECT_EQ(report->refusal->reason, Reason::PERSON_HAS_LIVE_NUMBERS);
  EXPECT_FALSE(IsErased(bench_.Get(order.order_id)));
}

TEST_F(OrderEraserTest, APersonWithoutOrdersIsClosedAllTheSame) {
  const std::string person = bench_.NewPersonId();
  const int64_t number = source_.Approve(person, Now());
  ASSERT_EQ(Work().value_or(-1), 1);
  const auto report = source_.ReportOn(number);
  ASSERT_TRUE(report.has_value());
  EXPECT_FALSE(report->refusal.has_value());
  EXPECT_TRUE(report->last_events.empty());
  session_ = bench_.authority().OpenSession();
  EXPECT_TRUE(HasReason(
      bench_.Create(bench_.NewRequest(session_, kEid, person)).status(),
      Reason::PERSON_IS_ERASED));
}

// Kills the run at each statement in turn, by making it fail.
TEST_F(OrderEraserTest, ACrashBetweenAnyTwoStepsIsMadeGood) {
  int crashes = 0;
  for (int statement = 1;; ++statement) {
    const Order order = EndedOrder();
    const int64_t number = source_.Approve(order.person_id, Now());
    faults_.FailStatement(statement);
    const auto done = Work();
    if (done.ok()) break;
    ++crashes;
    EXPECT_FALSE(source_.ReportOn(number).has_value() &&
                 !IsErased(bench_.Get(order.order_id)));
    Restart();
    ASSERT_EQ(Work().value_or(-1), 1) << statement;
    ASSERT_TRUE(source_.ReportOn(number).has_value());
    EXPECT_FALSE(source_.ReportOn(number)->refusal.has_value());
    ExpectErased(order);
  }
  EXPECT_GE(crashes, 10);
}

TEST_F(OrderEraserTest, ALostCommitAFailedScrubAndALostAnswerAreMadeGood) {
  for (const FaultyDatabase::CommitFault fault :
       {FaultyDatabase::CommitFault::kNotDone,
        FaultyDatabase::CommitFault::kUnknownButDone}) {
    for (int commit = 1; commit <= 4; ++commit) {
      const Order order = EndedOrder();
      source_.Approve(order.person_id, Now());
      faults_.FailCommit(commit, fault);
      EXPECT_FALSE(Work().ok()) << commit;
      EXPECT_TRUE(Work().ok());
      ExpectErased(order);
    }
  }
  const Order order = EndedOrder();
  const int64_t number = source_.Approve(order.person_id, Now());
  faults_.FailScrub();
  EXPECT_FALSE(Work().ok());
  // Not reported as long as the bytes may be read.
  EXPECT_FALSE(source_.ReportOn(number).has_value());
  source_.SetAway(true);
  EXPECT_EQ(Work().value_or(-1), 0);
  source_.SetAway(false);
  source_.LoseAnswer();
  EXPECT_EQ(Work().value_or(-1), 0);
  EXPECT_EQ(Work().value_or(-1), 1);
  ExpectErased(order);
}

TEST_F(OrderEraserTest, AnOlderDatabaseIsErasedAgain) {
  const Order order = EndedOrder();
  source_.Approve(order.person_id, Now());
  ASSERT_EQ(Work().value_or(-1), 1);
  ASSERT_EQ(Work().value_or(-1), 0);
  // What a copy from before the erasure brings back: key, values, cursor.
  UndoErasure(bench_.database(), order);
  ASSERT_FALSE(IsErased(bench_.Get(order.order_id)));
  EXPECT_EQ(Work().value_or(-1), 1);
  ExpectErased(order);
}

// Goal: its list may be older than a refusal on which another has acted since.
TEST_F(OrderEraserTest, AnInstanceThatSleptOverItsLeaseClosesNobody) {
  LeaseClaim claim;
  claim.name = kErasureLease;
  claim.holder = "1";
  claim.now_us = Now();
  claim.until_us = Now() + 1'000'000;
  const auto slept = bench_.Run(bench_.store().HoldLease(claim));
  ASSERT_TRUE(slept.ok()) << slept.status();
  bench_.clock().Advance(absl::Seconds(2));
  claim.holder = "2";
  claim.now_us = Now();
  claim.until_us = Now() + 1'000'000;
  const auto awake = bench_.Run(bench_.store().HoldLease(claim));
  ASSERT_TRUE(awake.ok()) << awake.status();
  const std::string person = bench_.NewPersonId();
  const auto late =
      bench_.Run(store_.ClosePerson(person, Now(), Now(), *slept));
  EXPECT_TRUE(HasReason(late.status(), Reason::LOST_RACE)) << late.status();
  const Order order = Placed(person);
  EXPECT_EQ(order.person_id, person);
  Cancelled(order);
  bench_.clock().Advance(absl::Seconds(1));
  const auto closed =
      bench_.Run(store_.ClosePerson(person, Now(), Now(), *awake));
  ASSERT_TRUE(closed.ok()) << closed.status();
  EXPECT_FALSE(closed->has_value());
}

// Either the order is placed first and stands against the erasure, or it is
// refused; never an order of an erased person.
TEST_F(OrderEraserTest, AnOrderAndAnErasureAtOnceAreOneAfterTheOther) {
  for (int round = 0; round < 12; ++round) {
    const std::string person = bench_.NewPersonId();
    const std::string session = bench_.authority().OpenSession();
    const auto request = bench_.NewRequest(session, kEid, person);
    const int64_t number = source_.Approve(person, Now());
    auto creating = boost::asio::co_spawn(
        bench_.runtime().executor(),
        bench_.orders().Create(bench_.TerminalCaller(), request),
        boost::asio::use_future);
    auto working = boost::asio::co_spawn(
        bench_.runtime().executor(), eraser_->Work(), boost::asio::use_future);
    const auto created = creating.get();
    ASSERT_EQ(working.get().value_or(-1), 1);
    const auto report = source_.ReportOn(number);
    ASSERT_TRUE(report.has_value());
    if (created.ok()) {
      ASSERT_TRUE(report->refusal.has_value());
      EXPECT_EQ(report->refusal->reason, Reason::PERSON_HAS_OPEN_ORDERS);
      bench_.WaitForState(created->order_id, OrderState::kReady);
      Cancelled(*created);
    } else {
      EXPECT_TRUE(HasReason(created.status(), Reason::PERSON_IS_ERASED));
      EXPECT_FALSE(report->refusal.has_value());
    }
  }
}

}  // namespace
}  // namespace shiming::profile_order::testing
