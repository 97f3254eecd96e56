// The tokens by which an entry is found: what the ledger's search and its
// sealed indexes are made of (docs/formats/ledger_index.md). Pure, thread-safe.
#ifndef SHIMING_LEDGER_INDEX_ENTRY_TOKENS_H_
#define SHIMING_LEDGER_INDEX_ENTRY_TOKENS_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "shiming/ledger/v1/ledger_resources.pb.h"

namespace shiming::ledger {

// One token of an entry. Tokens of a field are ordered by their bytes.
struct EntryToken {
  v1::IndexField field = v1::INDEX_FIELD_UNSPECIFIED;
  std::string bytes;

  friend bool operator==(const EntryToken&, const EntryToken&) = default;
};

// KIND: the number in 4 bytes, big-endian.
std::string KindToken(v1::EventKind kind);
// TIME: microseconds since 1970, rounded down, in 8 bytes, big-endian. Times
// before 1970 are taken as 1970.
std::string TimeToken(absl::Time time);

// Fields whose tokens are taken out of the indexes when an entry's person is
// erased: EID, ICCID and number.
bool IsRedactedByErasure(v1::IndexField field);

// The tokens of an event, in order of field, at most one of each. Text fields:
// the bytes of the text. Pseudonyms: their 32 bytes.
std::vector<EntryToken> TokensOf(const v1::Event& event);

}  // namespace shiming::ledger

#endif  // SHIMING_LEDGER_INDEX_ENTRY_TOKENS_H_
