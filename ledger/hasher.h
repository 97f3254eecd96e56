// The two hash operations of a Merkle log (RFC 6962 section 2.1), over
// SHA-256 as C2SP tlog-tiles demands, or over SM3 for a log that must use
// commercial cryptography (its own origin and keys; C2SP tools do not verify
// it).
#ifndef SHIMING_LEDGER_HASHER_H_
#define SHIMING_LEDGER_HASHER_H_

#include <cstddef>
#include <string>
#include <string_view>

namespace shiming::ledger {

// Raw bytes of a hash, always kHashSize of them.
using Hash = std::string;
inline constexpr size_t kHashSize = 32;

enum class TreeHash { kSha256, kSm3 };

// A value; thread-safe.
class Hasher {
 public:
  explicit Hasher(TreeHash kind = TreeHash::kSha256) : kind_(kind) {}

  TreeHash kind() const { return kind_; }

  // H(0x00 || entry).
  Hash Leaf(std::string_view entry) const;
  // H(0x01 || left || right).
  Hash Node(std::string_view left, std::string_view right) const;
  // Replaces the hashes of `row`, an even number, by the nodes over their
  // pairs, half as many. As Node for each, without memory for each.
  void FoldPairs(std::string& row) const;
  // H(""): the root of the tree without entries.
  Hash EmptyRoot() const;

 private:
  Hash Digest(std::string_view data) const;

  TreeHash kind_;
};

}  // namespace shiming::ledger

#endif  // SHIMING_LEDGER_HASHER_H_
