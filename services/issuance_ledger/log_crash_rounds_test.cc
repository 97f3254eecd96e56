// Goal: the sequencer and the publisher are ended at a step chosen by chance,
// started again, ended again …: no fork, no gap, no acknowledged entry lost, no
// checkpoint that does not extend the last one that readers saw.
// SHIMING_LONG=1: 10,000 rounds.
#include <array>
#include <atomic>
#include <cstdlib>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/files/file.h"
#include "common/time/fake_clock.h"
#include "gtest/gtest.h"
#include "ledger/audit_reader.h"
#include "ledger/entry.h"
#include "ledger/policy.h"
#include "services/issuance_ledger/testing/log_instance.h"
#include "storage/testing/database_place.h"
#include "storage/testing/temp_folder.h"

namespace shiming::issuance_ledger {
namespace {

using ledger::v1::Event;

constexpr int kOrders = 16;
constexpr int kLastPublishStep = static_cast<int>(PublishStep::kPublished);

int Rounds() {
  const char* value = getenv("SHIMING_LONG");
  const bool is_long = value != nullptr && std::string(value) == "1";
  return is_long ? 10000 : 120;
}

// Where a round ends: at the nth time that this step comes.
class Crash {
 public:
  enum class At { kNever, kBeforeWrite, kAfterWrite, kPublishStep };

  Crash(At at, PublishStep step, int nth) : at_(at), step_(step), left_(nth) {}

  absl::Status OnWrite(WriteStep step) {
    return Count(at_ == (step == WriteStep::kBefore ? At::kBeforeWrite
                                                    : At::kAfterWrite));
  }
  absl::Status OnPublish(PublishStep step) {
    return Count(at_ == At::kPublishStep && step == step_);
  }
  bool happened() const { return happened_; }

 private:
  // From the crash on, nothing gets any further.
  absl::Status Count(bool is_here) {
    if (is_here && --left_ == 0) happened_ = true;
    if (!happened_) return absl::OkStatus();
    return absl::UnavailableError("crash");
  }

  const At at_;
  const PublishStep step_;
  std::atomic<int> left_;
  std::atomic<bool> happened_ = false;
};

class LogCrashRoundsTest : public ::testing::Test {
 protected:
  std::string Path(const std::string& name) const {
    return (folder_.path() / name).string();
  }
  ledger::FileReader Files() const { return ledger::FilesBelow(Path("log")); }

  int Pick(int most) {
    return std::uniform_int_distribution<int>(1, most)(chance_);
  }

  std::shared_ptr<Crash> NextCrash() {
    const auto at = static_cast<Crash::At>(Pick(4) - 1);
    const auto step = static_cast<PublishStep>(Pick(kLastPublishStep + 1) - 1);
    // Publishing comes less often than writing.
    return std::make_shared<Crash>(at, step,
                                   Pick(at == Crash::At::kPublishStep ? 2 : 5));
  }

  // Events that follow what was acknowledged; some were sent before, some name
  // another order's last event.
  std::vector<Event> NextEvents() {
    std::vector<Event> events;
    std::map<std::string, int64_t> sent;
    for (int i = Pick(6); i > 0; --i) {
      const std::string order = absl::StrCat(Pick(kOrders));
      const int64_t version = acknowledged_[order] + ++sent[order];
      Event event = OrderEvent(order, version);
      // Decided by what the event is, for it must be the same when repeated.
      const std::string other = absl::StrCat(version % kOrders + 1);
      if (version == 3 && other != order) {
        *event.add_after() = OrderEvent(other, 1).id();
      }
      events.push_back(std::move(event));
    }
    return events;
  }

  void AppendSome(LogInstance& log) {
    const std::vector<Event> events = NextEvents();
    const auto verdicts = log.TryAppend(events, absl::Milliseconds(400));
    if (!verdicts.ok()) return;  // which of them stand there, nobody was told
    for (size_t i = 0; i < events.size(); ++i) {
      const Verdict& verdict = (*verdicts)[i];
      if (verdict.state == Verdict::State::kWaiting) continue;
      ASSERT_EQ(verdict.state, Verdict::State::kSequenced);
      const std::string id = ledger::EventIdText(events[i].id());
      const auto [known, is_new] = indexes_.emplace(id, verdict.position);
      ASSERT_EQ(known->second, verdict.position) << id;
      acknowledged_[events[i].order()] =
          std::max(acknowledged_[events[i].order()], events[i].id().version());
    }
  }

