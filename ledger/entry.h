// Entries of the issuance ledger: canonical bytes of an Event and the rules
// that an event obeys by itself (docs/formats/ledger_entry.md). Rules about
// other events are the ledger service's.
#ifndef SHIMING_LEDGER_ENTRY_H_
#define SHIMING_LEDGER_ENTRY_H_

#include <span>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "shiming/ledger/v1/ledger_resources.pb.h"

namespace shiming::ledger {

// Format version that we write and read.
inline constexpr int kEntryFormat = 1;
// Limits of ledger_resources.proto.
inline constexpr size_t kMaxAggregateLength = 128;
inline constexpr size_t kMaxOnceKeyLength = 160;
// Longest other text field; they hold ids, versions and reasons.
inline constexpr size_t kMaxPlainLength = 256;
// Most events that one may name in `after`.
inline constexpr int kMaxAfter = 32;

// The one serialisation of an event: protobuf, fields in order of number,
// nothing unknown.
std::string SerializeEvent(const v1::Event& event);

// The event whose canonical bytes these are. LEDGER_MALFORMED_ENTRY for
// anything else: not parseable, unknown fields, another serialisation of the
// same event, more than 65,535 bytes, or refused by CheckEvent.
absl::StatusOr<v1::Event> ParseEntry(std::string_view bytes);
// The same into an event that was used before, which saves most allocations.
absl::Status ParseEntry(std::string_view bytes, v1::Event* event);

// Checks one event's own fields. LEDGER_MALFORMED_ENTRY.
absl::Status CheckEvent(const v1::Event& event);

// Checks an id alone. LEDGER_MALFORMED_ENTRY.
absl::Status CheckEventId(const v1::EventId& id);

// The one service that may write this kind ("profile_order"); empty for an
// unknown kind, and for DATABASE_REPAIRED, which each service with a database
// to repair writes.
std::string_view SourceOfKind(v1::EventKind kind);

// Whether an entry may have this kind.
bool IsKnownKind(v1::EventKind kind);

// Whether the service `source` may write this kind.
bool MayWrite(std::string_view source, v1::EventKind kind);

// "profile_order:order/3f:2", for logs and keys of maps.
std::string EventIdText(const v1::EventId& id);

// The label that goes into a commitment of this field; empty if unknown.
std::string_view LabelOf(v1::CommitmentField field);

// OK when each opening opens the entry's commitment of its field;
// LEDGER_OPENING_INVALID otherwise.
absl::Status CheckOpenings(const v1::Event& event,
                           std::span<const v1::CommitmentOpening> openings);

}  // namespace shiming::ledger

#endif  // SHIMING_LEDGER_ENTRY_H_
