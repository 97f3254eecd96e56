#include "ledger/index/sealed_index.h"

#include <algorithm>
#include <bit>
#include <iterator>
#include <utility>

#include "common/crypto/digest.h"
#include "common/status/reason.h"
#include "common/status/status_macros.h"
#include "ledger/text.h"

namespace shiming::ledger {
namespace {

absl::Status Invalid(std::string_view why) {
  return MakeError(Reason::LEDGER_PROOF_INVALID, why);
}

absl::Status Malformed(std::string_view why) {
  return MakeError(Reason::LEDGER_FORMAT_INVALID, why);
}

// Begins every kept index.
constexpr std::string_view kMagic = "shiming-index/v1\n";

bool IsToken(const std::string& token) {
  return !token.empty() && token.size() <= kMaxTokenLength;
}

// Size of the left part of a tree of `count` > 1 leaves (RFC 6962 section 2.1):
// the largest power of two below it.
uint64_t LeftPart(uint64_t count) { return std::bit_floor(count - 1); }

// Readable keys are in order; redacted leaves may stand anywhere between.
bool AreInOrder(std::span<const IndexLeaf> leaves) {
  const IndexKey* last = nullptr;
  for (const IndexLeaf& leaf : leaves) {
    if (!leaf.key.has_value()) continue;
    if (last != nullptr && !(*last < *leaf.key)) return false;
    last = &*leaf.key;
  }
  return true;
}

// Takes the first bytes off; nullopt when there are fewer.
std::optional<std::string_view> Take(std::string_view* bytes, uint64_t count) {
  if (bytes->size() < count) return std::nullopt;
  const std::string_view taken = bytes->substr(0, count);
  bytes->remove_prefix(count);
  return taken;
}

Hash HashAt(const std::string& level, uint64_t place) {
  return level.substr(place * kHashSize, kHashSize);
}

// The level above, of nodes over neighbours.
std::string LevelAbove(const std::string& level) {
  const uint64_t count = level.size() / kHashSize;
  std::string above;
  above.reserve((count + 1) / 2 * kHashSize);
  for (uint64_t i = 0; i + 1 < count; i += 2) {
    above += Hasher().Node(HashAt(level, i), HashAt(level, i + 1));
  }
  if (count % 2 == 1) above += HashAt(level, count - 1);
  return above;
}

// Computes the root out of a run.
class RootOfRun {
 public:
  explicit RootOfRun(const IndexRun& run) : run_(run) {}

  absl::StatusOr<Hash> Compute(uint64_t leaf_count) {
    ASSIGN_OR_RETURN(Hash root, Subtree(0, leaf_count));
    if (used_ != run_.outside.size()) return Invalid("the run has more hashes");
    return root;
  }

 private:
  uint64_t end() const { return run_.first_leaf + run_.leaves.size(); }

  absl::StatusOr<Hash> Subtree(uint64_t begin, uint64_t count) {
    if (begin >= end() || begin + count <= run_.first_leaf) {
      if (used_ == run_.outside.size()) return Invalid("the run lacks a hash");
      const Hash& hash = run_.outside[used_++];
      if (hash.size() != kHashSize) return Invalid("a hash is not 32 bytes");
      return hash;
    }
    if (count == 1) return run_.leaves[begin - run_.first_leaf].hash;
    const uint64_t left = LeftPart(count);
    ASSIGN_OR_RETURN(const Hash left_root, Subtree(begin, left));
    ASSIGN_OR_RETURN(const Hash right_root,
                     Subtree(begin + left, count - left));
    return Hasher().Node(left_root, right_root);
  }

