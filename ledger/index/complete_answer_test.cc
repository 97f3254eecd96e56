// Goal: an auditor gets every matching entry of an honest ledger, whatever the
// state of its seals, and a ledger that lies in any of its answers is caught.
// Method: a small ledger in memory, whose answers a liar changes on their way.
#include "ledger/index/complete_answer.h"

#include <algorithm>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "common/status/reason.h"
#include "common/status/status_macros.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "ledger/index/entry_tokens.h"
#include "ledger/index/index_seal.h"
#include "ledger/index/pseudonym.h"
#include "ledger/index/seal_audit.h"
#include "ledger/index/testing/lying_source.h"
#include "ledger/index/testing/test_ledger.h"
#include "ledger/note.h"
#include "ledger/proofs.h"
#include "ledger/tree.h"

namespace shiming::ledger {
namespace {

using testing::EidToken;
using ::testing::ElementsAreArray;
using testing::LyingSource;
using testing::SignerOf;
using testing::TestLedger;

v1::IndexQuestion Ask(v1::IndexField field, const std::string& low,
                      const std::string& high) {
  v1::IndexQuestion question;
  question.set_field(field);
  question.set_low(low);
  question.set_high(high);
  return question;
}

v1::IndexQuestion AskEid(const std::string& eid) {
  return Ask(v1::INDEX_FIELD_EID, EidToken(eid), EidToken(eid));
}

v1::IndexQuestion AskKind(v1::EventKind kind) {
  return Ask(v1::INDEX_FIELD_KIND, KindToken(kind), KindToken(kind));
}

struct Answer {
  absl::Status status;
  std::vector<uint64_t> found;
  AnswerReport report;
};

Answer AnswerOf(AnswerSource& source,
                const std::vector<v1::IndexQuestion>& questions) {
  const TrustPolicy policy =
      TrustPolicy::ForLog(*NoteVerifier::Parse(SignerOf('l').vkey()));
  CompleteAnswer auditor(source, policy);
  Answer answer;
  answer.status = auditor.Open().status();
  if (!answer.status.ok()) return answer;
  const auto report = auditor.Ask(questions, [&](FoundEntry found) {
    answer.found.push_back(found.index);
    return absl::OkStatus();
  });
  answer.status = report.status();
  if (report.ok()) answer.report = *report;
  return answer;
}

// 32 entries: two sealed periods of 12 orders each, five orders behind them.
class CompleteAnswerTest : public ::testing::Test {
 protected:
  CompleteAnswerTest() {
    for (int period = 0; period < 2; ++period) {
      AddOrders(12);
      ledger_.Seal();
    }
    AddOrders(5);
  }

  // Of EIDs "0" to "4" in turn.
  void AddOrders(int count) {
    for (int i = 0; i < count; ++i) {
      ledger_.AddOrder(std::to_string(ledger_.entries().size() % 5));
    }
  }

  void ExpectHonest(const v1::IndexQuestion& question) {
    LyingSource honest(ledger_);
    const Answer answer = AnswerOf(honest, {question});
    ASSERT_TRUE(answer.status.ok()) << answer.status;
    EXPECT_THAT(answer.found, ElementsAreArray(ledger_.Matches(question)));
    EXPECT_EQ(answer.report.redacted_count, 0u);
  }

  void ExpectCaught(LyingSource& liar,
                    Reason reason = Reason::LEDGER_PROOF_INVALID) {
    const Answer answer = AnswerOf(liar, {AskEid("1")});
    EXPECT_TRUE(HasReason(answer.status, reason)) << answer.status;
  }

  // Passes of SealCollector and SealAudit.
  absl::Status AuditSeals() const {
    SealCollector collector;
    for (uint64_t i = 0; i < ledger_.entries().size(); ++i) {
      RETURN_IF_ERROR(collector.Add(i, ledger_.entries()[i]));
    }
    SealAudit audit(collector.seals());
    for (uint64_t i = 0; i < ledger_.entries().size(); ++i) {
      RETURN_IF_ERROR(audit.Add(i, ledger_.entries()[i]));
    }
    EXPECT_EQ(audit.checked_count(), collector.seals().size());
    return absl::OkStatus();
  }

