// Goal: the log that the real core writes is accepted by a verifier that
// shares no code with it (tests/conformance/independent), at every checkpoint
// that it published; and whichever byte of it is changed, ours notices.
// SHIMING_LONG=1: more sizes one by one, and every byte.
#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/files/file.h"
#include "common/time/fake_clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "ledger/audit_reader.h"
#include "ledger/policy.h"
#include "ledger/tiles.h"
#include "services/issuance_ledger/testing/log_instance.h"
#include "storage/testing/database_place.h"
#include "storage/testing/temp_folder.h"
#include "tests/e2e/child_process.h"

namespace shiming::issuance_ledger {
namespace {

namespace fs = std::filesystem;
using ledger::v1::Event;

constexpr char kVerifier[] = "tests/conformance/independent/verify_log_bin";
constexpr size_t kCallLimit = 256;

bool IsLong() {
  const char* value = getenv("SHIMING_LONG");
  return value != nullptr && std::string(value) == "1";
}

class GrownLogTest : public testing::Test {
 protected:
  void SetUp() override {
    const absl::Status started =
        instance_.Start({.database = place_.url(),
                         .folder = folder_.path().string(),
                         .interval = absl::ZeroDuration()},
                        clock_);
    ASSERT_TRUE(started.ok()) << started;
  }

  std::string Path(const std::string& name) const {
    return (folder_.path() / name).string();
  }

  // Appends until `size` entries stand there and are published; keeps that
  // checkpoint in a file of its own.
  void GrowTo(int64_t size) {
    while (next_ < size) {
      std::vector<Event> events;
      for (; next_ < size && events.size() < kCallLimit; ++next_) {
        events.push_back(OrderEvent(absl::StrCat(next_), 1));
      }
      const auto verdicts = instance_.TryAppend(events, kPatience);
      ASSERT_TRUE(verdicts.ok()) << verdicts.status();
    }
    const auto checkpoint = instance_.Run(
        instance_.log().WaitCovering(size - 1, absl::Now() + kPatience));
    ASSERT_TRUE(checkpoint.ok()) << checkpoint.status();
    ASSERT_EQ(checkpoint->size, size);
    checkpoints_.push_back(Path(absl::StrCat("checkpoint.", size)));
    ASSERT_TRUE(ReplaceFile(checkpoints_.back(), checkpoint->note,
                            FileAccess::kEveryone)
                    .ok());
  }

  // Exit code of the other verifier, over all checkpoints kept so far.
  int VerifyIndependently() {
    std::vector<std::string> arguments = {kVerifier, Path("log"),
                                          signer_.vkey()};
    arguments.insert(arguments.end(), checkpoints_.begin(), checkpoints_.end());
    const auto child = e2e::ChildProcess::Start(arguments, Path("output"));
    if (!child.ok()) return -1;
    return (*child)->Wait(absl::Minutes(10)).value_or(-1);
  }
  std::string Output() { return ReadFile(Path("output")).value_or(""); }

  static constexpr absl::Duration kPatience = absl::Seconds(60);

  sql::testing::TempFolder folder_;
  sql::testing::DatabasePlace place_;
  FakeClock clock_{absl::FromUnixSeconds(1700000000)};
  ledger::NoteSigner signer_ = TestLogSigner();
  ledger::TrustPolicy policy_ =
      ledger::TrustPolicy::ForLog(*ledger::NoteVerifier::Parse(signer_.vkey()));
  LogInstance instance_;
  int64_t next_ = 1;  // LOG_OPENED is entry 0
  std::vector<std::string> checkpoints_;
};

TEST_F(GrownLogTest, EverySizeOfAGrowingLogIsAccepted) {
  const int64_t last = IsLong() ? 1100 : 270;
  for (int64_t size = 1; size <= last; ++size) GrowTo(size);
  EXPECT_EQ(VerifyIndependently(), 0) << Output();
  EXPECT_EQ(Output(), absl::StrCat("OK ", last, "\n"));
}

TEST_F(GrownLogTest, BoundariesOfTilesAreAccepted) {
  std::vector<int64_t> sizes = {1, 255, 256, 257};
  if (IsLong()) sizes.insert(sizes.end(), {65535, 65536, 65537, 70000});
  for (const int64_t size : sizes) GrowTo(size);
  // The empty tree: nothing publishes it, but it can be signed.
  const std::string empty = ledger::FormatCheckpoint(
      {.origin = kTestOrigin, .size = 0, .root = ledger::Hasher().EmptyRoot()});
  checkpoints_.insert(checkpoints_.begin(), Path("checkpoint.0"));
  ASSERT_TRUE(
      ReplaceFile(
          checkpoints_[0],
          ledger::JoinNote(empty, *signer_.SignLine(empty, absl::UnixEpoch())),
          FileAccess::kEveryone)
          .ok());
  EXPECT_EQ(VerifyIndependently(), 0) << Output();
}

TEST_F(GrownLogTest, TheOtherVerifierNoticesToo) {
  GrowTo(300);
  const std::string tile = Path("log/tile/0/000");
  std::string bytes = *ReadFile(tile);
  bytes[77] ^= 1;
  ASSERT_TRUE(ReplaceFile(tile, bytes, FileAccess::kEveryone).ok());
  EXPECT_EQ(VerifyIndependently(), 1);
}

// Every byte of entries, tiles, and of text and our line of the checkpoint.
TEST_F(GrownLogTest, AnyChangedByteIsNoticed) {
  GrowTo(2000);
  // Nobody clears older partials away while the folder is read.
  instance_.Stop();
  std::map<std::string, std::string> files;
  const fs::path root = Path("log");
  for (const auto& item : fs::recursive_directory_iterator(root)) {
    const std::string name = fs::relative(item.path(), root).string();
    if (!item.is_regular_file()) continue;
    if (name != "checkpoint") {
      // Partials of older checkpoints lie there too.
      const auto id = ledger::ParseTilePath(name);
      if (!id.ok() ||
          id->width != ledger::WidthOf(id->level, id->index, 2000)) {
        continue;
      }
    }
    files[name] = *ReadFile(item.path().string());
  }
  ASSERT_GE(files.size(), 17u);  // checkpoint, 8 bundles, 8 tiles, level 1

  std::vector<std::pair<std::string, size_t>> places;
  size_t bytes = 0;
  for (const auto& [name, content] : files) {
    for (size_t at = 0; at < content.size(); ++at) {
      // The short form takes all of the checkpoint and every 401st byte else.
      if (IsLong() || name == "checkpoint" || bytes++ % 401 == 0) {
        places.emplace_back(name, at);
      }
    }
  }
  std::atomic<size_t> next = 0;
  std::atomic<size_t> unnoticed = 0;
  const auto work = [&] {
    auto mine = files;
    const ledger::FileReader reader =
        [&mine](std::string_view path) -> absl::StatusOr<std::string> {
      const auto found = mine.find(std::string(path));
      if (found == mine.end()) return absl::NotFoundError(path.data());
      return found->second;
    };
    for (size_t i = next++; i < places.size(); i = next++) {
      const auto& [name, at] = places[i];
      mine[name][at] ^= static_cast<char>(1 << (i % 8));
      if (ledger::VerifyLog(reader, policy_).ok()) {
        ++unnoticed;
        ADD_FAILURE() << name << " byte " << at;
      }
      mine[name][at] = files[name][at];
    }
    EXPECT_TRUE(ledger::VerifyLog(reader, policy_).ok());
  };
  std::thread other(work);
  work();
  other.join();
  EXPECT_EQ(unnoticed, 0u);
}

}  // namespace
}  // namespace shiming::issuance_ledger
