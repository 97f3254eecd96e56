// Goal: each guard of the stores is what holds its promise. Without it a race
// breaks the promise: proof that the race is run, and that the tables tell.
// Method: one race of two, on two instances, brought by a Meeting to the very
// moment between look and change, so that no luck is needed. It is run
//   - with the guard: no violation, whatever the level;
//   - without the guard, one after the other: no violation either, since the
//     store, or a SELECT in the guard's place, has looked before;
//   - without the guard, at once: at READ COMMITTED the violation is there. At
//     the other levels the engine may stand in; then a transaction ran again.
// docs/portable_sql.md has the table of what is found here. PostgreSQL only: on
// SQLite nothing runs between a look and a change.
#include <gtest/gtest.h>

#include <functional>
#include <future>
#include <memory>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "common/ids/ids.h"
#include "services/profile_order/store/testing/race_floor.h"
#include "storage/testing/meeting.h"
#include "storage/testing/unguarded_database.h"

namespace shiming::profile_order::testing {
namespace {

using sql::testing::Meeting;
using sql::testing::UnguardedDatabase;
using sql::testing::Unguarding;
using Look = Unguarding::Look;

constexpr int kWriters = 4;  // of each instance
constexpr int64_t kSecondUs = 1'000'000;
constexpr int64_t kLongUs = 900 * kSecondUs;
// The meeting leaves little to luck; the rest is for what an engine may do.
constexpr int kMostRounds = 10;
// Where the engine stands in, it does so each time.
constexpr int kEngineRounds = 3;

using Attempt = std::function<Awaitable<absl::Status>(RaceInstance&)>;

struct Contest {
  // At once; each comes to the meeting.
  std::vector<Attempt> first;
  // One after the other, with all guards, while the first wait at the meeting.
  std::vector<Attempt> then;
};

// What stands when the guard is gone.
enum class Stands {
  kNothing,      // the promise is broken
  kEngine,       // the engine makes a transaction run again
  kAnotherLine,  // another guard refuses
};

struct GuardCase {
  std::string name;
  std::string_view promise;
  std::vector<Unguarding> unguardings;
  // Table and constraint.
  std::vector<std::pair<std::string, std::string>> dropped;
  std::string meet_before;
  std::function<Contest(RaceFloor&)> prepare;
  Stands read_committed = Stands::kNothing;
  Stands repeatable_read = Stands::kEngine;
  Stands serializable = Stands::kEngine;
};

template <class T>
Awaitable<absl::Status> StatusOf(Awaitable<absl::StatusOr<T>> task) {
  const absl::StatusOr<T> result = co_await std::move(task);
  co_return result.status();
}

Attempt Place(const Placing& placing) {
  return [placing](RaceInstance& at) { return StatusOf(at.Place(placing)); };
}

Attempt Reserve(const Reserving& reserving) {
  return
      [reserving](RaceInstance& at) { return StatusOf(at.Reserve(reserving)); };
}

// A reservation of a new session; `now_us` by the clock of who does it.
Reserving NewReserving(RaceFloor& floor, const std::string& msisdn,
                       int64_t now_us) {
  const Placing fresh = floor.NewPlacing();
  return {.request_id = fresh.request_id,
          .session_id = fresh.session_id,
          .msisdn = msisdn,
          .now_us = now_us,
          .until_us = now_us + kLongUs};
}

// --- limits

constexpr char kAddToPerson[] = "UPDATE person_usage SET live = live + 1 ";
constexpr char kAddToEid[] = "UPDATE eid_usage SET live = live + 1 ";

Contest FifthAndSixthOfPerson(RaceFloor& floor) {
  std::vector<Placing> placings = floor.NewPlacings(6);
  for (Placing& placing : placings) {
    placing.person_id = placings[0].person_id;
  }
  floor.PlaceAll({placings.begin(), placings.begin() + 4});
  return {.first = {Place(placings[4]), Place(placings[5])}};
}

Contest SecondAndThirdOnEid(RaceFloor& floor) {
  std::vector<Placing> placings = floor.NewPlacings(3);
  for (Placing& placing : placings) placing.eid = placings[0].eid;
  floor.PlaceAll({placings[0]});
  return {.first = {Place(placings[1]), Place(placings[2])}};
}

Contest FirstTwoOfPerson(RaceFloor& floor) {
  std::vector<Placing> placings = floor.NewPlacings(2);
  placings[1].person_id = placings[0].person_id;
  return {.first = {Place(placings[0]), Place(placings[1])}};
}

Contest FirstTwoOnEid(RaceFloor& floor) {
  std::vector<Placing> placings = floor.NewPlacings(2);
  placings[1].eid = placings[0].eid;
  return {.first = {Place(placings[0]), Place(placings[1])}};
}

std::vector<GuardCase> LimitCases() {
  return {
      {.name = "PersonLimit",
       .promise = kPersonOverLimit,
       .unguardings = {{.statement = kAddToPerson,
                        .guard = " AND live + $ < $"}},
       .meet_before = kAddToPerson,
       .prepare = FifthAndSixthOfPerson},
      {.name = "EidLimit",
       .promise = kEidOverLimit,
       .unguardings = {{.statement = kAddToEid, .guard = " AND live < $"}},
       .meet_before = kAddToEid,
       .prepare = SecondAndThirdOnEid},
      {.name = "PersonHasOneRow",
       .promise = kCountedTwice,
       .unguardings = {{.statement = "INSERT INTO person_usage ",
                        .key = {"route", "person_id"}}},
       .dropped = {{"person_usage", "person_usage_pkey"}},
       .meet_before = "INSERT INTO person_usage ",
       .prepare = FirstTwoOfPerson,
       .repeatable_read = Stands::kNothing},
      {.name = "EidHasOneRow",
       .promise = kCountedTwice,
       .unguardings = {{.statement = "INSERT INTO eid_usage ", .key = {"eid"}}},
       .dropped = {{"eid_usage", "eid_usage_pkey"}},
       .meet_before = "INSERT INTO eid_usage ",
       .prepare = FirstTwoOnEid,
       .repeatable_read = Stands::kNothing}};
}

// --- attestation and request

// For two persons of one route: an attestation names one, whose row would keep
// the two orders apart.
Contest TwoOrdersOfAttestation(RaceFloor& floor) {
  std::vector<Placing> placings = floor.NewPlacings(2);
  placings[1].attestation_id = placings[0].attestation_id;
  placings[1].person_id =
      NewIdOnRouteOf(placings[0].person_id, floor.world().random);
  return {.first = {Place(placings[0]), Place(placings[1])}};
}

Contest OneRequestTwice(RaceFloor& floor) {
  const Placing placing = floor.NewPlacings(1).front();
  return {.first = {Place(placing), Place(placing)}};
}

std::vector<GuardCase> OnceCases() {
  return {{.name = "Attestation",
           .promise = kAttestationTwice,
           .unguardings = {{.statement = "INSERT INTO attestations_spent ",
                            .key = {"route", "attestation_id"}}},
           .dropped = {{"attestations_spent", "attestations_spent_pkey"}},
           .meet_before = "INSERT INTO attestations_spent ",
           .prepare = TwoOrdersOfAttestation,
           .repeatable_read = Stands::kNothing},
          // The attestation is spent: the repeat is refused instead of being
          // answered with its order.
          {.name = "Request",
           .promise = kAttestationTwice,
           .unguardings = {{.statement = "INSERT INTO requests ",
                            .key = {"caller", "method", "request_id"},
                            .look = Look::kNone}},
           .dropped = {{"requests", "requests_pkey"}},
           .meet_before = "INSERT INTO requests ",
           .prepare = OneRequestTwice,
           .read_committed = Stands::kAnotherLine}};
}

// --- numbers

constexpr char kReserve[] = "UPDATE numbers SET state = $, holder = $, ";
constexpr char kAssign[] =
    "UPDATE numbers SET state = $, holder = NULL, expires_us = NULL, "
    "order_id = $";
// FreeIfHeld and FreeExpired.
constexpr char kFree[] =
    "UPDATE numbers SET state = $, holder = NULL, expires_us = NULL, version";
constexpr char kMoveReservation[] = "UPDATE reservations SET ";

Contest TwoSessionsForNumber(RaceFloor& floor) {
  const std::string number = floor.AddNumbers(1).front();
  const int64_t now_us = floor.world().now_us();
  return {.first = {Reserve(NewReserving(floor, number, now_us)),
                    Reserve(NewReserving(floor, number, now_us))}};
}

Contest TwoOrdersOfReservation(RaceFloor& floor) {
  std::vector<Placing> placings = floor.NewPlacings(2);
  placings[1].session_id = placings[0].session_id;
  placings[1].reservation_id = placings[0].reservation_id;
  return {.first = {Place(placings[0]), Place(placings[1])}};
}

Contest ReleaseWhileOrdered(RaceFloor& floor) {
  const Placing placing = floor.NewPlacings(1).front();
  return {.first = {[placing](RaceInstance& at) {
            return at.Release(placing.session_id, placing.reservation_id);
          }},
          .then = {Place(placing)}};
}

// By the clock of one instance the reservation is over; by then another session
// has taken the number.
Contest FreeWhileReservedAgain(RaceFloor& floor) {
  const std::string number = floor.AddNumbers(1).front();
  Placing earlier = floor.NewPlacing();
  floor.ReserveFor(earlier, number, kSecondUs);
  const int64_t late_us = floor.world().now_us() + 2 * kSecondUs;
  return {.first = {[late_us](RaceInstance& at) {
            return StatusOf(at.FreeExpired(late_us));
          }},
          .then = {Reserve(NewReserving(floor, number, late_us))}};
}

Contest TwoNumbersForNewSession(RaceFloor& floor) {
  const std::vector<std::string> numbers = floor.AddNumbers(2);
  const int64_t now_us = floor.world().now_us();
  const Reserving one = NewReserving(floor, numbers[0], now_us);
  Reserving other = NewReserving(floor, numbers[1], now_us);
  other.session_id = one.session_id;
  return {.first = {Reserve(one), Reserve(other)}};
}

Contest TwoNumbersForSessionWithOne(RaceFloor& floor) {
  const std::vector<std::string> numbers = floor.AddNumbers(3);
  const int64_t now_us = floor.world().now_us();
  Placing holder = floor.NewPlacing();
  floor.ReserveFor(holder, numbers[0], kLongUs);
  Reserving one = NewReserving(floor, numbers[1], now_us);
  Reserving other = NewReserving(floor, numbers[2], now_us);
  one.session_id = holder.session_id;
  other.session_id = holder.session_id;
  return {.first = {Reserve(one), Reserve(other)}};
}

std::vector<GuardCase> NumberCases() {
  return {
      {.name = "NumberReserved",
       .promise = kReservationIsEmpty,
       .unguardings =
           {{.statement = kReserve,
             .guard = " AND (state = $ OR (state = $ AND expires_us < $))"}},
       .meet_before = kReserve,
       .prepare = TwoSessionsForNumber},
      {.name = "NumberAssigned",
       .promise = kNumberTwice,
       .unguardings =
           {{.statement = kAssign,
             .guard = " AND state = $ AND holder = $ AND expires_us > $"}},
       .meet_before = kAssign,
       .prepare = TwoOrdersOfReservation},
      {.name = "NumberReleased",
       .promise = kNumberNotItsOwn,
       .unguardings = {{.statement = kFree,
                        .guard = " AND state = $ AND holder = $"}},
       .meet_before = kFree,
       .prepare = ReleaseWhileOrdered},
      {.name = "NumberExpired",
       .promise = kReservationIsEmpty,
       .unguardings = {{.statement = kFree,
                        .guard = " AND state = $ AND expires_us < $"}},
       .meet_before = kFree,
       .prepare = FreeWhileReservedAgain},
      {.name = "SessionHasOneReservation",
       .promise = kReservedTwice,
       .unguardings = {{.statement = "INSERT INTO reservations ",
                        .key = {"session_id"},
                        .look = Look::kNone}},
       .dropped = {{"reservations", "reservations_pkey"}},
       .meet_before = "INSERT INTO reservations ",
       .prepare = TwoNumbersForNewSession,
       .repeatable_read = Stands::kNothing},
      // Before both give the session's first number back.
      {.name = "ReservationReplaced",
       .promise = kNumberOfNoReservation,
       .unguardings = {{.statement = kMoveReservation,
                        .guard = " AND reservation_id = $",
                        .look = Look::kNone}},
       .meet_before = kFree,
       .prepare = TwoNumbersForSessionWithOne},
  };
}

// --- ICCID

constexpr char kTakeIccid[] = "UPDATE iccids SET state = $, order_id = $, ";

Contest TwoOrdersFromOnePlace(RaceFloor& floor) {
  std::vector<Placing> placings = floor.NewPlacings(2);
  placings[1].pick = placings[0].pick;
  return {.first = {Place(placings[0]), Place(placings[1])}};
}

std::vector<GuardCase> IccidCases() {
  return {{.name = "Iccid",
           .promise = kIccidTwice,
           .unguardings = {{.statement = kTakeIccid,
                            .guard = " AND state = $",
                            .look = Look::kNone}},
           .meet_before = kTakeIccid,
           .prepare = TwoOrdersFromOnePlace}};
}

// --- reveal

constexpr char kMoveOrder[] = "UPDATE orders SET ";
constexpr char kKeepEvents[] = "UPDATE outbox_aggregates SET kept = 1 ";

Unguarding OrderVersion() {
  return {.statement = kMoveOrder,
          .guard = " AND version = $",
          .look = Look::kNone};
}

Unguarding CallKey() {
  return {.statement = "INSERT INTO smdp_calls ",
          .key = {"route", "order_id", "call_number"},
          .look = Look::kNone};
}

Contest TwoReveals(RaceFloor& floor) {
  const std::string order_id = floor.NewReadyOrders(1).front().order_id;
  Contest contest;
  for (int i = 0; i < 2; ++i) {
    const std::string request_id = floor.NewPlacing().request_id;
    contest.first.push_back([order_id, request_id](RaceInstance& at) {
      return StatusOf(at.Reveal(order_id, request_id));
    });
  }
  return contest;
}

// releaseProfile has been done; its answer comes twice.
Contest TwoAnswersToRelease(RaceFloor& floor) {
  const std::string order_id = floor.NewReadyOrders(1).front().order_id;
  const auto revealing = floor.Run(
      floor.instance(0).Reveal(order_id, floor.NewPlacing().request_id));
  const Order order = revealing.ok() ? revealing->order : Order{};
  const Attempt answer = [order](RaceInstance& at) {
    return StatusOf(at.Answer(order, AnswerDone()));
  };
  return {.first = {answer, answer}};
}

std::vector<GuardCase> RevealCases() {
  return {{.name = "RevealHasASecondLine",
           .promise = kReleasedTwice,
           .unguardings = {OrderVersion()},
           .meet_before = kMoveOrder,
           .prepare = TwoReveals,
           .read_committed = Stands::kAnotherLine},
          {.name = "Reveal",
           .promise = kReleasedTwice,
           .unguardings = {OrderVersion(), CallKey()},
           .dropped = {{"smdp_calls", "smdp_calls_pkey"}},
           .meet_before = kMoveOrder,
           .prepare = TwoReveals},
          {.name = "CodeRevealed",
           .promise = kRevealedTwice,
           .unguardings = {OrderVersion()},
           .meet_before = kKeepEvents,
           .prepare = TwoAnswersToRelease}};
}

// --- what an end gives back

constexpr char kMoveHead[] = "UPDATE outbox_aggregates SET version = $";

Unguarding HeadVersion() {
  return {
      .statement = kMoveHead, .guard = " AND version = $", .look = Look::kNone};
}

Unguarding EventKey() {
  return {.statement = "INSERT INTO outbox_events ",
          .key = {"route", "aggregate", "version"},
          .look = Look::kNone};
}

Unguarding NumberOfOrder() {
  return {.statement =
              "UPDATE numbers SET state = $, holder = NULL, order_id "
              "= NULL",
          .guard = " AND state = $ AND order_id = $",
          .look = Look::kNone};
}

Unguarding IccidOfOrder() {
  return {.statement = "UPDATE iccids SET state = $, version ",
          .guard = " AND order_id = $",
          .look = Look::kNone};
}

Unguarding NotBelowZero(const std::string& table) {
  return {.statement = "UPDATE " + table + " SET live = live - 1 ",
          .guard = " AND live > 0",
          .look = Look::kNone};
}

const std::pair<std::string, std::string> kEventKey = {"outbox_events",
                                                       "outbox_events_pkey"};

Attempt End(const Order& order) {
  return [order](RaceInstance& at) {
    return StatusOf(at.Answer(order, AnswerRefused()));
  };
}

// The end of an order comes twice, the second time when another order has its
// number, its ICCID and its place in both counts.
Contest EndAfterNextOrder(RaceFloor& floor) {
  const Placing placing = floor.NewPlacings(1).front();
  const Order ended = floor.PlaceAll({placing}).front();
  Placing next = floor.NewPlacing();
  next.person_id = placing.person_id;
  next.eid = placing.eid;
  const Reserving again{.request_id = floor.NewPlacing().request_id,
                        .session_id = next.session_id,
                        .msisdn = ended.msisdn,
                        .now_us = floor.world().now_us(),
                        .until_us = floor.world().now_us() + kLongUs};
  const Attempt reserve_and_place = [&floor, next,
                                     again](RaceInstance& at) mutable {
    const absl::StatusOr<HeldNumber> held = floor.Run(at.Reserve(again));
    if (held.ok()) next.reservation_id = held->reservation_id;
    return StatusOf(at.Place(next));
  };
  return {.first = {End(ended)}, .then = {End(ended), reserve_and_place}};
}

Contest EndTwice(RaceFloor& floor) {
  const Order ended = floor.PlaceAll(floor.NewPlacings(1)).front();
  return {.first = {End(ended)}, .then = {End(ended)}};
}

std::vector<GuardCase> EndCases() {
  // In the order in which a second end meets them.
  const std::vector<Unguarding> first_lines = {HeadVersion(), EventKey(),
                                               OrderVersion()};
  std::vector<Unguarding> lines = first_lines;
  lines.push_back(NumberOfOrder());
  std::vector<Unguarding> without_floor = lines;
  without_floor.push_back(NotBelowZero("person_usage"));
  without_floor.push_back(NotBelowZero("eid_usage"));
  std::vector<Unguarding> all_lines = lines;
  all_lines.push_back(IccidOfOrder());
  return {{.name = "EndHasASecondLine",
           .promise = kEventsHaveGaps,
           .unguardings = {HeadVersion()},
           .meet_before = kMoveHead,
           .prepare = EndAfterNextOrder,
           .read_committed = Stands::kAnotherLine},
          // The ICCID of another order is not moved: MoveIccid's guard.
          {.name = "EndHasALastLine",
           .promise = kIccidNotItsOwn,
           .unguardings = lines,
           .dropped = {kEventKey},
           .meet_before = kMoveHead,
           .prepare = EndAfterNextOrder,
           .read_committed = Stands::kAnotherLine},
          {.name = "EndFreesIccid",
           .promise = kIccidNotItsOwn,
           .unguardings = all_lines,
           .dropped = {kEventKey},
           .meet_before = kMoveHead,
           .prepare = EndAfterNextOrder},
          {.name = "EndFreesNumber",
           .promise = kNumberNotItsOwn,
           .unguardings = all_lines,
           .dropped = {kEventKey},
           .meet_before = kMoveHead,
           .prepare = EndAfterNextOrder},
          {.name = "EndGivesBackOnce",
           .promise = kCountIsWrong,
           .unguardings = all_lines,
           .dropped = {kEventKey},
           .meet_before = kMoveHead,
           .prepare = EndAfterNextOrder},
          // Nothing left to give back.
          {.name = "CountHasAFloor",
           .promise = kCountBelowZero,
           .unguardings = first_lines,
           .dropped = {kEventKey},
           .meet_before = kMoveHead,
           .prepare = EndTwice,
           .read_committed = Stands::kAnotherLine},
          {.name = "CountBelowZero",
           .promise = kCountBelowZero,
           .unguardings = without_floor,
           .dropped = {kEventKey,
                       {"person_usage", "person_usage_live_check"},
                       {"eid_usage", "eid_usage_live_check"}},
           .meet_before = kMoveHead,
           .prepare = EndTwice}};
}

// --- erasure

constexpr char kErase[] = "UPDATE person_usage SET erased_us = $ ";

// A person whose row is there: one order was placed, and has ended. Whoever
// erases holds the lease for it.
Placing ForKnownPerson(RaceFloor& floor) {
  const absl::Status held = floor.Run(floor.instance(0).HoldErasures());
  EXPECT_TRUE(held.ok()) << held;
  const std::vector<Placing> placings = floor.NewPlacings(2);
  const Order ended = floor.PlaceAll({placings[0]}).front();
  (void)floor.Run(floor.instance(0).Answer(ended, AnswerRefused()));
  Placing next = placings[1];
  next.person_id = placings[0].person_id;
  return next;
}

Attempt ClosePerson(const std::string& person_id) {
  return [person_id](RaceInstance& at) {
    return StatusOf(at.ClosePerson(person_id));
  };
}

Contest EraseWhileOrdering(RaceFloor& floor) {
  const Placing placing = ForKnownPerson(floor);
  return {.first = {ClosePerson(placing.person_id)}, .then = {Place(placing)}};
}

Contest OrderWhileErasing(RaceFloor& floor) {
  const Placing placing = ForKnownPerson(floor);
  return {.first = {Place(placing)}, .then = {ClosePerson(placing.person_id)}};
}

std::vector<GuardCase> ErasureCases() {
  return {{.name = "ErasedWhileOrdering",
           .promise = kErasedHasNumbers,
           .unguardings = {{.statement = kErase,
                            .guard = " AND live = 0 AND erased_us IS NULL",
                            .look = Look::kNone}},
           .meet_before = kErase,
           .prepare = EraseWhileOrdering},
          {.name = "OrderedWhileErasing",
           .promise = kErasedHasNumbers,
           .unguardings = {{.statement = kAddToPerson,
                            .guard = " AND erased_us IS NULL"}},
           .meet_before = kAddToPerson,
           .prepare = OrderWhileErasing}};
}

const std::vector<GuardCase>& AllCases() {
  static const auto& cases = *new std::vector<GuardCase>([] {
    std::vector<GuardCase> all;
    for (const auto& some :
         {LimitCases(), OnceCases(), NumberCases(), IccidCases(), RevealCases(),
          EndCases(), ErasureCases()}) {
      all.insert(all.end(), some.begin(), some.end());
    }
    return all;
  }());
  return cases;
}

// --- the test

using Param = std::tuple<size_t, RaceEngine>;  // index into AllCases

class GuardsTest : public ::testing::TestWithParam<Param> {
 protected:
  const GuardCase& guard() const { return AllCases()[std::get<0>(GetParam())]; }

