// What the order rules of the log need to remember, packed: one record of 29
// bytes for each aggregate, 16 bytes for each once_key, however long their
// names are.
#ifndef SHIMING_LEDGER_AUDIT_SEQUENCE_TABLE_H_
#define SHIMING_LEDGER_AUDIT_SEQUENCE_TABLE_H_

#include <array>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"

namespace shiming::ledger {

// The first 16 bytes of SHA-256: who wants two names to share one has to make
// a collision of 128 bits.
struct ShortHash {
  std::array<char, 16> bytes;

  static ShortHash Of(std::string_view name);
  // From 16 bytes that were stored.
  static ShortHash From(std::string_view stored);
  std::string str() const { return std::string(bytes.data(), bytes.size()); }

  friend bool operator==(const ShortHash&, const ShortHash&) = default;
  template <typename H>
  friend H AbslHashValue(H h, const ShortHash& hash) {
    uint64_t word = 0;  // the bytes are uniform already
    std::memcpy(&word, hash.bytes.data(), sizeof(word));
    return H::combine(std::move(h), word);
  }
};

// Not thread-safe.
class SequenceTable {
 public:
  struct Aggregate {
    uint32_t version = 0;  // the last one; 0: not seen
    bool ended = false;    // an order, session or shift that is over
    int64_t time_us = 0;   // of its last event
  };

  // The aggregate's record, made when it is new. The reference lives until the
  // next call.
  Aggregate& At(std::string_view source, std::string_view aggregate);
  // The record, or an empty one.
  Aggregate Find(std::string_view source, std::string_view aggregate) const;

  // False when the key was taken before.
  bool TakeOnceKey(std::string_view once_key);

  size_t aggregate_count() const { return aggregates_.size(); }

  // Both tables as bytes, in no particular order, and back. INVALID_ARGUMENT
  // when the bytes are of a wrong length.
  std::string EncodeAggregates() const;
  std::string EncodeOnceKeys() const;
  absl::Status Decode(std::string_view aggregates, std::string_view once_keys);

 private:
  // An entry and those that follow it name the same few aggregates: most hashes
  // were made just before.
  struct Recent {
    std::string name;
    ShortHash hash;
  };
  static constexpr size_t kRecentCount = 1024;

  // Lives until the next call.
  const ShortHash& HashOf(std::string_view source,
                          std::string_view aggregate) const;

  absl::flat_hash_map<ShortHash, Aggregate> aggregates_;
  absl::flat_hash_set<ShortHash> once_keys_;
  mutable std::vector<Recent> recent_{kRecentCount};
  mutable std::string name_;  // of the hash asked for; kept for its memory
};

// Fixed-width big-endian integers of packed tables.
void AppendFixed(std::string* to, uint64_t value, int bytes);
uint64_t ReadFixed(std::string_view from, int bytes);

}  // namespace shiming::ledger

#endif  // SHIMING_LEDGER_AUDIT_SEQUENCE_TABLE_H_
