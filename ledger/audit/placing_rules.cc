#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "ledger/audit/rules.h"

namespace shiming::ledger {
namespace {

std::string KeyOf(Book book, const v1::AuditOrder& order) {
  switch (book) {
    case kPersonBook:
      return order.person_id();
    case kEidBook:
      return order.eid();
    case kNumberBook:
      return order.msisdn();
    case kIccidBook:
      break;
  }
  return order.iccid();
}

const v1::AuditVerification* CheckVerification(const AuditEntry& entry,
                                               AuditBooks& books) {
  const v1::Event& event = entry.event;
  const std::string name = absl::StrCat("verification/", event.verification());
  const auto found = books.verifications.find(event.verification());
  if (found == books.verifications.end()) {
    const bool is_old = books.sequence.Find(kIdentitySource, name).version > 0;
    books.Add(is_old ? ViolationKind::ATTESTATION_EXPIRED
                     : ViolationKind::ORDER_WITHOUT_VERIFICATION,
              entry, event.verification());
    return nullptr;
  }
  v1::AuditVerification& verification = found->second;
  const std::vector<uint64_t> decided = {verification.decided().position()};
  if (verification.refused() || !Follows(event, kIdentitySource, name, 1)) {
    books.Add(ViolationKind::ORDER_WITHOUT_VERIFICATION, entry,
              verification.refused() ? "refused" : "not named", decided);
    return &verification;
  }
  const v1::OrderDetails& details = event.order_details();
  if (event.session() != verification.session()) {
    books.Add(ViolationKind::ORDER_OF_OTHER_SESSION, entry, event.session(),
              decided);
  }
  if (event.person_id() != verification.person_id()) {
    books.Add(ViolationKind::ORDER_OF_OTHER_PERSON, entry, "", decided);
  }
  if (CommitmentOf(event, v1::COMMITMENT_FIELD_DEVICE) !=
      verification.device_commitment()) {
    books.Add(ViolationKind::ORDER_FOR_OTHER_DEVICE, entry, "", decided);
  }
  if (details.order_kind() == 0) {
    ++books.counts[std::string(kOrderKindAbsent)];
  } else if (details.order_kind() != verification.order_kind()) {
    books.Add(ViolationKind::ORDER_OF_OTHER_KIND, entry, "", decided);
  }
  if (details.attestation_id() != verification.attestation_id()) {
    books.Add(ViolationKind::ATTESTATION_DIFFERS, entry, "", decided);
  }
  if (verification.spent_position() != 0) {
    books.Add(ViolationKind::ATTESTATION_REUSED, entry, "",
              {verification.spent_position()});
  }
  verification.set_spent_position(entry.index + 1);
  const int64_t life = absl::ToInt64Microseconds(
      books.options.attestation_life + books.options.step_time);
  if (entry.time_us > verification.decided().time_us() + life) {
    books.Add(ViolationKind::ATTESTATION_EXPIRED, entry, "", decided);
  }
  if (event.policy_version().empty() ||
      event.policy_version() != verification.policy_version()) {
    books.Add(ViolationKind::POLICY_VERSION_DIFFERS, entry,
              event.policy_version(), decided);
  }
  return &verification;
}

void CheckSession(const AuditEntry& entry, v1::AuditOrder& order,
                  AuditBooks& books) {
  const v1::Event& event = entry.event;
  const auto found = books.sessions.find(event.session());
  if (found == books.sessions.end()) {
    books.Add(ViolationKind::ORDER_AFTER_SESSION, entry, event.session());
    return;
  }
  const v1::AuditSession& session = found->second;
  order.add_chain(session.opened().position());
  order.add_chain(session.shift_opened().position());
  if (!IsAtPlaceOf(event, session)) {
    books.Add(ViolationKind::ORDER_OF_OTHER_SESSION, entry, event.session(),
              {session.opened().position()});
  }
  const int64_t step = absl::ToInt64Microseconds(books.options.step_time);
  const auto over = [&](const v1::AuditMark& end) {
    return end.position() != 0 && entry.time_us > end.time_us() + step;
  };
  if (over(session.closed()) || over(session.must_end())) {
    books.Add(ViolationKind::ORDER_AFTER_SESSION, entry, event.session(),
              {session.closed().position(), session.must_end().position()});
  } else if (entry.time_us >
             session.opened().time_us() +
                 absl::ToInt64Microseconds(books.options.session_time) + step) {
    books.Add(ViolationKind::SESSION_OVERTIME, entry, event.session(),
              {session.opened().position()});
  }
}

void AddDoubt(const AuditEntry& entry, Book book, const ShortHash& key,
              int reported, int elsewhere, uint64_t other_position,
              AuditBooks& books) {
  v1::AuditDoubt& doubt = books.doubts.emplace_back();
  doubt.set_book(book);
  doubt.set_key(key.str());
  *doubt.mutable_mark() = entry.Mark();
  doubt.set_reported(reported);
  doubt.set_numbers_elsewhere(elsewhere);
  doubt.set_other_position(other_position);
  doubt.set_order(std::string(IdOf(entry.event)));
}

// Takes one of a counted thing and holds the reported count against the log's.
void TakeCounted(const AuditEntry& entry, Book book, const std::string& value,
                 int reported, int elsewhere, int limit, ViolationKind exceeded,
                 AuditBooks& books) {
  const ShortHash key = ShortHash::Of(value);
  const HoldBook::Taken taken = books.holds[book].Take(key, entry.Mark());
  if (reported + elsewhere > limit) {
    books.Add(exceeded, entry,
              absl::StrCat(reported, " and ", elsewhere, " elsewhere"));
  } else if (taken.count != reported) {
    AddDoubt(entry, book, key, reported, elsewhere, taken.other_position,
             books);
  }
}

// Takes a thing that only one order may hold.
void TakeAlone(const AuditEntry& entry, Book book, const std::string& value,
               AuditBooks& books) {
  const ShortHash key = ShortHash::Of(value);
  const HoldBook::Taken taken = books.holds[book].Take(key, entry.Mark());
  if (taken.count > 1) {
    AddDoubt(entry, book, key, 1, 0, taken.other_position, books);
  }
}

void TakeHolds(const AuditEntry& entry, const v1::AuditOrder& order,
               int elsewhere, AuditBooks& books) {
  const v1::OrderDetails& details = entry.event.order_details();
  TakeCounted(entry, kPersonBook, order.person_id(), details.person_live(),
              elsewhere, books.options.person_limit,
              ViolationKind::PERSON_LIMIT_EXCEEDED, books);
  TakeCounted(entry, kEidBook, order.eid(), details.eid_live(), 0,
              books.options.eid_limit, ViolationKind::EID_LIMIT_EXCEEDED,
              books);
  TakeAlone(entry, kNumberBook, order.msisdn(), books);
  TakeAlone(entry, kIccidBook, order.iccid(), books);
}

bool IsComplete(const v1::Event& event) {
  const v1::OrderDetails& details = event.order_details();
  return event.id().version() == 1 && event.order() == IdOf(event) &&
         !event.person_id().empty() && event.pseudonyms_size() == 3 &&
         !CommitmentOf(event, v1::COMMITMENT_FIELD_DEVICE).empty() &&
         !CommitmentOf(event, v1::COMMITMENT_FIELD_CONSENT).empty() &&
         !details.attestation_id().empty() && details.person_live() > 0 &&
         details.eid_live() > 0;
}

void Decide(const v1::AuditDoubt& doubt, AuditBooks& books) {
  const auto book = static_cast<Book>(doubt.book());
  const bool alone = book == kNumberBook || book == kIccidBook;
  const ShortHash key = ShortHash::From(doubt.key());
  const int64_t time_us = doubt.mark().time_us();
  const int count = alone ? books.holds[book].HighestFrom(key, time_us)
                          : books.holds[book].CountAt(key, time_us);
  if (count == doubt.reported()) return;
  ViolationKind kind = ViolationKind::ICCID_IN_TWO_ORDERS;
  switch (book) {
    case kPersonBook:
      kind = count + doubt.numbers_elsewhere() > books.options.person_limit
                 ? ViolationKind::PERSON_LIMIT_EXCEEDED
                 : ViolationKind::PERSON_COUNT_WRONG;
      break;
    case kEidBook:
      kind = count > books.options.eid_limit ? ViolationKind::EID_LIMIT_EXCEEDED
                                             : ViolationKind::EID_COUNT_WRONG;
      break;
    case kNumberBook:
      kind = ViolationKind::NUMBER_IN_TWO_ORDERS;
      break;
    case kIccidBook:
      break;
  }
  books.findings.Add(
      kind, IndexesOf(doubt.mark().position() - 1, {doubt.other_position()}),
      absl::StrCat("order/", doubt.order()),
      absl::StrCat("the log gives ", count, ", the entry ", doubt.reported()));
  if (doubt.revealed()) {
    uint64_t& proven = books.counts[std::string(kCodesProven)];
    if (proven > 0) --proven;
    // Once for an order, whatever else is wrong with it.
    for (v1::AuditDoubt& other : books.doubts) {
      if (other.order() == doubt.order()) other.set_revealed(false);
    }
  }
}

}  // namespace

void VisitPlacing(const AuditEntry& entry, AuditBooks& books) {
  const v1::Event& event = entry.event;
  const std::string id(IdOf(event));
  const v1::OrderDetails& details = event.order_details();
  if (!IsComplete(event)) books.Add(ViolationKind::FIELD_MISSING, entry);
  v1::AuditOrder& order = books.orders[id];
  if (order.placed().position() != 0) {
    books.Add(ViolationKind::ORDER_STEP_OUT_OF_ORDER, entry, "placed again",
              {order.placed().position()});
    return;
  }
  const std::string once_key =
      absl::StrCat("attestation/", details.attestation_id());
  if (event.once_key() != once_key) {
    books.Add(ViolationKind::ONCE_KEY_WRONG, entry, once_key);
    if (!books.sequence.TakeOnceKey(once_key)) {
      books.Add(ViolationKind::ATTESTATION_REUSED, entry, once_key);
    }
  }
  order.set_order(id);
  *order.mutable_placed() = entry.Mark();
  order.set_common(CommonFieldsOf(event));
  order.set_session(event.session());
  order.set_verification(event.verification());
  order.set_person_id(event.person_id());
  order.set_eid(PseudonymOf(event, v1::PSEUDONYM_FIELD_EID));
  order.set_iccid(PseudonymOf(event, v1::PSEUDONYM_FIELD_ICCID));
  order.set_msisdn(PseudonymOf(event, v1::PSEUDONYM_FIELD_MSISDN));
  order.set_device_commitment(CommitmentOf(event, v1::COMMITMENT_FIELD_DEVICE));
  order.set_consent_commitment(
      CommitmentOf(event, v1::COMMITMENT_FIELD_CONSENT));
  order.add_chain(entry.index + 1);
  const v1::AuditVerification* verification = CheckVerification(entry, books);
  if (verification != nullptr) {
    order.add_chain(verification->decided().position());
  }
  CheckSession(entry, order, books);
  TakeHolds(entry, order,
            verification == nullptr ? 0 : verification->numbers_elsewhere(),
            books);
}

void ReleaseHolds(const v1::AuditOrder& order, const AuditEntry& entry,
                  AuditBooks& books) {
  for (const Book book : {kPersonBook, kEidBook, kNumberBook, kIccidBook}) {
    books.holds[book].Release(ShortHash::Of(KeyOf(book, order)), entry.Mark());
  }
}

void SettleDoubts(int64_t before_us, AuditBooks& books) {
  for (size_t i = 0; i < books.doubts.size(); ++i) {
    if (books.doubts[i].mark().time_us() >= before_us) continue;
    const v1::AuditDoubt doubt = books.doubts[i];
    Decide(doubt, books);
  }
  std::erase_if(books.doubts, [&](const v1::AuditDoubt& doubt) {
    return doubt.mark().time_us() < before_us;
  });
}

}  // namespace shiming::ledger