  Stands Expected() const {
    switch (std::get<1>(GetParam())) {
      case RaceEngine::kReadCommitted:
        return guard().read_committed;
      case RaceEngine::kRepeatableRead:
        return guard().repeatable_read;
      default:
        return guard().serializable;
    }
  }

  std::vector<Violation> Violations() {
    return FindViolations(floor_.database(0),
                          floor_.world().now_us() + 10 * kSecondUs);
  }

  bool IsBroken(const std::vector<Violation>& violations) const {
    for (const Violation& violation : violations) {
      if (violation.promise == guard().promise) return true;
    }
    return false;
  }

  // One round at once, with these guards gone; what the first were answered.
  // The first `least_done` of `unguardings` must have been done.
  std::vector<absl::Status> Race(const std::vector<Unguarding>& unguardings,
                                 size_t least_done) {
    const Contest contest = guard().prepare(floor_);
    Meeting meeting(static_cast<int>(contest.first.size()));
    if (!contest.then.empty()) meeting.Hold();
    const UnguardedDatabase::Options options{.unguardings = unguardings,
                                             .meet_before = guard().meet_before,
                                             .meeting = &meeting};
    Unguarded unguarded(floor_, options);
    std::vector<std::future<absl::Status>> first;
    for (size_t i = 0; i < contest.first.size(); ++i) {
      first.push_back(floor_.Start(contest.first[i](unguarded.instance(i))));
    }
    EXPECT_TRUE(meeting.AwaitAll()) << "the race is not run";
    for (const Attempt& attempt : contest.then) {
      const absl::Status status = floor_.Run(attempt(floor_.instance(1)));
      EXPECT_TRUE(status.ok()) << status;
    }
    meeting.Open();
    std::vector<absl::Status> answers = RaceFloor::GetAll(std::move(first));
    unguarded.ExpectDone(least_done);
    size_t granted = contest.then.size();
    for (const absl::Status& status : answers) granted += status.ok() ? 1 : 0;
    EXPECT_GT(granted, 0u) << "a race in which nobody gets anything";
    return answers;
  }

