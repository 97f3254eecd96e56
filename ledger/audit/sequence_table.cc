#include "ledger/audit/sequence_table.h"

#include <algorithm>
#include <functional>
#include <utility>

#include "common/crypto/digest.h"

namespace shiming::ledger {
namespace {

constexpr size_t kHashBytes = 16;
// hash, version, ended, time
constexpr size_t kAggregateBytes = kHashBytes + 4 + 1 + 8;

}  // namespace

ShortHash ShortHash::Of(std::string_view name) {
  return From(crypto::Sha256(name));
}

ShortHash ShortHash::From(std::string_view stored) {
  ShortHash hash;
  std::copy_n(stored.begin(), kHashBytes, hash.bytes.begin());
  return hash;
}

const ShortHash& SequenceTable::HashOf(std::string_view source,
                                       std::string_view aggregate) const {
  name_.assign(source).append(1, ':').append(aggregate);
  Recent& recent = recent_[std::hash<std::string>()(name_) % recent_.size()];
  if (recent.name != name_) {
    recent.name = name_;
    recent.hash = ShortHash::Of(name_);
  }
  return recent.hash;
}

SequenceTable::Aggregate& SequenceTable::At(std::string_view source,
                                            std::string_view aggregate) {
  return aggregates_[HashOf(source, aggregate)];
}

SequenceTable::Aggregate SequenceTable::Find(std::string_view source,
                                             std::string_view aggregate) const {
  const auto found = aggregates_.find(HashOf(source, aggregate));
  return found == aggregates_.end() ? Aggregate{} : found->second;
}

bool SequenceTable::TakeOnceKey(std::string_view once_key) {
  return once_keys_.insert(ShortHash::Of(once_key)).second;
}

void AppendFixed(std::string* to, uint64_t value, int bytes) {
  for (int i = bytes - 1; i >= 0; --i) {
    to->push_back(static_cast<char>(value >> (8 * i)));
  }
}

uint64_t ReadFixed(std::string_view from, int bytes) {
  uint64_t value = 0;
  for (int i = 0; i < bytes; ++i) {
    value = value << 8 | static_cast<unsigned char>(from[i]);
  }
  return value;
}

std::string SequenceTable::EncodeAggregates() const {
  std::string bytes;
  bytes.reserve(aggregates_.size() * kAggregateBytes);
  for (const auto& [hash, aggregate] : aggregates_) {
    bytes.append(hash.bytes.data(), kHashBytes);
    AppendFixed(&bytes, aggregate.version, 4);
    AppendFixed(&bytes, aggregate.ended ? 1 : 0, 1);
    AppendFixed(&bytes, static_cast<uint64_t>(aggregate.time_us), 8);
  }
  return bytes;
}

std::string SequenceTable::EncodeOnceKeys() const {
  std::string bytes;
  bytes.reserve(once_keys_.size() * kHashBytes);
  for (const ShortHash& hash : once_keys_) {
    bytes.append(hash.bytes.data(), kHashBytes);
  }
  return bytes;
}

absl::Status SequenceTable::Decode(std::string_view aggregates,
                                   std::string_view once_keys) {
  if (aggregates.size() % kAggregateBytes != 0 ||
      once_keys.size() % kHashBytes != 0) {
    return absl::InvalidArgumentError("packed tables of a wrong length");
  }
  aggregates_.clear();
  once_keys_.clear();
  aggregates_.reserve(aggregates.size() / kAggregateBytes);
  once_keys_.reserve(once_keys.size() / kHashBytes);
  for (; !aggregates.empty(); aggregates.remove_prefix(kAggregateBytes)) {
    std::string_view rest = aggregates;
    Aggregate& aggregate = aggregates_[ShortHash::From(rest)];
    rest.remove_prefix(kHashBytes);
    aggregate.version = static_cast<uint32_t>(ReadFixed(rest, 4));
    aggregate.ended = rest[4] != 0;
    aggregate.time_us = static_cast<int64_t>(ReadFixed(rest.substr(5), 8));
  }
  for (; !once_keys.empty(); once_keys.remove_prefix(kHashBytes)) {
    once_keys_.insert(ShortHash::From(once_keys));
  }
  return absl::OkStatus();
}

}  // namespace shiming::ledger
