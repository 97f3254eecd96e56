// Goal: the log with witnesses, over a real database and real files: what is
// published in either mode, crashes at each step, restored copies, and a second
// instance.
#include <atomic>
#include <filesystem>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/files/file.h"
#include "common/status/reason.h"
#include "common/status/status_macros.h"
#include "common/time/fake_clock.h"
#include "gtest/gtest.h"
#include "ledger/audit_reader.h"
#include "ledger/policy.h"
#include "ledger/testing/test_witness.h"
#include "services/issuance_ledger/testing/log_instance.h"
#include "services/issuance_ledger/testing/test_transport.h"
#include "storage/testing/database_place.h"
#include "storage/testing/temp_folder.h"

namespace shiming::issuance_ledger {
namespace {

using ledger::v1::Event;

class CosignedLogTest : public ::testing::Test {
 protected:
  ~CosignedLogTest() override {
    way_a_->Release();
    way_b_->Release();
    instance_.reset();
  }

  std::string Path(const std::string& name) const {
    return (folder_.path() / name).string();
  }

  CosigningPlan Plan() const {
    return {.witnesses = {{.name = "a",
                           .key = *ledger::NoteVerifier::Parse(a_.vkey()),
                           .transport = way_a_},
                          {.name = "b",
                           .key = *ledger::NoteVerifier::Parse(b_.vkey()),
                           .transport = way_b_}},
            .policy = both_,
            .round_time = round_time_,
            .strict = strict_};
  }

  LogInstance::Setup SetupOf() const {
    return {.database = place_.url(),
            .folder = Path("files"),
            .plan = Plan(),
            .after_step = after_step_,
            .interval = interval_};
  }

  absl::Status Start() {
    instance_ = std::make_unique<LogInstance>();
    return instance_->Start(SetupOf(), clock_);
  }
  void Stop() { instance_.reset(); }

  // The published checkpoint by `policy`.
  absl::StatusOr<ledger::Checkpoint> Published(
      const ledger::TrustPolicy& policy) {
    ASSIGN_OR_RETURN(const std::string note,
                     ReadFile(Path("files/log/checkpoint")));
    return policy.OpenCheckpoint(note);
  }

  // Waits until everything sequenced is published, then verifies a receipt and
  // all files by `policy`.
  uint64_t VerifyAll(const ledger::TrustPolicy& policy) {
    const int64_t last = instance_->Size() - 1;
    const auto receipt = instance_->ReceiptOf(last);
    EXPECT_TRUE(receipt.ok()) << receipt.status();
    if (!receipt.ok()) return 0;
    const auto verified = ledger::VerifyReceipt(
        receipt->entry(), receipt->tlog_proof(), {}, policy);
    EXPECT_TRUE(verified.ok()) << verified.status();
    const auto report =
        ledger::VerifyLog(ledger::FilesBelow(Path("files/log")), policy);
    EXPECT_TRUE(report.ok()) << report.status();
    return report.ok() ? report->checkpoint.size : 0;
  }

  // Files and database as they are now, under another name; a stopped ledger.
  void CopyAll(const std::string& to) {
    std::filesystem::copy(Path("files"), Path(to + "-files"),
                          std::filesystem::copy_options::recursive);
    place_.Keep(to);
  }
  void RemoveAll() {
    std::filesystem::remove_all(Path("files"));
    place_.Lose();
  }
  void RestoreAll(const std::string& from) {
    RemoveAll();
    std::filesystem::copy(Path(from + "-files"), Path("files"),
                          std::filesystem::copy_options::recursive);
    place_.PutBack(from);
  }

  // Until `done`; the test's own time limit ends a wait that is in vain.
  static void WaitUntil(const std::function<bool()>& done) {
    while (!done()) std::this_thread::yield();
  }

  // Until what the ledger gives out has its quorum.
  void WaitUntilCosigned() {
    WaitUntil([&] {
      const auto latest = instance_->log().Checkpoint();
      return latest.has_value() && both_.OpenCheckpoint(latest->note).ok();
    });
  }

