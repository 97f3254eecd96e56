#include "tools/shiming_terminal/issuance.h"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/crypto/totp.h"
#include "common/status/reason.h"
#include "common/status/status_macros.h"

namespace shiming::shiming_terminal {
namespace {

using boost::asio::awaitable;
using order::v1::ProfileOrderState;

// RFC 6238 section 4.1, X.
constexpr int64_t kTotpStepSeconds = 30;

bool IsEnd(ProfileOrderState state) {
  return state == order::v1::PROFILE_ORDER_STATE_CLOSED ||
         state == order::v1::PROFILE_ORDER_STATE_CANCELLED ||
         state == order::v1::PROFILE_ORDER_STATE_EXPIRED ||
         state == order::v1::PROFILE_ORDER_STATE_FAILED ||
         state == order::v1::PROFILE_ORDER_STATE_FROZEN;
}

bool IsOrdered(ProfileOrderState state) {
  return state != order::v1::PROFILE_ORDER_STATE_ORDERING;
}

bool IsRevealed(ProfileOrderState state) {
  return IsOrdered(state) && state != order::v1::PROFILE_ORDER_STATE_READY &&
         state != order::v1::PROFILE_ORDER_STATE_REVEALING;
}

bool IsInstalled(ProfileOrderState state) {
  return IsEnd(state) || state == order::v1::PROFILE_ORDER_STATE_INSTALLED;
}

// Measures steps one after the other.
class Stages {
 public:
  explicit Stages(std::function<void(const StepReport&)> report)
      : report_(std::move(report)), since_(absl::Now()) {}

  void Done(Step step, std::string text) {
    const absl::Time now = absl::Now();
    reports_.push_back({step, now - since_, std::move(text)});
    since_ = now;
    if (report_) report_(reports_.back());
  }
  std::vector<StepReport> Take() { return std::move(reports_); }

