#include "ledger/hasher.h"

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

Hash Hasher::EmptyRoot() const { return Digest(""); }

}  // namespace shiming::ledger
