// Goal: the promises hold under any concurrency, on every engine, at every
// isolation level: never one order, number or code too many.
// Method: on PostgreSQL two instances of the real stores, each with pools of
// its own, together 64 connections, race for the same person, EID, attestation,
// number, ICCID and code; on SQLite one instance. What the callers were
// answered is counted, and the tables are read afterwards by plain SQL.
// guards_test.cc shows that these races are really run.
// SHIMING_LONG=1: 840 rounds of each, 10,080 at each level.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "common/ids/ids.h"
#include "common/status/reason.h"
#include "services/profile_order/store/testing/race_floor.h"

namespace shiming::profile_order::testing {
namespace {

// Two instances' writers: so many transactions run at once.
constexpr int kWriters = 32;
constexpr int kInFlight = 2 * kWriters;
// The tables are judged and emptied after so many batches.
constexpr int kBatchesTogether = 8;

constexpr int64_t kSecondUs = 1'000'000;

int Rounds() {
  const char* value = getenv("SHIMING_LONG");
  const bool is_long = value != nullptr && std::string(value) == "1";
  return is_long ? 840 : 24;
}

template <class T>
Awaitable<absl::Status> StatusOf(Awaitable<absl::StatusOr<T>> task) {
  const absl::StatusOr<T> result = co_await std::move(task);
  co_return result.status();
}

class RacesTest : public ::testing::TestWithParam<RaceEngine> {
 protected:
  // One floor for all races on an engine: the suite is one engine's.
  static void TearDownTestSuite() { floor_.reset(); }

  void SetUp() override {
    if (floor_ != nullptr) return;
    floor_ = std::make_unique<RaceFloor>(
        RaceFloor::Options{.engine = GetParam(), .writers = kWriters});
    if (GetParam() == RaceEngine::kSqlite) return;
    ASSERT_EQ(floor_->OpenAllAtOnce(), kInFlight);
  }

  // Runs `batch` with numbers of rounds that run at once, until all rounds are
  // run; of each round there are `contenders` attempts.
  void RunRounds(int contenders, const std::function<void(int)>& batch) {
    const int64_t reruns = floor().reruns();
    const int64_t anew = floor().anew_count();
    const int at_once = std::max(1, kInFlight / contenders);
    int batches = 0;
    int done = 0;
    while (done < Rounds() && !HasFailure()) {
      const int rounds = std::min(at_once, Rounds() - done);
      batch(rounds);
      done += rounds;
      if (++batches % kBatchesTogether == 0) JudgeAndEmpty();
    }
    JudgeAndEmpty();
    Report("rounds", done);
    Report("reruns", floor().reruns() - reruns);
    Report("begun_anew", floor().anew_count() - anew);
  }

  void JudgeAndEmpty() {
    // Behind the reservations that are short on purpose.
    const std::vector<Violation> violations = FindViolations(
        floor().database(0), floor().world().now_us() + 10 * kSecondUs);
    EXPECT_TRUE(violations.empty()) << Describe(violations);
    floor().Empty();
  }

  // For the reader, in the log and in the test's XML: nothing rests on it.
  static void Report(const std::string& name, int64_t value) {
    std::printf("%s: %s\n", name.c_str(), std::to_string(value).c_str());
    RecordProperty(name, std::to_string(value));
  }

  // The next contender's, in turns.
  RaceInstance& next() { return floor().instance(turn_++); }

  std::vector<absl::StatusOr<Order>> TryToPlace(
      const std::vector<Placing>& placings) {
    std::vector<Awaitable<absl::StatusOr<Order>>> tasks;
    for (const Placing& placing : placings) {
      tasks.push_back(next().Place(placing));
    }
    return floor().RunAll(std::move(tasks));
  }

