// A sealed index: the tokens of one field of one period of the log, sorted, as
// the leaves of a Merkle tree whose root stands in the log itself. A run of
// neighbouring leaves with the hashes beside it proves which entries of the
// period have a token in a range, and that no other entry has
// (docs/formats/ledger_index.md). Pure.
#ifndef SHIMING_LEDGER_INDEX_SEALED_INDEX_H_
#define SHIMING_LEDGER_INDEX_SEALED_INDEX_H_

#include <compare>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "ledger/hasher.h"

namespace shiming::ledger {

// Longest token: that of a text field.
inline constexpr size_t kMaxTokenLength = 256;

// One entry under one token.
struct IndexKey {
  std::string token;   // 1 to kMaxTokenLength bytes
  uint64_t index = 0;  // of the entry in the log

  friend auto operator<=>(const IndexKey&, const IndexKey&) = default;
};

// What a leaf hashes: 2-byte length of the token, token, 8-byte index, numbers
// big-endian.
std::string EncodeIndexKey(const IndexKey& key);

// A leaf as it is kept and shown. A redacted one has its hash only: what it
// said can neither be read nor, but by who knows it anyway, be found out.
struct IndexLeaf {
  std::optional<IndexKey> key;
  Hash hash;  // Hasher().Leaf(EncodeIndexKey(key))

  friend bool operator==(const IndexLeaf&, const IndexLeaf&) = default;
};

// What the log says about one sealed index.
struct IndexSeal {
  uint64_t first_index = 0;  // the period's first entry
  uint64_t end_index = 0;    // the one behind its last
  uint64_t leaf_count = 0;
  Hash root;
};

// Neighbouring leaves, and what is needed beside them to compute the root.
struct IndexRun {
  uint64_t first_leaf = 0;
  std::vector<IndexLeaf> leaves;
  // Roots of the largest subtrees left and right of the run, as the recursive
  // definition of the tree meets them, from left to right.
  std::vector<Hash> outside;
};

// An index at hand. A value; its methods that are const are thread-safe.
class SealedIndex {
 public:
  // Sorts. LEDGER_FORMAT_INVALID when two keys are equal or a token is empty or
  // too long.
  static absl::StatusOr<SealedIndex> Build(std::vector<IndexKey> keys);
  // What Encode wrote. LEDGER_FORMAT_INVALID for anything of another shape or
  // with another checksum. Hashes are taken as they are: who makes a proof of
  // it, or reads one, checks them.
  static absl::StatusOr<SealedIndex> Decode(std::string_view bytes);
  // Keys and all hashes, for keeping (docs/formats/ledger_index.md).
  std::string Encode() const;

  // Takes this key out; false when it is not there (any more). The root stays.
  bool Redact(const IndexKey& key);

  uint64_t leaf_count() const { return keys_.size(); }
  IndexLeaf Leaf(uint64_t place) const;
  Hash Root() const;

  // The leaves [first, second) that prove the range of tokens from `low` to
  // `high` (both included): from the last readable one below it, or the first
  // leaf, to the first readable one above, or the last. Empty for an empty
  // index.
  std::pair<uint64_t, uint64_t> PlacesOf(std::string_view low,
                                         std::string_view high) const;
  // These leaves as a run. Needs begin < end <= leaf_count().
  IndexRun Run(uint64_t begin, uint64_t end) const;

 private:
  SealedIndex() = default;

  // Root of the leaves [begin, begin + count).
  Hash RootOf(uint64_t begin, uint64_t count) const;
  void AppendOutside(uint64_t begin, uint64_t count, uint64_t run_begin,
                     uint64_t run_end, std::vector<Hash>* outside) const;

  std::vector<std::optional<IndexKey>> keys_;  // nullopt: redacted
  // Level l has the root of each 2^l neighbouring leaves, one behind the other;
  // level 0 is the leaf hashes. An odd last node moves up as it is.
  std::vector<std::string> levels_;
};

// What a proof says of a range.
struct RangeAnswer {
  // Entries with a token in the range, in order of (token, index).
  std::vector<IndexKey> found;
  // Redacted leaves among them: whether these are in the range can no longer
  // be said. Each was one of the period's entries with some token.
  uint64_t redacted_count = 0;
};

// OK when the run leads to the seal's root and its leaves give their hashes and
// are of entries of the period; else LEDGER_PROOF_INVALID. Says nothing of what
// stands beside it.
absl::Status VerifyRun(const IndexSeal& seal, const IndexRun& run);

// What runs of leaves, one behind the other, prove about the tokens from `low`
// to `high` under the seal. LEDGER_PROOF_INVALID unless each run leads to the
// root, the leaves are in order, of entries of the period, and begin and end
// where PlacesOf says: so nothing in the range is left out and nothing beside
// it is shown.
absl::StatusOr<RangeAnswer> VerifyRange(const IndexSeal& seal,
                                        std::string_view low,
                                        std::string_view high,
                                        std::span<const IndexRun> runs);

}  // namespace shiming::ledger

#endif  // SHIMING_LEDGER_INDEX_SEALED_INDEX_H_
