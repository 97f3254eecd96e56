#include <algorithm>
#include <limits>

#include "absl/strings/str_cat.h"
#include "ledger/audit/rules.h"
#include "ledger/entry.h"

namespace shiming::ledger {
namespace {

// The kind of violation that a repeated once_key is, by what it uses up.
ViolationKind KindOfRepeated(std::string_view once_key) {
  if (once_key.starts_with("nonce/")) return ViolationKind::NONCE_REUSED;
  if (once_key.starts_with("attestation/")) {
    return ViolationKind::ATTESTATION_REUSED;
  }
  if (once_key.starts_with("permit/")) return ViolationKind::PERMITTED_TWICE;
  if (once_key.starts_with("reveal/")) return ViolationKind::REVEALED_TWICE;
  return ViolationKind::ONCE_KEY_REPEATED;
}

// The first entry of a log against the log before it.
void CheckContinues(const AuditEntry& entry, const std::string& commitment,
                    AuditBooks& books) {
  const v1::PredecessorDetails& named = entry.event.predecessor();
  if (books.logs.size() < 2) {
    books.is_log_missing = entry.event.has_predecessor();
    return;
  }
  const v1::AuditedLog& last = books.logs[books.logs.size() - 2];
  const bool was_frozen = books.frozen_position == books.base();
  if (!was_frozen && named.origin() == last.origin() &&
      named.size() > static_cast<int64_t>(last.size())) {
    books.is_log_missing = true;
    return;
  }
  if (!was_frozen) {
    books.Add(ViolationKind::LOG_NOT_FROZEN, entry, last.origin());
  }
  if (named.origin() != last.origin() ||
      named.size() != static_cast<int64_t>(last.size()) ||
      named.root() != last.root() ||
      commitment != books.pseudonym_key_commitment) {
    books.Add(ViolationKind::LOG_NOT_CONTINUED, entry, last.origin());
  }
}

void CheckLogEvents(const AuditEntry& entry, AuditBooks& books) {
  const v1::Event& event = entry.event;
  const bool opens = event.kind() == v1::EVENT_KIND_LOG_OPENED;
  const std::string commitment =
      CommitmentOf(event, v1::COMMITMENT_FIELD_PSEUDONYM_KEY);
  const bool is_first = entry.index == books.base();
  if (opens != is_first || (opens && commitment.empty())) {
    books.Add(ViolationKind::LOG_OPENED_MISPLACED, entry);
  }
  if (is_first) {
    CheckContinues(entry, commitment, books);
    books.pseudonym_key_commitment = commitment;
    books.frozen_position = 0;
  }
  if (books.frozen_position != 0) {
    books.Add(ViolationKind::ENTRY_AFTER_FREEZE, entry, "",
              {books.frozen_position});
  }
  if (event.kind() == v1::EVENT_KIND_LOG_FROZEN) {
    books.frozen_position = entry.index + 1;
  }
}

void CheckAfter(const AuditEntry& entry, AuditBooks& books) {
  for (const v1::EventId& before : entry.event.after()) {
    const SequenceTable::Aggregate found =
        books.sequence.Find(before.source(), before.aggregate());
    if (found.version < before.version()) {
      books.Add(ViolationKind::AFTER_NOT_BEFORE, entry, EventIdText(before));
    }
  }
}

}  // namespace

bool VisitRecord(const AuditEntry& entry, AuditBooks& books) {
  if (!entry.canonical) {
    books.findings.Add(ViolationKind::MALFORMED_ENTRY, {entry.index}, "");
    return false;
  }
  const v1::Event& event = entry.event;
  CheckLogEvents(entry, books);
  if (!MayWrite(event.id().source(), event.kind())) {
    books.Add(ViolationKind::WRONG_SOURCE, entry,
              absl::StrCat(event.id().source(), " wrote ",
                           v1::EventKind_Name(event.kind())));
    return false;
  }
  CheckAfter(entry, books);
  SequenceTable::Aggregate& aggregate = books.AggregateOf(event.id());
  const bool ended = aggregate.ended && event.kind() != v1::EVENT_KIND_ALARM;
  const bool gap = event.id().version() != int64_t{aggregate.version} + 1;
  if (gap) {
    books.Add(ViolationKind::VERSION_GAP, entry,
              absl::StrCat("version ", event.id().version(), " follows ",
                           aggregate.version));
  }
  if (entry.time_us < aggregate.time_us) {
    books.Add(ViolationKind::TIME_RAN_BACK, entry);
  }
  // The larger one, so that what follows can be judged.
  aggregate.version = static_cast<uint32_t>(
      std::clamp<int64_t>(event.id().version(), aggregate.version,
                          std::numeric_limits<uint32_t>::max()));
  aggregate.time_us = std::max(aggregate.time_us, entry.time_us);
  if (ended) books.Add(ViolationKind::EVENT_AFTER_END, entry);
  const bool repeated = !event.once_key().empty() &&
                        !books.sequence.TakeOnceKey(event.once_key());
  if (repeated) {
    books.Add(KindOfRepeated(event.once_key()), entry, event.once_key());
  }
  return !ended;
}

}  // namespace shiming::ledger
