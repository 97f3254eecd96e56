// Everything that a replay remembers, and the questions that several rules ask
// of it. Private to ledger/audit.
#ifndef SHIMING_LEDGER_AUDIT_AUDIT_BOOKS_H_
#define SHIMING_LEDGER_AUDIT_AUDIT_BOOKS_H_

#include <array>
#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "ledger/audit/audit_entry.h"
#include "ledger/audit/audit_options.h"
#include "ledger/audit/findings.h"
#include "ledger/audit/hold_book.h"
#include "ledger/audit/key_ring.h"
#include "ledger/audit/sequence_table.h"
#include "shiming/ledger/v1/audit_state.pb.h"

namespace shiming::ledger {

// Sources, as in certificates and events.
inline constexpr std::string_view kTerminalSource = "terminal_session";
inline constexpr std::string_view kIdentitySource = "identity_verification";
inline constexpr std::string_view kOrderSource = "profile_order";
inline constexpr std::string_view kLedgerSource = "issuance_ledger";

// What HoldBooks are for; the numbers are stored.
enum Book : int {
  kPersonBook = 0,
  kEidBook = 1,
  kNumberBook = 2,
  kIccidBook = 3
};
inline constexpr int kBookCount = 4;

// Names in AuditState.counts.
inline constexpr std::string_view kCodesRevealed = "codes_revealed";
inline constexpr std::string_view kCodesProven = "codes_proven";
inline constexpr std::string_view kOrderKindAbsent = "order_kind_absent";

// Plain data, changed by the rules. Not thread-safe, but for `keys`.
struct AuditBooks {
  template <typename T>
  using ById = std::unordered_map<std::string, T>;

  AuditOptions options;
  Findings findings;
  SequenceTable sequence;
  KeyRing keys;

  std::map<std::string, v1::AuditSubject, std::less<>> subjects;
  ById<v1::AuditShift> shifts;
  ById<v1::AuditSession> sessions;
  ById<v1::AuditVerification> verifications;
  ById<v1::AuditOrder> orders;
  ById<v1::AuditErasure> erasures;  // by person id; for ever
  // Latest shift and session of each terminal.
  ById<std::string> shift_at;
  ById<std::string> session_at;
  // Pinned key to the subject that it is pinned for.
  ById<std::string> pinned;

  std::array<HoldBook, kBookCount> holds;
  std::vector<v1::AuditDoubt> doubts;  // in order of position
  std::map<std::string, int64_t, std::less<>> clocks;
  std::map<std::string, uint64_t, std::less<>> counts;
  uint64_t frozen_position = 0;  // LOG_FROZEN of the newest log
  std::string pseudonym_key_commitment;
  // The logs, oldest first; size and root of the newest one are those of the
  // last run. Empty only where a log is replayed without its checkpoint.
  std::vector<v1::AuditedLog> logs;
  // LOG_OPENED of the newest log names entries that were not replayed.
  bool is_log_missing = false;

  // Index of the first entry of the newest log.
  uint64_t base() const { return logs.empty() ? 0 : logs.back().base(); }
  // The record of an aggregate. Our ledger's own events begin anew with each
  // log.
  SequenceTable::Aggregate& AggregateOf(const v1::EventId& id);

  // When shifts and sessions that must end by a revocation or a successor are
  // looked at: terminal_session's clock to "shift/<id>" or "session/<id>".
  std::multimap<int64_t, std::string> ends_due;
  // What can be dropped, once it is old: time and id.
  std::deque<std::pair<int64_t, std::string>> old_shifts;
  std::deque<std::pair<int64_t, std::string>> old_sessions;
  std::deque<std::pair<int64_t, std::string>> old_verifications;

  // The newest time that a source has written before; 0 for none.
  int64_t ClockOf(std::string_view source) const;

  // Of the entry in hand; kept for its memory.
  std::string common;

  // True when what `mark` says stood before the entry: by index, and also by
  // time, unless the entry is so far behind its source's clock that its time
  // cannot excuse it. Both must be of one source.
  bool CameBefore(const v1::AuditMark& mark, const AuditEntry& entry) const;

  // True when the subject was in force for the entry: now, or before a change
  // that came later by time (then `*former` is set).
  bool InForce(const v1::AuditSubject& subject, const AuditEntry& entry,
               bool* former) const;

  // One finding about the entry, named by its aggregate.
  void Add(ViolationKind kind, const AuditEntry& entry,
           std::string_view detail = "",
           const std::vector<uint64_t>& other_positions = {});
};

// Index plus 1 to indexes; zeros are left out.
std::vector<uint64_t> IndexesOf(uint64_t first_index,
                                const std::vector<uint64_t>& positions);

// True when `after` names the event.
bool Follows(const v1::Event& event, std::string_view source,
             std::string_view aggregate, int64_t version);
// The same by event id text.
bool Follows(const v1::Event& event, std::string_view event_id_text);

// The part of an aggregate behind its kind: "3f" of "order/3f".
std::string_view IdOf(const v1::Event& event);

// The entry's commitment or pseudonym of that field; empty when absent.
const std::string& CommitmentOf(const v1::Event& event,
                                v1::CommitmentField field);
const std::string& PseudonymOf(const v1::Event& event,
                               v1::PseudonymField field);

// What all events of an order say alike, as one text.
std::string CommonFieldsOf(const v1::Event& event);
// The same into a text whose memory is used again.
void CommonFieldsOf(const v1::Event& event, std::string* common);

// Shop, terminal, display, clerk, shift and session of event and record are
// the same.
bool IsAtPlaceOf(const v1::Event& event, const v1::AuditSession& session);

}  // namespace shiming::ledger

#endif  // SHIMING_LEDGER_AUDIT_AUDIT_BOOKS_H_
