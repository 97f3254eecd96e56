// kill -9 of a real `shimingctl witness` at random moments, while two histories
// of one log are sent to it at once. Goal: whatever it has ever answered or
// shown belongs to one history. Method: two clients send ever larger
// checkpoints of their history, each signed by the log's key; the process is
// killed and started again at moments drawn from a fixed seed.
//
// SHIMING_LONG=1 runs 1000 kills.
#include <gtest/gtest.h>

#include <atomic>
#include <boost/asio/thread_pool.hpp>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <mutex>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "absl/time/clock.h"
#include "common/files/file.h"
#include "common/http/http_client.h"
#include "common/testing/temp_dir.h"
#include "ledger/checkpoint.h"
#include "ledger/note.h"
#include "ledger/testing/test_log.h"
#include "ledger/witness.h"
#include "tests/e2e/child_process.h"

namespace shiming::fault {
namespace {

using e2e::ChildProcess;
using ledger::TestLog;

constexpr uint32_t kSeed = 20'251'013;
// For what does not have to be fast here.
constexpr absl::Duration kLongEnough = absl::Minutes(1);

int Kills() {
  const char* value = getenv("SHIMING_LONG");
  return value != nullptr && std::string(value) == "1" ? 1000 : 25;
}

class WitnessCrashTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto made = ChildProcess::Start(Command({"--generate-key", "w.example/1"}),
                                    dir_.File("out"));
    ASSERT_TRUE(made.ok()) << made.status();
    ASSERT_EQ((*made)->Wait(kLongEnough).value_or(-1), 0) << dir_.Read("out");
  }
  void TearDown() override { pool_.join(); }

  std::vector<std::string> Command(const std::vector<std::string>& more) {
    std::vector<std::string> command = {"tools/shimingctl/shimingctl",
                                        "witness",
                                        "--key=" + dir_.File("witness.key"),
                                        "--state=" + dir_.File("state"),
                                        "--listen=127.0.0.1:0",
                                        "--admin-listen=127.0.0.1:0",
                                        "--insecure-plain-http=true",
                                        "--log-key=" + ours_.vkey(),
                                        "--port-file=" + dir_.File("ports")};
    command.insert(command.end(), more.begin(), more.end());
    return command;
  }

  // Starts it and waits until it listens; its port.
  int StartWitness() {
    dir_.Write("ports", "");
    auto started =
        ChildProcess::Start(Command({"--name=w.example/1"}), dir_.File("out"));
    EXPECT_TRUE(started.ok()) << started.status();
    process_ = *std::move(started);
    const absl::Time limit = absl::Now() + kLongEnough;
    while (process_->running() && absl::Now() < limit) {
      const std::string ports = dir_.Read("ports");
      int port = 0;
      const size_t end = ports.find('\n');
      absl::string_view first = absl::string_view(ports).substr(0, end);
      if (end != std::string::npos && absl::ConsumePrefix(&first, "witness ") &&
          absl::SimpleAtoi(first, &port)) {
        return port;
      }
      absl::SleepFor(absl::Milliseconds(2));
    }
    ADD_FAILURE() << "the witness does not serve\n" << dir_.Read("out");
    return 0;
  }

  http::Outcome Call(const std::string& method, const std::string& target,
                     std::string body) {
    auto client = http::HttpClient::Create(
        {.executor = pool_.get_executor(),
         .base_url = absl::StrCat("http://127.0.0.1:", port_.load())});
    return (*client)->CallBlocking({.method = method,
                                    .target = target,
                                    .body = std::move(body),
                                    .timeout = absl::Seconds(5)});
  }

  // Sends growing checkpoints of one history until `stop_`; notes each root
  // that the witness cosigned.
  void Send(const TestLog& log) {
    uint64_t old_size = 0;
    while (!stop_) {
      // Small steps keep trees small; a refused history asks from 0 for ever.
      const uint64_t size = old_size + 1;
      const http::Outcome outcome = Call("POST", "/add-checkpoint",
                                         log.AddCheckpointBody(old_size, size));
      if (outcome.kind != http::Outcome::Kind::kResponse) continue;
      if (outcome.response.status == 200) {
        Saw(log.At(size));
        old_size = size;
      } else if (outcome.response.status == 409) {
        uint64_t last = 0;
        ASSERT_TRUE(absl::SimpleAtoi(outcome.response.body, &last));
        old_size = last;
      } else {
        // The other history won: from the beginning again.
        ASSERT_EQ(outcome.response.status, 422) << outcome.response.body;
        old_size = 0;
      }
    }
  }

  void Saw(const ledger::Checkpoint& checkpoint) {
    std::lock_guard lock(mutex_);
    seen_.insert({checkpoint.size, checkpoint.root});
  }

  shiming::testing::TempDir dir_;
  boost::asio::thread_pool pool_{2};
  const TestLog ours_{"ours"};
  const TestLog theirs_{"theirs"};
  std::unique_ptr<ChildProcess> process_;
  std::atomic<int> port_ = 0;
  std::atomic<bool> stop_ = false;
  std::mutex mutex_;
  std::set<std::pair<uint64_t, ledger::Hash>> seen_;
};

TEST_F(WitnessCrashTest, NeverCosignsTwoHistories) {
  port_ = StartWitness();
  std::thread ours([this] { Send(ours_); });
  std::thread theirs([this] { Send(theirs_); });
  std::mt19937 random(kSeed);
  for (int i = 0; i < Kills(); ++i) {
    absl::SleepFor(absl::Microseconds(1000 + random() % 30'000));
    process_->Kill();
    port_ = StartWitness();
    // What monitors are shown was cosigned too.
    const http::Outcome shown = Call(
        "GET", "/" + ledger::OriginHash(ours_.origin()) + "/checkpoint", "");
    ASSERT_EQ(shown.kind, http::Outcome::Kind::kResponse) << shown.why;
    if (shown.response.status == 404) continue;
    const auto note = ledger::ParseNote(shown.response.body);
    ASSERT_TRUE(note.ok()) << shown.response.body;
    Saw(*ledger::ParseCheckpoint(note->text));
  }
  stop_ = true;
  ours.join();
  theirs.join();
  ASSERT_FALSE(seen_.empty());
  bool all_ours = true;
  bool all_theirs = true;
  for (const auto& [size, root] : seen_) {
    all_ours = all_ours && root == ours_.RootAt(size);
    all_theirs = all_theirs && root == theirs_.RootAt(size);
  }
  EXPECT_NE(all_ours, all_theirs);
  std::cout << seen_.size() << " checkpoints, the last of "
            << seen_.rbegin()->first << " entries, over " << Kills()
            << " kills\n";
  EXPECT_EQ(process_->Terminate(kLongEnough).value_or(-1), 0);
}

}  // namespace
}  // namespace shiming::fault
