#include "tests/fault/issuance_load.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/status/reason.h"
#include "common/status/status_macros.h"
#include "tools/shiming_terminal/patience.h"
#include "tools/shiming_terminal/synthetic_stock.h"

namespace shiming::fault {
namespace {

using boost::asio::awaitable;
using e2e::ShopFloor;
using order::v1::ProfileOrder;
using order::v1::ProfileOrderState;
using shiming_terminal::SyntheticCustomer;

constexpr int kThreads = 2;
// Longer than any restart takes here.
constexpr absl::Duration kPatience = absl::Seconds(90);
// A display's own call; after it the display asks again.
constexpr absl::Duration kDisplayCall = absl::Seconds(3);
// Of so many customers one goes without a number.
constexpr size_t kMindChangers = 8;

bool IsPastOrdering(ProfileOrderState state) {
  return state != order::v1::PROFILE_ORDER_STATE_ORDERING;
}

bool IsOver(ProfileOrderState state) {
  return state == order::v1::PROFILE_ORDER_STATE_INSTALLED ||
         state == order::v1::PROFILE_ORDER_STATE_CLOSED ||
         state == order::v1::PROFILE_ORDER_STATE_CANCELLED ||
         state == order::v1::PROFILE_ORDER_STATE_EXPIRED ||
         state == order::v1::PROFILE_ORDER_STATE_FAILED ||
         state == order::v1::PROFILE_ORDER_STATE_FROZEN;
}

absl::Status ExpectState(const ProfileOrder& order, ProfileOrderState state) {
  if (order.state() == state) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrCat("order ", order.order_id(), " is ",
                   order::v1::ProfileOrderState_Name(order.state()), ", not ",
                   order::v1::ProfileOrderState_Name(state), ": ",
                   order.failed_reason(), " ", order.smdp_status_code()));
}

absl::Status In(const char* step, const absl::Status& status) {
  return absl::Status(status.code(),
                      absl::StrCat(step, ": ",
                                   std::string(status.message().data(),
                                               status.message().size())));
}

}  // namespace

IssuanceLoad::IssuanceLoad(e2e::Cluster& cluster)
    : cluster_(cluster),
      pool_(std::make_shared<boost::asio::thread_pool>(kThreads)),
      gate_([this] { Notify(); }) {}

absl::StatusOr<std::unique_ptr<IssuanceLoad>> IssuanceLoad::Open(
    e2e::Cluster& cluster, int counters) {
  auto load = std::unique_ptr<IssuanceLoad>(new IssuanceLoad(cluster));
  for (int i = 0; i < counters; ++i) {
    ASSIGN_OR_RETURN(const e2e::Counter counter, cluster.NewCounter());
    ASSIGN_OR_RETURN(
        std::unique_ptr<ShopFloor> floor,
        ShopFloor::Open(cluster, counter,
                        {.pool = load->pool_, .patience = kPatience}));
    RETURN_IF_ERROR(floor->SignIn());
    load->floors_.push_back(std::move(floor));
  }
  return load;
}

IssuanceLoad::~IssuanceLoad() {
  GoOn();
  WaitUntilOver(absl::InfiniteDuration());
  // Stubs and clients end on the pool.
  floors_.clear();
  pool_->join();
}

void IssuanceLoad::Start(int visits) {
  const size_t first = visits_.size();
  for (int i = 0; i < visits; ++i) {
    Visit& visit = visits_.emplace_back();
    visit.changes_mind = visits_.size() % kMindChangers == 0;
  }
  {
    std::lock_guard<std::mutex> lock(mutex_);
    steps_ = 0;
    serving_ = floors_.size();
  }
  for (size_t i = 0; i < floors_.size(); ++i) {
    boost::asio::co_spawn(pool_->get_executor(),
                          ServeAll(*floors_[i], first + i, visits_.size()),
                          boost::asio::detached);
  }
}

void IssuanceLoad::WaitForSteps(int steps, absl::Duration limit) {
  std::unique_lock<std::mutex> lock(mutex_);
  changed_.wait_for(lock, absl::ToChronoMilliseconds(limit),
                    [&] { return steps_ >= steps || serving_ == 0; });
}

