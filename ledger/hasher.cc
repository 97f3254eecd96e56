#include "ledger/hasher.h"

#include <algorithm>
#include <array>

#include "common/crypto/digest.h"

namespace shiming::ledger {

Hash Hasher::Digest(std::string_view data) const {
  return kind_ == TreeHash::kSm3 ? crypto::Sm3(data) : crypto::Sha256(data);
}

Hash Hasher::Leaf(std::string_view entry) const {
  std::string data;
  data.reserve(1 + entry.size());
  data.push_back('\x00');
  data.append(entry);
  return Digest(data);
}

Hash Hasher::Node(std::string_view left, std::string_view right) const {
  std::string data;
  data.reserve(1 + left.size() + right.size());
  data.push_back('\x01');
  data.append(left);
  data.append(right);
  return Digest(data);
}

void Hasher::FoldPairs(std::string& row) const {
  std::array<char, 1 + 2 * kHashSize> node = {'\x01'};
  const std::string_view data(node.data(), node.size());
  const size_t pairs = row.size() / (2 * kHashSize);
  for (size_t i = 0; i < pairs; ++i) {
    std::copy_n(row.data() + i * 2 * kHashSize, 2 * kHashSize, node.data() + 1);
    char* const parent = row.data() + i * kHashSize;
    kind_ == TreeHash::kSm3 ? crypto::Sm3To(data, parent)
                            : crypto::Sha256To(data, parent);
  }
  row.resize(pairs * kHashSize);
}

Hash Hasher::EmptyRoot() const { return Digest(""); }

}  // namespace shiming::ledger