  sql::testing::TempFolder folder_;
  sql::testing::DatabasePlace place_;
  FakeClock clock_{absl::FromUnixSeconds(1700000000)};
  ledger::TestWitness a_{"a.example", 'a', TestLogSigner().vkey()};
  ledger::TestWitness b_{"b.example", 'b', TestLogSigner().vkey()};
  std::shared_ptr<TestTransport> way_a_ = std::make_shared<TestTransport>(a_);
  std::shared_ptr<TestTransport> way_b_ = std::make_shared<TestTransport>(b_);
  ledger::TrustPolicy key_only_ = ledger::TrustPolicy::ForLog(
      *ledger::NoteVerifier::Parse(TestLogSigner().vkey()));
  ledger::TrustPolicy both_ = *ledger::TrustPolicy::Parse(absl::StrCat(
      "log ", TestLogSigner().vkey(), "\nwitness a ", a_.vkey(), "\nwitness b ",
      b_.vkey(), "\ngroup both all a b\nquorum both\n"));
  bool strict_ = false;
  absl::Duration round_time_ = absl::Seconds(20);
  absl::Duration interval_ = absl::Milliseconds(20);
  std::function<absl::Status(PublishStep)> after_step_;
  std::unique_ptr<LogInstance> instance_;
};

TEST_F(CosignedLogTest, CheckpointsAndReceiptsCarryCosignatures) {
  for (const bool strict : {false, true}) {
    strict_ = strict;
    ASSERT_TRUE(Start().ok());
    for (int i = 0; i < 5; ++i) {
      instance_->AppendOne(OrderEvent(absl::StrCat(strict, "-", i), 1));
      EXPECT_EQ(VerifyAll(both_), static_cast<uint64_t>(instance_->Size()));
    }
    // The key alone is enough for whoever asks no more.
    VerifyAll(key_only_);
    EXPECT_EQ(a_.Last().size, static_cast<uint64_t>(instance_->Size()));
    Stop();
  }
}

TEST_F(CosignedLogTest, RestartKeepsTheCosignaturesThatAreOut) {
  ASSERT_TRUE(Start().ok());
  instance_->AppendOne(OrderEvent("a", 1));
  VerifyAll(both_);
  Stop();
  // The database knows our own line only.
  way_a_->is_away = true;
  way_b_->is_away = true;
  ASSERT_TRUE(Start().ok());
  EXPECT_EQ(VerifyAll(both_), 2u);
  EXPECT_TRUE(both_.OpenCheckpoint(instance_->log().Checkpoint()->note).ok());
}

TEST_F(CosignedLogTest, DefaultModePublishesWithoutAndAgainWhenTheyAreBack) {
  ASSERT_TRUE(Start().ok());
  way_b_->is_away = true;
  instance_->AppendOne(OrderEvent("a", 1));
  EXPECT_EQ(VerifyAll(key_only_), 2u);
  EXPECT_TRUE(
      HasReason(Published(both_).status(), Reason::LEDGER_QUORUM_NOT_MET));
  // It is back, and nothing is appended meanwhile.
  way_b_->is_away = false;
  WaitUntilCosigned();
  EXPECT_EQ(VerifyAll(both_), 2u);
  instance_->AppendOne(OrderEvent("a", 2));
  EXPECT_EQ(VerifyAll(both_), 3u);
}

TEST_F(CosignedLogTest, DefaultModeStartsWithoutWitnesses) {
  way_a_->is_away = true;
  way_b_->is_away = true;
  ASSERT_TRUE(Start().ok());
  instance_->AppendOne(OrderEvent("a", 1));
  EXPECT_EQ(VerifyAll(key_only_), 2u);
  EXPECT_GE(instance_->cosigning_observer.failures, 2);
}

TEST_F(CosignedLogTest, StrictModePublishesNothingBeforeTheQuorum) {
  strict_ = true;
  ASSERT_TRUE(Start().ok());
  instance_->AppendOne(OrderEvent("a", 1));
  EXPECT_EQ(VerifyAll(both_), 2u);
  way_b_->is_away = true;
  // Writers are not held up; the checkpoint of what they wrote is.
  for (int version = 2; version < 6; ++version) {
    EXPECT_EQ(instance_->AppendOne(OrderEvent("a", version)), version);
    const int failures = instance_->observer.failures;
    WaitUntil([&] { return instance_->observer.failures > failures; });
  }
  EXPECT_EQ(Published(key_only_)->size, 2u);
  EXPECT_TRUE(
      HasReason(instance_->ReceiptOf(5, absl::Milliseconds(100)).status(),
                Reason::LEDGER_UNPUBLISHED));
  // What was published stays verifiable meanwhile.
  EXPECT_TRUE(instance_->ReceiptOf(1).ok());
  // The other witness saw larger and larger trees.
  EXPECT_GT(a_.Last().size, 2u);
  way_b_->is_away = false;
  EXPECT_EQ(VerifyAll(both_), 6u);
  EXPECT_TRUE(instance_->observer.halted().ok());
}

TEST_F(CosignedLogTest, StrictModeDoesNotStartWithoutTheQuorum) {
  strict_ = true;
  way_b_->is_away = true;
  EXPECT_TRUE(HasReason(Start(), Reason::LEDGER_QUORUM_NOT_MET));
  Stop();
  EXPECT_FALSE(std::filesystem::exists(Path("files/log/checkpoint")));
  way_b_->is_away = false;
  ASSERT_TRUE(Start().ok());
  EXPECT_EQ(VerifyAll(both_), 1u);
}

TEST_F(CosignedLogTest, StoppingDoesNotWaitForAWitness) {
  ASSERT_TRUE(Start().ok());
  VerifyAll(both_);
  Stop();
  round_time_ = absl::Hours(1);
  ASSERT_TRUE(Start().ok());
  const int calls = way_b_->calls;
  way_b_->hangs = true;
  instance_->AppendOne(OrderEvent("a", 1));
  WaitUntil([&] { return way_b_->calls > calls; });
  instance_->log().Stop();
  // For the thread pools' sake.
  way_b_->Release();
}

// Goal: a crash after any step loses nothing, forks nothing, and in strict mode
// publishes nothing that is not cosigned, also when witnesses are away at the
// restart.
class CosignedCrashTest
    : public CosignedLogTest,
      public ::testing::WithParamInterface<std::tuple<PublishStep, bool>> {};

TEST_P(CosignedCrashTest, RestartFinishesTheCheckpoint) {
  strict_ = std::get<1>(GetParam());
  ASSERT_TRUE(Start().ok());
  instance_->AppendOne(OrderEvent("a", 1));
  const uint64_t before = VerifyAll(both_);
  Stop();
  std::promise<void> crashed;
  std::atomic<bool> once = false;
  after_step_ = [&](PublishStep step) {
    if (step != std::get<0>(GetParam())) return absl::OkStatus();
    if (!once.exchange(true)) crashed.set_value();
    return absl::UnavailableError("crash");
  };
  interval_ = absl::Hours(1);  // no second attempt before the restart
  ASSERT_TRUE(Start().ok());
  instance_->AppendOne(OrderEvent("a", 2));
  instance_->AppendOne(OrderEvent("b", 1));
  crashed.get_future().wait();
  Stop();
  // Readers see the old checkpoint or the new one, cosigned.
  const auto between = Published(both_);
  ASSERT_TRUE(between.ok()) << between.status();
  EXPECT_GE(between->size, before);

  after_step_ = nullptr;
  interval_ = absl::Milliseconds(20);
  way_b_->is_away = true;
  if (strict_) {
    EXPECT_TRUE(HasReason(Start(), Reason::LEDGER_QUORUM_NOT_MET));
    EXPECT_EQ(*Published(both_), *between);
  } else {
    ASSERT_TRUE(Start().ok());
    EXPECT_EQ(VerifyAll(key_only_), before + 2);
  }
  Stop();
  way_b_->is_away = false;
  ASSERT_TRUE(Start().ok());
  WaitUntilCosigned();
  EXPECT_EQ(VerifyAll(both_), before + 2);
  instance_->AppendOne(OrderEvent("a", 3));
  EXPECT_EQ(VerifyAll(both_), before + 3);
}

INSTANTIATE_TEST_SUITE_P(
    Steps, CosignedCrashTest,
    ::testing::Combine(
        ::testing::Values(PublishStep::kTilesWritten, PublishStep::kSigned,
                          PublishStep::kStored, PublishStep::kGuarded,
                          PublishStep::kCosigned, PublishStep::kPublished),
        ::testing::Bool()));

// Goal: database, guard file and published files are all restored from the same
// backup, or lost, so that nothing here contradicts them; the witnesses do.
TEST_F(CosignedLogTest, OlderCopyIsRefusedByTheWitnessesAlone) {
  ASSERT_TRUE(Start().ok());
  instance_->AppendOne(OrderEvent("a", 1));
  VerifyAll(both_);
  Stop();
  CopyAll("older");
  ASSERT_TRUE(Start().ok());
  instance_->AppendOne(OrderEvent("a", 2));
  VerifyAll(both_);
  Stop();
  CopyAll("newest");
  for (const bool strict : {false, true}) {
    strict_ = strict;
    RestoreAll("older");
    EXPECT_TRUE(HasReason(Start(), Reason::LEDGER_WITNESS_MISMATCH));
    Stop();
    RemoveAll();
    EXPECT_TRUE(HasReason(Start(), Reason::LEDGER_WITNESS_MISMATCH));
    Stop();
    // One witness is enough to say so.
    way_b_->is_away = true;
    RestoreAll("older");
    EXPECT_TRUE(HasReason(Start(), Reason::LEDGER_WITNESS_MISMATCH));
    Stop();
    way_b_->is_away = false;
  }
  RestoreAll("newest");
  ASSERT_TRUE(Start().ok());
  instance_->AppendOne(OrderEvent("a", 3));
  EXPECT_EQ(VerifyAll(both_), 4u);
}

// A witness that only talks stops a start, too; nobody signs for it.
TEST_F(CosignedLogTest, UnprovenClaimStopsAStartButNotAWorkingLog) {
  ASSERT_TRUE(Start().ok());
  VerifyAll(both_);
  a_.SetLast({.size = 1000, .root = std::string(32, 'x')});
  instance_->AppendOne(OrderEvent("a", 1));
  EXPECT_EQ(VerifyAll(key_only_), 2u);
  EXPECT_TRUE(instance_->observer.halted().ok());
  Stop();
  EXPECT_TRUE(HasReason(Start(), Reason::LEDGER_WITNESS_MISMATCH));
}

// Goal: in default mode a ledger starts while the witnesses are away, also on
// an older copy; when they are back it stops instead of growing the fork.
TEST_F(CosignedLogTest, ForkIsHaltedWhenTheWitnessesAreBack) {
  ASSERT_TRUE(Start().ok());
  instance_->AppendOne(OrderEvent("a", 1));
  VerifyAll(both_);
  Stop();
  CopyAll("older");
  ASSERT_TRUE(Start().ok());
  instance_->AppendOne(OrderEvent("a", 2));
  VerifyAll(both_);
  Stop();
  RestoreAll("older");
  way_a_->is_away = true;
  way_b_->is_away = true;
  ASSERT_TRUE(Start().ok());
  instance_->AppendOne(OrderEvent("other", 1));
  VerifyAll(key_only_);
  const ledger::WitnessedTree seen = b_.Last();
  way_b_->is_away = false;
  WaitUntil([&] { return !instance_->observer.halted().ok(); });
  EXPECT_TRUE(
      HasReason(instance_->observer.halted(), Reason::LEDGER_WITNESS_MISMATCH));
  // Nothing more goes onto the fork.
  EXPECT_TRUE(HasReason(instance_->TryAppend({OrderEvent("other", 2)}).status(),
                        Reason::LEDGER_WITNESS_MISMATCH));
  EXPECT_EQ(b_.Last().size, seen.size);
  EXPECT_EQ(b_.Last().root, seen.root);
}

// Goal: two instances on one database, each with its own files, as after a
// failover that came too early. The old one is in the middle of asking when it
// loses the log: it publishes nothing more, and the witnesses see one history.
TEST_F(CosignedLogTest, InstanceThatLostTheLogPublishesNothing) {
  ASSERT_TRUE(Start().ok());
  instance_->AppendOne(OrderEvent("a", 1));
  const uint64_t before = VerifyAll(both_);
  const int calls = way_b_->calls;
  way_b_->hangs = true;
  instance_->AppendOne(OrderEvent("a", 2));
  WaitUntil([&] { return way_b_->calls > calls; });

  std::filesystem::create_directories(Path("second/guard"));
  std::filesystem::copy(Path("files/log"), Path("second/log"),
                        std::filesystem::copy_options::recursive);
  std::filesystem::copy(Path("files/guard/ledger"),
                        Path("second/guard/ledger"));
  LogInstance second;
  LogInstance::Setup setup = SetupOf();
  setup.folder = Path("second");
  setup.holder = "second";
  // Ways of its own: the old one's still hang.
  setup.plan->witnesses[0].transport = std::make_shared<TestTransport>(a_);
  setup.plan->witnesses[1].transport = std::make_shared<TestTransport>(b_);
  EXPECT_TRUE(HasReason(second.Start(setup, clock_), Reason::LEDGER_FENCED));
  second.Stop();
  clock_.Advance(kLeaseTime + absl::Seconds(1));
  ASSERT_TRUE(second.Start(setup, clock_).ok());
  second.AppendOne(OrderEvent("b", 1));
  EXPECT_TRUE(second.ReceiptOf(3).ok());

  way_b_->Release();
  WaitUntil([&] { return !instance_->observer.halted().ok(); });
  EXPECT_TRUE(
      HasReason(instance_->observer.halted(), Reason::LEDGER_FENCED) ||
      HasReason(instance_->observer.halted(), Reason::LEDGER_WITNESS_MISMATCH))
      << instance_->observer.halted();
  EXPECT_EQ(Published(key_only_)->size, before);
  EXPECT_FALSE(instance_->TryAppend({OrderEvent("c", 1)}).ok());
  second.AppendOne(OrderEvent("b", 2));
  EXPECT_TRUE(second.ReceiptOf(4).ok());
  EXPECT_EQ(b_.Last().size, 5u);
  second.Stop();
}

}  // namespace
}  // namespace shiming::issuance_ledger
