#include "ledger/audit/audit_books.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "ledger/entry.h"

namespace shiming::ledger {

SequenceTable::Aggregate& AuditBooks::AggregateOf(const v1::EventId& id) {
  if (id.source() != kLedgerSource || logs.size() < 2) {
    return sequence.At(id.source(), id.aggregate());
  }
  return sequence.At(absl::StrCat(id.source(), "@", logs.back().origin()),
                     id.aggregate());
}

int64_t AuditBooks::ClockOf(std::string_view source) const {
  const auto found = clocks.find(source);
  return found == clocks.end() ? 0 : found->second;
}

bool AuditBooks::CameBefore(const v1::AuditMark& mark,
                            const AuditEntry& entry) const {
  if (mark.position() == 0) return false;
  if (entry.time_us >= mark.time_us()) return true;
  return ClockOf(entry.event.id().source()) - entry.time_us >
         absl::ToInt64Microseconds(options.disorder);
}

bool AuditBooks::InForce(const v1::AuditSubject& subject,
                         const AuditEntry& entry, bool* former) const {
  *former =
      subject.ended().position() != 0 && !CameBefore(subject.ended(), entry);
  return *former ? subject.former_version() > 0 : subject.in_force();
}

void AuditBooks::Add(ViolationKind kind, const AuditEntry& entry,
                     std::string_view detail,
                     const std::vector<uint64_t>& other_positions) {
  findings.Add(kind, IndexesOf(entry.index, other_positions),
               entry.event.id().aggregate(), detail);
}

std::vector<uint64_t> IndexesOf(uint64_t first_index,
                                const std::vector<uint64_t>& positions) {
  std::vector<uint64_t> indexes = {first_index};
  for (const uint64_t position : positions) {
    if (position != 0 && position - 1 != first_index) {
      indexes.push_back(position - 1);
    }
  }
  return indexes;
}

bool Follows(const v1::Event& event, std::string_view source,
             std::string_view aggregate, int64_t version) {
  return std::any_of(
      event.after().begin(), event.after().end(), [&](const v1::EventId& id) {
        return id.version() == version && id.source() == source &&
               id.aggregate() == aggregate;
      });
}

bool Follows(const v1::Event& event, std::string_view event_id_text) {
  return std::any_of(
      event.after().begin(), event.after().end(),
      [&](const v1::EventId& id) { return EventIdText(id) == event_id_text; });
}

std::string_view IdOf(const v1::Event& event) {
  const std::string_view aggregate = event.id().aggregate();
  return aggregate.substr(aggregate.find('/') + 1);
}

const std::string& CommitmentOf(const v1::Event& event,
                                v1::CommitmentField field) {
  static const std::string* const absent = new std::string;
  for (const v1::Commitment& commitment : event.commitments()) {
    if (commitment.field() == field) return commitment.sha256();
  }
  return *absent;
}

const std::string& PseudonymOf(const v1::Event& event,
                               v1::PseudonymField field) {
  static const std::string* const absent = new std::string;
  for (const v1::Pseudonym& pseudonym : event.pseudonyms()) {
    if (pseudonym.field() == field) return pseudonym.value();
  }
  return *absent;
}

void CommonFieldsOf(const v1::Event& event, std::string* common) {
  common->clear();
  const std::string* const fields[] = {
      &event.order(),
      &event.shop(),
      &event.terminal(),
      &event.display(),
      &event.clerk(),
      &event.shift(),
      &event.session(),
      &event.verification(),
      &event.policy_version(),
      &event.person_id(),
      &PseudonymOf(event, v1::PSEUDONYM_FIELD_EID),
      &PseudonymOf(event, v1::PSEUDONYM_FIELD_ICCID),
      &PseudonymOf(event, v1::PSEUDONYM_FIELD_MSISDN)};
  for (const std::string* const field : fields) {
    common->append(*field).push_back(' ');
  }
}

std::string CommonFieldsOf(const v1::Event& event) {
  std::string common;
  CommonFieldsOf(event, &common);
  return common;
}

bool IsAtPlaceOf(const v1::Event& event, const v1::AuditSession& session) {
  return event.session() == session.session() &&
         event.shop() == session.shop() &&
         event.terminal() == session.terminal() &&
         event.display() == session.display() &&
         event.clerk() == session.clerk() && event.shift() == session.shift();
}

}  // namespace shiming::ledger
