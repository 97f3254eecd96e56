// Goal: the log seals its indexes by itself, and an auditor who trusts nothing
// but its key gets complete answers from it, through restarts, lost files and
// large answers.
#include <algorithm>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <future>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/files/file.h"
#include "common/status/reason.h"
#include "common/status/status_macros.h"
#include "common/time/fake_clock.h"
#include "gtest/gtest.h"
#include "ledger/audit_reader.h"
#include "ledger/entry.h"
#include "ledger/index/complete_answer.h"
#include "ledger/index/entry_tokens.h"
#include "ledger/index/seal_audit.h"
#include "ledger/policy.h"
#include "services/issuance_ledger/testing/log_instance.h"
#include "storage/testing/database_place.h"
#include "storage/testing/temp_folder.h"

namespace shiming::issuance_ledger {
namespace {

using ledger::v1::IndexQuestion;

IndexQuestion Ask(ledger::v1::IndexField field, const std::string& token) {
  IndexQuestion question;
  question.set_field(field);
  question.set_low(token);
  question.set_high(token);
  return question;
}

IndexQuestion AskKind(ledger::v1::EventKind kind) {
  return Ask(ledger::v1::INDEX_FIELD_KIND, ledger::KindToken(kind));
}

// A log at hand as an auditor asks it.
class LogAnswers final : public ledger::AnswerSource {
 public:
  explicit LogAnswers(LogInstance& instance) : instance_(instance) {}

  absl::StatusOr<std::string> Checkpoint() override {
    const int64_t last = instance_.Size() - 1;
    ASSIGN_OR_RETURN(const StoredCheckpoint checkpoint,
                     instance_.Run(instance_.log().WaitCovering(
                         last, absl::Now() + absl::Seconds(30))));
    return checkpoint.note;
  }
  absl::StatusOr<ledger::ProofPage> Prove(const IndexQuestion& question,
                                          int64_t tree_size, int64_t seal,
                                          int64_t leaf) override {
    const ProofPlace place{.seal = seal, .leaf = leaf};
    ASSIGN_OR_RETURN(ProvenPage page, instance_.Run(instance_.log().Prove(
                                          question, tree_size, place)));
    ++pages;
    return ledger::ProofPage{.runs = std::move(page.runs),
                             .next_seal = page.next.seal,
                             .next_leaf = page.next.leaf};
  }
  absl::StatusOr<std::vector<ledger::Hash>> InclusionPath(
      uint64_t index, uint64_t tree_size) override {
    return instance_.Run(instance_.log().InclusionProof(index, tree_size));
  }
  absl::Status Scan(uint64_t begin, uint64_t end, const Visit& visit) override {
    for (uint64_t index = begin; index < end; ++index) {
      ASSIGN_OR_RETURN(
          StoredEntry entry,
          instance_.Run(instance_.log().EntryAt(static_cast<int64_t>(index))));
      RETURN_IF_ERROR(visit(index, std::move(entry.bytes)));
    }
    return absl::OkStatus();
  }

  int pages = 0;

 private:
  LogInstance& instance_;
};

class SealedLogTest : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(Start().ok()); }

  absl::Status Start() {
    return instance_.Start({.database = place_.url(),
                            .folder = folder_.path().string(),
                            .write_fault = write_fault_,
                            .sealing = plan_},
                           clock_);
  }
  absl::Status Restart() {
    instance_.Stop();
    return Start();
  }
  std::filesystem::path Indexes() const {
    return folder_.path() / "log" / "index";
  }

  // Orders of five shops in turn, in one call.
  void AddOrders(int count) {
    std::vector<ledger::v1::Event> events;
    for (int i = 0; i < count; ++i) {
      ledger::v1::Event event = OrderEvent(absl::StrCat("o", next_), 1);
      event.set_shop(absl::StrCat("shop-", next_ % 5));
      ++next_;
      events.push_back(std::move(event));
    }
    instance_.Append(events);
  }

