#include <cstddef>

#include "ledger/audit/rules.h"

namespace shiming::ledger {
namespace {

constexpr size_t kDigestBytes = 32;
constexpr size_t kDayCharacters = 10;  // YYYY-MM-DD

bool IsComplete(const v1::Event& event) {
  const v1::ErasureDetails& details = event.erasure();
  return event.id().version() == 1 && !event.person_id().empty() &&
         event.id().aggregate() == "person/" + event.person_id() &&
         details.digest().size() == kDigestBytes && details.basis() > 0 &&
         !details.proposed_by().empty() && !event.admin().empty() &&
         details.last_backup_day().size() == kDayCharacters;
}

}  // namespace

void VisitErasure(const AuditEntry& entry, AuditBooks& books) {
  const v1::Event& event = entry.event;
  if (!IsComplete(event)) books.Add(ViolationKind::FIELD_MISSING, entry);
  if (event.once_key() != "erasure/" + event.person_id()) {
    books.Add(ViolationKind::ONCE_KEY_WRONG, entry, event.once_key());
  }
  if (event.admin() == event.erasure().proposed_by()) {
    books.Add(ViolationKind::ERASED_BY_ONE_OFFICER, entry, event.admin());
  }
  // The erasure names the last events of the person's orders in `after`, so
  // their ends stand before it.
  if (books.holds[kPersonBook].CountAt(ShortHash::Of(event.person_id()),
                                       entry.time_us) > 0) {
    books.Add(ViolationKind::ERASED_TOO_EARLY, entry);
  }
  books.sequence.At(kIdentitySource, event.id().aggregate()).ended = true;
  v1::AuditErasure& erasure = books.erasures[event.person_id()];
  erasure.set_person_id(event.person_id());
  *erasure.mutable_erased() = entry.Mark();
}

void CheckNotErased(const AuditEntry& entry, AuditBooks& books) {
  const v1::Event& event = entry.event;
  if (event.person_id().empty() ||
      event.kind() == v1::EVENT_KIND_PERSON_ERASED) {
    return;
  }
  const auto found = books.erasures.find(event.person_id());
  if (found == books.erasures.end() ||
      !books.CameBefore(found->second.erased(), entry)) {
    return;
  }
  books.Add(ViolationKind::PERSON_AFTER_ERASURE, entry, "",
            {found->second.erased().position()});
}

}  // namespace shiming::ledger
