#include "services/profile_order/core/order_machine.h"

#include <algorithm>

#include "common/ids/ids.h"
#include "common/status/reason.h"
#include "common/status/status_macros.h"

namespace shiming::profile_order {
namespace {

using smdp::Answer;
using smdp::Function;
using MaybeChange = absl::StatusOr<std::optional<Change>>;

constexpr std::string_view kSmdpRefused = "SMDP_REFUSED";

// The subject and the reason of "8.2.1/3.9".
std::pair<std::string_view, std::string_view> Split(std::string_view code) {
  const size_t slash = code.find('/');
  if (slash == std::string_view::npos) return {code, {}};
  return {code.substr(0, slash), code.substr(slash + 1)};
}

// Execution error and inaccessible pass by themselves (sgp22 reference, 11).
bool IsTransient(std::string_view code) {
  const std::string_view reason = Split(code).second;
  return reason == "4.2" || reason == "5.1";
}

// The SM-DP+ says that its profile is beyond what was asked for.
bool IsInvalidState(std::string_view code) {
  const auto [subject, reason] = Split(code);
  return (reason == "3.5" || reason == "3.3") &&
         (subject == "8.2.1" || subject == "8.2" || subject == "1.6");
}

// Codes of terminal cancels and limits: the download is over for good (SGP.22
// v2.2 tables 32b and 32c).
bool EndsDownload(std::string_view code) {
  for (std::string_view end :
       {"8.8.5/3.8", "8.2.8/1.2", "8.2.9/3.11", "8.2.10/4.2", "8/4.2",
        "8.8.5/6.4", "8.2.7/6.4"}) {
    if (code == end) return true;
  }
  return false;
}

Effect& EffectOf(Order& order, Function function, Effect& ignored) {
  switch (function) {
    case Function::kDownloadOrder:
      return order.download;
    case Function::kConfirmOrder:
      return order.confirm;
    case Function::kReleaseProfile:
      return order.release;
    case Function::kCancelOrder:
      return ignored;
  }
  return ignored;
}

void MarkUnknown(Order& order) {
  order.call->state = CallState::kUnknown;
  order.any_unknown = true;
  Effect ignored = Effect::kNone;
  Effect& effect = EffectOf(order, order.call->function, ignored);
  effect = std::max(effect, Effect::kMaybe);
}

// From the moment an attempt may be sent it may take effect.
void MarkSent(Order& order) {
  order.call->state = CallState::kSent;
  Effect ignored = Effect::kNone;
  Effect& effect = EffectOf(order, order.call->function, ignored);
  effect = std::max(effect, Effect::kMaybe);
}

// The attempt did not take effect, nor did an earlier one.
void MarkWithoutEffect(Order& order) {
  if (order.call->earlier_unknown) return;
  Effect ignored = Effect::kNone;
  EffectOf(order, order.call->function, ignored) = Effect::kNone;
}

void MarkDone(Order& order) {
  order.call->state = CallState::kDone;
  Effect ignored = Effect::kNone;
  EffectOf(order, order.call->function, ignored) = Effect::kCertain;
}

// True for a call that ended without an answer that settles it.
bool NeedsRepeat(const Order& order) {
  if (!order.call.has_value()) return false;
  switch (order.call->state) {
    case CallState::kUnknown:
    case CallState::kNotSent:
      return true;
    case CallState::kRefused:
      return order.transient_count > 0 && IsTransient(order.call->status_code);
    default:
      return false;
  }
}

void Worsen(Order& order, IccidFate fate) {
  order.fate = std::max(order.fate, fate);
}

absl::Status Ended() {
  return MakeError(Reason::ORDER_ENDED, "the order has ended");
}

}  // namespace

void OrderMachine::Place(Order& order, int64_t now_us) const {
  Change change{.order = order};
  change.order.state = OrderState::kOrdering;
  change.order.created_us = now_us;
  change.order.state_us = now_us;
  StartCall(change, Function::kDownloadOrder, now_us);
  order = std::move(change.order);
}

void OrderMachine::Enter(Change& change, OrderState state,
                         int64_t now_us) const {
  change.order.state = state;
  change.order.state_us = now_us;
  change.order.expire_us = 0;
}

void OrderMachine::StartCall(Change& change, Function function,
                             int64_t now_us) const {
  SmdpCall call;
  call.number =
      change.order.call.has_value() ? change.order.call->number + 1 : 1;
  call.function = function;
  call.call_id = NewUuid(deps_.random);
  call.sender = deps_.run_id;
  call.sent_us = now_us;
  change.order.ended_call = std::move(change.order.call);
  change.order.call = std::move(call);
  change.order.transient_count = 0;
  MarkSent(change.order);
}

void OrderMachine::RepeatCall(Change& change, int64_t now_us) const {
  SmdpCall& call = *change.order.call;
  call.earlier_unknown |= call.state == CallState::kUnknown;
  call.attempt += 1;
  call.sender = deps_.run_id;
  call.sent_us = now_us;
  call.status_code.clear();
  MarkSent(change.order);
}

void OrderMachine::AddAlarm(Change& change, std::string_view reason,
                            std::string_view status_code) const {
  change.events.push_back(
      deps_.events.Alarm(change.order, reason, status_code));
}

void OrderMachine::End(Change& change, int64_t now_us) const {
  Order& order = change.order;
  if (order.any_unknown) Worsen(order, IccidFate::kHeld);
  if (order.release != Effect::kNone) Worsen(order, IccidFate::kUnavailable);
  switch (order.cause) {
    case EndCause::kExpired:
      Enter(change, OrderState::kExpired, now_us);
      break;
    case EndCause::kSmdpRefused:
    case EndCause::kInstallFailed:
      Enter(change, OrderState::kFailed, now_us);
      break;
    default:
      Enter(change, OrderState::kCancelled, now_us);
      break;
  }
  change.number = NumberEffect::kFree;
  switch (order.fate) {
    case IccidFate::kAvailable:
      change.iccid = IccidEffect::kAvailable;
      break;
    case IccidFate::kHeld:
      change.iccid = IccidEffect::kHeld;
      break;
    case IccidFate::kUnavailable:
      change.iccid = IccidEffect::kUnavailable;
      break;
  }
  change.person_delta = -1;
  change.eid_delta = -1;
  change.events.push_back(deps_.events.Ended(order));
}

void OrderMachine::Freeze(Change& change, std::string_view reason,
                          int64_t now_us) const {
  Enter(change, OrderState::kFrozen, now_us);
  change.order.failed_reason = std::string(reason);
  change.iccid = IccidEffect::kHeld;
  change.events.push_back(deps_.events.Ended(change.order));
}

void OrderMachine::StartCancel(Change& change, EndCause cause,
                               int64_t now_us) const {
  if (change.order.cause == EndCause::kNone) change.order.cause = cause;
  Enter(change, OrderState::kCancelling, now_us);
  const bool in_flight = change.order.call.has_value() &&
                         change.order.call->state == CallState::kSent;
  if (!in_flight) GoOnCancelling(change, now_us);
}

// In CANCELLING with no call in flight.
void OrderMachine::GoOnCancelling(Change& change, int64_t now_us) const {
  Order& order = change.order;
  const bool repeat = NeedsRepeat(order);
  const Function last =
      order.call.has_value() ? order.call->function : Function::kDownloadOrder;
  if (order.download == Effect::kNone) {
    // It is certain that no downloadOrder took effect: nothing to cancel.
    End(change, now_us);
  } else if (repeat && (last == Function::kDownloadOrder ||
                        last == Function::kCancelOrder)) {
    // A lost downloadOrder is settled first: it may be repeated as it is, and
    // only then does cancelOrder's answer mean something.
    RepeatCall(change, now_us);
  } else {
    StartCall(change, Function::kCancelOrder, now_us);
  }
}

// The SM-DP+ refused what the order needs.
void OrderMachine::Refused(Change& change, int64_t now_us) const {
  Order& order = change.order;
  if (order.state == OrderState::kCancelling) {
    GoOnCancelling(change, now_us);
    return;
  }
  if (order.state != OrderState::kOrdering &&
      order.state != OrderState::kRevealing) {
    return;  // INSTALLED or FROZEN meanwhile: only recorded
  }
  order.failed_reason = std::string(kSmdpRefused);
  order.status_code = order.call->status_code;
  StartCancel(change, EndCause::kSmdpRefused, now_us);
}

bool OrderMachine::HasCallOfAnotherRun(const Order& order) const {
  return order.call.has_value() && order.call->sender != deps_.run_id &&
         (order.call->state == CallState::kSent || NeedsRepeat(order));
}

MaybeChange OrderMachine::Advance(const Order& order, bool unsent_is_mine,
                                  int64_t now_us,
                                  std::string_view ended_run) const {
  if (HasCallOfAnotherRun(order) && order.call->sender != ended_run &&
      now_us < order.call->sent_us + absl::ToInt64Microseconds(kCallInFlight)) {
    return std::nullopt;
  }
  Change change{.order = order};
  bool changed = false;
  if (order.call.has_value() && order.call->state == CallState::kSent) {
    if (unsent_is_mine && order.call->sender == deps_.run_id) {
      return std::nullopt;  // the worker sends it now
    }
    MarkUnknown(change.order);
    changed = true;
  }
  const bool late = order.expire_us != 0 && now_us >= order.expire_us;
  switch (order.state) {
    case OrderState::kOrdering:
    case OrderState::kRevealing:
      if (NeedsRepeat(change.order)) {
        RepeatCall(change, now_us);
        changed = true;
      }
      break;
    case OrderState::kReady:
    case OrderState::kRevealed:
      if (late) {
        StartCancel(change, EndCause::kExpired, now_us);
        changed = true;
      }
      break;
    case OrderState::kDownloading:
      if (late && order.cancel_refused_us != 0) {
        Freeze(change, "INSTALL_UNKNOWN", now_us);
        changed = true;
      } else if (late) {
        StartCancel(change, EndCause::kExpired, now_us);
        changed = true;
      }
      break;
    case OrderState::kInstalled:
      if (order.session_over || late) {
        Enter(change, OrderState::kClosed, now_us);
        change.events.push_back(deps_.events.Ended(change.order));
        changed = true;
      }
      break;
    case OrderState::kCancelling:
      if (late) {
        Freeze(change, "INSTALL_UNKNOWN", now_us);
        changed = true;
      } else if (order.expire_us == 0) {
        GoOnCancelling(change, now_us);
        changed = true;
      }
      break;
    default:
      break;
  }
  if (!changed) return std::nullopt;
  return change;
}

MaybeChange OrderMachine::OnAnswer(const Order& order, int64_t call_number,
                                   int64_t attempt, const Answer& answer,
                                   int64_t now_us) const {
  Change change{.order = order};
  const bool current =
      order.call.has_value() && order.call->number == call_number &&
      order.call->attempt == attempt && order.call->sender == deps_.run_id &&
      order.call->state == CallState::kSent;
  CallState state = CallState::kUnknown;
  switch (answer.kind) {
    case Answer::Kind::kDone:
      state = CallState::kDone;
      break;
    case Answer::Kind::kRefused:
      state = CallState::kRefused;
      break;
    case Answer::Kind::kNotSent:
      state = CallState::kNotSent;
      break;
    case Answer::Kind::kUnknown:
      break;
  }
  if (!current) {
    change.observation = Observation{.call_number = call_number,
                                     .attempt = attempt,
                                     .state = state,
                                     .status_code = answer.StatusCode()};
    return change;
  }
  SmdpCall& call = *change.order.call;
  call.state = state;
  call.status_code = answer.StatusCode();
  switch (answer.kind) {
    case Answer::Kind::kNotSent:
      MarkWithoutEffect(change.order);
      break;  // Advance repeats it
    case Answer::Kind::kUnknown:
      MarkUnknown(change.order);
      break;
    case Answer::Kind::kDone:
      RETURN_IF_ERROR(OnDone(change, answer, now_us));
      break;
    case Answer::Kind::kRefused:
      if (IsTransient(call.status_code) &&
          change.order.transient_count < kMaxTransientRefusals) {
        change.order.transient_count += 1;  // Advance repeats it
        break;
      }
      if (!IsTransient(call.status_code)) MarkWithoutEffect(change.order);
      change.order.transient_count = 0;
      RETURN_IF_ERROR(OnRefused(change, now_us));
      break;
  }
  return change;
}

absl::Status OrderMachine::OnDone(Change& change, const Answer& answer,
                                  int64_t now_us) const {
  Order& order = change.order;
  const Function function = order.call->function;
  const bool cancelling = order.state == OrderState::kCancelling;
  MarkDone(order);
  switch (function) {
    case Function::kDownloadOrder:
      if (!answer.iccid.empty() && answer.iccid != order.iccid) {
        AddAlarm(change, "SMDP_OTHER_ICCID", "");
        Refused(change, now_us);
      } else if (cancelling) {
        GoOnCancelling(change, now_us);
      } else if (order.state == OrderState::kOrdering) {
        StartCall(change, Function::kConfirmOrder, now_us);
      }
      return absl::OkStatus();
    case Function::kConfirmOrder: {
      ASSIGN_OR_RETURN(const OrderSecrets secrets, deps_.vault.Open(order));
      const bool other_id = !answer.matching_id.empty() &&
                            !answer.matching_id.Equals(secrets.matching_id);
      const bool other_eid = !answer.eid.empty() && answer.eid != order.eid;
      if (other_id || other_eid) {
        AddAlarm(change,
                 other_eid ? "SMDP_OTHER_EID" : "SMDP_OTHER_MATCHING_ID", "");
        Refused(change, now_us);
      } else if (cancelling) {
        GoOnCancelling(change, now_us);
      } else if (order.state == OrderState::kOrdering) {
        return Confirmed(change, answer.smdp_address, now_us);
      }
      return absl::OkStatus();
    }
    case Function::kReleaseProfile:
      if (cancelling) {
        GoOnCancelling(change, now_us);
      } else if (order.state == OrderState::kRevealing) {
        return Released(change, now_us);
      }
      return absl::OkStatus();
    case Function::kCancelOrder:
      if (cancelling) {
        End(change, now_us);
      } else if (order.state != OrderState::kFrozen) {
        AddAlarm(change, "CANCELLED_AFTER_INSTALL", "");
      }
      return absl::OkStatus();
  }
  return absl::OkStatus();
}

absl::Status OrderMachine::OnRefused(Change& change, int64_t now_us) const {
  switch (change.order.call->function) {
    case Function::kDownloadOrder:
      OnDownloadRefused(change, now_us);
      return absl::OkStatus();
    case Function::kConfirmOrder:
      return OnConfirmRefused(change, now_us);
    case Function::kReleaseProfile:
      return OnReleaseRefused(change, now_us);
    case Function::kCancelOrder:
      OnCancelRefused(change, now_us);
      return absl::OkStatus();
  }
  return absl::OkStatus();
}

void OrderMachine::OnDownloadRefused(Change& change, int64_t now_us) const {
  Order& order = change.order;
  const std::string code = order.call->status_code;
  if (code == "8.2.1/3.3" && order.call->earlier_unknown) {
    // After a lost answer this may be our own order: confirmOrder tells.
    order.download = Effect::kMaybe;
    if (order.state == OrderState::kCancelling) {
      GoOnCancelling(change, now_us);
    } else if (order.state == OrderState::kOrdering) {
      StartCall(change, Function::kConfirmOrder, now_us);
    }
    return;
  }
  if (code == "8.2.1/3.9") {
    Worsen(order, IccidFate::kUnavailable);
  } else if (code == "8.2.1/3.3" || code == "8.2.1/1.2") {
    Worsen(order, IccidFate::kHeld);
  }
  if (code == "8.2.1/3.9" || code == "8.2.1/3.3" || code == "8.2.1/1.2" ||
      code == "8.2.5/3.7") {
    AddAlarm(change, "INVENTORY_MISMATCH", code);
  }
  Refused(change, now_us);
}

absl::Status OrderMachine::OnConfirmRefused(Change& change,
                                            int64_t now_us) const {
  Order& order = change.order;
  const std::string code = order.call->status_code;
  const bool lost = order.call->earlier_unknown;
  const bool ordering = order.state == OrderState::kOrdering;
  if (lost && (code == "8.2.6/3.3" ||
               (IsInvalidState(code) && order.download == Effect::kCertain))) {
    // Our own earlier confirmOrder took effect: the ID was freshly random and
    // never sent elsewhere, the ICCID's order is ours.
    order.confirm = Effect::kCertain;
    order.download = Effect::kCertain;
    if (ordering) return Confirmed(change, "", now_us);
    if (order.state == OrderState::kCancelling) GoOnCancelling(change, now_us);
    return absl::OkStatus();
  }
  if (!lost && code == "8.2.6/3.3" && ordering &&
      order.matching_id_count < kMaxMatchingIds) {
    ASSIGN_OR_RETURN(OrderSecrets secrets, deps_.vault.Open(order));
    secrets.matching_id = deps_.vault.NewMatchingId();
    RETURN_IF_ERROR(deps_.vault.Seal(secrets, order));
    order.matching_id_count += 1;
    StartCall(change, Function::kConfirmOrder, now_us);
    return absl::OkStatus();
  }
  if (code == "8.1.1/3.10") {
    AddAlarm(change, "SMDP_OTHER_EID", code);
    // The order on this ICCID is for another EID, so it is not ours and must
    // not be cancelled.
    if (order.download == Effect::kMaybe) {
      order.download = Effect::kNone;
      Worsen(order, IccidFate::kHeld);
    }
  } else if (code == "8.2.1/3.9" || code == "8.2.1/1.2") {
    AddAlarm(change, "INVENTORY_MISMATCH", code);
    Worsen(order,
           code == "8.2.1/3.9" ? IccidFate::kUnavailable : IccidFate::kHeld);
    if (code == "8.2.1/3.9" && order.download == Effect::kMaybe) {
      order.download = Effect::kNone;
    }
  }
  Refused(change, now_us);
  return absl::OkStatus();
}

absl::Status OrderMachine::OnReleaseRefused(Change& change,
                                            int64_t now_us) const {
  Order& order = change.order;
  const std::string code = order.call->status_code;
  if (code == "8.2.1/3.5" && order.call->earlier_unknown) {
    // Released by the lost attempt, and the phone has gone on since.
    order.release = Effect::kCertain;
    if (order.state == OrderState::kRevealing) return Released(change, now_us);
  } else {
    AddAlarm(change, "RELEASE_REFUSED", code);
  }
  Refused(change, now_us);
  return absl::OkStatus();
}

void OrderMachine::OnCancelRefused(Change& change, int64_t now_us) const {
  Order& order = change.order;
  const std::string code = order.call->status_code;
  const std::string_view reason = Split(code).second;
  if (order.state != OrderState::kCancelling) return;  // the download won
  const bool lost = order.call->earlier_unknown;
  const bool unknown_iccid = code == "8.2.1/3.9";
  if (order.release == Effect::kNone) {
    // Nobody can have downloaded it.
    const bool gone = reason == "3.9" || IsInvalidState(code) ||
                      code == "8.2.1/3.10" || code == "8.1.1/3.10";
    if (order.confirm == Effect::kMaybe && code == "8.2.6/3.10") {
      // The lost confirmOrder did not take effect: no matching ID to name.
      order.confirm = Effect::kNone;
      StartCall(change, Function::kCancelOrder, now_us);
      return;
    }
    if (gone && (lost || order.download == Effect::kMaybe)) {
      // The lost cancelOrder took effect, or the lost downloadOrder did not.
      Worsen(order, unknown_iccid ? IccidFate::kUnavailable : IccidFate::kHeld);
      End(change, now_us);
      return;
    }
  } else if (lost && unknown_iccid) {
    Worsen(order, IccidFate::kUnavailable);
    End(change, now_us);
    return;
  }
  AddAlarm(change, "CANCEL_REFUSED", code);
  order.status_code = code;
  if (code != "8.2.1/3.3") {
    Freeze(change, "CANCEL_REFUSED", now_us);
    return;
  }
  // Downloaded already: an install notice settles it, else it is frozen.
  if (order.cancel_refused_us == 0) order.cancel_refused_us = now_us;
  if (order.release != Effect::kNone) {
    Enter(change, OrderState::kDownloading, now_us);
  }
  order.expire_us =
      order.cancel_refused_us + absl::ToInt64Microseconds(deps_.times.install);
}

absl::Status OrderMachine::Confirmed(Change& change,
                                     std::string_view smdp_address,
                                     int64_t now_us) const {
  Order& order = change.order;
  order.smdp_address = std::string(smdp_address);
  if (order.smdp_address.empty()) {
    const auto agreed = deps_.default_addresses.find(order.smdp);
    if (agreed != deps_.default_addresses.end()) {
      order.smdp_address = agreed->second;
    }
  }
  if (!deps_.vault.CodeOf(order).ok()) {
    // No activation code can be made of what the SM-DP+ answered.
    AddAlarm(change, "SMDP_BAD_ADDRESS", "");
    order.smdp_address.clear();
    Refused(change, now_us);
    return absl::OkStatus();
  }
  Enter(change, OrderState::kReady, now_us);
  order.expire_us = now_us + absl::ToInt64Microseconds(deps_.times.ready);
  change.events.push_back(deps_.events.Ready(order));
  return absl::OkStatus();
}

absl::Status OrderMachine::Released(Change& change, int64_t now_us) const {
  Order& order = change.order;
  ASSIGN_OR_RETURN(order.code_commitment, deps_.vault.CodeCommitmentOf(order));
  Enter(change, OrderState::kRevealed, now_us);
  order.code_expire_us = now_us + absl::ToInt64Microseconds(deps_.times.code);
  order.expire_us = order.code_expire_us;
  change.events.push_back(deps_.events.Revealed(order));
  return absl::OkStatus();
}

absl::Status OrderMachine::CheckReveal(const Order& order,
                                       const std::string& request_id,
                                       int64_t now_us) const {
  switch (order.state) {
    case OrderState::kOrdering:
      return MakeError(Reason::ORDER_NOT_READY, "the SM-DP+ has not confirmed");
    case OrderState::kReady:
      break;
    case OrderState::kRevealing:
    case OrderState::kRevealed:
      if (order.reveal_request_id != request_id) {
        return MakeError(Reason::REVEAL_TAKEN, "another request reveals it");
      }
      break;
    case OrderState::kDownloading:
    case OrderState::kInstalled:
    case OrderState::kClosed:
      return MakeError(Reason::CODE_USED, "the download has begun");
    default:
      return MakeError(Reason::CODE_DEAD, "the order has ended");
  }
  if (order.session_over) {
    return MakeError(Reason::CODE_DEAD, "the session is over");
  }
  if (order.expire_us != 0 && now_us >= order.expire_us) {
    return MakeError(Reason::CODE_DEAD, "its time has run out");
  }
  return absl::OkStatus();
}

MaybeChange OrderMachine::Reveal(const Order& order, const RevealPermit& permit,
                                 int64_t now_us) const {
  RETURN_IF_ERROR(CheckReveal(order, permit.request_id, now_us));
  if (order.state != OrderState::kReady) return std::nullopt;
  Change change{.order = order};
  change.order.reveal_request_id = permit.request_id;
  change.order.permit_id = permit.permit_id;
  change.order.permit_event = permit.event;
  Enter(change, OrderState::kRevealing, now_us);
  StartCall(change, Function::kReleaseProfile, now_us);
  return change;
}

MaybeChange OrderMachine::Cancel(const Order& order, EndCause cause,
                                 int64_t now_us) const {
  switch (order.state) {
    case OrderState::kOrdering:
    case OrderState::kReady:
    case OrderState::kRevealing:
    case OrderState::kRevealed:
      break;
    case OrderState::kCancelling:
      return std::nullopt;
    case OrderState::kDownloading:
    case OrderState::kInstalled:
      return MakeError(Reason::ORDER_DOWNLOADING, "the download has begun");
    case OrderState::kFrozen:
      return MakeError(Reason::ORDER_IS_FROZEN, "two admins must settle it");
    default:
      return Ended();
  }
  Change change{.order = order};
  StartCancel(change, cause, now_us);
  return change;
}

MaybeChange OrderMachine::OnSessionEnd(const Order& order, EndCause cause,
                                       int64_t now_us) const {
  if (order.session_over || IsEnd(order.state)) return std::nullopt;
  Change change{.order = order};
  change.order.session_over = true;
  switch (order.state) {
    case OrderState::kOrdering:
    case OrderState::kReady:
    case OrderState::kRevealing:
    case OrderState::kRevealed:
      StartCancel(change, cause, now_us);
      break;
    default:
      break;
  }
  return change;
}

MaybeChange OrderMachine::OnNotice(const Order& order,
                                   const DownloadNotice& notice,
                                   int64_t now_us) const {
  Change change{.order = order};
  Order& after = change.order;
  const OrderState state = order.state;
  const bool released = order.release != Effect::kNone;
  const bool live =
      state == OrderState::kOrdering || state == OrderState::kReady ||
      state == OrderState::kRevealed || state == OrderState::kDownloading;
  const auto record = [&] {
    change.events.push_back(deps_.events.Progress(after, notice));
  };

  if (!notice.success && notice.point == kPointEligibility &&
      notice.status_code == "8.1.1/3.8") {
    // Another phone asked and was refused there.
    AddAlarm(change, "WRONG_EID", notice.status_code);
    after.wrong_eid_count += 1;
    if (live && after.wrong_eid_count >= kWrongEidLimit) {
      after.failed_reason = "WRONG_EID";
      StartCancel(change, EndCause::kWrongEid, now_us);
    }
    return change;
  }

  if (IsEnd(state)) {
    if (state == OrderState::kClosed || !notice.success ||
        notice.point != kPointInstallation) {
      return std::nullopt;
    }
    AddAlarm(change, "INSTALLED_AFTER_END", notice.status_code);
    return change;
  }

  const bool begins = notice.success && (notice.point == kPointEligibility ||
                                         notice.point == kPointDownload);
  const bool installs = notice.success && notice.point == kPointInstallation;
  if ((begins || installs) && !released && state != OrderState::kFrozen) {
    // A download of what was never released: the SM-DP+ is not to be trusted.
    record();
    AddAlarm(change, "DOWNLOAD_BEFORE_RELEASE", notice.status_code);
    Freeze(change, "DOWNLOAD_BEFORE_RELEASE", now_us);
    return change;
  }
  if (installs) {
    switch (state) {
      case OrderState::kRevealed:
      case OrderState::kDownloading:
      case OrderState::kCancelling:
        if (order.revealed_version == 0) {
          AddAlarm(change, "INSTALLED_WITHOUT_CODE", "");
        }
        Enter(change, OrderState::kInstalled, now_us);
        after.expire_us = now_us + absl::ToInt64Microseconds(deps_.times.close);
        after.cause = EndCause::kNone;
        after.failed_reason.clear();
        after.status_code.clear();
        change.iccid = IccidEffect::kInstalled;
        change.events.push_back(deps_.events.Installed(after, notice));
        return change;
      default:  // INSTALLED, FROZEN
        record();
        return change;
    }
  }
  if (begins) {
    if (state == OrderState::kRevealed) {
      const int64_t expire_us = order.expire_us;
      Enter(change, OrderState::kDownloading, now_us);
      after.expire_us = expire_us;
    }
    record();
    return change;
  }
  record();
  if (notice.success) return change;
  const bool over =
      notice.point == kPointInstallation || EndsDownload(notice.status_code);
  if (over &&
      (state == OrderState::kRevealed || state == OrderState::kDownloading)) {
    after.failed_reason = "INSTALL_FAILED";
    after.status_code = notice.status_code;
    after.cancel_refused_us = 0;
    StartCancel(change, EndCause::kInstallFailed, now_us);
  } else if (over && state == OrderState::kInstalled) {
    AddAlarm(change, "FAILED_AFTER_INSTALL", notice.status_code);
  } else if (!over && state == OrderState::kDownloading &&
             order.cancel_refused_us == 0 &&
             (notice.point == kPointEligibility ||
              notice.point == kPointDownload)) {
    const int64_t expire_us = order.expire_us;
    Enter(change, OrderState::kRevealed, now_us);
    after.expire_us = expire_us;
  }
  return change;
}

}  // namespace shiming::profile_order