  // All entries with the token, the plain way, up to the report's size.
  std::vector<uint64_t> Matches(const IndexQuestion& question, uint64_t size) {
    std::vector<uint64_t> matches;
    for (uint64_t index = 0; index < size; ++index) {
      const auto entry =
          instance_.Run(instance_.log().EntryAt(static_cast<int64_t>(index)));
      for (const ledger::EntryToken& token :
           ledger::TokensOf(*ledger::ParseEntry(entry->bytes))) {
        if (token.field == question.field() && token.bytes == question.low()) {
          matches.push_back(index);
        }
      }
    }
    return matches;
  }

  struct Answer {
    std::vector<uint64_t> found;
    ledger::AnswerReport report;
  };

  Answer AnswerTo(const IndexQuestion& question) {
    LogAnswers source(instance_);
    ledger::CompleteAnswer auditor(source, policy_);
    EXPECT_TRUE(auditor.Open().ok());
    Answer answer;
    const auto report =
        auditor.Ask({question}, [&](const ledger::FoundEntry& entry) {
          answer.found.push_back(entry.index);
          return absl::OkStatus();
        });
    EXPECT_TRUE(report.ok()) << report.status();
    if (report.ok()) answer.report = *report;
    pages_ = source.pages;
    return answer;
  }

  // The answer, which must be proven and the same as the plain one.
  ledger::AnswerReport ExpectProven(const IndexQuestion& question) {
    const Answer answer = AnswerTo(question);
    EXPECT_EQ(answer.found, Matches(question, answer.report.checkpoint.size));
    EXPECT_EQ(answer.report.redacted_count, 0u);
    return answer.report;
  }

  // An order of a person for a phone; its index.
  int64_t AddOrderOf(const std::string& person, const std::string& eid) {
    ledger::v1::Event event = OrderEvent(absl::StrCat("o", next_++), 1);
    event.set_person_id(person);
    ledger::v1::Pseudonym* pseudonym = event.add_pseudonyms();
    pseudonym->set_field(ledger::v1::PSEUDONYM_FIELD_EID);
    pseudonym->set_value(eid);
    return instance_.AppendOne(event);
  }
  void Erase(const std::string& person) {
    ledger::v1::Event event = OrderEvent("none", 1);
    event.mutable_id()->set_source("identity_verification");
    event.mutable_id()->set_aggregate("person/" + person);
    event.clear_order();
    event.set_kind(ledger::v1::EVENT_KIND_PERSON_ERASED);
    event.set_person_id(person);
    instance_.AppendOne(event);
  }

  // Every seal is the one that the entries give.
  void ExpectTrueSeals(size_t count) {
    const int64_t last = instance_.Size() - 1;
    ASSERT_TRUE(instance_.ReceiptOf(last).ok());
    const auto files = ledger::FilesBelow((folder_.path() / "log").string());
    ledger::SealCollector collector;
    const auto collect = [&](uint64_t index, const std::string& entry) {
      return collector.Add(index, entry);
    };
    ASSERT_TRUE(ledger::VerifyLog(files, policy_, collect).ok());
    ASSERT_EQ(collector.seals().size(), count);
    ledger::SealAudit audit(collector.seals());
    const auto check = [&](uint64_t index, const std::string& entry) {
      return audit.Add(index, entry);
    };
    const auto checked = ledger::VerifyLog(files, policy_, check);
    EXPECT_TRUE(checked.ok()) << checked.status();
    EXPECT_EQ(audit.checked_count(), count);
  }

  sql::testing::TempFolder folder_;
  sql::testing::DatabasePlace place_;
  FakeClock clock_{absl::FromUnixSeconds(1700000100)};
  const ledger::TrustPolicy policy_ = ledger::TrustPolicy::ForLog(
      *ledger::NoteVerifier::Parse(TestLogSigner().vkey()));
  std::optional<SealPlan> plan_ = SealPlan{.entries = 16,
                                           .age = absl::Hours(1),
                                           .least_entries = 4,
                                           .look = absl::Milliseconds(5)};
  WriteFault write_fault_;
  LogInstance instance_;
  int next_ = 0;
  int pages_ = 0;
};