bool IssuanceLoad::WaitUntilHeld(absl::Duration limit) {
  std::unique_lock<std::mutex> lock(mutex_);
  return changed_.wait_for(lock, absl::ToChronoMilliseconds(limit),
                           [&] { return gate_.waiting() >= serving_; });
}

bool IssuanceLoad::WaitUntilOver(absl::Duration limit) {
  std::unique_lock<std::mutex> lock(mutex_);
  const auto over = [&] { return serving_ == 0; };
  if (limit == absl::InfiniteDuration()) {
    changed_.wait(lock, over);
    return true;
  }
  return changed_.wait_for(lock, absl::ToChronoMilliseconds(limit), over);
}

void IssuanceLoad::Notify() {
  // Under the lock, so that nobody who is about to wait misses it.
  std::lock_guard<std::mutex> lock(mutex_);
  changed_.notify_all();
}

awaitable<void> IssuanceLoad::Step() {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    ++steps_;
    changed_.notify_all();
  }
  co_await gate_.Pass();
}

awaitable<void> IssuanceLoad::ServeAll(ShopFloor& floor, size_t first,
                                       size_t end) {
  for (size_t i = first; i < end; i += floors_.size()) {
    co_await gate_.Pass();
    Visit& visit = visits_[i];
    visit.failure = co_await Serve(floor, visit);
    // The terminal is needed for the next customer.
    if (visit.failure.ok()) continue;
    (void)co_await floor.terminal().CloseSession();
  }
  std::lock_guard<std::mutex> lock(mutex_);
  --serving_;
  changed_.notify_all();
}

awaitable<absl::Status> IssuanceLoad::Serve(ShopFloor& floor, Visit& visit) {
  shiming_terminal::ClerkTerminal& terminal = floor.terminal();
  const SyntheticCustomer customer = ShopFloor::NewCustomer();

  // 1
  auto session = co_await terminal.StartSession();
  if (!session.ok()) co_return In("StartSession", session.status());
  visit.session_id = session->session_id();
  co_await Step();

  // 2 and 3
  const auto device =
      co_await terminal.CheckDevice(customer.eid, customer.imei);
  if (!device.ok()) co_return In("CheckDevice", device.status());
  co_await Step();
  CO_RETURN_IF_ERROR(co_await VerifyIdentity(floor, customer, visit));
  co_await Step();

  // 4
  const auto reservation = co_await terminal.ReserveAnyNumber();
  if (!reservation.ok()) co_return In("ReserveNumber", reservation.status());
  co_await Step();

  // 5
  auto order =
      co_await terminal.CreateOrder(shiming_terminal::kSyntheticProfileType);
  if (!order.ok()) co_return In("CreateOrder", order.status());
  visit.order = *order;
  co_await Step();
  order = co_await terminal.WaitForOrder(
      visit.order.order_id(), absl::Now() + kPatience, &IsPastOrdering);
  if (!order.ok()) co_return In("WatchOrder, ready", order.status());
  visit.order = *order;
  CO_RETURN_IF_ERROR(ExpectState(*order, order::v1::PROFILE_ORDER_STATE_READY));
  co_await Step();

  if (visit.changes_mind) {
    CO_RETURN_IF_ERROR(co_await Cancel(floor, visit));
  } else {
    // 6; the customer looks twice.
    CO_RETURN_IF_ERROR(co_await Show(floor, visit));
    co_await Step();
    CO_RETURN_IF_ERROR(co_await Show(floor, visit));
    co_await Step();

    // 7
    CO_RETURN_IF_ERROR(co_await Download(floor, customer.eid, visit));
    co_await Step();

    // 8
    const auto receipt = co_await terminal.GetReceipt(visit.order.order_id());
    if (!receipt.ok()) co_return In("GetReceipt", receipt.status());
    visit.receipt_entry = receipt->receipt().entry();
    visit.receipt_index = receipt->receipt().index();
    co_await Step();
  }
  const auto closed = co_await terminal.CloseSession();
  if (!closed.ok()) co_return In("CloseSession", closed.status());
  visit.session_closed = true;
  co_await Step();
  co_return absl::OkStatus();
}

