// Goal: cosignatures of honest witnesses are collected, and nothing that a
// witness answers, or does not answer, does harm.
#include "services/issuance_ledger/core/cosignature_collector.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_future.hpp>
#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/crypto/keys.h"
#include "common/status/reason.h"
#include "common/time/fake_clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "ledger/note.h"
#include "ledger/policy.h"
#include "ledger/testing/test_log.h"
#include "ledger/testing/test_witness.h"
#include "ledger/witness.h"
#include "services/issuance_ledger/testing/test_transport.h"

namespace shiming::issuance_ledger {
namespace {

using ledger::TestLog;
using ledger::TestWitness;
using Round = CosignatureCollector::Round;

constexpr uint64_t kSize = 300;  // more than a tile

class RecordingCosigningObserver final : public CosigningObserver {
 public:
  void OnCosigned(const std::string& witness, absl::Time) override {
    std::lock_guard lock(mutex_);
    ++cosigned[witness];
  }
  void OnWitnessFailed(const std::string& witness,
                       const absl::Status&) override {
    std::lock_guard lock(mutex_);
    ++failed[witness];
  }
  void OnQuorum(bool met) override {
    std::lock_guard lock(mutex_);
    quorum = met;
  }

  // Read between rounds.
  std::map<std::string, int> cosigned;
  std::map<std::string, int> failed;
  bool quorum = false;

 private:
  std::mutex mutex_;
};

absl::StatusOr<WitnessReply> Reply(int status, std::string type,
                                   std::string body) {
  WitnessReply reply;
  reply.http_status = status;
  reply.content_type = std::move(type);
  reply.body = std::move(body);
  return reply;
}

absl::StatusOr<WitnessReply> NotFound(const std::string&) {
  return Reply(404, "text/plain", "");
}

class CosignatureCollectorTest : public ::testing::Test {
 protected:
  ~CosignatureCollectorTest() override {
    for (const auto& transport : transports_) transport->Release();
    pool_.join();
  }

  // A witness "a", "b", ... behind this way.
  TestTransport& Add(const TestWitness& witness,
                     std::shared_ptr<TestTransport> transport) {
    const std::string name(1, static_cast<char>('a' + transports_.size()));
    names_ += absl::StrCat("witness ", name, " ", witness.vkey(), "\n");
    plan_witnesses_.push_back(
        {.name = name,
         .key = *ledger::NoteVerifier::Parse(witness.vkey()),
         .transport = transport});
    transports_.push_back(transport);
    return *transport;
  }
  TestTransport& AddHonest(TestWitness& witness) {
    return Add(witness, std::make_shared<TestTransport>(witness));
  }

  // `quorum`: lines behind the witnesses'.
  void Make(const std::string& quorum,
            absl::Duration round_time = absl::Seconds(30)) {
    CosigningPlan plan{.witnesses = plan_witnesses_,
                       .policy = *ledger::TrustPolicy::Parse(absl::StrCat(
                           "log ", log_.vkey(), "\n", names_, quorum)),
                       .round_time = round_time};
    collector_ = CosignatureCollector::Create(
        {.executor = pool_.get_executor(),
         .file_executor = pool_.get_executor(),
         .plan = std::move(plan),
         .log_key = *ledger::NoteVerifier::Parse(log_.vkey()),
         .files = [files = log_.Tiles(kSize)](
                      std::string_view path) -> absl::StatusOr<std::string> {
           const auto found = files.find(std::string(path));
           if (found == files.end()) return absl::NotFoundError("no tile");
           return found->second;
         },
         .observer = observer_,
         .clock = clock_});
  }

  SignedTree Tree(uint64_t size = kSize) {
    return {.checkpoint = log_.At(size), .note = log_.Note(size)};
  }
  std::future<Round> Begin(SignedTree tree) {
    return asio::co_spawn(pool_, collector_->Collect(std::move(tree)),
                          asio::use_future);
  }
  Round Collect() { return Begin(Tree()).get(); }

  // One witness that answers add-checkpoint and the monitor like this.
  Round AskLiar(TestTransport::Script add,
                TestTransport::Script get = NotFound) {
    transports_.clear();
    plan_witnesses_.clear();
    names_.clear();
    Add(a_, std::make_shared<TestTransport>(std::move(add), std::move(get)));
    Make("quorum a\n");
    return Collect();
  }

