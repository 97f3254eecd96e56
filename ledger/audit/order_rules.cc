#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "ledger/audit/rules.h"
#include "ledger/entry.h"

namespace shiming::ledger {
namespace {

// Reasons that profile_order writes into ALARM.
constexpr std::string_view kWrongEid = "WRONG_EID";
constexpr std::string_view kInstalledWithoutCode = "INSTALLED_WITHOUT_CODE";
// SGP.22 v2.2, 5.3.5: EID refused at the eligibility check.
constexpr std::string_view kOtherEidCode = "8.1.1/3.8";
constexpr int kPointEligibility = 1;
constexpr int kPointDownload = 3;
constexpr int kPointInstallation = 4;
// After the second one the order is cancelled (docs/issuance_cycle.md, 7).
constexpr int kWrongEidLimit = 2;

using Places = std::vector<uint64_t>;

void CheckUnchanged(const AuditEntry& entry, const v1::AuditOrder& order,
                    AuditBooks& books) {
  CommonFieldsOf(entry.event, &books.common);
  if (books.common == order.common()) return;
  books.Add(ViolationKind::ORDER_CHANGED, entry, "",
            {order.placed().position()});
}

// A wrong-EID notice has its alarm as the order's next event.
void CheckAlarmed(const AuditEntry& entry, v1::AuditOrder& order,
                  AuditBooks& books) {
  if (order.unalarmed_position() == 0) return;
  const bool alarmed = entry.event.kind() == v1::EVENT_KIND_ALARM &&
                       entry.event.refused_reason() == kWrongEid;
  if (!alarmed) {
    books.findings.Add(ViolationKind::WRONG_EID_NOT_ALARMED,
                       {order.unalarmed_position() - 1},
                       entry.event.id().aggregate());
  }
  order.clear_unalarmed_position();
}

void Ready(const AuditEntry& entry, v1::AuditOrder& order, AuditBooks& books) {
  if (order.ready().position() != 0 || order.revealed().position() != 0 ||
      order.installed().position() != 0 || order.frozen().position() != 0) {
    books.Add(ViolationKind::ORDER_STEP_OUT_OF_ORDER, entry, "ready again",
              {order.ready().position(), order.placed().position()});
    return;
  }
  *order.mutable_ready() = entry.Mark();
  order.set_ready_version(entry.event.id().version());
  order.add_chain(entry.index + 1);
}

void CheckPermitOf(const AuditEntry& entry, const v1::AuditOrder& order,
                   AuditBooks& books) {
  const v1::Event& event = entry.event;
  if (order.permitted().position() == 0 ||
      !Follows(event, order.permit_event())) {
    books.Add(ViolationKind::REVEAL_WITHOUT_PERMIT, entry, "",
              {order.permitted().position(), order.placed().position()});
    return;
  }
  const v1::OrderDetails& details = event.order_details();
  if (details.permit_id() != order.permit_id() ||
      details.request_id_sha256() != order.request_id_sha256() ||
      event.display() != order.permit_display()) {
    books.Add(ViolationKind::REVEAL_NOT_AS_PERMITTED, entry,
              details.permit_id(), {order.permitted().position()});
  }
}

bool IsProven(const AuditEntry& entry, const v1::AuditOrder& order,
              const AuditBooks& books) {
  return !books.findings.IsBroken(entry.index) &&
         std::none_of(order.chain().begin(), order.chain().end(),
                      [&](uint64_t position) {
                        return position == 0 ||
                               books.findings.IsBroken(position - 1);
                      });
}

void Reveal(const AuditEntry& entry, v1::AuditOrder& order, AuditBooks& books) {
  const v1::Event& event = entry.event;
  const v1::OrderDetails& details = event.order_details();
  ++books.counts[std::string(kCodesRevealed)];
  if (order.revealed().position() != 0) {
    books.Add(ViolationKind::REVEALED_TWICE, entry, "",
              {order.revealed().position()});
    return;
  }
  const std::string once_key = absl::StrCat("reveal/", order.order());
  if (event.once_key() != once_key) {
    books.Add(ViolationKind::ONCE_KEY_WRONG, entry, once_key);
  }
  if (order.ready().position() == 0 || order.installed().position() != 0) {
    books.Add(ViolationKind::ORDER_STEP_OUT_OF_ORDER, entry,
              order.ready().position() == 0 ? "not ready" : "installed",
              {order.placed().position(), order.installed().position()});
  }
  CheckPermitOf(entry, order, books);
  if (CommitmentOf(event, v1::COMMITMENT_FIELD_DEVICE) !=
          order.device_commitment() ||
      CommitmentOf(event, v1::COMMITMENT_FIELD_CONSENT) !=
          order.consent_commitment()) {
    books.Add(ViolationKind::ORDER_CHANGED, entry, "commitments",
              {order.placed().position()});
  }
  if (CommitmentOf(event, v1::COMMITMENT_FIELD_ACTIVATION_CODE).empty() ||
      !details.has_code_expire_time()) {
    books.Add(ViolationKind::FIELD_MISSING, entry, "code");
  }
  if (order.wrong_eid_count() >= kWrongEidLimit) {
    books.Add(ViolationKind::REVEALED_AFTER_WRONG_EID, entry, "",
              {order.placed().position()});
  }
  *order.mutable_revealed() = entry.Mark();
  if (!IsProven(entry, order, books)) return;
  ++books.counts[std::string(kCodesProven)];
  for (v1::AuditDoubt& doubt : books.doubts) {
    if (doubt.order() == order.order()) doubt.set_revealed(true);
  }
}

void CheckDownload(const AuditEntry& entry, const v1::AuditOrder& order,
                   AuditBooks& books) {
  if (order.permitted().position() != 0) return;
  books.Add(ViolationKind::DOWNLOAD_BEFORE_PERMIT, entry, "",
            {order.placed().position()});
}

void Progress(const AuditEntry& entry, v1::AuditOrder& order,
              AuditBooks& books) {
  const v1::OrderDetails& details = entry.event.order_details();
  const int point = details.notification_point();
  const bool success = details.status_code().empty();
  if (success && (point == kPointEligibility || point == kPointDownload ||
                  point == kPointInstallation)) {
    CheckDownload(entry, order, books);
  }
  if (!success && point == kPointEligibility &&
      details.status_code() == kOtherEidCode) {
    order.set_unalarmed_position(entry.index + 1);
  }
}

void Install(const AuditEntry& entry, v1::AuditOrder& order,
             AuditBooks& books) {
  if (order.installed().position() != 0 || order.frozen().position() != 0) {
    books.Add(ViolationKind::ORDER_STEP_OUT_OF_ORDER, entry, "installed again",
              {order.installed().position(), order.frozen().position()});
    return;
  }
  CheckDownload(entry, order, books);
  if (order.revealed().position() == 0 && !order.installed_without_code()) {
    books.Add(ViolationKind::INSTALLED_WITHOUT_REVEAL, entry, "",
              {order.placed().position()});
  }
  *order.mutable_installed() = entry.Mark();
}

void CountAlarm(const AuditEntry& entry, AuditBooks& books) {
  ++books.counts[absl::StrCat("alarm/", entry.event.refused_reason())];
}

// The end of an order; true when it was one.
bool End(const AuditEntry& entry, v1::AuditOrder& order, AuditBooks& books) {
  const bool settled = order.reconciled();
  switch (entry.event.kind()) {
    case v1::EVENT_KIND_ORDER_CLOSED:
      if (order.installed().position() == 0 && !settled) {
        books.Add(ViolationKind::ORDER_STEP_OUT_OF_ORDER, entry,
                  "closed without a profile", {order.placed().position()});
      }
      return true;
    case v1::EVENT_KIND_ORDER_CANCELLED:
    case v1::EVENT_KIND_ORDER_EXPIRED:
    case v1::EVENT_KIND_ORDER_FAILED:
      if (order.installed().position() != 0 ||
          (order.frozen().position() != 0 && !settled)) {
        books.Add(ViolationKind::ORDER_STEP_OUT_OF_ORDER, entry,
                  "ended after it was installed or frozen",
                  {order.installed().position(), order.frozen().position()});
      }
      ReleaseHolds(order, entry, books);
      return true;
    default:
      return false;
  }
}

void VisitKnown(const AuditEntry& entry, v1::AuditOrder& order,
                AuditBooks& books) {
  switch (entry.event.kind()) {
    case v1::EVENT_KIND_ORDER_READY:
      Ready(entry, order, books);
      return;
    case v1::EVENT_KIND_CODE_REVEALED:
      Reveal(entry, order, books);
      return;
    case v1::EVENT_KIND_DOWNLOAD_PROGRESS:
      Progress(entry, order, books);
      return;
    case v1::EVENT_KIND_PROFILE_INSTALLED:
      Install(entry, order, books);
      return;
    case v1::EVENT_KIND_ORDER_FROZEN:
      *order.mutable_frozen() = entry.Mark();
      return;
    case v1::EVENT_KIND_RECONCILED:
      order.set_reconciled(true);
      return;
    case v1::EVENT_KIND_ALARM:
      if (entry.event.refused_reason() == kWrongEid) {
        order.set_wrong_eid_count(order.wrong_eid_count() + 1);
      } else if (entry.event.refused_reason() == kInstalledWithoutCode) {
        order.set_installed_without_code(true);
      }
      return;
    default:
      return;
  }
}

}  // namespace

void VisitOrder(const AuditEntry& entry, AuditBooks& books) {
  const v1::Event& event = entry.event;
  if (event.kind() == v1::EVENT_KIND_ALARM) CountAlarm(entry, books);
  if (!std::string_view(event.id().aggregate()).starts_with("order/")) return;
  const auto found = books.orders.find(std::string(IdOf(event)));
  if (found == books.orders.end()) {
    const bool over =
        books.sequence.Find(kOrderSource, event.id().aggregate()).ended;
    if (!over) {
      books.Add(event.kind() == v1::EVENT_KIND_CODE_REVEALED
                    ? ViolationKind::REVEAL_WITHOUT_PERMIT
                    : ViolationKind::ORDER_STEP_OUT_OF_ORDER,
                entry, "never placed");
    }
    return;
  }
  v1::AuditOrder& order = found->second;
  CheckUnchanged(entry, order, books);
  CheckAlarmed(entry, order, books);
  VisitKnown(entry, order, books);
  if (End(entry, order, books)) {
    books.sequence.At(kOrderSource, event.id().aggregate()).ended = true;
    books.orders.erase(found);
  }
}

void VisitPermit(const AuditEntry& entry, AuditBooks& books) {
  const v1::Event& event = entry.event;
  const auto session = books.sessions.find(event.session());
  Places places;
  bool outside = event.session() != IdOf(event);
  if (session != books.sessions.end()) {
    places = {session->second.opened().position(),
              session->second.closed().position()};
    outside = outside || !IsAtPlaceOf(event, session->second);
  } else {
    outside = true;
  }
  const std::string once_key = absl::StrCat("permit/", event.order());
  if (event.once_key() != once_key) {
    books.Add(ViolationKind::ONCE_KEY_WRONG, entry, once_key);
  }
  const auto found = books.orders.find(event.order());
  const std::string aggregate = absl::StrCat("order/", event.order());
  if (found == books.orders.end()) {
    // An order that ended while its permit was under way is not revealed.
    if (!books.sequence.Find(kOrderSource, aggregate).ended) {
      books.Add(ViolationKind::PERMIT_WITHOUT_READY, entry, event.order());
    }
  } else {
    v1::AuditOrder& order = found->second;
    if (order.ready().position() == 0 ||
        !Follows(event, kOrderSource, aggregate, order.ready_version())) {
      books.Add(ViolationKind::PERMIT_WITHOUT_READY, entry, event.order(),
                {order.placed().position()});
    }
    if (order.permitted().position() != 0) {
      books.Add(ViolationKind::PERMITTED_TWICE, entry, event.order(),
                {order.permitted().position()});
    }
    outside = outside || order.session() != event.session();
    places.push_back(order.placed().position());
    *order.mutable_permitted() = entry.Mark();
    order.set_permit_event(EventIdText(event.id()));
    order.set_permit_id(event.order_details().permit_id());
    order.set_request_id_sha256(event.order_details().request_id_sha256());
    order.set_permit_display(event.display());
    order.add_chain(entry.index + 1);
  }
  if (outside) {
    books.Add(ViolationKind::PERMIT_OUTSIDE_SESSION, entry, event.session(),
              places);
  }
  if (session == books.sessions.end()) return;
  const v1::AuditSession& record = session->second;
  const auto shift = books.shifts.find(record.shift());
  if (books.CameBefore(record.must_end(), entry)) {
    books.Add(ViolationKind::PERMIT_AFTER_REVOCATION, entry,
              record.must_end_by(), {record.must_end().position()});
  } else if (shift != books.shifts.end() &&
             books.CameBefore(shift->second.closed(), entry)) {
    books.Add(ViolationKind::PERMIT_AFTER_REVOCATION, entry, record.shift(),
              {shift->second.closed().position()});
  } else if (entry.time_us >
             record.opened().time_us() +
                 absl::ToInt64Microseconds(books.options.session_time +
                                           books.options.step_time)) {
    books.Add(ViolationKind::SESSION_OVERTIME, entry, event.session(),
              {record.opened().position()});
  }
}

void CheckOpenOrders(AuditBooks& books) {
  for (const auto& [id, order] : books.orders) {
    if (order.unalarmed_position() != 0) {
      books.findings.Add(ViolationKind::WRONG_EID_NOT_ALARMED,
                         {order.unalarmed_position() - 1},
                         absl::StrCat("order/", id));
    }
  }
}

}  // namespace shiming::ledger