  const IndexRun& run_;
  size_t used_ = 0;
};

}  // namespace

absl::Status VerifyRun(const IndexSeal& seal, const IndexRun& run) {
  if (run.leaves.empty() || run.leaves.size() > seal.leaf_count ||
      run.first_leaf > seal.leaf_count - run.leaves.size()) {
    return Invalid("the run is not in the index");
  }
  for (const IndexLeaf& leaf : run.leaves) {
    if (leaf.hash.size() != kHashSize) return Invalid("a leaf is no hash");
    if (!leaf.key.has_value()) continue;
    if (!IsToken(leaf.key->token) ||
        leaf.hash != Hasher().Leaf(EncodeIndexKey(*leaf.key))) {
      return Invalid("a leaf does not give its hash");
    }
    if (leaf.key->index < seal.first_index ||
        leaf.key->index >= seal.end_index) {
      return Invalid("a leaf is of an entry outside the period");
    }
  }
  ASSIGN_OR_RETURN(const Hash root, RootOfRun(run).Compute(seal.leaf_count));
  if (root != seal.root) return Invalid("the run does not lead to the root");
  return absl::OkStatus();
}

namespace {

// Nothing in the range lies before or behind these leaves, and only the first
// and the last one may lie outside of it.
absl::Status CheckEnds(const IndexSeal& seal, std::string_view low,
                       std::string_view high, uint64_t first_leaf,
                       std::span<const IndexLeaf> leaves) {
  const std::optional<IndexKey>& first = leaves.front().key;
  if (first_leaf > 0 && (!first.has_value() || first->token >= low)) {
    return Invalid("leaves are missing before the run");
  }
  const std::optional<IndexKey>& last = leaves.back().key;
  if (first_leaf + leaves.size() < seal.leaf_count &&
      (!last.has_value() || last->token <= high)) {
    return Invalid("leaves are missing behind the run");
  }
  for (size_t i = 0; i < leaves.size(); ++i) {
    const std::optional<IndexKey>& key = leaves[i].key;
    if (!key.has_value()) continue;
    if ((key->token < low && i > 0) ||
        (key->token > high && i + 1 < leaves.size())) {
      return Invalid("the run has leaves that the range does not need");
    }
  }
  return absl::OkStatus();
}

}  // namespace

std::string EncodeIndexKey(const IndexKey& key) {
  std::string bytes;
  bytes.push_back(static_cast<char>(key.token.size() >> 8));
  bytes.push_back(static_cast<char>(key.token.size() & 0xFF));
  bytes.append(key.token);
  AppendUint64(&bytes, key.index);
  return bytes;
}

absl::StatusOr<SealedIndex> SealedIndex::Build(std::vector<IndexKey> keys) {
  std::sort(keys.begin(), keys.end());
  SealedIndex index;
  index.keys_.reserve(keys.size());
  std::string level;
  level.reserve(keys.size() * kHashSize);
  for (size_t i = 0; i < keys.size(); ++i) {
    if (!IsToken(keys[i].token)) return Malformed("no token, or too long");
    if (i + 1 < keys.size() && keys[i] == keys[i + 1]) {
      return Malformed("an entry has a token twice");
    }
    level += Hasher().Leaf(EncodeIndexKey(keys[i]));
  }
  for (IndexKey& key : keys) index.keys_.emplace_back(std::move(key));
  while (level.size() > kHashSize) {
    std::string above = LevelAbove(level);
    index.levels_.push_back(std::exchange(level, std::move(above)));
  }
  index.levels_.push_back(std::move(level));
  return index;
}

std::string SealedIndex::Encode() const {
  std::string bytes(kMagic);
  AppendUint64(&bytes, keys_.size());
  for (const std::optional<IndexKey>& key : keys_) {
    bytes += key.has_value() ? EncodeIndexKey(*key) : std::string(2, '\0');
  }
  for (const std::string& level : levels_) bytes += level;
  bytes += crypto::Sha256(bytes);
  return bytes;
}

absl::StatusOr<SealedIndex> SealedIndex::Decode(std::string_view bytes) {
  if (bytes.size() < kHashSize ||
      crypto::Sha256(bytes.substr(0, bytes.size() - kHashSize)) !=
          bytes.substr(bytes.size() - kHashSize)) {
    return Malformed("the index was cut off or changed");
  }
  bytes.remove_suffix(kHashSize);
  const auto magic = Take(&bytes, kMagic.size());
  const auto count_bytes = Take(&bytes, 8);
  if (magic != kMagic || !count_bytes.has_value()) {
    return Malformed("no sealed index");
  }
  const uint64_t count = ReadUint64(*count_bytes);
  SealedIndex index;
  for (uint64_t i = 0; i < count; ++i) {
    const auto length_bytes = Take(&bytes, 2);
    if (!length_bytes.has_value()) return Malformed("the index is cut off");
    const size_t length = static_cast<uint8_t>((*length_bytes)[0]) << 8 |
                          static_cast<uint8_t>((*length_bytes)[1]);
    if (length == 0) {
      index.keys_.emplace_back();
      continue;
    }
    const auto token = Take(&bytes, length);
    const auto entry = Take(&bytes, 8);
    if (length > kMaxTokenLength || !token.has_value() || !entry.has_value()) {
      return Malformed("a key is cut off or too long");
    }
    index.keys_.push_back(
        IndexKey{.token = std::string(*token), .index = ReadUint64(*entry)});
  }
  uint64_t width = count;
  while (true) {
    const auto level = Take(&bytes, width * kHashSize);
    if (!level.has_value()) return Malformed("a level is cut off");
    index.levels_.emplace_back(*level);
    if (width <= 1) break;
    width = (width + 1) / 2;
  }
  if (!bytes.empty()) return Malformed("something follows the index");
  return index;
}

IndexLeaf SealedIndex::Leaf(uint64_t place) const {
  return {.key = keys_[place], .hash = HashAt(levels_[0], place)};
}

Hash SealedIndex::Root() const {
  return keys_.empty() ? Hasher().EmptyRoot() : levels_.back();
}

bool SealedIndex::Redact(const IndexKey& key) {
  // Redacted keys have no order: no binary search.
  const auto found = std::find(keys_.begin(), keys_.end(), key);
  if (found == keys_.end()) return false;
  found->reset();
  return true;
}

Hash SealedIndex::RootOf(uint64_t begin, uint64_t count) const {
  // `begin` is a multiple of the subtree's full width, so its root stands in
  // the level of that width.
  const int level = std::bit_width(count - 1);
  return HashAt(levels_[level], begin >> level);
}

void SealedIndex::AppendOutside(uint64_t begin, uint64_t count,
                                uint64_t run_begin, uint64_t run_end,
                                std::vector<Hash>* outside) const {
  if (begin >= run_end || begin + count <= run_begin) {
    outside->push_back(RootOf(begin, count));
    return;
  }
  if (begin >= run_begin && begin + count <= run_end) return;
  const uint64_t left = LeftPart(count);
  AppendOutside(begin, left, run_begin, run_end, outside);
  AppendOutside(begin + left, count - left, run_begin, run_end, outside);
}

IndexRun SealedIndex::Run(uint64_t begin, uint64_t end) const {
  IndexRun run{.first_leaf = begin};
  for (uint64_t place = begin; place < end; ++place) {
    run.leaves.push_back(Leaf(place));
  }
  AppendOutside(0, keys_.size(), begin, end, &run.outside);
  return run;
}

std::pair<uint64_t, uint64_t> SealedIndex::PlacesOf(
    std::string_view low, std::string_view high) const {
  uint64_t begin = 0;
  for (uint64_t i = 0; i < keys_.size(); ++i) {
    const std::optional<IndexKey>& key = keys_[i];
    if (!key.has_value()) continue;
    if (key->token < low) begin = i;
    if (key->token > high) return {begin, i + 1};
  }
  return {begin, keys_.size()};
}

absl::StatusOr<RangeAnswer> VerifyRange(const IndexSeal& seal,
                                        std::string_view low,
                                        std::string_view high,
                                        std::span<const IndexRun> runs) {
  if (low > high) return Invalid("the range is empty");
  if (seal.leaf_count == 0) {
    if (seal.root != Hasher().EmptyRoot()) return Invalid("no root of nothing");
    if (!runs.empty()) return Invalid("a run in an empty index");
    return RangeAnswer();
  }
  if (runs.empty()) return Invalid("no run");
  std::vector<IndexLeaf> leaves;
  for (const IndexRun& run : runs) {
    RETURN_IF_ERROR(VerifyRun(seal, run));
    if (run.first_leaf != runs[0].first_leaf + leaves.size()) {
      return Invalid("a run does not follow the one before");
    }
    leaves.insert(leaves.end(), run.leaves.begin(), run.leaves.end());
  }
  if (!AreInOrder(leaves)) return Invalid("leaves are out of order");
  RETURN_IF_ERROR(CheckEnds(seal, low, high, runs[0].first_leaf, leaves));
  RangeAnswer answer;
  for (IndexLeaf& leaf : leaves) {
    if (!leaf.key.has_value()) {
      ++answer.redacted_count;
    } else if (leaf.key->token >= low && leaf.key->token <= high) {
      answer.found.push_back(*std::move(leaf.key));
    }
  }
  return answer;
}

}  // namespace shiming::ledger
