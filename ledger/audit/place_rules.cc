#include <utility>

#include "absl/strings/str_cat.h"
#include "ledger/audit/rules.h"
#include "ledger/entry.h"

namespace shiming::ledger {
namespace {

// A transaction may wait for its group before it is written; by so much an
// event's time may lie behind the moment at which its rule was checked.
constexpr absl::Duration kCommitTime = absl::Seconds(10);

std::string Name(std::string_view kind, std::string_view id) {
  return absl::StrCat(std::string(kind), "/", std::string(id));
}

v1::AuditSubject* FindSubject(const std::string& name, AuditBooks& books) {
  const auto found = books.subjects.find(name);
  return found == books.subjects.end() ? nullptr : &found->second;
}

bool Earlier(const v1::AuditMark& a, const v1::AuditMark& b) {
  return b.position() == 0 || a.time_us() < b.time_us();
}

// The shift or session has to end because of the subject's change, if that
// comes after it by time.
template <typename Record>
void MustEnd(const v1::AuditMark& mark, const std::string& by,
             const std::string& key, Record& record, AuditBooks& books) {
  if (!Earlier(mark, record.must_end())) return;
  *record.mutable_must_end() = mark;
  record.set_must_end_by(by);
  books.ends_due.emplace(
      mark.time_us() + absl::ToInt64Microseconds(books.options.disorder), key);
}

// Remembers that `later` was opened while `record` was not closed.
template <typename Record>
void Overlap(const AuditEntry& later, const std::string& key, Record& record,
             AuditBooks& books) {
  if (record.closed().position() != 0) return;
  if (record.overlapped_by().position() == 0) {
    *record.mutable_overlapped_by() = later.Mark();
  }
  books.ends_due.emplace(
      later.time_us + absl::ToInt64Microseconds(books.options.disorder), key);
}

// Reports what a record has outlived. `closed_us` is when it ended, or the
// last moment that is known.
template <typename Record>
void ReportOutlived(const Record& record, int64_t closed_us,
                    const std::string& name, ViolationKind overlap_kind,
                    AuditBooks& books) {
  if (record.overlapped_by().position() != 0 &&
      closed_us > record.overlapped_by().time_us()) {
    books.findings.Add(
        overlap_kind,
        IndexesOf(record.overlapped_by().position() - 1,
                  {record.opened().position(), record.closed().position()}),
        name, "was still open");
  }
}

template <typename Record>
void CheckClose(const AuditEntry& entry, const Record& record,
                ViolationKind overlap_kind, AuditBooks& books) {
  const v1::Event& event = entry.event;
  if (event.session_end() == v1::SESSION_END_UNSPECIFIED) {
    books.Add(ViolationKind::FIELD_MISSING, entry, "session_end");
  }
  ReportOutlived(record, entry.time_us, event.id().aggregate(), overlap_kind,
                 books);
  if (record.must_end().position() == 0 ||
      entry.time_us < record.must_end().time_us()) {
    return;
  }
  if (event.session_end() != v1::SESSION_END_REVOKED ||
      !Follows(event, record.must_end_by())) {
    books.Add(ViolationKind::NOT_ENDED_BY_REVOCATION, entry,
              record.must_end_by(), {record.must_end().position()});
  }
}

// The version of the subject that the entry stands on: in force and named in
// `after` where `named`; nullptr otherwise.
v1::AuditSubject* Standing(const std::string& name, const AuditEntry& entry,
                           bool named, bool* former, AuditBooks& books) {
  v1::AuditSubject* subject = FindSubject(name, books);
  if (subject == nullptr || !books.InForce(*subject, entry, former)) {
    return nullptr;
  }
  const int64_t version =
      *former ? subject->former_version() : subject->approved_version();
  if (named && !Follows(entry.event, kTerminalSource, name, version)) {
    return nullptr;
  }
  return subject;
}

std::vector<uint64_t> MarksOf(const v1::AuditSubject* subject) {
  if (subject == nullptr) return {};
  return {subject->ended().position()};
}

bool IsLocked(const v1::AuditSubject& clerk, const AuditEntry& entry,
              const AuditBooks& books) {
  const v1::AuditMark& locked = clerk.locked();
  return locked.position() > clerk.approved().position() &&
         books.CameBefore(locked, entry) &&
         entry.time_us < locked.time_us() +
                             absl::ToInt64Microseconds(books.options.lock_time -
                                                       kCommitTime);
}

void OpenShift(const AuditEntry& entry, AuditBooks& books) {
  const v1::Event& event = entry.event;
  const std::string id(IdOf(event));
  if (event.shift() != id || event.shop().empty() || event.terminal().empty() ||
      event.clerk().empty() || event.id().version() != 1) {
    books.Add(ViolationKind::FIELD_MISSING, entry);
  }
  v1::AuditShift& shift = books.shifts[id];
  shift.set_shift(id);
  shift.set_shop(event.shop());
  shift.set_terminal(event.terminal());
  shift.set_clerk(event.clerk());
  *shift.mutable_opened() = entry.Mark();
  const std::string key = event.id().aggregate();

  bool former = false;
  const std::string shop_name = Name("shop", event.shop());
  const std::string terminal_name = Name("terminal", event.terminal());
  const v1::AuditSubject* shop =
      Standing(shop_name, entry, /*named=*/false, &former, books);
  if (shop != nullptr && former) {
    MustEnd(shop->ended(), shop->ended_by(), key, shift, books);
  }
  const v1::AuditSubject* terminal =
      Standing(terminal_name, entry, /*named=*/true, &former, books);
  if (terminal != nullptr) {
    shift.set_evidence_key_sha256(former
                                      ? terminal->former_evidence_key_sha256()
                                      : terminal->evidence_key_sha256());
    if (former) {
      MustEnd(terminal->ended(), terminal->ended_by(), key, shift, books);
    }
  }
  if (shop == nullptr || terminal == nullptr ||
      !event.terminal().starts_with(event.shop() + "/")) {
    books.Add(ViolationKind::SHIFT_AT_TERMINAL_NOT_IN_FORCE, entry,
              event.terminal(),
              MarksOf(FindSubject(shop == nullptr ? shop_name : terminal_name,
                                  books)));
  }
  const std::string clerk_name = Name("clerk", event.clerk());
  const v1::AuditSubject* clerk =
      Standing(clerk_name, entry, /*named=*/true, &former, books);
  if (clerk == nullptr || (!former && clerk->shop() != event.shop())) {
    books.Add(ViolationKind::SHIFT_OF_CLERK_NOT_IN_FORCE, entry, event.clerk(),
              MarksOf(FindSubject(clerk_name, books)));
  } else {
    if (former) {
      MustEnd(clerk->ended(), clerk->ended_by(), key, shift, books);
    }
    if (IsLocked(*clerk, entry, books)) {
      books.Add(ViolationKind::SHIFT_OF_LOCKED_CLERK, entry, event.clerk(),
                {clerk->locked().position()});
    }
  }
  std::string& at = books.shift_at[event.terminal()];
  if (const auto older = books.shifts.find(at); older != books.shifts.end()) {
    Overlap(entry, Name("shift", at), older->second, books);
  }
  at = id;
}

void CloseShift(const AuditEntry& entry, AuditBooks& books) {
  const std::string id(IdOf(entry.event));
  books.sequence.At(kTerminalSource, entry.event.id().aggregate()).ended = true;
  const auto found = books.shifts.find(id);
  if (found == books.shifts.end()) return;  // reported at its first event
  v1::AuditShift& shift = found->second;
  *shift.mutable_closed() = entry.Mark();
  CheckClose(entry, shift, ViolationKind::SHIFTS_OVERLAP, books);
  books.old_shifts.emplace_back(entry.time_us, id);
}

// The shift that the session names, if it stands; reports otherwise.
v1::AuditShift* CheckShiftOf(const AuditEntry& entry, AuditBooks& books) {
  const v1::Event& event = entry.event;
  const auto found = books.shifts.find(event.shift());
  const std::string name = Name("shift", event.shift());
  if (found == books.shifts.end() ||
      !Follows(event, kTerminalSource, name, 1)) {
    books.Add(ViolationKind::SESSION_WITHOUT_SHIFT, entry, event.shift());
    return found == books.shifts.end() ? nullptr : &found->second;
  }
  v1::AuditShift& shift = found->second;
  if (shift.shop() != event.shop() || shift.terminal() != event.terminal() ||
      shift.clerk() != event.clerk() ||
      books.CameBefore(shift.closed(), entry)) {
    books.Add(ViolationKind::SESSION_WITHOUT_SHIFT, entry, event.shift(),
              {shift.opened().position(), shift.closed().position()});
  } else if (books.CameBefore(shift.must_end(), entry)) {
    books.Add(ViolationKind::NOT_ENDED_BY_REVOCATION, entry,
              shift.must_end_by(),
              {shift.must_end().position(), shift.opened().position()});
  } else if (entry.time_us > shift.opened().time_us() +
                                 absl::ToInt64Microseconds(
                                     books.options.shift_time + kCommitTime)) {
    books.Add(ViolationKind::SESSION_OVERTIME, entry, event.shift(),
              {shift.opened().position()});
  }
  return &shift;
}

void CheckDisplayOf(const AuditEntry& entry, v1::AuditSession& session,
                    AuditBooks& books) {
  const v1::Event& event = entry.event;
  const std::string name = Name("display", event.display());
  bool former = false;
  const v1::AuditSubject* display =
      Standing(name, entry, /*named=*/true, &former, books);
  if (display == nullptr ||
      (!former && display->terminal() != event.terminal())) {
    books.Add(ViolationKind::SESSION_AT_OTHER_DISPLAY, entry, event.display(),
              MarksOf(FindSubject(name, books)));
  } else if (former) {
    MustEnd(display->ended(), display->ended_by(), event.id().aggregate(),
            session, books);
  }
}

void OpenSession(const AuditEntry& entry, AuditBooks& books) {
  const v1::Event& event = entry.event;
  const std::string id(IdOf(event));
  if (event.session() != id || event.display().empty() ||
      event.id().version() != 1) {
    books.Add(ViolationKind::FIELD_MISSING, entry);
  }
  v1::AuditSession& session = books.sessions[id];
  session.set_session(id);
  session.set_shift(event.shift());
  session.set_shop(event.shop());
  session.set_terminal(event.terminal());
  session.set_display(event.display());
  session.set_clerk(event.clerk());
  *session.mutable_opened() = entry.Mark();
  const v1::AuditShift* shift = CheckShiftOf(entry, books);
  if (shift != nullptr) {
    session.set_evidence_key_sha256(shift->evidence_key_sha256());
    *session.mutable_shift_opened() = shift->opened();
    if (shift->must_end().position() != 0) {
      MustEnd(shift->must_end(), shift->must_end_by(), event.id().aggregate(),
              session, books);
    }
  }
  CheckDisplayOf(entry, session, books);
  std::string& at = books.session_at[event.terminal()];
  if (const auto older = books.sessions.find(at);
      older != books.sessions.end()) {
    Overlap(entry, Name("session", at), older->second, books);
  }
  at = id;
}

void CloseSession(const AuditEntry& entry, AuditBooks& books) {
  const std::string id(IdOf(entry.event));
  books.sequence.At(kTerminalSource, entry.event.id().aggregate()).ended = true;
  const auto found = books.sessions.find(id);
  if (found == books.sessions.end()) return;
  v1::AuditSession& session = found->second;
  if (!IsAtPlaceOf(entry.event, session)) {
    books.Add(ViolationKind::FIELD_MISSING, entry, "place",
              {session.opened().position()});
  }
  *session.mutable_closed() = entry.Mark();
  CheckClose(entry, session, ViolationKind::SESSIONS_OVERLAP, books);
  books.old_sessions.emplace_back(entry.time_us, id);
}

template <typename Record>
void CheckDue(const Record& record, const std::string& key,
              ViolationKind overlap_kind, int64_t until_us, AuditBooks& books) {
  if (record.closed().position() != 0) return;
  ReportOutlived(record, until_us, key, overlap_kind, books);
  if (record.must_end().position() != 0 &&
      until_us > record.must_end().time_us()) {
    books.findings.Add(ViolationKind::NOT_ENDED_BY_REVOCATION,
                       IndexesOf(record.opened().position() - 1,
                                 {record.must_end().position()}),
                       key, record.must_end_by());
  }
}

}  // namespace

void VisitPlace(const AuditEntry& entry, AuditBooks& books) {
  switch (entry.event.kind()) {
    case v1::EVENT_KIND_SHIFT_OPENED:
      OpenShift(entry, books);
      return;
    case v1::EVENT_KIND_SHIFT_CLOSED:
      CloseShift(entry, books);
      return;
    case v1::EVENT_KIND_SESSION_OPENED:
      OpenSession(entry, books);
      return;
    default:
      CloseSession(entry, books);
      return;
  }
}

void EndRightsOf(const std::string& subject, const AuditEntry& entry,
                 AuditBooks& books) {
  const std::string by = EventIdText(entry.event.id());
  const v1::AuditMark mark = entry.Mark();
  const bool is_display = subject.starts_with("display/");
  if (!is_display) {
    for (auto& [id, shift] : books.shifts) {
      if (shift.closed().position() != 0) continue;
      if (subject == Name("shop", shift.shop()) ||
          subject == Name("terminal", shift.terminal()) ||
          subject == Name("clerk", shift.clerk())) {
        MustEnd(mark, by, Name("shift", id), shift, books);
      }
    }
  }
  for (auto& [id, session] : books.sessions) {
    if (session.closed().position() != 0) continue;
    if (is_display ? subject == Name("display", session.display())
                   : subject == Name("shop", session.shop()) ||
                         subject == Name("terminal", session.terminal()) ||
                         subject == Name("clerk", session.clerk())) {
      MustEnd(mark, by, Name("session", id), session, books);
    }
  }
}

void CheckEndsDue(int64_t until_us, AuditBooks& books) {
  while (!books.ends_due.empty() && books.ends_due.begin()->first < until_us) {
    const std::string key = books.ends_due.begin()->second;
    books.ends_due.erase(books.ends_due.begin());
    const size_t slash = key.find('/');
    const std::string id = key.substr(slash + 1);
    if (key.starts_with("shift/")) {
      const auto shift = books.shifts.find(id);
      if (shift == books.shifts.end()) continue;
      CheckDue(shift->second, key, ViolationKind::SHIFTS_OVERLAP, until_us,
               books);
    } else {
      const auto session = books.sessions.find(id);
      if (session == books.sessions.end()) continue;
      CheckDue(session->second, key, ViolationKind::SESSIONS_OVERLAP, until_us,
               books);
    }
  }
}

}  // namespace shiming::ledger