  // One attempt after the other, with these guards gone.
  void RunAlone(const std::vector<Unguarding>& unguardings) {
    const Contest contest = guard().prepare(floor_);
    Unguarded unguarded(floor_, {.unguardings = unguardings});
    size_t turn = 0;
    for (const auto* attempts : {&contest.first, &contest.then}) {
      for (const Attempt& attempt : *attempts) {
        // Refused or not: what counts is what it leaves behind.
        (void)floor_.Run(attempt(unguarded.instance(turn++)));
      }
    }
  }

  // The floor's instances without some guards.
  class Unguarded {
   public:
    Unguarded(RaceFloor& floor, const UnguardedDatabase::Options& options)
        : options_(options) {
      for (int i = 0; i < floor.instance_count(); ++i) {
        databases_.push_back(
            std::make_unique<UnguardedDatabase>(floor.database(i), options));
        instances_.push_back(
            std::make_unique<RaceInstance>(floor.world(), *databases_.back()));
      }
    }

    RaceInstance& instance(size_t i) {
      return *instances_[i % instances_.size()];
    }

    void ExpectDone(size_t least) const {
      for (size_t i = 0; i < least; ++i) {
        int count = 0;
        for (const auto& database : databases_) {
          count += database->done_count(i);
        }
        EXPECT_GT(count, 0)
            << "never met: " << options_.unguardings[i].statement;
      }
    }

