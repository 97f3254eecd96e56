#include "services/profile_order/store/testing/race_instance.h"

#include <limits>
#include <memory>
#include <utility>

#include "common/ids/ids.h"
#include "common/status/reason.h"
#include "common/status/status_macros.h"

namespace shiming::profile_order::testing {
namespace {

// A driver has tried sql::kMaxTries times before each of these.
constexpr int kMostAnew = 100;
constexpr int64_t kExpiredAtOnce = 64;

// Of the eraser's lease in a database that nobody has erased in.
constexpr int64_t kErasureEpoch = 1;

const absl::Status& StatusOf(const absl::Status& status) { return status; }

template <class T>
const absl::Status& StatusOf(const absl::StatusOr<T>& result) {
  return result.status();
}

ledger::v1::EventId FirstOf(const std::string& source,
                            const std::string& aggregate) {
  ledger::v1::EventId id;
  id.set_source(source);
  id.set_aggregate(aggregate);
  id.set_version(1);
  return id;
}

}  // namespace

RaceInstance::RaceInstance(RaceWorld& world, sql::Database& database)
    : world_(world),
      outbox_({.source = "profile_order", .clock = world.clock}),
      requests_({.clock = world.clock}),
      orders_(database, outbox_, requests_),
      stock_(database, outbox_, requests_),
      erasures_(database, outbox_) {}

template <class T>
Awaitable<T> RaceInstance::Insist(std::function<Awaitable<T>()> once) {
  for (int left = kMostAnew;; --left) {
    T result = co_await once();
    if (left == 0 || !HasReason(StatusOf(result), Reason::LOST_RACE)) {
      co_return result;
    }
    ++anew_;
  }
}

RequestKey RaceInstance::KeyOf(const std::string& method,
                               const std::string& request_id) const {
  return {.caller = "spiffe://race/terminal/s1/t1",
          .method = method,
          .request_id = request_id,
          .content_hash = std::string(32, 'h')};
}

NewOrder RaceInstance::Draft(const Placing& placing) {
  NewOrder draft;
  draft.request = KeyOf("CreateOrder", placing.request_id);
  draft.numbers_elsewhere = placing.numbers_elsewhere;
  draft.now_us = world_.now_us();
  draft.pick = placing.pick;

  Order& order = draft.order;
  order.order_id = NewIdOnRouteOf(placing.person_id, world_.random);
  order.session_id = placing.session_id;
  order.shop = "s1";
  order.terminal = "s1/t1";
  order.display = "s1/" + placing.session_id;
  order.clerk = "c1";
  order.shift = "shift-1";
  order.person_id = placing.person_id;
  order.verification_id = "v-" + placing.attestation_id;
  order.attestation_id = placing.attestation_id;
  order.policy_version = "race-1";
  order.kind = 1;  // ORDER_KIND_NEW_NUMBER
  order.profile_type = kRaceProfileType;
  order.reservation_id = placing.reservation_id;
  order.eid = placing.eid;
  draft.finish = [this, now_us = draft.now_us](
                     Order& placed, int64_t person_live,
                     int64_t eid_live) -> absl::StatusOr<ledger::v1::Event> {
    const OrderSecrets secrets{.matching_id = world_.vault.NewMatchingId(),
                               .code_salt = world_.vault.NewSalt()};
    RETURN_IF_ERROR(world_.vault.Seal(secrets, placed));
    world_.machine.Place(placed, now_us);
    return world_.events.Placed(
        placed,
        FirstOf("identity_verification",
                "verification/" + placed.attestation_id),
        person_live, eid_live, "");
  };
  return draft;
}

Awaitable<absl::StatusOr<Order>> RaceInstance::Place(Placing placing) {
  const NewOrder draft = Draft(placing);
  std::function<Awaitable<absl::StatusOr<Order>>()> once = [this, &draft] {
    return orders_.Create(draft);
  };
  co_return co_await Insist(std::move(once));
}

Awaitable<absl::StatusOr<HeldNumber>> RaceInstance::Reserve(
    Reserving reserving) {
  const StockStore::Reserve reserve{
      .request = KeyOf("ReserveNumber", reserving.request_id),
      .session_id = reserving.session_id,
      .reservation_id = NewId(world_.random),
      .msisdn = reserving.msisdn,
      .region = kRaceRegion,
      .now_us = reserving.now_us,
      .until_us = reserving.until_us};
  std::function<Awaitable<absl::StatusOr<HeldNumber>>()> once =
      [this, &reserve] { return stock_.ReserveNumber(reserve); };
  co_return co_await Insist(std::move(once));
}

Awaitable<absl::Status> RaceInstance::Release(std::string session_id,
                                              std::string reservation_id) {
  const RequestKey key = KeyOf("ReleaseNumber", NewUuid(world_.random));
  std::function<Awaitable<absl::Status>()> once = [&] {
    return stock_.ReleaseNumber(key, session_id, reservation_id);
  };
  co_return co_await Insist(std::move(once));
}

Awaitable<absl::StatusOr<int64_t>> RaceInstance::FreeExpired(int64_t now_us) {
  std::function<Awaitable<absl::StatusOr<int64_t>>()> once = [this, now_us] {
    return stock_.FreeExpired(now_us, kExpiredAtOnce);
  };
  co_return co_await Insist(std::move(once));
}

Awaitable<absl::StatusOr<Order>> RaceInstance::Get(std::string order_id) {
  std::function<Awaitable<absl::StatusOr<Order>>()> once = [&] {
    return orders_.Get(order_id);
  };
  co_return co_await Insist(std::move(once));
}

Awaitable<absl::StatusOr<Updated>> RaceInstance::Update(std::string order_id,
                                                        Decide decide) {
  std::function<Awaitable<absl::StatusOr<Updated>>()> once = [&] {
    return orders_.Update(order_id, decide, std::nullopt);
  };
  co_return co_await Insist(std::move(once));
}

Awaitable<absl::StatusOr<Updated>> RaceInstance::Reveal(
    std::string order_id, std::string request_id) {
  const RevealPermit permit{
      .request_id = request_id,
      .permit_id = "p-" + request_id,
      .event = FirstOf("terminal_session", "permit/" + request_id)};
  Decide decide = [this, permit](const Order& row) {
    return world_.machine.Reveal(row, permit, world_.now_us());
  };
  co_return co_await Update(std::move(order_id), std::move(decide));
}

Awaitable<absl::StatusOr<Updated>> RaceInstance::Cancel(std::string order_id) {
  Decide decide = [this](const Order& row) {
    return world_.machine.Cancel(row, EndCause::kClerk, world_.now_us());
  };
  co_return co_await Update(std::move(order_id), std::move(decide));
}

Awaitable<absl::StatusOr<Updated>> RaceInstance::EndSession(
    std::string order_id) {
  Decide decide = [this](const Order& row) {
    return world_.machine.OnSessionEnd(row, EndCause::kSessionEnded,
                                       world_.now_us());
  };
  co_return co_await Update(std::move(order_id), std::move(decide));
}

Awaitable<absl::StatusOr<Updated>> RaceInstance::Answer(Order order,
                                                        smdp::Answer answer) {
  if (!order.call.has_value()) {
    co_return absl::InternalError("the order has no call open");
  }
  const auto answered = std::make_shared<const smdp::Answer>(std::move(answer));
  Decide decide = [this, number = order.call->number,
                   attempt = order.call->attempt, answered](const Order& row) {
    return world_.machine.OnAnswer(row, number, attempt, *answered,
                                   world_.now_us());
  };
  co_return co_await Update(order.order_id, std::move(decide));
}

Awaitable<absl::Status> RaceInstance::HoldErasures() {
  LeaseClaim claim;
  claim.name = kErasureLease;
  claim.holder = "race";
  claim.epoch = kErasureEpoch;
  claim.now_us = world_.now_us();
  claim.until_us = std::numeric_limits<int64_t>::max();
  std::function<Awaitable<absl::StatusOr<int64_t>>()> once = [&] {
    return orders_.HoldLease(claim);
  };
  const absl::StatusOr<int64_t> epoch = co_await Insist(std::move(once));
  if (!epoch.ok()) co_return epoch.status();
  if (*epoch != kErasureEpoch) {
    co_return absl::InternalError("another lease than the first");
  }
  co_return absl::OkStatus();
}

Awaitable<absl::StatusOr<std::optional<ErasureRefusal>>>
RaceInstance::ClosePerson(std::string person_id) {
  // No order is kept for so long.
  constexpr int64_t kKeptSince = std::numeric_limits<int64_t>::max();
  std::function<Awaitable<absl::StatusOr<std::optional<ErasureRefusal>>>()>
      once = [&] {
        return erasures_.ClosePerson(person_id, kKeptSince, world_.now_us(),
                                     kErasureEpoch);
      };
  co_return co_await Insist(std::move(once));
}

Awaitable<absl::StatusOr<ImportCounts>> RaceInstance::AddStock(
    std::vector<std::string> msisdns, std::vector<std::string> iccids) {
  Import import;
  import.request = KeyOf("Import", NewUuid(world_.random));
  import.import_id = NewId(world_.random);
  import.admin = "a1";
  import.smdp = kRaceSmdp;
  int line = 1;
  for (std::string& iccid : iccids) {
    import.picks.push_back(line - 1);
    import.iccids.push_back({.line = ++line,
                             .iccid = std::move(iccid),
                             .profile_type = kRaceProfileType});
  }
  for (std::string& msisdn : msisdns) {
    import.picks.push_back(line - 1);
    import.numbers.push_back(
        {.line = ++line, .msisdn = std::move(msisdn), .region = kRaceRegion});
  }
  import.event.mutable_id()->set_aggregate("import/" + import.import_id);
  import.event.set_kind(ledger::v1::EVENT_KIND_INVENTORY_IMPORTED);
  import.event.mutable_inventory()->set_kind("numbers");
  std::function<Awaitable<absl::StatusOr<ImportCounts>>()> once =
      [this, &import] { return stock_.AddImport(import); };
  co_return co_await Insist(std::move(once));
}

smdp::Answer AnswerDone() {
  smdp::Answer answer;
  answer.kind = smdp::Answer::Kind::kDone;
  return answer;
}

smdp::Answer AnswerRefused() {
  // Not one of the codes that say something of the ICCID, or that pass.
  smdp::Answer answer;
  answer.kind = smdp::Answer::Kind::kRefused;
  answer.subject_code = "8.2.5";
  answer.reason_code = "4.3";
  return answer;
}

}  // namespace shiming::profile_order::testing
