#include "ledger/audit/state_codec.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/status/status_macros.h"

namespace shiming::ledger {
namespace {

absl::Status Damaged(std::string_view what) {
  return absl::InvalidArgumentError(
      absl::StrCat("audit state: ", std::string(what)));
}

void EncodeFindings(const AuditBooks& books, v1::AuditState* state) {
  for (const Violation& violation : books.findings.violations()) {
    v1::AuditViolation* stored = state->add_violations();
    stored->set_kind(std::string(InfoOf(violation.kind).name));
    for (const uint64_t index : violation.entries) stored->add_entries(index);
    stored->set_subject(violation.subject);
    stored->set_detail(violation.detail);
  }
  for (const auto& [kind, count] : books.findings.counts()) {
    v1::AuditCount* stored = state->add_violation_counts();
    stored->set_name(std::string(InfoOf(kind).name));
    stored->set_count(count);
  }
}

absl::Status DecodeFindings(const v1::AuditState& state, AuditBooks& books) {
  for (const v1::AuditViolation& stored : state.violations()) {
    const auto kind = ViolationByName(stored.kind());
    if (!kind.has_value() || stored.entries().empty()) {
      return Damaged("a violation of no kind");
    }
    books.findings.AddStored(
        {.kind = *kind,
         .entries = {stored.entries().begin(), stored.entries().end()},
         .subject = stored.subject(),
         .detail = stored.detail()});
  }
  for (const v1::AuditCount& stored : state.violation_counts()) {
    const auto kind = ViolationByName(stored.name());
    if (!kind.has_value()) return Damaged("a count of no kind");
    books.findings.SetStoredCount(*kind, stored.count());
  }
  return absl::OkStatus();
}

// What hangs on records: indexes by place, dates to look at them.
void Link(AuditBooks& books) {
  const int64_t disorder = absl::ToInt64Microseconds(books.options.disorder);
  const auto note = [&](const auto& record, const std::string& key, auto& old,
                        const std::string& id) {
    if (record.closed().position() != 0) {
      old.emplace_back(record.closed().time_us(), id);
      return;
    }
    for (const v1::AuditMark& mark :
         {record.must_end(), record.overlapped_by()}) {
      if (mark.position() != 0) {
        books.ends_due.emplace(mark.time_us() + disorder, key);
      }
    }
  };
  const auto is_later = [](const v1::AuditMark& a, const v1::AuditMark& b) {
    return a.position() > b.position();
  };
  for (const auto& [id, shift] : books.shifts) {
    note(shift, absl::StrCat("shift/", id), books.old_shifts, id);
    std::string& at = books.shift_at[shift.terminal()];
    if (at.empty() || is_later(shift.opened(), books.shifts.at(at).opened())) {
      at = id;
    }
  }
  for (const auto& [id, session] : books.sessions) {
    note(session, absl::StrCat("session/", id), books.old_sessions, id);
    std::string& at = books.session_at[session.terminal()];
    if (at.empty() ||
        is_later(session.opened(), books.sessions.at(at).opened())) {
      at = id;
    }
  }
  for (const auto& [id, verification] : books.verifications) {
    books.old_verifications.emplace_back(verification.decided().time_us(), id);
  }
  std::sort(books.old_shifts.begin(), books.old_shifts.end());
  std::sort(books.old_sessions.begin(), books.old_sessions.end());
  std::sort(books.old_verifications.begin(), books.old_verifications.end());
  for (const auto& [name, subject] : books.subjects) {
    for (const std::string& key : subject.pinned_key_sha256()) {
      books.pinned.emplace(key, name);
    }
  }
}

absl::Status DecodeHolds(const v1::AuditState& state, AuditBooks& books) {
  if (state.holds_size() != kBookCount) return Damaged("number of books");
  for (int book = 0; book < kBookCount; ++book) {
    RETURN_IF_ERROR(books.holds[book].Decode(state.holds(book)));
  }
  for (const v1::AuditHoldChange& change : state.hold_changes()) {
    if (change.book() < 0 || change.book() >= kBookCount ||
        change.key().size() != ShortHash().bytes.size()) {
      return Damaged("a change of no book");
    }
    books.holds[change.book()].AddStored(change);
  }
  for (const v1::AuditDoubt& doubt : state.doubts()) {
    if (doubt.book() < 0 || doubt.book() >= kBookCount ||
        doubt.key().size() != ShortHash().bytes.size() ||
        doubt.mark().position() == 0) {
      return Damaged("a doubt of no book");
    }
    books.doubts.push_back(doubt);
  }
  return absl::OkStatus();
}

}  // namespace

void EncodeBooks(const AuditBooks& books, v1::AuditState* state) {
  state->set_aggregates(books.sequence.EncodeAggregates());
  state->set_once_keys(books.sequence.EncodeOnceKeys());
  for (const auto& [name, subject] : books.subjects) {
    *state->add_subjects() = subject;
  }
  for (std::string& key : books.keys.Keys()) {
    state->add_evidence_keys(std::move(key));
  }
  for (const auto& [id, shift] : books.shifts) *state->add_shifts() = shift;
  for (const auto& [id, session] : books.sessions) {
    *state->add_sessions() = session;
  }
  for (const auto& [id, verification] : books.verifications) {
    *state->add_verifications() = verification;
  }
  for (const auto& [id, order] : books.orders) *state->add_orders() = order;
  for (const auto& [id, erasure] : books.erasures) {
    *state->add_erasures() = erasure;
  }
  for (int book = 0; book < kBookCount; ++book) {
    state->add_holds(books.holds[book].Encode());
    books.holds[book].EncodeChanges(book, state);
  }
  for (const v1::AuditDoubt& doubt : books.doubts) {
    *state->add_doubts() = doubt;
  }
  for (const auto& [source, newest_us] : books.clocks) {
    v1::AuditSourceClock* clock = state->add_clocks();
    clock->set_source(source);
    clock->set_newest_us(newest_us);
  }
  EncodeFindings(books, state);
  for (const auto& [name, count] : books.counts) {
    v1::AuditCount* stored = state->add_counts();
    stored->set_name(name);
    stored->set_count(count);
  }
  state->mutable_logs()->Assign(books.logs.begin(), books.logs.end());
  state->set_frozen_position(books.frozen_position);
  state->set_pseudonym_key_commitment(books.pseudonym_key_commitment);
}

absl::Status DecodeBooks(const v1::AuditState& state, AuditBooks& books) {
  if (state.logs().empty()) return Damaged("no log");
  books.logs.assign(state.logs().begin(), state.logs().end());
  RETURN_IF_ERROR(books.sequence.Decode(state.aggregates(), state.once_keys()));
  for (const v1::AuditSubject& subject : state.subjects()) {
    books.subjects[subject.name()] = subject;
  }
  for (const std::string& key : state.evidence_keys()) {
    if (!books.keys.Add(key)) return Damaged("an evidence key is no key");
  }
  for (const v1::AuditShift& shift : state.shifts()) {
    books.shifts[shift.shift()] = shift;
  }
  for (const v1::AuditSession& session : state.sessions()) {
    books.sessions[session.session()] = session;
  }
  for (const v1::AuditVerification& verification : state.verifications()) {
    books.verifications[verification.verification()] = verification;
  }
  for (const v1::AuditOrder& order : state.orders()) {
    books.orders[order.order()] = order;
  }
  for (const v1::AuditErasure& erasure : state.erasures()) {
    books.erasures[erasure.person_id()] = erasure;
  }
  RETURN_IF_ERROR(DecodeHolds(state, books));
  for (const v1::AuditSourceClock& clock : state.clocks()) {
    books.clocks[clock.source()] = clock.newest_us();
  }
  RETURN_IF_ERROR(DecodeFindings(state, books));
  for (const v1::AuditCount& count : state.counts()) {
    books.counts[count.name()] = count.count();
  }
  books.frozen_position = state.frozen_position();
  books.pseudonym_key_commitment = state.pseudonym_key_commitment();
  Link(books);
  return absl::OkStatus();
}

}  // namespace shiming::ledger