  // How many of `count` answers from `begin` on were granted; `reason` is that
  // of all others.
  template <class T>
  int CountGranted(const std::vector<absl::StatusOr<T>>& answers, size_t begin,
                   int count, Reason reason) {
    int granted = 0;
    for (size_t i = begin; i < begin + count; ++i) {
      if (answers[i].ok()) {
        ++granted;
      } else {
        EXPECT_TRUE(HasReason(answers[i].status(), reason))
            << answers[i].status();
      }
    }
    return granted;
  }

  // Of these, how many have brought the order to its end.
  static int CountEnds(const std::vector<absl::StatusOr<Updated>>& answers,
                       size_t begin, int count) {
    int ends = 0;
    for (size_t i = begin; i < begin + count; ++i) {
      EXPECT_TRUE(answers[i].ok()) << answers[i].status();
      if (!answers[i].ok()) continue;
      ends += answers[i]->changed && IsEnd(answers[i]->order.state) &&
                      !IsEnd(answers[i]->state_before)
                  ? 1
                  : 0;
    }
    return ends;
  }

  RaceFloor& floor() { return *floor_; }
  std::string NewUuid() { return shiming::NewUuid(floor().world().random); }

 private:
  static inline std::unique_ptr<RaceFloor> floor_;
  size_t turn_ = 0;
};

TEST_P(RacesTest, FiveNumbersOfOnePerson) {
  constexpr int kContenders = 8;
  RunRounds(kContenders, [&](int rounds) {
    std::vector<Placing> placings = floor().NewPlacings(rounds * kContenders);
    for (size_t i = 0; i < placings.size(); ++i) {
      placings[i].person_id = placings[i - i % kContenders].person_id;
    }
    const auto placed = TryToPlace(placings);
    for (int round = 0; round < rounds; ++round) {
      EXPECT_EQ(CountGranted(placed, round * kContenders, kContenders,
                             Reason::PERSON_LIMIT_REACHED),
                5);
    }
  });
}

TEST_P(RacesTest, TwoNumbersOnOneEid) {
  constexpr int kContenders = 4;
  RunRounds(kContenders, [&](int rounds) {
    std::vector<Placing> placings = floor().NewPlacings(rounds * kContenders);
    for (size_t i = 0; i < placings.size(); ++i) {
      placings[i].eid = placings[i - i % kContenders].eid;
    }
    const auto placed = TryToPlace(placings);
    for (int round = 0; round < rounds; ++round) {
      EXPECT_EQ(CountGranted(placed, round * kContenders, kContenders,
                             Reason::EID_LIMIT_REACHED),
                2);
    }
  });
}

// An attestation names one person, whose row puts its orders one behind the
// other. Half of the contenders come for others, so that only the attestation
// stands between them.
TEST_P(RacesTest, OneOrderOfOneAttestation) {
  constexpr int kContenders = 4;
  RunRounds(kContenders, [&](int rounds) {
    std::vector<Placing> placings = floor().NewPlacings(rounds * kContenders);
    for (size_t i = 0; i < placings.size(); ++i) {
      const Placing& first = placings[i - i % kContenders];
      placings[i].attestation_id = first.attestation_id;
      placings[i].person_id =
          i % 2 == 0 ? first.person_id
                     : NewIdOnRouteOf(first.person_id, floor().world().random);
    }
    const auto placed = TryToPlace(placings);
    for (int round = 0; round < rounds; ++round) {
      EXPECT_EQ(CountGranted(placed, round * kContenders, kContenders,
                             Reason::ATTESTATION_USED),
                1);
    }
  });
}

TEST_P(RacesTest, OneOrderOfOneRequest) {
  constexpr int kContenders = 4;
  RunRounds(kContenders, [&](int rounds) {
    std::vector<Placing> placings;
    for (const Placing& placing : floor().NewPlacings(rounds)) {
      placings.insert(placings.end(), kContenders, placing);
    }
    const auto placed = TryToPlace(placings);
    for (int round = 0; round < rounds; ++round) {
      std::set<std::string> ids;
      for (int i = 0; i < kContenders; ++i) {
        const auto& order = placed[round * kContenders + i];
        ASSERT_TRUE(order.ok()) << order.status();
        ids.insert(order->order_id);
      }
      EXPECT_EQ(ids.size(), 1u);
    }
  });
}

TEST_P(RacesTest, OneSessionHoldsANumber) {
  constexpr int kContenders = 8;
  RunRounds(kContenders, [&](int rounds) {
    const std::vector<std::string> numbers = floor().AddNumbers(rounds);
    const int64_t now_us = floor().world().now_us();
    std::vector<Awaitable<absl::StatusOr<HeldNumber>>> tasks;
    for (int i = 0; i < rounds * kContenders; ++i) {
      Reserving reserving{.request_id = NewUuid(),
                          .session_id = NewId(floor().world().random),
                          .msisdn = numbers[i / kContenders],
                          .now_us = now_us,
                          .until_us = now_us + 60 * kSecondUs};
      tasks.push_back(next().Reserve(std::move(reserving)));
    }
    const auto held = floor().RunAll(std::move(tasks));
    for (int round = 0; round < rounds; ++round) {
      EXPECT_EQ(CountGranted(held, round * kContenders, kContenders,
                             Reason::NUMBER_TAKEN),
                1);
    }
  });
}

// Every session may change its mind, also four times at once.
TEST_P(RacesTest, ASessionHoldsOneNumber) {
  constexpr int kContenders = 4;
  RunRounds(kContenders, [&](int rounds) {
    const std::vector<std::string> numbers =
        floor().AddNumbers(rounds * kContenders);
    const int64_t now_us = floor().world().now_us();
    std::vector<Awaitable<absl::StatusOr<HeldNumber>>> tasks;
    std::string session_id;
    for (int i = 0; i < rounds * kContenders; ++i) {
      if (i % kContenders == 0) session_id = NewId(floor().world().random);
      Reserving reserving{.request_id = NewUuid(),
                          .session_id = session_id,
                          .msisdn = numbers[i],
                          .now_us = now_us,
                          .until_us = now_us + 60 * kSecondUs};
      tasks.push_back(next().Reserve(std::move(reserving)));
    }
    // The last one is what it holds; the tables tell that it holds no other.
    for (const auto& held : floor().RunAll(std::move(tasks))) {
      EXPECT_TRUE(held.ok()) << held.status();
    }
  });
}

// One reservation, about to end: by the clock of one instance it can be used,
// by that of the other it is over.
TEST_P(RacesTest, ANumberGoesToOneOrderOrToOneOtherSession) {
  constexpr int kOrders = 2;
  constexpr int kSessions = 2;
  constexpr int kContenders = kOrders + kSessions + 2;
  RunRounds(kContenders, [&](int rounds) {
    const std::vector<std::string> numbers =
        floor().AddNumbers(rounds, rounds * kOrders);
    const int64_t now_us = floor().world().now_us();
    const int64_t late_us = now_us + 2 * kSecondUs;
    std::vector<std::future<absl::StatusOr<Order>>> orders;
    std::vector<std::future<absl::StatusOr<HeldNumber>>> sessions;
    std::vector<std::future<absl::Status>> others;
    std::vector<Placing> holders;
    for (int round = 0; round < rounds; ++round) {
      holders.push_back(floor().NewPlacing());
      // Not all at one moment, so that who frees them takes them in one order.
      floor().ReserveFor(holders.back(), numbers[round], kSecondUs + round);
    }
    for (int round = 0; round < rounds; ++round) {
      const Placing& holder = holders[round];
      others.push_back(floor().Start(
          next().Release(holder.session_id, holder.reservation_id)));
      for (int i = 0; i < kOrders; ++i) {
        Placing placing = floor().NewPlacing();
        placing.session_id = holder.session_id;
        placing.reservation_id = holder.reservation_id;
        orders.push_back(floor().Start(next().Place(std::move(placing))));
      }
      others.push_back(floor().Start(StatusOf(next().FreeExpired(late_us))));
      for (int i = 0; i < kSessions; ++i) {
        Reserving reserving{.request_id = NewUuid(),
                            .session_id = NewId(floor().world().random),
                            .msisdn = numbers[round],
                            .now_us = late_us,
                            .until_us = late_us + 60 * kSecondUs};
        sessions.push_back(floor().Start(next().Reserve(std::move(reserving))));
      }
    }
    const auto placed = RaceFloor::GetAll(std::move(orders));
    const auto held = RaceFloor::GetAll(std::move(sessions));
    for (const absl::Status& status : RaceFloor::GetAll(std::move(others))) {
      EXPECT_TRUE(status.ok()) << status;
    }
    for (int round = 0; round < rounds; ++round) {
      const int granted = CountGranted(placed, round * kOrders, kOrders,
                                       Reason::RESERVATION_EXPIRED) +
                          CountGranted(held, round * kSessions, kSessions,
                                       Reason::NUMBER_TAKEN);
      EXPECT_EQ(granted, 1);
    }
  });
}

TEST_P(RacesTest, AnIccidGoesToOneOrder) {
  constexpr int kContenders = 4;
  constexpr int kIccids = 2;  // to four orders
  RunRounds(kContenders, [&](int rounds) {
    std::vector<Placing> placings =
        floor().NewPlacings(rounds * kContenders, /*with_iccids=*/false);
    floor().AddNumbers(0, rounds * kIccids);
    for (size_t i = 0; i < placings.size(); ++i) {
      placings[i].pick = static_cast<int64_t>(i) / kContenders * kIccids;
    }
    const auto placed = TryToPlace(placings);
    EXPECT_EQ(CountGranted(placed, 0, rounds * kContenders,
                           Reason::ICCID_OUT_OF_STOCK),
              rounds * kIccids);
  });
}

TEST_P(RacesTest, OneRevealOfOneOrder) {
  constexpr int kContenders = 6;
  RunRounds(kContenders, [&](int rounds) {
    const std::vector<Order> ready = floor().NewReadyOrders(rounds);
    // Displays' requests; the first is sent twice.
    std::vector<std::string> request_ids;
    std::vector<Awaitable<absl::StatusOr<Updated>>> reveals;
    for (int i = 0; i < rounds * kContenders; ++i) {
      request_ids.push_back(i % kContenders == 1 ? request_ids.back()
                                                 : NewUuid());
      reveals.push_back(
          next().Reveal(ready[i / kContenders].order_id, request_ids.back()));
    }
    const auto revealed = floor().RunAll(std::move(reveals));
    std::vector<Awaitable<absl::StatusOr<Updated>>> answers;
    for (int round = 0; round < rounds; ++round) {
      const int begin = round * kContenders;
      EXPECT_GE(
          CountGranted(revealed, begin, kContenders, Reason::REVEAL_TAKEN), 1);
      std::set<std::string> winners;
      const Updated* changed = nullptr;
      for (int i = begin; i < begin + kContenders; ++i) {
        if (!revealed[i].ok()) continue;
        winners.insert(request_ids[i]);
        EXPECT_EQ(revealed[i]->order.reveal_request_id, request_ids[i]);
        if (!revealed[i]->changed) continue;
        EXPECT_EQ(changed, nullptr) << "two transitions to REVEALING";
        changed = &*revealed[i];
      }
      EXPECT_EQ(winners.size(), 1u);
      ASSERT_NE(changed, nullptr);
      // releaseProfile's answer, as often as there were contenders.
      for (int i = 0; i < kContenders; ++i) {
        answers.push_back(next().Answer(changed->order, AnswerDone()));
      }
    }
    const auto released = floor().RunAll(std::move(answers));
    for (int round = 0; round < rounds; ++round) {
      int shown = 0;
      for (int i = 0; i < kContenders; ++i) {
        const auto& answer = released[round * kContenders + i];
        ASSERT_TRUE(answer.ok()) << answer.status();
        shown += answer->state_before == OrderState::kRevealing &&
                         answer->order.state == OrderState::kRevealed
                     ? 1
                     : 0;
      }
      EXPECT_EQ(shown, 1);
    }
  });
}

TEST_P(RacesTest, OneRevealOrACancelGoesFirst) {
  constexpr int kEach = 3;
  RunRounds(2 * kEach, [&](int rounds) {
    const std::vector<Order> ready = floor().NewReadyOrders(rounds);
    std::vector<std::future<absl::StatusOr<Updated>>> reveals;
    std::vector<std::future<absl::StatusOr<Updated>>> cancels;
    for (int i = 0; i < rounds * kEach; ++i) {
      const std::string& order_id = ready[i / kEach].order_id;
      reveals.push_back(floor().Start(next().Reveal(order_id, NewUuid())));
      cancels.push_back(floor().Start(next().Cancel(order_id)));
    }
    const auto revealed = RaceFloor::GetAll(std::move(reveals));
    const auto cancelled = RaceFloor::GetAll(std::move(cancels));
    for (int round = 0; round < rounds; ++round) {
      int shown = 0;
      int cancels_that_changed = 0;
      for (int i = round * kEach; i < (round + 1) * kEach; ++i) {
        ASSERT_TRUE(cancelled[i].ok()) << cancelled[i].status();
        cancels_that_changed += cancelled[i]->changed ? 1 : 0;
        shown += revealed[i].ok() ? 1 : 0;
        EXPECT_TRUE(revealed[i].ok() ||
                    HasReason(revealed[i].status(), Reason::REVEAL_TAKEN) ||
                    HasReason(revealed[i].status(), Reason::CODE_DEAD))
            << revealed[i].status();
      }
      EXPECT_EQ(cancels_that_changed, 1);
      EXPECT_LE(shown, 1);
      const auto order = floor().Run(next().Get(ready[round].order_id));
      ASSERT_TRUE(order.ok()) << order.status();
      EXPECT_EQ(order->state, OrderState::kCancelling);
      EXPECT_EQ(order->reveal_request_id.empty(), shown == 0);
    }
  });
}

// Two orders fill a limit, of the person in even rounds, of the EID in odd
// ones. Both end, each in three ways at once, while others want their places.
TEST_P(RacesTest, PlacesAreGivenBackOnceAndTakenAgain) {
  constexpr int kEnds = 3;    // of each of the two orders
  constexpr int kPlaces = 4;  // wanted
  constexpr int kContenders = 2 * kEnds + kPlaces;
  RunRounds(kContenders, [&](int rounds) {
    constexpr int kPlacings = 2 + kPlaces;
    std::vector<Placing> all = floor().NewPlacings(rounds * kPlacings);
    std::vector<Placing> first;
    std::vector<Placing> wanted;
    for (size_t i = 0; i < all.size(); ++i) {
      const Placing& one = all[i - i % kPlacings];
      if (i / kPlacings % 2 == 0) {
        all[i].person_id = one.person_id;
        all[i].numbers_elsewhere = 3;  // of five
      } else {
        all[i].eid = one.eid;
      }
      (i % kPlacings < 2 ? first : wanted).push_back(all[i]);
    }
    const std::vector<Order> orders = floor().PlaceAll(first);
    std::vector<std::future<absl::StatusOr<Updated>>> ends;
    std::vector<std::future<absl::StatusOr<Order>>> places;
    for (size_t i = 0; i < orders.size(); ++i) {
      const size_t place = i * kPlaces / 2;
      places.push_back(floor().Start(next().Place(wanted[place])));
      ends.push_back(floor().Start(next().Answer(orders[i], AnswerRefused())));
      ends.push_back(floor().Start(next().EndSession(orders[i].order_id)));
      places.push_back(floor().Start(next().Place(wanted[place + 1])));
      ends.push_back(floor().Start(next().Answer(orders[i], AnswerRefused())));
    }
    const auto ended = RaceFloor::GetAll(std::move(ends));
    const auto placed = RaceFloor::GetAll(std::move(places));
    for (size_t i = 0; i < orders.size(); ++i) {
      EXPECT_EQ(CountEnds(ended, i * kEnds, kEnds), 1);
    }
    std::vector<Placing> refused;
    std::vector<int> left;  // of each round: places that are free
    for (int round = 0; round < rounds; ++round) {
      const int taken =
          CountGranted(placed, round * kPlaces, kPlaces,
                       round % 2 == 0 ? Reason::PERSON_LIMIT_REACHED
                                      : Reason::EID_LIMIT_REACHED);
      ASSERT_LE(taken, 2);
      left.push_back(2 - taken);
      for (int i = round * kPlaces; i < (round + 1) * kPlaces; ++i) {
        if (!placed[i].ok()) refused.push_back(wanted[i]);
      }
    }
    // Those who came too early find what is left, and no more.
    const auto again = TryToPlace(refused);
    size_t begin = 0;
    for (int round = 0; round < rounds; ++round) {
      const int count = kPlaces - 2 + left[round];
      EXPECT_EQ(CountGranted(again, begin, count,
                             round % 2 == 0 ? Reason::PERSON_LIMIT_REACHED
                                            : Reason::EID_LIMIT_REACHED),
                left[round]);
      begin += count;
    }
  });
}

TEST_P(RacesTest, APersonIsErasedOrHasANumber) {
  constexpr int kEach = 2;
  RunRounds(2 * kEach, [&](int rounds) {
    const absl::Status held = floor().Run(next().HoldErasures());
    ASSERT_TRUE(held.ok()) << held;
    std::vector<Placing> placings = floor().NewPlacings(rounds * kEach);
    std::vector<std::future<absl::StatusOr<Order>>> orders;
    std::vector<std::future<absl::StatusOr<std::optional<ErasureRefusal>>>>
        erasures;
    for (size_t i = 0; i < placings.size(); ++i) {
      placings[i].person_id = placings[i - i % kEach].person_id;
      orders.push_back(floor().Start(next().Place(placings[i])));
      erasures.push_back(
          floor().Start(next().ClosePerson(placings[i].person_id)));
    }
    const auto placed = RaceFloor::GetAll(std::move(orders));
    const auto erased = RaceFloor::GetAll(std::move(erasures));
    for (int round = 0; round < rounds; ++round) {
      const int numbers =
          CountGranted(placed, round * kEach, kEach, Reason::PERSON_IS_ERASED);
      int closed = 0;
      for (int i = round * kEach; i < (round + 1) * kEach; ++i) {
        ASSERT_TRUE(erased[i].ok()) << erased[i].status();
        if (!erased[i]->has_value()) {
          ++closed;
        } else {
          EXPECT_EQ((*erased[i])->reason, Reason::PERSON_HAS_OPEN_ORDERS);
        }
      }
      // One of the two, and then for all.
      EXPECT_EQ(numbers + closed, kEach);
      EXPECT_TRUE(numbers == 0 || closed == 0);
    }
  });
}

std::string EngineName(const ::testing::TestParamInfo<RaceEngine>& info) {
  return NameOf(info.param);
}

// A suite for each engine, so that only one floor is open at a time.
INSTANTIATE_TEST_SUITE_P(Sqlite, RacesTest,
                         ::testing::Values(RaceEngine::kSqlite), EngineName);
INSTANTIATE_TEST_SUITE_P(ReadCommitted, RacesTest,
                         ::testing::Values(RaceEngine::kReadCommitted),
                         EngineName);
INSTANTIATE_TEST_SUITE_P(RepeatableRead, RacesTest,
                         ::testing::Values(RaceEngine::kRepeatableRead),
                         EngineName);
INSTANTIATE_TEST_SUITE_P(Serializable, RacesTest,
                         ::testing::Values(RaceEngine::kSerializable),
                         EngineName);

}  // namespace
}  // namespace shiming::profile_order::testing