  asio::thread_pool pool_{2};
  const TestLog log_{"ours"};
  const TestLog fork_{"theirs"};
  TestWitness a_{"a.example", 'a', log_.vkey()};
  TestWitness b_{"b.example", 'b', log_.vkey()};
  TestWitness c_{"c.example", 'c', log_.vkey()};
  FakeClock clock_{absl::FromUnixSeconds(1700000000)};
  RecordingCosigningObserver observer_;
  std::string names_;
  std::vector<CosigningPlan::Witness> plan_witnesses_;
  std::vector<std::shared_ptr<TestTransport>> transports_;
  std::shared_ptr<CosignatureCollector> collector_;
};

TEST_F(CosignatureCollectorTest, AllHonestWitnessesCosign) {
  AddHonest(a_);
  AddHonest(b_);
  AddHonest(c_);
  Make("group all all a b c\nquorum all\n");
  const Round round = Collect();
  EXPECT_TRUE(round.quorum_met);
  EXPECT_TRUE(round.forked.ok());
  EXPECT_TRUE(round.doubted.ok());
  // Our own line comes first, as it was.
  EXPECT_TRUE(round.note.starts_with(log_.Note(kSize)));
  EXPECT_EQ(ledger::ParseNote(round.note)->signatures.size(), 4u);
  EXPECT_TRUE(observer_.quorum);
  EXPECT_EQ(observer_.cosigned["b"], 1);
}

TEST_F(CosignatureCollectorTest, WitnessesBehindGetAProofFromTheirSize) {
  a_.SetLast({.size = 5, .root = log_.RootAt(5)});
  b_.SetLast({.size = 256, .root = log_.RootAt(256)});
  c_.SetLast({.size = kSize, .root = log_.RootAt(kSize)});
  TestTransport& a = AddHonest(a_);
  AddHonest(b_);
  AddHonest(c_);
  Make("group all all a b c\nquorum all\n");
  EXPECT_TRUE(Collect().quorum_met);
  EXPECT_EQ(a.calls, 2);  // a 409 first
  // Now the size is known.
  EXPECT_TRUE(Collect().quorum_met);
  EXPECT_EQ(a.calls, 3);
}

TEST_F(CosignatureCollectorTest, WhoHasCosignedIsNotAskedAgain) {
  TestTransport& a = AddHonest(a_);
  TestTransport& b = AddHonest(b_);
  b.is_away = true;
  Make("group all all a b\nquorum all\n");
  const Round first = Collect();
  EXPECT_FALSE(first.quorum_met);
  EXPECT_EQ(observer_.failed["b"], 1);
  b.is_away = false;
  SignedTree tree = Tree();
  tree.note = first.note;
  const Round second = Begin(tree).get();
  EXPECT_TRUE(second.quorum_met);
  EXPECT_EQ(a.calls, 1);
  EXPECT_TRUE(second.note.starts_with(first.note));
}

TEST_F(CosignatureCollectorTest, SlowWitnessCostsTheRoundsTimeAndNoMore) {
  AddHonest(a_);
  AddHonest(b_).hangs = true;
  Make("quorum a\n", absl::Milliseconds(50));
  const Round round = Collect();
  EXPECT_TRUE(round.quorum_met);
  EXPECT_EQ(observer_.failed["b"], 1);
}

// Goal: a witness that failed the last time holds up nobody once there are
// enough others. Method: a round's time is longer than the test may last.
TEST_F(CosignatureCollectorTest, WhoFailedBeforeIsNotWaitedFor) {
  AddHonest(a_);
  TestTransport& b = AddHonest(b_);
  b.is_away = true;
  Make("quorum a\n", absl::Hours(1));
  EXPECT_TRUE(Collect().quorum_met);
  b.is_away = false;
  b.hangs = true;
  EXPECT_TRUE(Collect().quorum_met);
  // Its call is still on its way: no second one beside it.
  EXPECT_TRUE(Collect().quorum_met);
  EXPECT_EQ(b.calls, 2);
}

TEST_F(CosignatureCollectorTest, CancelEndsTheWaiting) {
  AddHonest(a_).hangs = true;
  Make("quorum a\n", absl::Hours(1));
  std::future<Round> round = Begin(Tree());
  collector_->Cancel();
  EXPECT_FALSE(round.get().quorum_met);
  EXPECT_FALSE(Collect().quorum_met);
}

TEST_F(CosignatureCollectorTest, AnswersThatAreNoCosignatureAreDropped) {
  const auto line_of = [&](const TestWitness& witness,
                           const std::string& text) {
    return *witness.signer().SignLine(text, absl::FromUnixSeconds(1700000000));
  };
  const std::string text = ledger::FormatCheckpoint(log_.At(kSize));
  const std::string good = line_of(a_, text);
  // A line of a's name and key id over something else.
  const std::string older =
      line_of(a_, ledger::FormatCheckpoint(log_.At(kSize - 1)));
  const std::string of_fork =
      line_of(a_, ledger::FormatCheckpoint(fork_.At(kSize)));
  const std::string of_b = line_of(b_, text);
  std::string cut = good;
  cut.resize(cut.size() / 2);
  std::string flood;
  for (int i = 0; i < 200; ++i) flood += of_b;
  for (const std::string& body :
       {std::string(), std::string("\n"), std::string("garbage"),
        std::string(50'000, '\xff'), cut, older, of_fork, of_b, flood,
        older + good, "\n" + good, good + "\n" + good, log_.Note(kSize),
        good.substr(0, good.size() - 1)}) {
    const Round round = AskLiar(
        [&body](const std::string&) { return Reply(200, "text/plain", body); });
    EXPECT_EQ(round.note, log_.Note(kSize)) << body.substr(0, 200);
    EXPECT_FALSE(round.quorum_met);
    EXPECT_TRUE(round.forked.ok());
    EXPECT_TRUE(round.doubted.ok());
  }
  // Lines of unknown keys beside the right one are ignored.
  const Round round = AskLiar([&](const std::string&) {
    return Reply(200, "text/plain", of_b + good);
  });
  EXPECT_TRUE(round.quorum_met);
  EXPECT_EQ(round.note, log_.Note(kSize) + good);
}

TEST_F(CosignatureCollectorTest, OddRefusalsAreBounded) {
  int calls = 0;
  for (const int status : {100, 301, 400, 403, 404, 413, 500, 503}) {
    const Round round = AskLiar([&](const std::string&) {
      ++calls;
      return Reply(status, "text/x.tlog.size", "1\n");
    });
    EXPECT_FALSE(round.quorum_met) << status;
    EXPECT_EQ(calls, 1) << status;
    calls = 0;
  }
  for (const std::string& size :
       {std::string("0\n"), std::string(), std::string("7"),
        std::string("07\n"), std::string("-1\n"), std::string("7\n7\n"),
        std::string("99999999999999999999999\n")}) {
    const Round round = AskLiar([&](const std::string&) {
      ++calls;
      return Reply(409, "text/x.tlog.size", size);
    });
    EXPECT_FALSE(round.quorum_met) << size;
    EXPECT_EQ(calls, 1) << size;
    calls = 0;
  }
  EXPECT_FALSE(AskLiar([&](const std::string&) {
                 return Reply(409, "text/html", "7\n");
               }).quorum_met);
  // Another size each time: it is not followed for ever.
  const Round round = AskLiar([&](const std::string&) {
    return Reply(409, "text/x.tlog.size", absl::StrCat(++calls, "\n"));
  });
  EXPECT_FALSE(round.quorum_met);
  EXPECT_EQ(calls, 3);
}

TEST_F(CosignatureCollectorTest, ClaimWithoutProofIsADoubt) {
  const auto claim = [](const std::string&) {
    return Reply(409, "text/x.tlog.size", "1000\n");
  };
  const auto refuse = [](const std::string&) {
    return Reply(422, "text/plain", "");
  };
  const auto show = [](std::string note) {
    return [note = std::move(note)](const std::string&) {
      return Reply(200, "text/plain", note);
    };
  };
  // A checkpoint of this log's name that another key has signed.
  const TestLog impostor("ours", log_.origin(), 'x');
  for (const auto& add :
       {TestTransport::Script(claim), TestTransport::Script(refuse)}) {
    for (const auto& get :
         {TestTransport::Script(NotFound), TestTransport::Script(show("junk")),
          TestTransport::Script(show(impostor.Note(1000))),
          TestTransport::Script(
              show(TestLog("x", "other.example", 'l').Note(1000))),
          // What we extend proves nothing.
          TestTransport::Script(show(log_.Note(7))),
          TestTransport::Script(show(log_.Note(kSize)))}) {
      const Round round = AskLiar(add, get);
      EXPECT_FALSE(round.doubted.ok());
      EXPECT_TRUE(round.forked.ok()) << round.forked;
      EXPECT_FALSE(round.quorum_met);
    }
  }
}

TEST_F(CosignatureCollectorTest, SignedEvidenceOfAForkIsOne) {
  const auto expect_fork = [&](const Round& round) {
    EXPECT_TRUE(HasReason(round.forked, Reason::LEDGER_WITNESS_MISMATCH));
    EXPECT_FALSE(round.quorum_met);
  };
  // It has cosigned more than we have: ours is an older copy.
  ASSERT_EQ(a_.AddCheckpoint(log_.AddCheckpointBody(0, 1000)).http_status, 200);
  AddHonest(a_);
  Make("quorum a\n");
  expect_fork(Collect());
  // The same size, or less, of another history.
  for (const uint64_t size : {kSize, uint64_t{7}}) {
    TestWitness seen_fork("a.example", 'a', log_.vkey());
    ASSERT_EQ(
        seen_fork.AddCheckpoint(fork_.AddCheckpointBody(0, size)).http_status,
        200);
    transports_.clear();
    plan_witnesses_.clear();
    names_.clear();
    AddHonest(seen_fork);
    Make("quorum a\n");
    expect_fork(Collect());
  }
}

}  // namespace
}  // namespace shiming::issuance_ledger