awaitable<absl::Status> IssuanceLoad::VerifyIdentity(
    ShopFloor& floor, const SyntheticCustomer& customer, Visit& visit) {
  const absl::Time until = absl::Now() + kPatience;
  const shiming_terminal::Capture capture{.card_block = customer.card_block,
                                          .eid = customer.eid,
                                          .imei = customer.imei};
  while (true) {
    const auto verification = co_await floor.terminal().Verify(capture);
    std::string refused;
    if (!verification.ok()) {
      // An outage may outlast the nonce.
      if (!HasReason(verification.status(), Reason::NONCE_EXPIRED)) {
        co_return In("VerifyIdentity", verification.status());
      }
    } else if (verification->decision() == identity::v1::DECISION_APPROVED) {
      visit.verification_id = verification->verification_id();
      co_return absl::OkStatus();
    } else {
      refused = verification->refused_reason();
      // The authority is down as well; the clerk reads the card again.
      if (refused != "AUTHORITY_UNAVAILABLE" &&
          refused != "NUMBER_COUNT_UNAVAILABLE") {
        co_return absl::FailedPreconditionError("refused: " + refused);
      }
    }
    if (absl::Now() > until) {
      co_return absl::DeadlineExceededError("no identity check: " + refused);
    }
    co_await shiming_terminal::PauseBeforeRepeat();
    const absl::Status renewed = co_await floor.terminal().RenewNonce();
    if (!renewed.ok()) co_return In("IssueReadNonce", renewed);
  }
}

awaitable<absl::Status> IssuanceLoad::Cancel(ShopFloor& floor, Visit& visit) {
  auto order = co_await floor.terminal().CancelOrder(visit.order.order_id());
  if (!order.ok()) co_return In("CancelOrder", order.status());
  visit.order = *order;
  visit.cancelled = true;
  co_await Step();
  order = co_await floor.terminal().WaitForOrder(
      visit.order.order_id(), absl::Now() + kPatience, &IsOver);
  if (!order.ok()) co_return In("WatchOrder, cancelled", order.status());
  visit.order = *order;
  co_return ExpectState(*order, order::v1::PROFILE_ORDER_STATE_CANCELLED);
}

awaitable<absl::Status> IssuanceLoad::Show(ShopFloor& floor, Visit& visit) {
  const absl::Time until = absl::Now() + kPatience;
  while (true) {
    const auto revealed = co_await floor.display().Reveal(
        visit.order.order_id(), absl::Now() + kDisplayCall);
    if (revealed.ok()) {
      visit.codes.push_back(revealed->code.str());
      co_return absl::OkStatus();
    }
    if (!shiming_terminal::MayPassByItself(revealed.status()) ||
        absl::Now() > until) {
      co_return In("RevealActivationCode", revealed.status());
    }
    // Held displays ask no more until they may go on.
    co_await gate_.Pass();
  }
}

awaitable<absl::Status> IssuanceLoad::Download(ShopFloor& floor,
                                               const std::string& eid,
                                               Visit& visit) {
  const absl::Time until = absl::Now() + kPatience;
  // A phone whose connection broke asks again; it may have the profile then.
  while (true) {
    const auto asked = co_await floor.AskToDownload(eid, visit.codes.front());
    if (asked.ok()) break;
    if (absl::Now() > until) co_return In("Download", asked.status());
    co_await shiming_terminal::PauseBeforeRepeat();
    co_await gate_.Pass();
  }
  co_await Step();
  const auto order = co_await floor.terminal().WaitForOrder(
      visit.order.order_id(), absl::Now() + kPatience, &IsOver);
  if (!order.ok()) co_return In("WatchOrder, installed", order.status());
  visit.order = *order;
  visit.installed = true;
  co_return ExpectState(*order, order::v1::PROFILE_ORDER_STATE_INSTALLED);
}

}  // namespace shiming::fault