  TestLedger ledger_;
};

TEST_F(CompleteAnswerTest, EveryFieldIsAnsweredWhole) {
  for (const uint64_t leaves_a_page : {100, 3, 1}) {
    ledger_.leaves_a_page = leaves_a_page;
    for (int eid = 0; eid < 6; ++eid) {
      ExpectHonest(AskEid(std::to_string(eid)));
    }
    for (const char* shop : {"shop-0", "shop-1", "shop-2", "shop-3", "a"}) {
      ExpectHonest(Ask(v1::INDEX_FIELD_SHOP, shop, shop));
    }
    ExpectHonest(AskKind(v1::EVENT_KIND_INDEX_SEALED));
    ExpectHonest(AskKind(v1::EVENT_KIND_CODE_REVEALED));
    // A field that no entry has.
    ExpectHonest(Ask(v1::INDEX_FIELD_CLERK, "c", "c"));
  }
}

TEST_F(CompleteAnswerTest, RangesAndSeveralQuestionsAreAnsweredWhole) {
  LyingSource honest(ledger_);
  const v1::IndexQuestion shops = Ask(v1::INDEX_FIELD_SHOP, "shop-1", "shop-2");
  Answer answer = AnswerOf(honest, {shops});
  ASSERT_TRUE(answer.status.ok()) << answer.status;
  std::sort(answer.found.begin(), answer.found.end());
  EXPECT_EQ(answer.found, ledger_.Matches(shops));

  const v1::IndexQuestion placed = AskKind(v1::EVENT_KIND_ORDER_PLACED);
  const v1::IndexQuestion sealed = AskKind(v1::EVENT_KIND_INDEX_SEALED);
  answer = AnswerOf(honest, {placed, sealed});
  ASSERT_TRUE(answer.status.ok()) << answer.status;
  EXPECT_EQ(answer.found.size(),
            ledger_.Matches(placed).size() + ledger_.Matches(sealed).size());
  EXPECT_EQ(answer.report.seal_count, 2u);
  EXPECT_EQ(answer.report.sealed_end, 26u);
}

TEST_F(CompleteAnswerTest, LogWithoutSealsIsLookedThrough) {
  TestLedger young;
  for (int i = 0; i < 9; ++i) young.AddOrder(std::to_string(i % 2));
  LyingSource honest(young);
  const Answer answer = AnswerOf(honest, {AskEid("1")});
  ASSERT_TRUE(answer.status.ok()) << answer.status;
  EXPECT_EQ(answer.found, young.Matches(AskEid("1")));
  EXPECT_EQ(answer.report.sealed_end, 0u);
}

TEST_F(CompleteAnswerTest, HiddenEntryIsNoticed) {
  LyingSource liar(ledger_);
  // Leaf and entry.
  liar.change_page = [](ProofPage& page) {
    for (v1::SealedRun& run : page.runs) {
      if (run.entries_size() < 2) continue;
      run.mutable_entries()->DeleteSubrange(0, 1);
      run.mutable_leaves()->DeleteSubrange(1, 1);
    }
  };
  ExpectCaught(liar);
  // The entry alone.
  liar.change_page = [](ProofPage& page) {
    for (v1::SealedRun& run : page.runs) {
      if (run.entries_size() > 0) run.mutable_entries()->RemoveLast();
    }
  };
  ExpectCaught(liar);
  // All of them.
  liar.change_page = [](ProofPage& page) {
    for (v1::SealedRun& run : page.runs) {
      run.clear_entries();
      run.clear_leaves();
      run.clear_outside();
    }
  };
  ExpectCaught(liar);
  // Another one in its place.
  liar.change_page = [&](ProofPage& page) {
    for (v1::SealedRun& run : page.runs) {
      if (run.entries_size() < 2) continue;
      *run.mutable_entries(0) = run.entries(1);
    }
  };
  ExpectCaught(liar);
}

TEST_F(CompleteAnswerTest, PseudonymOfAnotherIsNoticed) {
  // A server that answers for another EID, or under another K: what it shows
  // is authentic, but not of the auditor's token.
  LyingSource liar(ledger_);
  liar.answers_another = AskEid("2");
  ExpectCaught(liar);
  liar.answers_another =
      Ask(v1::INDEX_FIELD_EID, EidToken("1", 'J'), EidToken("1", 'J'));
  ExpectCaught(liar);
  liar.answers_another = Ask(v1::INDEX_FIELD_SHOP, "shop-1", "shop-1");
  ExpectCaught(liar);
}

TEST_F(CompleteAnswerTest, HiddenSealHidesNothing) {
  // What no seal vouches for is looked through.
  LyingSource liar(ledger_);
  liar.change_page = [](ProofPage& page) {
    page.next_seal = 0;
    page.next_leaf = 0;
  };
  Answer answer = AnswerOf(liar, {AskEid("1")});
  ASSERT_TRUE(answer.status.ok()) << answer.status;
  EXPECT_EQ(answer.found, ledger_.Matches(AskEid("1")));
  EXPECT_EQ(answer.report.seal_count, 1u);

  // The first one cannot be missing if there is a second.
  liar.change_page = [](ProofPage& page) {
    if (!page.runs.empty() && page.runs[0].seal_number() == 1) {
      page.runs.clear();
      page.next_seal = 2;
    }
  };
  ExpectCaught(liar);
  // Nor may two questions see different ones.
  int pages = 0;
  liar.change_page = [&](ProofPage& page) {
    if (++pages == 3) page = ProofPage();
  };
  answer = AnswerOf(liar, {AskEid("1"), AskEid("2")});
  EXPECT_TRUE(HasReason(answer.status, Reason::LEDGER_PROOF_INVALID));
}

TEST_F(CompleteAnswerTest, ProofThatDoesNotGetOnEnds) {
  LyingSource liar(ledger_);
  liar.change_page = [](ProofPage& page) { page.next_seal = 1; };
  ExpectCaught(liar);
}

TEST_F(CompleteAnswerTest, EveryChangedByteOfAPageIsNoticed) {
  const std::vector<uint64_t> right = ledger_.Matches(AskEid("1"));
  for (size_t page_number = 0; page_number < 2; ++page_number) {
    size_t size = 1;
    int noticed = 0;
    for (size_t at = 0; at < size; ++at) {
      LyingSource liar(ledger_);
      size_t pages = 0;
      liar.change_page = [&](ProofPage& page) {
        if (pages++ != page_number || page.runs.empty()) return;
        std::string bytes = page.runs[0].SerializeAsString();
        size = bytes.size();
        bytes[at] = static_cast<char>(bytes[at] ^ 1);
        v1::SealedRun changed;
        // What is no message does not arrive.
        if (changed.ParseFromString(bytes)) {
          page.runs[0] = changed;
        } else {
          page.runs.clear();
        }
      };
      const Answer answer = AnswerOf(liar, {AskEid("1")});
      if (!answer.status.ok()) {
        ++noticed;
        continue;
      }
      // A change that says nothing, such as of an unknown field.
      EXPECT_EQ(answer.found, right) << at;
      EXPECT_EQ(answer.report.redacted_count, 0u) << at;
    }
    EXPECT_GT(noticed, 0);
  }
}

TEST_F(CompleteAnswerTest, ChangedTailIsNoticed) {
  using Entries = std::vector<std::pair<uint64_t, std::string>>;
  const std::function<void(Entries&)> changes[] = {
      [](Entries& e) { e.erase(e.begin() + 1); },
      [](Entries& e) { e.pop_back(); },
      [](Entries& e) { e.clear(); },
      [](Entries& e) { e.push_back(e.back()); },
      [](Entries& e) { std::swap(e[1].second, e[2].second); },
      [](Entries& e) { e[2].second = e[1].second; },
      // Renumbered, so that nothing seems to be missing.
      [](Entries& e) {
        e.erase(e.begin() + 1);
        for (size_t i = 1; i < e.size(); ++i) --e[i].first;
      },
  };
  for (const auto& change : changes) {
    LyingSource liar(ledger_);
    liar.change_scan = [&](Entries& entries) {
      if (entries.size() > 1) change(entries);
    };
    ExpectCaught(liar);
  }
  LyingSource liar(ledger_);
  liar.change_path = [](std::vector<Hash>& path) { path[0][0] ^= 1; };
  ExpectCaught(liar);
  liar.change_path = [](std::vector<Hash>& path) { path.pop_back(); };
  ExpectCaught(liar);
}

TEST_F(CompleteAnswerTest, CheckpointOfAnotherKeyIsRefused) {
  LyingSource liar(ledger_);
  liar.change_note = [](std::string& note) {
    const std::string text = note.substr(0, note.find("\n\n") + 1);
    note = JoinNote(text, *SignerOf('m').SignLine(text, absl::UnixEpoch()));
  };
  ExpectCaught(liar, Reason::LEDGER_SIGNATURE_INVALID);
}

TEST_F(CompleteAnswerTest, SealThatHidAnEntryIsFoundByItsAudit) {
  EXPECT_TRUE(AuditSeals().ok());
  AddOrders(10);
  // Its index was made without entry 33: the proof of the index holds, so only
  // the entries themselves show the lie.
  ledger_.Seal([](uint64_t index, v1::Event event) {
    std::optional<v1::Event> told;
    if (index != 33) told = event;
    return told;
  });
  const absl::Status audited = AuditSeals();
  EXPECT_TRUE(HasReason(audited, Reason::LEDGER_SEAL_FALSE)) << audited;
}

TEST_F(CompleteAnswerTest, SealUnderAnotherPseudonymIsFalse) {
  AddOrders(10);
  // Entry 33 has EID "3"; its index says "1".
  ledger_.Seal([](uint64_t index, v1::Event event) {
    if (index == 33) {
      event.mutable_pseudonyms(0)->set_value(EidToken("1"));
    }
    return std::optional<v1::Event>(event);
  });
  const absl::Status audited = AuditSeals();
  EXPECT_TRUE(HasReason(audited, Reason::LEDGER_SEAL_FALSE)) << audited;
  // Who asks for "1" is shown an entry that has no such token.
  LyingSource honest(ledger_);
  ExpectCaught(honest, Reason::LEDGER_SEAL_FALSE);
}

TEST_F(CompleteAnswerTest, SealThatSkipsEntriesIsFalse) {
  AddOrders(10);
  v1::Event seal =
      MakeSealEvent({.number = 3, .first_index = 30, .end_index = 32},
                    absl::FromUnixSeconds(1700000000));
  for (const v1::IndexField field : IndexFields()) {
    v1::SealedRoot& root = *seal.mutable_index_sealed()->add_roots();
    root.set_field(field);
    root.set_root(Hasher().EmptyRoot());
  }
  ledger_.Append(seal);
  const absl::Status audited = AuditSeals();
  EXPECT_TRUE(HasReason(audited, Reason::LEDGER_SEAL_FALSE)) << audited;
}

TEST_F(CompleteAnswerTest, RedactedTokensAreCountedAndTheRestIsProven) {
  ledger_.Redact(v1::INDEX_FIELD_EID, EidToken("1"));
  LyingSource honest(ledger_);
  const Answer answer = AnswerOf(honest, {AskEid("1")});
  ASSERT_TRUE(answer.status.ok()) << answer.status;
  EXPECT_GT(answer.report.redacted_count, 0u);
  // Those behind the last seal are found.
  for (const uint64_t index : answer.found) {
    EXPECT_GE(index, answer.report.sealed_end);
  }
  // Other fields know nothing of it.
  ExpectHonest(Ask(v1::INDEX_FIELD_SHOP, "shop-1", "shop-1"));
}

TEST(EdgeBeforeTest, IsTheEdgeOfTheSmallerTree) {
  std::vector<Hash> leaves;
  for (int i = 0; i < 40; ++i) {
    leaves.push_back(Hasher().Leaf(std::to_string(i)));
  }
  const std::span<const Hash> all = leaves;
  for (uint64_t size = 1; size <= all.size(); ++size) {
    TreeEdge edge;
    for (uint64_t index = 0; index < size; ++index) {
      const auto path = MakeInclusionProof(
          Hasher(),
          [&](int height, uint64_t at) -> absl::StatusOr<Hash> {
            return RootOf(Hasher(), all.subspan(at << height, 1ull << height));
          },
          index, size);
      const auto before = EdgeBefore(index, size, *path);
      ASSERT_TRUE(before.ok()) << before.status();
      EXPECT_EQ(*before, edge.nodes()) << index << " of " << size;
      std::vector<Hash> longer = *path;
      longer.push_back(leaves[0]);
      EXPECT_FALSE(EdgeBefore(index, size, longer).ok());
      if (!path->empty()) {
        const std::vector<Hash> shorter(path->begin(), path->end() - 1);
        EXPECT_FALSE(EdgeBefore(index, size, shorter).ok());
      }
      edge.Append(leaves[index]);
    }
    EXPECT_FALSE(EdgeBefore(size, size, {}).ok());
  }
}

}  // namespace
}  // namespace shiming::ledger
