// Inclusion and consistency proofs: making them (RFC 6962 sections 2.1.1 and
// 2.1.2) and checking them (RFC 9162 sections 2.1.3.2 and 2.1.4.2). All
// functions are pure and thread-safe.
#ifndef SHIMING_LEDGER_PROOFS_H_
#define SHIMING_LEDGER_PROOFS_H_

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "ledger/hasher.h"

namespace shiming::ledger {

// OK when `path` proves that the entry with `leaf_hash` stands at `index` of
// the tree of `size` entries with `root`; else LEDGER_PROOF_INVALID. The
// length of the path is fully determined: an extra or a missing hash fails.
absl::Status VerifyInclusion(const Hasher& hasher, uint64_t index,
                             uint64_t size, const Hash& leaf_hash,
                             std::span<const Hash> path, const Hash& root);

// OK when `path` proves that the tree of `old_size` entries with `old_root` is
// a prefix of the tree of `new_size` with `new_root`; else
// LEDGER_PROOF_INVALID. Of old_size 0 there is nothing to prove: only an empty
// path and the empty tree's root pass.
absl::Status VerifyConsistency(const Hasher& hasher, uint64_t old_size,
                               uint64_t new_size, std::span<const Hash> path,
                               const Hash& old_root, const Hash& new_root);

// Gives the root of the perfect subtree over the entries
// [index * 2^height, (index + 1) * 2^height).
using SubtreeReader =
    std::function<absl::StatusOr<Hash>(int height, uint64_t index)>;

// Proof that entry `index` is in the tree of `size`, leaf side first.
// LEDGER_INDEX_OUT_OF_RANGE unless index < size; else errors of `read`.
absl::StatusOr<std::vector<Hash>> MakeInclusionProof(const Hasher& hasher,
                                                     const SubtreeReader& read,
                                                     uint64_t index,
                                                     uint64_t size);

// Proof that the tree of `old_size` is a prefix of the tree of `new_size`.
// LEDGER_INDEX_OUT_OF_RANGE unless 0 < old_size <= new_size.
absl::StatusOr<std::vector<Hash>> MakeConsistencyProof(
    const Hasher& hasher, const SubtreeReader& read, uint64_t old_size,
    uint64_t new_size);

// Root of the first `size` entries.
absl::StatusOr<Hash> MakeRoot(const Hasher& hasher, const SubtreeReader& read,
                              uint64_t size);

}  // namespace shiming::ledger

#endif  // SHIMING_LEDGER_PROOFS_H_
