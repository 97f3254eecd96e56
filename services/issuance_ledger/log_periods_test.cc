// Goal: one log ends and the next begins where it ended, over a real database
// and real files: what was used up stays used up, positions go on, receipts of
// either verify, and nobody goes on with a log that has ended.
#include <atomic>
#include <functional>
#include <future>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/clock.h"
#include "common/files/file.h"
#include "common/status/reason.h"
#include "common/time/fake_clock.h"
#include "gtest/gtest.h"
#include "ledger/audit_reader.h"
#include "ledger/entry.h"
#include "ledger/log_list.h"
#include "ledger/policy.h"
#include "services/issuance_ledger/testing/log_instance.h"
#include "storage/testing/database_place.h"
#include "storage/testing/temp_folder.h"

namespace shiming::issuance_ledger {
namespace {

using ledger::v1::Event;
using State = Verdict::State;

constexpr char kFirst[] = "log.test.example/1";
constexpr char kSecond[] = "log.test.example/2";
constexpr char kThird[] = "log.test.example/3";

Event Once(const std::string& order, int64_t version, const std::string& key) {
  Event event = OrderEvent(order, version);
  event.set_once_key(key);
  return event;
}

ledger::TrustPolicy PolicyOf(const std::string& origin) {
  return ledger::TrustPolicy::ForLog(
      *ledger::NoteVerifier::Parse(TestLogSigner(origin).vkey()));
}

class LogPeriodsTest : public ::testing::Test {
 protected:
  std::string Path(const std::string& name) const {
    return (folder_.path() / name).string();
  }

  // Each log has a folder of its own below "1", "2" ...
  std::string FolderOf(const std::string& origin) const {
    return Path(origin.substr(origin.size() - 1));
  }
  ledger::FileReader FilesOf(const std::string& origin) const {
    return ledger::FilesBelow(FolderOf(origin) + "/log");
  }

  absl::Status Start(const std::string& origin, bool freeze = false) {
    instance_.Stop();
    LogInstance::Setup setup{
        .database = place_.url(), .folder = FolderOf(origin), .origin = origin};
    setup.freeze = freeze;
    for (const std::string& folder : earlier_folders_) {
      if (folder != FolderOf(origin) + "/log") {
        setup.earlier_folders.push_back(folder);
      }
    }
    setup.after_step = after_step_;
    return instance_.Start(std::move(setup), clock_);
  }

  // Ends the log of `origin`; its final checkpoint is out when this returns.
  void Freeze(const std::string& origin) {
    ASSERT_TRUE(Start(origin, /*freeze=*/true).ok());
    ASSERT_TRUE(instance_.ReceiptOf(instance_.Size() - 1).ok());
    earlier_folders_.push_back(FolderOf(origin) + "/log");
  }

  ledger::Checkpoint VerifyAll(const std::string& origin) {
    EXPECT_TRUE(instance_.ReceiptOf(instance_.Size() - 1).ok());
    return VerifyFiles(origin);
  }
  ledger::Checkpoint VerifyFiles(const std::string& origin) {
    const auto report = ledger::VerifyLog(
        FilesOf(origin), PolicyOf(origin),
        [&](uint64_t, const std::string& entry) -> absl::Status {
          const auto event = ledger::ParseEntry(entry);
          if (event.ok()) last_ = *event;
          return event.status();
        });
    EXPECT_TRUE(report.ok()) << report.status();
    return report.ok() ? report->checkpoint : ledger::Checkpoint();
  }

