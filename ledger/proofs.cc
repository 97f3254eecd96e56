#include "ledger/proofs.h"

#include <bit>

#include "common/status/reason.h"
#include "common/status/status_macros.h"

namespace shiming::ledger {
namespace {

absl::Status Invalid(std::string_view why) {
  return MakeError(Reason::LEDGER_PROOF_INVALID, why);
}

// Largest power of two strictly smaller than n; n > 1.
uint64_t SplitOf(uint64_t n) { return std::bit_floor(n - 1); }

// Steps over the levels at which `fn` is a left child without a sibling that
// the proof names.
void SkipLoneLevels(uint64_t& fn, uint64_t& sn) {
  while ((fn & 1) == 0 && fn != 0) {
    fn >>= 1;
    sn >>= 1;
  }
}

// Root of entries [begin, begin + count); `begin` is a multiple of the
// smallest power of two that is not below `count`.
absl::StatusOr<Hash> RangeRoot(const Hasher& hasher, const SubtreeReader& read,
                               uint64_t begin, uint64_t count) {
  if (std::has_single_bit(count)) {
    const int height = std::countr_zero(count);
    return read(height, begin >> height);
  }
  const uint64_t split = SplitOf(count);
  ASSIGN_OR_RETURN(Hash left, RangeRoot(hasher, read, begin, split));
  ASSIGN_OR_RETURN(Hash right,
                   RangeRoot(hasher, read, begin + split, count - split));
  return hasher.Node(left, right);
}

absl::Status AppendInclusion(const Hasher& hasher, const SubtreeReader& read,
                             uint64_t index, uint64_t begin, uint64_t count,
                             std::vector<Hash>* path) {
  if (count == 1) return absl::OkStatus();
  const uint64_t split = SplitOf(count);
  uint64_t sibling_begin = begin;
  uint64_t sibling_count = split;
  if (index < split) {
    RETURN_IF_ERROR(AppendInclusion(hasher, read, index, begin, split, path));
    sibling_begin = begin + split;
    sibling_count = count - split;
  } else {
    RETURN_IF_ERROR(AppendInclusion(hasher, read, index - split, begin + split,
                                    count - split, path));
  }
  ASSIGN_OR_RETURN(Hash sibling,
                   RangeRoot(hasher, read, sibling_begin, sibling_count));
  path->push_back(std::move(sibling));
  return absl::OkStatus();
}

// `whole_old_tree`: the range is still exactly the old tree, whose root the
// checker already has.
absl::Status AppendConsistency(const Hasher& hasher, const SubtreeReader& read,
                               uint64_t old_count, uint64_t begin,
                               uint64_t count, bool whole_old_tree,
                               std::vector<Hash>* path) {
  if (old_count == count) {
    if (whole_old_tree) return absl::OkStatus();
    ASSIGN_OR_RETURN(Hash root, RangeRoot(hasher, read, begin, count));
    path->push_back(std::move(root));
    return absl::OkStatus();
  }
  const uint64_t split = SplitOf(count);
  uint64_t sibling_begin = begin;
  uint64_t sibling_count = split;
  if (old_count <= split) {
    RETURN_IF_ERROR(AppendConsistency(hasher, read, old_count, begin, split,
                                      whole_old_tree, path));
    sibling_begin = begin + split;
    sibling_count = count - split;
  } else {
    RETURN_IF_ERROR(AppendConsistency(hasher, read, old_count - split,
                                      begin + split, count - split,
                                      /*whole_old_tree=*/false, path));
  }
  ASSIGN_OR_RETURN(Hash sibling,
                   RangeRoot(hasher, read, sibling_begin, sibling_count));
  path->push_back(std::move(sibling));
  return absl::OkStatus();
}

}  // namespace

absl::Status VerifyInclusion(const Hasher& hasher, uint64_t index,
                             uint64_t size, const Hash& leaf_hash,
                             std::span<const Hash> path, const Hash& root) {
  if (index >= size) return Invalid("index is not below the tree size");
  uint64_t fn = index;
  uint64_t sn = size - 1;
  Hash r = leaf_hash;
  for (const Hash& c : path) {
    if (sn == 0) return Invalid("inclusion proof is too long");
    if ((fn & 1) == 1 || fn == sn) {
      r = hasher.Node(c, r);
      SkipLoneLevels(fn, sn);
    } else {
      r = hasher.Node(r, c);
    }
    fn >>= 1;
    sn >>= 1;
  }
  if (sn != 0) return Invalid("inclusion proof is too short");
  if (r != root) return Invalid("inclusion proof gives another root");
  return absl::OkStatus();
}

absl::Status VerifyConsistency(const Hasher& hasher, uint64_t old_size,
                               uint64_t new_size, std::span<const Hash> path,
                               const Hash& old_root, const Hash& new_root) {
  if (old_size > new_size) return Invalid("old tree is larger than new tree");
  if (old_size == new_size) {
    if (!path.empty()) return Invalid("proof between equal sizes not empty");
    if (old_root != new_root) return Invalid("equal sizes, different roots");
    return absl::OkStatus();
  }
  if (old_size == 0) {
    if (!path.empty()) return Invalid("proof from size 0 not empty");
    if (old_root != hasher.EmptyRoot()) return Invalid("not the empty root");
    return absl::OkStatus();
  }
  size_t next = 0;
  Hash fr;
  if (std::has_single_bit(old_size)) {
    fr = old_root;
  } else {
    if (path.empty()) return Invalid("consistency proof is empty");
    fr = path[next++];
  }
  Hash sr = fr;
  uint64_t fn = old_size - 1;
  uint64_t sn = new_size - 1;
  while ((fn & 1) == 1) {
    fn >>= 1;
    sn >>= 1;
  }
  for (; next < path.size(); ++next) {
    const Hash& c = path[next];
    if (sn == 0) return Invalid("consistency proof is too long");
    if ((fn & 1) == 1 || fn == sn) {
      fr = hasher.Node(c, fr);
      sr = hasher.Node(c, sr);
      SkipLoneLevels(fn, sn);
    } else {
      sr = hasher.Node(sr, c);
    }
    fn >>= 1;
    sn >>= 1;
  }
  if (sn != 0) return Invalid("consistency proof is too short");
  if (fr != old_root) return Invalid("consistency proof: other old root");
  if (sr != new_root) return Invalid("consistency proof: other new root");
  return absl::OkStatus();
}

absl::StatusOr<std::vector<Hash>> MakeInclusionProof(const Hasher& hasher,
                                                     const SubtreeReader& read,
                                                     uint64_t index,
                                                     uint64_t size) {
  if (index >= size) {
    return MakeError(Reason::LEDGER_INDEX_OUT_OF_RANGE,
                     "entry index is not below the tree size");
  }
  std::vector<Hash> path;
  RETURN_IF_ERROR(AppendInclusion(hasher, read, index, 0, size, &path));
  return path;
}

absl::StatusOr<std::vector<Hash>> MakeConsistencyProof(
    const Hasher& hasher, const SubtreeReader& read, uint64_t old_size,
    uint64_t new_size) {
  if (old_size == 0 || old_size > new_size) {
    return MakeError(Reason::LEDGER_INDEX_OUT_OF_RANGE,
                     "sizes must be 0 < old <= new");
  }
  std::vector<Hash> path;
  RETURN_IF_ERROR(AppendConsistency(hasher, read, old_size, 0, new_size,
                                    /*whole_old_tree=*/true, &path));
  return path;
}

absl::StatusOr<Hash> MakeRoot(const Hasher& hasher, const SubtreeReader& read,
                              uint64_t size) {
  if (size == 0) return hasher.EmptyRoot();
  return RangeRoot(hasher, read, 0, size);
}

}  // namespace shiming::ledger