  // What readers see extends what they saw.
  void CheckPublished() {
    const auto note = ReadFile(Path("log/checkpoint"));
    if (!note.ok()) {
      ASSERT_TRUE(seen_.empty());
      return;
    }
    const auto checkpoint = policy_.OpenCheckpoint(*note);
    ASSERT_TRUE(checkpoint.ok()) << checkpoint.status();
    if (!seen_.empty()) {
      const absl::Status extends =
          ledger::VerifyExtends(Files(), policy_, *checkpoint, seen_);
      ASSERT_TRUE(extends.ok()) << extends;
    }
    seen_ = *note;
  }

  // All files; all that was acknowledged stands where it was said to stand.
  void CheckAll(uint64_t size) {
    std::map<std::string, int64_t> found;
    const auto report = ledger::VerifyLog(
        Files(), policy_, [&](uint64_t index, const std::string& entry) {
          const auto event = ledger::ParseEntry(entry);
          if (!event.ok()) return event.status();
          found[ledger::EventIdText(event->id())] = static_cast<int64_t>(index);
          return absl::OkStatus();
        });
    ASSERT_TRUE(report.ok()) << report.status();
    EXPECT_EQ(report->checkpoint.size, size);
    // One index for each event, each event once.
    EXPECT_EQ(found.size(), size);
    for (const auto& [id, index] : indexes_) {
      const auto place = found.find(id);
      ASSERT_NE(place, found.end()) << id;
      ASSERT_EQ(place->second, index) << id;
    }
  }

  // A start at which nothing fails finishes what was begun.
  void CheckWhole() {
    LogInstance log;
    const absl::Status started = log.Start(
        {.database = place_.url(), .folder = folder_.path().string()}, clock_);
    ASSERT_TRUE(started.ok()) << started;
    const int64_t size = log.Size();
    const auto receipt = log.ReceiptOf(size - 1);
    ASSERT_TRUE(receipt.ok()) << receipt.status();
    ASSERT_NO_FATAL_FAILURE(CheckPublished());
    CheckAll(static_cast<uint64_t>(size));
  }

  sql::testing::TempFolder folder_;
  sql::testing::DatabasePlace place_;
  FakeClock clock_{absl::FromUnixSeconds(1700000000)};
  ledger::TrustPolicy policy_ = ledger::TrustPolicy::ForLog(
      *ledger::NoteVerifier::Parse(TestLogSigner().vkey()));
  std::mt19937 chance_{20261122};
  std::map<std::string, int64_t> acknowledged_;  // by order: last version
  std::map<std::string, int64_t> indexes_;       // by event id
  std::string seen_;                             // the last checkpoint
};

TEST_F(LogCrashRoundsTest, NothingIsLostForkedOrTakenBack) {
  const int rounds = Rounds();
  int crashes = 0;
  for (int round = 1; round <= rounds; ++round) {
    const std::shared_ptr<Crash> crash = NextCrash();
    LogInstance log;
    const absl::Status started = log.Start(
        {.database = place_.url(),
         .folder = folder_.path().string(),
         .after_step =
             [crash](PublishStep step) { return crash->OnPublish(step); },
         .write_fault =
             [crash](WriteStep step) { return crash->OnWrite(step); },
         .interval = absl::Milliseconds(Pick(3) - 1)},
        clock_);
    ASSERT_TRUE(started.ok()) << "round " << round << ": " << started;
    for (int calls = Pick(4); calls > 0 && !crash->happened(); --calls) {
      ASSERT_NO_FATAL_FAILURE(AppendSome(log)) << "round " << round;
    }
    if (Pick(2) == 1 && !crash->happened()) {
      // Into the middle of publishing, or to its end.
      (void)log.ReceiptOf(log.Size() - 1, absl::Milliseconds(50));
    }
    log.Stop();
    crashes += crash->happened() ? 1 : 0;
    ASSERT_NO_FATAL_FAILURE(CheckPublished()) << "round " << round;
    if (round % 100 == 0) {
      ASSERT_NO_FATAL_FAILURE(CheckWhole()) << "round " << round;
    }
  }
  ASSERT_NO_FATAL_FAILURE(CheckWhole());
  // The rounds are worth something: both ends were met, and entries came.
  EXPECT_GT(crashes, rounds / 5);
  EXPECT_LT(crashes, rounds);
  EXPECT_GT(indexes_.size(), static_cast<size_t>(rounds));
}

}  // namespace
}  // namespace shiming::issuance_ledger