TEST_F(SealedLogTest, GrowingLogIsSealedAndAnswersAreComplete) {
  ExpectProven(Ask(ledger::v1::INDEX_FIELD_SHOP, "shop-1"));
  AddOrders(20);
  ASSERT_TRUE(instance_.observer.WaitSealed(16));
  ExpectProven(Ask(ledger::v1::INDEX_FIELD_SHOP, "shop-1"));
  AddOrders(36);
  ASSERT_TRUE(instance_.observer.WaitSealed(48));
  for (const char* shop : {"shop-0", "shop-1", "shop-4", "shop-5", "s"}) {
    const auto report = ExpectProven(Ask(ledger::v1::INDEX_FIELD_SHOP, shop));
    EXPECT_EQ(report.seal_count, 3u);
    EXPECT_EQ(report.sealed_end, 48u);
  }
  ExpectProven(Ask(ledger::v1::INDEX_FIELD_ORDER, "o7"));
  ExpectProven(AskKind(ledger::v1::EVENT_KIND_INDEX_SEALED));
  // No entry has a clerk: an index without leaves.
  ExpectProven(Ask(ledger::v1::INDEX_FIELD_CLERK, "clerk"));
  ExpectTrueSeals(3);
  EXPECT_EQ(instance_.observer.failures, 0);
}

TEST_F(SealedLogTest, RestartGoesOnBehindTheLastSeal) {
  AddOrders(20);
  ASSERT_TRUE(instance_.observer.WaitSealed(16));
  ASSERT_TRUE(Restart().ok());
  AddOrders(20);
  ASSERT_TRUE(instance_.observer.WaitSealed(32));
  ExpectProven(Ask(ledger::v1::INDEX_FIELD_SHOP, "shop-2"));
  ExpectTrueSeals(2);
}

TEST_F(SealedLogTest, CrashBeforeOrAfterTheSealLeavesOneSeal) {
  for (const WriteStep step : {WriteStep::kBefore, WriteStep::kAfter}) {
    instance_.Stop();
    const std::optional<SealPlan> plan = std::exchange(plan_, std::nullopt);
    ASSERT_TRUE(Start().ok());
    AddOrders(16);
    // So that the next write is the seal's.
    ASSERT_TRUE(instance_.ReceiptOf(instance_.Size() - 1).ok());
    plan_ = plan;
    // From that write on, nothing gets any further.
    std::promise<void> crashed;
    std::atomic<bool> is_dead = false;
    write_fault_ = [&](WriteStep at) {
      if (at == step && !is_dead.exchange(true)) crashed.set_value();
      return is_dead ? absl::UnavailableError("crash") : absl::OkStatus();
    };
    ASSERT_TRUE(Restart().ok());
    crashed.get_future().wait();
    instance_.Stop();
    write_fault_ = nullptr;
    ASSERT_TRUE(Start().ok());
    const uint64_t end = step == WriteStep::kBefore ? 16 : 32;
    ASSERT_TRUE(instance_.observer.WaitSealed(end));
    ExpectTrueSeals(step == WriteStep::kBefore ? 1 : 2);
    ExpectProven(Ask(ledger::v1::INDEX_FIELD_SHOP, "shop-2"));
  }
}

TEST_F(SealedLogTest, LogWithoutSealsIsSealedPeriodByPeriod) {
  instance_.Stop();
  const std::optional<SealPlan> plan = std::exchange(plan_, std::nullopt);
  ASSERT_TRUE(Start().ok());
  AddOrders(60);
  ExpectTrueSeals(0);
  EXPECT_EQ(
      ExpectProven(Ask(ledger::v1::INDEX_FIELD_SHOP, "shop-2")).sealed_end, 0u);
  plan_ = plan;
  ASSERT_TRUE(Restart().ok());
  ASSERT_TRUE(instance_.observer.WaitSealed(48));
  ExpectProven(Ask(ledger::v1::INDEX_FIELD_SHOP, "shop-2"));
}

