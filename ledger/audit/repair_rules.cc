#include "absl/strings/str_cat.h"
#include "common/crypto/encoding.h"
#include "ledger/audit/rules.h"

namespace shiming::ledger {
namespace {

constexpr size_t kDigestBytes = 32;
// Of the digest in hexadecimal, as many as an id has.
constexpr size_t kIdDigits = 32;

bool IsComplete(const v1::Event& event) {
  const v1::RepairDetails& details = event.repair();
  return event.id().version() == 1 && details.digest().size() == kDigestBytes &&
         details.log_root().size() == kDigestBytes && details.log_size() > 0 &&
         details.entry_count() > 0 && !details.approved_by().empty() &&
         !event.admin().empty() &&
         IdOf(event) == crypto::ToHex(details.digest()).substr(0, kIdDigits);
}

}  // namespace

void VisitRepair(const AuditEntry& entry, AuditBooks& books) {
  const v1::Event& event = entry.event;
  ++books.counts["alarm/DATABASE_REPAIRED"];
  if (!IsComplete(event)) books.Add(ViolationKind::FIELD_MISSING, entry);
  const std::string once_key =
      absl::StrCat("repair/", crypto::ToHex(event.repair().digest()));
  if (event.once_key() != once_key) {
    books.Add(ViolationKind::ONCE_KEY_WRONG, entry, once_key);
  }
  if (event.admin() == event.repair().approved_by()) {
    books.Add(ViolationKind::REPAIRED_BY_ONE_ADMIN, entry, event.admin());
  }
}

}  // namespace shiming::ledger