 private:
  const std::function<void(const StepReport&)> report_;
  absl::Time since_;
  std::vector<StepReport> reports_;
};

absl::Status EndedEarly(const order::v1::ProfileOrder& order) {
  return absl::FailedPreconditionError(absl::StrCat(
      "the order ended as ", order::v1::ProfileOrderState_Name(order.state()),
      " ", order.failed_reason(), " ", order.smdp_status_code()));
}

awaitable<absl::StatusOr<Issued>> IssueInSession(ClerkTerminal& terminal,
                                                 const Capture& capture,
                                                 std::string profile_type,
                                                 absl::Time deadline,
                                                 Stages& stages) {
  // 2: the phone first.
  CO_ASSIGN_OR_RETURN(order::v1::CheckDeviceResponse device,
                      co_await terminal.CheckDevice(capture.eid, capture.imei));
  stages.Done(Step::kEvidence,
              absl::StrCat("phone accepted: ", device.model(), ", ",
                           device.live_count(), " number(s) on it"));

  // 3: card, face, authority.
  CO_ASSIGN_OR_RETURN(identity::v1::Verification verification,
                      co_await terminal.Verify(capture));
  if (verification.decision() != identity::v1::DECISION_APPROVED) {
    const std::optional<Reason> reason =
        ReasonByName(verification.refused_reason());
    co_return MakeError(reason.value_or(Reason::INTERNAL_ERROR),
                        "the identity check refused");
  }
  stages.Done(Step::kVerify,
              absl::StrCat("identity approved: ", verification.masked_name(),
                           " ", verification.masked_number()));

  // 4: number.
  CO_ASSIGN_OR_RETURN(order::v1::Reservation reservation,
                      co_await terminal.ReserveAnyNumber());
  stages.Done(Step::kChoose,
              absl::StrCat("number reserved: *******",
                           reservation.msisdn().substr(
                               reservation.msisdn().size() - 4)));

  // 5: order; the SM-DP+ is asked behind it.
  CO_ASSIGN_OR_RETURN(order::v1::ProfileOrder order,
                      co_await terminal.CreateOrder(std::move(profile_type)));
  CO_ASSIGN_OR_RETURN(order, co_await terminal.WaitForOrder(
                                 order.order_id(), deadline, &IsOrdered));
  if (IsEnd(order.state()) ||
      order.state() == order::v1::PROFILE_ORDER_STATE_CANCELLING) {
    co_return EndedEarly(order);
  }
  stages.Done(Step::kOrder,
              absl::StrCat("profile ready at the SM-DP+: ", order.iccid()));

  // 6: the display shows the code; the terminal only sees that it did.
  CO_ASSIGN_OR_RETURN(order, co_await terminal.WaitForOrder(
                                 order.order_id(), deadline, &IsRevealed));
  stages.Done(Step::kReveal, "code shown on the customer display");

  // 7: the phone downloads.
  CO_ASSIGN_OR_RETURN(order, co_await terminal.WaitForOrder(
                                 order.order_id(), deadline, &IsInstalled));
  if (order.state() != order::v1::PROFILE_ORDER_STATE_INSTALLED &&
      order.state() != order::v1::PROFILE_ORDER_STATE_CLOSED) {
    co_return EndedEarly(order);
  }
  stages.Done(Step::kDownload, "profile installed");

  // 8: receipt; the caller closes.
  CO_ASSIGN_OR_RETURN(order::v1::GetReceiptResponse receipt,
                      co_await terminal.GetReceipt(order.order_id()));
  Issued issued;
  issued.order = std::move(order);
  issued.receipt = std::move(receipt);
  co_return issued;
}

}  // namespace

std::string_view NameOf(Step step) {
  switch (step) {
    case Step::kShift:
      return "shift";
    case Step::kSession:
      return "session";
    case Step::kEvidence:
      return "evidence";
    case Step::kVerify:
      return "verify";
    case Step::kChoose:
      return "choose";
    case Step::kOrder:
      return "order";
    case Step::kReveal:
      return "reveal";
    case Step::kDownload:
      return "download";
    case Step::kClose:
      return "close";
  }
  return "";
}

awaitable<absl::StatusOr<terminal::v1::Shift>> SignInWithTotp(
    ClerkTerminal& terminal, const ClerkCredentials& credentials,
    const Clock& clock) {
  const int64_t step = absl::ToUnixSeconds(clock.Now()) / kTotpStepSeconds;
  absl::StatusOr<terminal::v1::Shift> shift =
      co_await terminal.SignIn(credentials.clerk_id, credentials.password,
                               crypto::Totp(credentials.totp_seed, step));
  if (!HasReason(shift.status(), Reason::TOTP_USED)) co_return shift;

  const absl::Time next = absl::FromUnixSeconds((step + 1) * kTotpStepSeconds);
  boost::asio::steady_timer timer(
      co_await boost::asio::this_coro::executor,
      absl::ToChronoMilliseconds(next - clock.Now() + absl::Milliseconds(50)));
  co_await timer.async_wait(boost::asio::use_awaitable);
  co_return co_await terminal.SignIn(
      credentials.clerk_id, credentials.password,
      crypto::Totp(credentials.totp_seed, step + 1));
}

awaitable<absl::StatusOr<Issued>> Issue(
    ClerkTerminal& terminal, const Capture& capture, std::string profile_type,
    absl::Time deadline, std::function<void(const StepReport&)> report) {
  Stages stages(std::move(report));
  // 1: one customer.
  CO_ASSIGN_OR_RETURN(terminal::v1::Session session,
                      co_await terminal.StartSession());
  stages.Done(Step::kSession,
              absl::StrCat("session ", session.session_id(), " with display ",
                           session.display_id()));
  absl::StatusOr<Issued> issued = co_await IssueInSession(
      terminal, capture, std::move(profile_type), deadline, stages);
  const absl::Status closed = (co_await terminal.CloseSession()).status();
  if (!issued.ok()) co_return issued.status();
  if (!closed.ok()) co_return closed;
  stages.Done(Step::kClose, "receipt fetched, session closed");
  issued->steps = stages.Take();
  co_return issued;
}

}  // namespace shiming::shiming_terminal
