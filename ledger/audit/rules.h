// The rules of the replay, by area. Each takes an entry that is canonical and
// in sequence, looks at the books, reports what is wrong and brings the books
// up to date, so that one wrong entry does not make all later ones look wrong.
// Private to ledger/audit.
#ifndef SHIMING_LEDGER_AUDIT_RULES_H_
#define SHIMING_LEDGER_AUDIT_RULES_H_

#include "ledger/audit/audit_books.h"

namespace shiming::ledger {

// record_rules.cc (P4). True when the entry may be taken further.
bool VisitRecord(const AuditEntry& entry, AuditBooks& books);

// enrollment_rules.cc (P7): SHOP_, TERMINAL_, DISPLAY_, CLERK_ kinds.
void VisitEnrollment(const AuditEntry& entry, AuditBooks& books);

// place_rules.cc (P1): SHIFT_* and SESSION_*.
void VisitPlace(const AuditEntry& entry, AuditBooks& books);
// The rights of `subject` ended with this entry: what rested on them must end.
// Displays end sessions, all others shifts with their sessions.
void EndRightsOf(const std::string& subject, const AuditEntry& entry,
                 AuditBooks& books);
// Looks at shifts and sessions that should have ended when terminal_session's
// clock stood at `until_us`.
void CheckEndsDue(int64_t until_us, AuditBooks& books);

// identity_rules.cc (P1): IDENTITY_*.
void VisitIdentity(const AuditEntry& entry, AuditBooks& books);

// erasure_rules.cc (P6): PERSON_ERASED, and every event that names a person.
void VisitErasure(const AuditEntry& entry, AuditBooks& books);
void CheckNotErased(const AuditEntry& entry, AuditBooks& books);

// repair_rules.cc (P7): DATABASE_REPAIRED.
void VisitRepair(const AuditEntry& entry, AuditBooks& books);

// placing_rules.cc (P1, P3): ORDER_PLACED.
void VisitPlacing(const AuditEntry& entry, AuditBooks& books);
// Gives back what the order held.
void ReleaseHolds(const v1::AuditOrder& order, const AuditEntry& entry,
                  AuditBooks& books);
// Decides the doubts that are older than this, in order of time.
void SettleDoubts(int64_t before_us, AuditBooks& books);

// order_rules.cc (P2): all other events of profile_order, REVEAL_PERMITTED.
void VisitOrder(const AuditEntry& entry, AuditBooks& books);
void VisitPermit(const AuditEntry& entry, AuditBooks& books);
// What is still open at the end of the log.
void CheckOpenOrders(AuditBooks& books);

}  // namespace shiming::ledger

#endif  // SHIMING_LEDGER_AUDIT_RULES_H_
