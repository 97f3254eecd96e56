// Goal: a proof gives exactly the entries in the range, and whoever changes,
// drops, adds or reorders anything in it is refused. Exhaustive for small
// indexes: every range of every index of up to 9 leaves, and every change of
// each proof.
#include "ledger/index/sealed_index.h"

#include <algorithm>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "common/crypto/digest.h"
#include "common/crypto/encoding.h"
#include "common/status/reason.h"
#include "gtest/gtest.h"
#include "ledger/tree.h"

namespace shiming::ledger {
namespace {

constexpr uint64_t kFirst = 100;

// Tokens "b", "d", "f" ..., so that there is room between and beside them; each
// second one has two entries.
std::vector<IndexKey> Keys(int count) {
  std::vector<IndexKey> keys;
  for (int i = 0; i < count; ++i) {
    const char letter =
        static_cast<char>('b' + i / 3 * 4 + (i % 3 == 2 ? 2 : 0));
    keys.push_back({std::string(1, letter), kFirst + static_cast<uint64_t>(i)});
  }
  return keys;
}

SealedIndex IndexOf(int count) {
  std::vector<IndexKey> keys = Keys(count);
  std::reverse(keys.begin(), keys.end());
  return *SealedIndex::Build(std::move(keys));
}

std::vector<IndexLeaf> LeavesOf(const SealedIndex& index) {
  std::vector<IndexLeaf> leaves;
  for (uint64_t i = 0; i < index.leaf_count(); ++i) {
    leaves.push_back(index.Leaf(i));
  }
  return leaves;
}

// The run that proves the range; `index` has leaves.
IndexRun Prove(const SealedIndex& index, const std::string& low,
               const std::string& high) {
  const auto [begin, end] = index.PlacesOf(low, high);
  return index.Run(begin, end);
}

IndexSeal SealOf(const SealedIndex& index) {
  return {.first_index = kFirst,
          .end_index = kFirst + 50,
          .leaf_count = index.leaf_count(),
          .root = index.Root()};
}

std::vector<IndexRun> ProofOf(const SealedIndex& index, const std::string& low,
                              const std::string& high) {
  if (index.leaf_count() == 0) return {};
  return {Prove(index, low, high)};
}

std::vector<IndexKey> Expected(const SealedIndex& index, const std::string& low,
                               const std::string& high) {
  std::vector<IndexKey> keys;
  for (const IndexLeaf& leaf : LeavesOf(index)) {
    if (leaf.key.has_value() && leaf.key->token >= low &&
        leaf.key->token <= high) {
      keys.push_back(*leaf.key);
    }
  }
  return keys;
}

std::vector<std::pair<std::string, std::string>> Ranges() {
  std::vector<std::pair<std::string, std::string>> ranges;
  for (char low = 'a'; low <= 'p'; ++low) {
    for (char high = low; high <= 'p'; ++high) {
      ranges.emplace_back(std::string(1, low), std::string(1, high));
    }
  }
  return ranges;
}

// Every proof that differs from `run` by one change.
std::vector<IndexRun> Changes(const IndexRun& run) {
  std::vector<IndexRun> changes;
  const auto change = [&](const std::function<void(IndexRun&)>& fn) {
    IndexRun changed = run;
    fn(changed);
    changes.push_back(std::move(changed));
  };
  for (size_t i = 0; i < run.leaves.size(); ++i) {
    const auto at = static_cast<int64_t>(i);
    change([&](IndexRun& r) { r.leaves.erase(r.leaves.begin() + at); });
    change([&](IndexRun& r) {
      r.leaves.insert(r.leaves.begin() + at, r.leaves[i]);
    });
    change([&](IndexRun& r) { r.leaves[i].hash[7] ^= 1; });
    change([&](IndexRun& r) { r.leaves[i].hash.pop_back(); });
    change([&](IndexRun& r) {
      if (r.leaves[i].key.has_value()) {
        r.leaves[i].key->index ^= 1;
      } else {
        r.leaves[i].key = IndexKey{"zz", kFirst};
      }
    });
    change([&](IndexRun& r) {
      if (r.leaves[i].key.has_value()) r.leaves[i].key->token += "x";
      r.leaves[i].hash = Hasher().Leaf(
          r.leaves[i].key.has_value() ? EncodeIndexKey(*r.leaves[i].key) : "");
    });
    for (size_t j = i + 1; j < run.leaves.size(); ++j) {
      change([&](IndexRun& r) { std::swap(r.leaves[i], r.leaves[j]); });
    }
  }
  for (size_t i = 0; i < run.outside.size(); ++i) {
    const auto at = static_cast<int64_t>(i);
    change([&](IndexRun& r) { r.outside.erase(r.outside.begin() + at); });
    change([&](IndexRun& r) {
      r.outside.insert(r.outside.begin() + at, r.outside[i]);
    });
    change([&](IndexRun& r) { r.outside[i][31] ^= 1; });
    change([&](IndexRun& r) { r.outside[i].push_back('x'); });
  }
  change([&](IndexRun& r) { r.outside.push_back(std::string(32, 'h')); });
  change([&](IndexRun& r) { ++r.first_leaf; });
  change([&](IndexRun& r) { --r.first_leaf; });
  return changes;
}

void ExpectRefused(const IndexSeal& seal, const std::string& low,
                   const std::string& high, const std::vector<IndexRun>& runs) {
  const auto answer = VerifyRange(seal, low, high, runs);
  EXPECT_TRUE(HasReason(answer.status(), Reason::LEDGER_PROOF_INVALID))
      << answer.status();
}

TEST(SealedIndexTest, RootIsThatOfTheLog) {
  for (int count = 0; count <= 40; ++count) {
    const SealedIndex index = IndexOf(count);
    std::vector<Hash> hashes;
    for (const IndexLeaf& leaf : LeavesOf(index)) hashes.push_back(leaf.hash);
    EXPECT_EQ(index.Root(), RootOf(Hasher(), hashes)) << count;
  }
}

TEST(SealedIndexTest, BytesOfALeafAreAsTheFormatSays) {
  EXPECT_EQ(crypto::ToHex(EncodeIndexKey({"shop-1", 0x0102030405060708})),
            "000673686f702d310102030405060708");
}

TEST(SealedIndexTest, EveryRangeOfEverySmallIndexIsProvenExactly) {
  for (int count = 0; count <= 9; ++count) {
    const SealedIndex index = IndexOf(count);
    const IndexSeal seal = SealOf(index);
    for (const auto& [low, high] : Ranges()) {
      const auto answer =
          VerifyRange(seal, low, high, ProofOf(index, low, high));
      ASSERT_TRUE(answer.ok()) << answer.status() << count << low << high;
      EXPECT_EQ(answer->found, Expected(index, low, high));
      EXPECT_EQ(answer->redacted_count, 0u);
    }
  }
}

TEST(SealedIndexTest, EveryChangeOfAProofIsRefused) {
  for (int count = 1; count <= 9; ++count) {
    const SealedIndex index = IndexOf(count);
    const IndexSeal seal = SealOf(index);
    for (const auto& [low, high] : Ranges()) {
      for (const IndexRun& changed : Changes(Prove(index, low, high))) {
        ExpectRefused(seal, low, high, {changed});
      }
    }
  }
}

TEST(SealedIndexTest, HonestProofOfALesserRunIsRefused) {
  // Every run of the index is authentic; only one proves the range.
  for (int count = 1; count <= 9; ++count) {
    const SealedIndex index = IndexOf(count);
    const IndexSeal seal = SealOf(index);
    for (const auto& [low, high] : Ranges()) {
      const IndexRun right = Prove(index, low, high);
      for (uint64_t begin = 0; begin < index.leaf_count(); ++begin) {
        for (uint64_t end = begin + 1; end <= index.leaf_count(); ++end) {
          if (begin == right.first_leaf && end == begin + right.leaves.size()) {
            continue;
          }
          ExpectRefused(seal, low, high, {index.Run(begin, end)});
        }
      }
      ExpectRefused(seal, low, high, {});
    }
  }
}

TEST(SealedIndexTest, SealOfAnotherIndexIsRefused) {
  const SealedIndex index = IndexOf(9);
  const std::vector<IndexRun> proof = ProofOf(index, "b", "f");
  IndexSeal seal = SealOf(index);
  seal.root[0] ^= 1;
  ExpectRefused(seal, "b", "f", proof);
  for (const uint64_t leaf_count : {0, 1, 5, 8}) {
    seal = SealOf(index);
    seal.leaf_count = leaf_count;
    ExpectRefused(seal, "b", "f", proof);
  }
  // Entries of another period.
  seal = SealOf(index);
  seal.first_index = kFirst + 3;
  ExpectRefused(seal, "b", "f", proof);
  seal = SealOf(index);
  seal.end_index = kFirst + 2;
  ExpectRefused(seal, "b", "f", proof);
  ExpectRefused(SealOf(index), "f", "b", proof);
}

TEST(SealedIndexTest, LargeRunMayComeInParts) {
  const SealedIndex index = IndexOf(30);
  const IndexSeal seal = SealOf(index);
  const IndexRun whole = Prove(index, "d", "r");
  const uint64_t begin = whole.first_leaf;
  const uint64_t end = begin + whole.leaves.size();
  for (uint64_t cut = begin + 1; cut < end; ++cut) {
    const std::vector<IndexRun> parts = {index.Run(begin, cut),
                                         index.Run(cut, end)};
    const auto answer = VerifyRange(seal, "d", "r", parts);
    ASSERT_TRUE(answer.ok()) << answer.status();
    EXPECT_EQ(answer->found, Expected(index, "d", "r"));
    ExpectRefused(seal, "d", "r", {parts[1], parts[0]});
    ExpectRefused(seal, "d", "r", {parts[0], parts[0], parts[1]});
    ExpectRefused(seal, "d", "r", {parts[0]});
    ExpectRefused(seal, "d", "r", {parts[1]});
    if (cut + 1 < end) {
      ExpectRefused(seal, "d", "r", {parts[0], index.Run(cut + 1, end)});
    }
  }
}

// Every key with this token; how many.
uint64_t RedactAll(const std::string& token, SealedIndex* index) {
  uint64_t count = 0;
  for (const IndexLeaf& leaf : LeavesOf(*index)) {
    if (!leaf.key.has_value() || leaf.key->token != token) continue;
    EXPECT_TRUE(index->Redact(*leaf.key));
    EXPECT_FALSE(index->Redact(*leaf.key));
    ++count;
  }
  return count;
}

TEST(SealedIndexTest, RedactedLeavesKeepTheProofsAndAreCounted) {
  for (int count = 1; count <= 9; ++count) {
    const SealedIndex whole = IndexOf(count);
    const IndexSeal seal = SealOf(whole);
    std::vector<std::string> tokens;
    for (const IndexLeaf& leaf : LeavesOf(whole)) {
      if (tokens.empty() || tokens.back() != leaf.key->token) {
        tokens.push_back(leaf.key->token);
      }
    }
    // Every set of redacted tokens.
    for (int set = 1; set < 1 << tokens.size(); ++set) {
      SealedIndex index = whole;
      uint64_t redacted = 0;
      for (size_t i = 0; i < tokens.size(); ++i) {
        if ((set >> i & 1) != 0) redacted += RedactAll(tokens[i], &index);
      }
      EXPECT_GT(redacted, 0u);
      EXPECT_EQ(index.Root(), seal.root);
      const auto kept = SealedIndex::Decode(index.Encode());
      ASSERT_TRUE(kept.ok()) << kept.status();
      EXPECT_EQ(LeavesOf(*kept), LeavesOf(index));
      EXPECT_EQ(kept->Root(), seal.root);
      for (const auto& [low, high] : Ranges()) {
        const auto answer =
            VerifyRange(seal, low, high, ProofOf(index, low, high));
        ASSERT_TRUE(answer.ok()) << answer.status();
        EXPECT_EQ(answer->found, Expected(index, low, high));
        // Whatever was redacted from the range is among what is said to be
        // unknown.
        EXPECT_GE(answer->redacted_count + answer->found.size(),
                  Expected(whole, low, high).size());
      }
      for (const IndexRun& changed : Changes(Prove(index, "d", "h"))) {
        ExpectRefused(seal, "d", "h", {changed});
      }
    }
  }
}

TEST(SealedIndexTest, WithheldKeyIsSaidToBeRedacted) {
  // A server that only pretends that a leaf was redacted is not refused, but
  // the auditor is told that an answer is missing.
  const SealedIndex index = IndexOf(9);
  IndexRun run = Prove(index, "d", "d");
  for (IndexLeaf& leaf : run.leaves) {
    if (leaf.key->token == "d") leaf.key.reset();
  }
  const auto answer = VerifyRange(SealOf(index), "d", "d", {&run, 1});
  ASSERT_TRUE(answer.ok());
  EXPECT_TRUE(answer->found.empty());
  EXPECT_EQ(answer->redacted_count, 1u);
}

TEST(SealedIndexTest, BadKeysAreRefused) {
  const auto refused = [](const absl::StatusOr<SealedIndex>& index) {
    return HasReason(index.status(), Reason::LEDGER_FORMAT_INVALID);
  };
  EXPECT_TRUE(refused(SealedIndex::Build({{"a", 1}, {"a", 1}})));
  EXPECT_TRUE(refused(SealedIndex::Build({{"", 1}})));
  EXPECT_TRUE(refused(SealedIndex::Build({{std::string(257, 'a'), 1}})));
}

TEST(SealedIndexTest, KeptIndexIsReadAsItWasWrittenOrNotAtAll) {
  for (int count = 0; count <= 9; ++count) {
    const SealedIndex index = IndexOf(count);
    const std::string bytes = index.Encode();
    const auto kept = SealedIndex::Decode(bytes);
    ASSERT_TRUE(kept.ok()) << kept.status();
    EXPECT_EQ(LeavesOf(*kept), LeavesOf(index));
    EXPECT_EQ(kept->Root(), index.Root());
    for (size_t size = 0; size < bytes.size(); ++size) {
      EXPECT_FALSE(SealedIndex::Decode(bytes.substr(0, size)).ok()) << size;
    }
    EXPECT_FALSE(SealedIndex::Decode(bytes + "x").ok());
    for (size_t at = 0; at < bytes.size(); ++at) {
      std::string changed = bytes;
      changed[at] = static_cast<char>(changed[at] ^ 1);
      EXPECT_FALSE(SealedIndex::Decode(changed).ok()) << at;
    }
  }
}

// With a checksum that is right, its shape must be, too.
TEST(SealedIndexTest, AnotherShapeIsRefused) {
  const std::string bytes = IndexOf(2).Encode();
  const std::string body = bytes.substr(0, bytes.size() - 32);
  const auto decode = [](const std::string& text) {
    return SealedIndex::Decode(text + crypto::Sha256(text)).status();
  };
  EXPECT_TRUE(decode(body).ok());
  for (size_t size = 0; size < body.size(); ++size) {
    EXPECT_TRUE(
        HasReason(decode(body.substr(0, size)), Reason::LEDGER_FORMAT_INVALID))
        << size;
  }
  EXPECT_FALSE(decode(body + "x").ok());
  std::string absurd = body;
  absurd.replace(17, 8, std::string(8, '\xff'));
  EXPECT_FALSE(decode(absurd).ok());
}

}  // namespace
}  // namespace shiming::ledger