TEST_F(SealedLogTest, FewEntriesAreSealedWhenTheyAreOld) {
  AddOrders(6);
  clock_.Advance(absl::Minutes(50));
  EXPECT_EQ(instance_.observer.sealed_end(), 0u);
  clock_.Advance(absl::Minutes(20));
  ASSERT_TRUE(instance_.observer.WaitSealed(7));
  ExpectProven(Ask(ledger::v1::INDEX_FIELD_ORDER, "o3"));
  // Its own entry alone is never sealed: a log at rest stays as it is.
  clock_.Advance(absl::Hours(3));
  ASSERT_TRUE(Restart().ok());
  ExpectTrueSeals(1);
}

TEST_F(SealedLogTest, LostAndDamagedIndexesAreMadeAgain) {
  AddOrders(20);
  ASSERT_TRUE(instance_.observer.WaitSealed(16));
  const IndexQuestion question = Ask(ledger::v1::INDEX_FIELD_SHOP, "shop-3");
  const std::filesystem::path file = Indexes() / "001" / "shop";
  ASSERT_TRUE(std::filesystem::exists(file));
  const auto size = std::filesystem::file_size(file);
  std::filesystem::remove(file);
  ExpectProven(question);
  EXPECT_EQ(std::filesystem::file_size(file), size);
  // Any byte may be wrong; it is noticed where it matters, and mended.
  for (const uint64_t at : {0ull, 20ull, 40ull, size - 1ull}) {
    std::fstream stream(file, std::ios::in | std::ios::out | std::ios::binary);
    stream.seekg(static_cast<std::streamoff>(at));
    const char byte = static_cast<char>(stream.get() ^ 1);
    stream.seekp(static_cast<std::streamoff>(at));
    stream.put(byte);
    stream.close();
    ExpectProven(question);
  }
  std::filesystem::resize_file(file, size / 2);
  ExpectProven(question);
  std::filesystem::remove_all(Indexes());
  ASSERT_TRUE(Restart().ok());
  ExpectProven(question);
}

TEST_F(SealedLogTest, AnErasedPersonsTokensAreRedactedAndItIsSaid) {
  const std::string own(32, 'e');     // the erased person's phone
  const std::string shared(32, 's');  // two persons', one after the other
  const std::string own_late(32, 'l');
  const auto by_eid = [](const std::string& eid) {
    return Ask(ledger::v1::INDEX_FIELD_EID, eid);
  };
  const auto first = static_cast<uint64_t>(AddOrderOf("p1", own));
  const auto second = static_cast<uint64_t>(AddOrderOf("p1", shared));
  const auto others = static_cast<uint64_t>(AddOrderOf("p2", shared));
  AddOrders(16);
  ASSERT_TRUE(instance_.observer.WaitSealed(16));
  // Not sealed yet when it is erased.
  const auto late = static_cast<uint64_t>(AddOrderOf("p1", own_late));
  ExpectProven(by_eid(own));
  ExpectProven(by_eid(shared));
  Erase("p1");
  AddOrders(16);
  ASSERT_TRUE(instance_.observer.WaitSealed(32));

  // Those of the first period; the third one's file was made without it.
  EXPECT_GE(instance_.observer.redacted, 2);
  using Found = std::vector<uint64_t>;
  for (const bool is_restarted : {false, true}) {
    if (is_restarted) {
      // The files are made again from entries that still have everything.
      std::filesystem::remove_all(Indexes());
      ASSERT_TRUE(Restart().ok());
    }
    for (const auto& [eid, expected] :
         {std::pair{own, Found{}}, {own_late, Found{}}, {shared, {others}}}) {
      const Answer answer = AnswerTo(by_eid(eid));
      EXPECT_EQ(answer.found, expected);
      // Its own leaf, and redacted neighbours that may have been one.
      EXPECT_GE(answer.report.redacted_count, 1u);
    }
    for (const char* period : {"001", "002"}) {
      const absl::StatusOr<std::string> file =
          ReadFile((Indexes() / period / "eid").string());
      ASSERT_TRUE(file.ok()) << file.status();
      EXPECT_EQ(file->find(own), std::string::npos);
      EXPECT_EQ(file->find(own_late), std::string::npos);
      EXPECT_EQ(file->find(shared) != std::string::npos,
                std::string(period) == "001");
    }
    // What names no phone is proven as before.
    ExpectProven(Ask(ledger::v1::INDEX_FIELD_PERSON, "p1"));
    ExpectProven(Ask(ledger::v1::INDEX_FIELD_PERSON, "p2"));
    // The search says so as well.
    const ScanRange all{.begin = 0,
                        .end = instance_.Size(),
                        .limit = 50,
                        .byte_limit = 1 << 20};
    for (const auto& [eid, expected] :
         {std::pair{own, Found{}}, {own_late, Found{}}, {shared, {others}}}) {
      const auto scan = instance_.Run(
          instance_.log().Query(EntryQuery{.eid_pseudonym = eid}, all));
      ASSERT_TRUE(scan.ok()) << scan.status();
      EXPECT_EQ(scan->redacted_count, 3);
      Found found;
      for (const StoredEntry& entry : scan->entries) {
        found.push_back(static_cast<uint64_t>(entry.index));
      }
      EXPECT_EQ(found, expected);
    }
    const auto scan = instance_.Run(
        instance_.log().Query(EntryQuery{.person_id = "p1"}, all));
    ASSERT_TRUE(scan.ok()) << scan.status();
    EXPECT_EQ(scan->redacted_count, 0);
    ASSERT_EQ(scan->entries.size(), 4u);
    EXPECT_EQ(scan->entries[0].index, static_cast<int64_t>(first));
    EXPECT_EQ(scan->entries[1].index, static_cast<int64_t>(second));
    EXPECT_EQ(scan->entries[2].index, static_cast<int64_t>(late));
  }
  ExpectTrueSeals(2);
}