   private:
    const UnguardedDatabase::Options options_;
    std::vector<std::unique_ptr<UnguardedDatabase>> databases_;
    std::vector<std::unique_ptr<RaceInstance>> instances_;
  };

  void ExpectBroken() {
    std::vector<Violation> violations;
    int rounds = 0;
    while (rounds < kMostRounds && !IsBroken(violations) && !HasFailure()) {
      Race(guard().unguardings, guard().unguardings.size());
      violations = Violations();
      ++rounds;
    }
    EXPECT_TRUE(IsBroken(violations))
        << "no " << guard().promise << " in " << rounds
        << " rounds without the guard, but " << Describe(violations);
    RecordProperty("rounds", rounds);
  }

  void ExpectEngineStandsIn() {
    for (int round = 0; round < kEngineRounds; ++round) {
      const int64_t reruns = floor_.reruns();
      // It is the first that the engine answers.
      Race(guard().unguardings, 1);
      const std::vector<Violation> violations = Violations();
      EXPECT_TRUE(violations.empty()) << Describe(violations);
      EXPECT_GT(floor_.reruns(), reruns) << "nothing ran again";
    }
  }

  void ExpectAnotherLine() {
    int refused = 0;
    const auto answers = Race(guard().unguardings, guard().unguardings.size());
    for (const absl::Status& status : answers) {
      refused += status.ok() ? 0 : 1;
    }
    EXPECT_EQ(refused, 1);
    const std::vector<Violation> violations = Violations();
    EXPECT_TRUE(violations.empty()) << Describe(violations);
  }