  sql::testing::TempFolder folder_;
  sql::testing::DatabasePlace place_;
  FakeClock clock_{absl::FromUnixSeconds(1700000000)};
  std::vector<std::string> earlier_folders_;
  std::function<absl::Status(PublishStep)> after_step_;
  LogInstance instance_;
  Event last_;  // that VerifyFiles saw
};

TEST_F(LogPeriodsTest, TheNextLogBeginsWhereTheLastOneEnded) {
  ASSERT_TRUE(Start(kFirst).ok());
  EXPECT_EQ(instance_.AppendOne(OrderEvent("a", 1)), 1);
  EXPECT_EQ(instance_.AppendOne(Once("b", 1, "attestation/x")), 2);
  ASSERT_NO_FATAL_FAILURE(Freeze(kFirst));
  const ledger::Checkpoint end = VerifyAll(kFirst);
  EXPECT_EQ(end.size, 4u);
  EXPECT_EQ(last_.kind(), ledger::v1::EVENT_KIND_LOG_FROZEN);

  ASSERT_TRUE(Start(kSecond).ok());
  EXPECT_EQ(instance_.Size(), 1);
  const auto opened =
      ledger::ParseEntry(instance_.Run(instance_.log().EntryAt(0))->bytes);
  ASSERT_TRUE(opened.ok());
  EXPECT_EQ(opened->predecessor().origin(), kFirst);
  EXPECT_EQ(opened->predecessor().size(), 4);
  EXPECT_EQ(opened->predecessor().root(), end.root);

  // Versions go on, and positions.
  EXPECT_EQ(instance_.AppendOne(OrderEvent("a", 2)), 5);
  EXPECT_EQ(instance_.AppendOne(OrderEvent("a", 3)), 6);
  // What stands in the first log is known: same bytes, same position.
  EXPECT_EQ(instance_.AppendOne(OrderEvent("a", 1)), 1);
  EXPECT_EQ(instance_.AppendOne(Once("b", 1, "attestation/x")), 2);
  // `after` may name what stands there.
  Event follows = OrderEvent("c", 1);
  *follows.add_after() = OrderEvent("b", 1).id();
  EXPECT_EQ(instance_.AppendOne(follows), 7);
  // New aggregates begin.
  EXPECT_EQ(instance_.AppendOne(OrderEvent("d", 1)), 8);
  EXPECT_EQ(VerifyAll(kSecond).size, 5u);
  EXPECT_EQ(VerifyFiles(kFirst), end);
}

TEST_F(LogPeriodsTest, WhatWasUsedUpStaysUsedUp) {
  ASSERT_TRUE(Start(kFirst).ok());
  instance_.AppendOne(Once("a", 1, "reveal/a"));
  instance_.AppendOne(OrderEvent("b", 1));
  ASSERT_NO_FATAL_FAILURE(Freeze(kFirst));
  ASSERT_TRUE(Start(kSecond).ok());
  const auto taken = instance_.Append({Once("c", 1, "reveal/a")});
  EXPECT_EQ(taken[0].state, State::kRejected);
  EXPECT_EQ(taken[0].reason, Reason::LEDGER_CONFLICT);
  // A version that stands in the first log, with other bytes.
  Event other = OrderEvent("b", 1);
  other.mutable_time()->set_nanos(1);
  EXPECT_EQ(instance_.Append({other})[0].reason, Reason::LEDGER_CONFLICT);
  // That aggregate is frozen where its end was, not at its beginning.
  EXPECT_EQ(instance_.Append({OrderEvent("b", 2)})[0].reason,
            Reason::LEDGER_AGGREGATE_FROZEN);
  EXPECT_EQ(instance_.AppendOne(OrderEvent("b", 1)), 2);
  // A gap is a gap.
  EXPECT_EQ(
      instance_.Append({OrderEvent("a", 3)}, absl::Milliseconds(100))[0].state,
      State::kWaiting);
  // And a third log knows it all.
  ASSERT_NO_FATAL_FAILURE(Freeze(kSecond));
  ASSERT_TRUE(Start(kThird).ok());
  EXPECT_EQ(instance_.Append({Once("e", 1, "reveal/a")})[0].reason,
            Reason::LEDGER_CONFLICT);
  EXPECT_EQ(instance_.Append({OrderEvent("b", 2)})[0].reason,
            Reason::LEDGER_AGGREGATE_FROZEN);
  EXPECT_EQ(instance_.AppendOne(Once("a", 1, "reveal/a")), 1);
}

TEST_F(LogPeriodsTest, AServiceReadsItsOwnEntriesAcrossLogs) {
  ASSERT_TRUE(Start(kFirst).ok());
  instance_.AppendOne(OrderEvent("a", 1));
  instance_.AppendOne(OrderEvent("b", 1));
  ASSERT_NO_FATAL_FAILURE(Freeze(kFirst));
  ASSERT_TRUE(Start(kSecond).ok());
  instance_.AppendOne(OrderEvent("a", 2));
  for (const int limit : {1, 2, 10}) {
    std::vector<int64_t> positions;
    int64_t after = -1;
    while (true) {
      const auto page = instance_.Run(
          instance_.log().EntriesOf("profile_order", after, limit));
      ASSERT_TRUE(page.ok()) << page.status();
      if (page->empty()) break;
      for (const EntryPlace& entry : *page) positions.push_back(entry.position);
      after = positions.back();
    }
    EXPECT_EQ(positions, (std::vector<int64_t>{1, 2, 5})) << limit;
  }
}

TEST_F(LogPeriodsTest, ReceiptsOfEitherLogVerify) {
  ASSERT_TRUE(Start(kFirst).ok());
  instance_.AppendOne(OrderEvent("a", 1));
  ASSERT_NO_FATAL_FAILURE(Freeze(kFirst));
  ASSERT_TRUE(Start(kSecond).ok());
  instance_.AppendOne(OrderEvent("a", 2));
  for (const auto& [version, origin] :
       {std::pair<int64_t, std::string>{1, kFirst}, {2, kSecond}}) {
    const auto receipt = instance_.Run(instance_.log().GetReceiptOf(
        OrderEvent("a", version).id(), absl::Now() + absl::Seconds(30)));
    ASSERT_TRUE(receipt.ok()) << receipt.status();
    const auto verified = ledger::VerifyReceipt(
        receipt->entry(), receipt->tlog_proof(), {}, PolicyOf(origin));
    ASSERT_TRUE(verified.ok()) << verified.status();
    EXPECT_EQ(verified->event.id().version(), version);
  }
  // Its files are moved away: the receipt is not here any more.
  earlier_folders_.clear();
  ASSERT_TRUE(Start(kSecond).ok());
  EXPECT_TRUE(HasReason(
      instance_
          .Run(instance_.log().GetReceiptOf(OrderEvent("a", 1).id(),
                                            absl::Now() + absl::Seconds(30)))
          .status(),
      Reason::NOT_FOUND));
}

TEST_F(LogPeriodsTest, AFrozenLogTakesNothing) {
  ASSERT_TRUE(Start(kFirst).ok());
  instance_.AppendOne(OrderEvent("a", 1));
  ASSERT_NO_FATAL_FAILURE(Freeze(kFirst));
  EXPECT_TRUE(HasReason(instance_.TryAppend({OrderEvent("a", 2)}).status(),
                        Reason::LEDGER_LOG_ENDED));
  EXPECT_EQ(instance_.Size(), 3);
  // Frozen again is the same; as a working log it does not start.
  ASSERT_TRUE(Start(kFirst, /*freeze=*/true).ok());
  EXPECT_EQ(instance_.Size(), 3);
  EXPECT_TRUE(HasReason(Start(kFirst), Reason::LEDGER_LOG_ENDED));
  ASSERT_TRUE(Start(kSecond).ok());
  instance_.Stop();
  // Behind another one it does not start at all.
  EXPECT_TRUE(HasReason(Start(kFirst), Reason::LEDGER_LOG_ENDED));
  EXPECT_TRUE(
      HasReason(Start(kFirst, /*freeze=*/true), Reason::LEDGER_LOG_ENDED));
}

TEST_F(LogPeriodsTest, NoLogFollowsOneThatIsOpen) {
  ASSERT_TRUE(Start(kFirst).ok());
  instance_.AppendOne(OrderEvent("a", 1));
  EXPECT_TRUE(absl::IsFailedPrecondition(Start(kSecond)));
  // The first one goes on.
  ASSERT_TRUE(Start(kFirst).ok());
  EXPECT_EQ(instance_.AppendOne(OrderEvent("a", 2)), 2);
}

TEST_F(LogPeriodsTest, FoldersOfOtherLogsAreRefused) {
  ASSERT_TRUE(Start(kFirst).ok());
  instance_.AppendOne(OrderEvent("a", 1));
  ASSERT_NO_FATAL_FAILURE(Freeze(kFirst));
  earlier_folders_ = {FolderOf(kThird) + "/log"};
  EXPECT_TRUE(absl::IsFailedPrecondition(Start(kSecond)));
}

TEST_F(LogPeriodsTest, TheListOfLogsIsSigned) {
  ASSERT_TRUE(Start(kFirst).ok());
  auto list = ledger::OpenLogList(*ReadFile(FolderOf(kFirst) + "/log/logs"),
                                  PolicyOf(kFirst));
  ASSERT_TRUE(list.ok()) << list.status();
  EXPECT_TRUE(list->frozen.empty());
  ASSERT_NO_FATAL_FAILURE(Freeze(kFirst));
  const ledger::Checkpoint end = VerifyAll(kFirst);
  ASSERT_TRUE(Start(kSecond).ok());
  list = ledger::OpenLogList(*ReadFile(FolderOf(kSecond) + "/log/logs"),
                             PolicyOf(kSecond));
  ASSERT_TRUE(list.ok()) << list.status();
  ASSERT_EQ(list->frozen.size(), 1u);
  EXPECT_EQ(list->frozen[0], end);
  EXPECT_EQ(list->open_origin, kSecond);
}

// Goal: a crash after any step of the final checkpoint leaves a log that the
// next start finishes, and no log follows before that.
class FreezeCrashTest : public LogPeriodsTest,
                        public ::testing::WithParamInterface<PublishStep> {};

TEST_P(FreezeCrashTest, TheNextStartFinishesTheEnd) {
  ASSERT_TRUE(Start(kFirst).ok());
  instance_.AppendOne(OrderEvent("a", 1));
  ASSERT_TRUE(instance_.ReceiptOf(1).ok());
  std::promise<void> crashed;
  std::atomic<bool> once = false;
  after_step_ = [&](PublishStep step) {
    if (step != GetParam()) return absl::OkStatus();
    if (!once.exchange(true)) crashed.set_value();
    return absl::UnavailableError("crash");
  };
  ASSERT_TRUE(Start(kFirst, /*freeze=*/true).ok());
  crashed.get_future().wait();
  instance_.Stop();
  after_step_ = nullptr;
  ASSERT_NO_FATAL_FAILURE(Freeze(kFirst));
  EXPECT_EQ(VerifyAll(kFirst).size, 3u);
  ASSERT_TRUE(Start(kSecond).ok());
  EXPECT_EQ(instance_.AppendOne(OrderEvent("a", 2)), 4);
}

INSTANTIATE_TEST_SUITE_P(
    Steps, FreezeCrashTest,
    ::testing::Values(PublishStep::kTilesWritten, PublishStep::kSigned,
                      PublishStep::kStored, PublishStep::kGuarded,
                      PublishStep::kCosigned, PublishStep::kPublished));

}  // namespace
}  // namespace shiming::issuance_ledger