TEST_F(SealedLogTest, LargeAnswerComesInPages) {
  plan_->entries = 1000;
  ASSERT_TRUE(Restart().ok());
  for (int i = 0; i < 5; ++i) AddOrders(200);
  ASSERT_TRUE(instance_.observer.WaitSealed(1000));
  ExpectProven(AskKind(ledger::v1::EVENT_KIND_ORDER_PLACED));
  EXPECT_GT(pages_, 3);
  ExpectProven(Ask(ledger::v1::INDEX_FIELD_SHOP, "shop-1"));
}

TEST_F(SealedLogTest, ProofsAreOfAPublishedTreeAndAPlaceInIt) {
  AddOrders(20);
  ASSERT_TRUE(instance_.observer.WaitSealed(16));
  const int64_t size = instance_.Size();
  ASSERT_TRUE(instance_.ReceiptOf(size - 1).ok());
  const IndexQuestion question = Ask(ledger::v1::INDEX_FIELD_SHOP, "shop-1");
  const auto prove = [&](int64_t tree_size, ProofPlace place) {
    return instance_.Run(instance_.log().Prove(question, tree_size, place));
  };
  EXPECT_TRUE(HasReason(prove(size + 1, {}).status(),
                        Reason::LEDGER_INDEX_OUT_OF_RANGE));
  EXPECT_TRUE(HasReason(prove(size, {.seal = 1, .leaf = 1000}).status(),
                        Reason::LEDGER_INDEX_OUT_OF_RANGE));
  ASSERT_EQ(prove(size, {})->runs.size(), 1u);
  // Behind the last seal there is nothing, nor in a tree without its entry.
  EXPECT_TRUE(prove(size, {.seal = 2})->runs.empty());
  EXPECT_EQ(prove(size, {.seal = 2})->next.seal, 0);
  EXPECT_TRUE(prove(size - 1, {})->runs.empty());
}

TEST_F(SealedLogTest, StoppingDoesNotWaitForAPeriod) {
  for (int i = 0; i < 5; ++i) AddOrders(200);
  instance_.Stop();
  ASSERT_TRUE(Start().ok());
  ASSERT_TRUE(instance_.observer.WaitSealed(16 * 60));
  ExpectProven(Ask(ledger::v1::INDEX_FIELD_SHOP, "shop-1"));
}

}  // namespace
}  // namespace shiming::issuance_ledger