  RaceFloor floor_{RaceFloor::Options{.engine = std::get<1>(GetParam()),
                                      .writers = kWriters}};
};

TEST_P(GuardsTest, HoldsItsPromise) {
  Race({}, 0);
  std::vector<Violation> violations = Violations();
  ASSERT_TRUE(violations.empty()) << "with the guard: " << Describe(violations);

  for (const auto& [table, constraint] : guard().dropped) {
    floor_.DropConstraint(table, constraint);
  }
  RunAlone(guard().unguardings);
  violations = Violations();
  ASSERT_TRUE(violations.empty()) << "alone: " << Describe(violations);

  switch (Expected()) {
    case Stands::kNothing:
      ExpectBroken();
      break;
    case Stands::kEngine:
      ExpectEngineStandsIn();
      break;
    case Stands::kAnotherLine:
      ExpectAnotherLine();
      break;
  }
}

std::string NameOfCase(const ::testing::TestParamInfo<Param>& info) {
  return AllCases()[std::get<0>(info.param)].name +
         NameOf(std::get<1>(info.param));
}

INSTANTIATE_TEST_SUITE_P(
    Postgres, GuardsTest,
    ::testing::Combine(::testing::Range(size_t{0}, AllCases().size()),
                       ::testing::Values(RaceEngine::kReadCommitted,
                                         RaceEngine::kRepeatableRead,
                                         RaceEngine::kSerializable)),
    NameOfCase);

}  // namespace
}  // namespace shiming::profile_order::testing
