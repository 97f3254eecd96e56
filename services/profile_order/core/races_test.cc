// Limits and single winners under concurrency, on a real SQLite store.
#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_future.hpp>
#include <future>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "common/status/reason.h"
#include "services/profile_order/testing/order_bench.h"

namespace shiming::profile_order::testing {
namespace {

template <class T>
std::vector<T> WaitAll(std::vector<std::future<T>> futures) {
  std::vector<T> values;
  for (std::future<T>& future : futures) values.push_back(future.get());
  return values;
}

class RacesTest : public ::testing::Test {
 protected:
  template <class T>
  std::future<T> Spawn(boost::asio::awaitable<T> task) {
    return boost::asio::co_spawn(bench_.runtime().executor(), std::move(task),
                                 boost::asio::use_future);
  }

  // Places all requests at once; terminal i + 1 places request i.
  std::vector<absl::StatusOr<Order>> PlaceAll(
      const std::vector<order::v1::CreateOrderRequest>& requests) {
    std::vector<std::future<absl::StatusOr<Order>>> futures;
    int terminal = 0;
    for (const auto& request : requests) {
      futures.push_back(Spawn(
          bench_.orders().Create(bench_.TerminalCaller(++terminal), request)));
    }
    return WaitAll(std::move(futures));
  }

  OrderBench bench_;
};

TEST_F(RacesTest, FiveOfManyOrdersOfOnePerson) {
  constexpr int kTries = 16;
  bench_.ImportStock(kTries);
  const std::string person = bench_.NewPersonId();
  std::vector<order::v1::CreateOrderRequest> requests;
  // Different phones, so that only the person's limit is at work.
  const char* eids[] = {kEid,
                        kOtherEid,
                        "89043051202200005223001347834515",
                        "89086030202200000022000014352016",
                        "35203000100100000000000021371840",
                        "89860001020304050607080910111252",
                        "35060100200000000000000000004279",
                        "10420000000000000000000000000774"};
  for (int i = 0; i < kTries; ++i) {
    const std::string session = bench_.authority().OpenSession(i + 1);
    requests.push_back(bench_.NewRequest(session, eids[i % 8], person, i + 1));
  }
  int placed = 0;
  for (const auto& order : PlaceAll(requests)) {
    if (order.ok()) {
      ++placed;
    } else {
      EXPECT_TRUE(HasReason(order.status(), Reason::PERSON_LIMIT_REACHED))
          << order.status();
    }
  }
  EXPECT_EQ(placed, 5);
  EXPECT_EQ(bench_.Count().person_live, 5);
}

TEST_F(RacesTest, TwoOfManyOrdersOnOneEid) {
  constexpr int kTries = 8;
  bench_.ImportStock(kTries);
  std::vector<order::v1::CreateOrderRequest> requests;
  for (int i = 0; i < kTries; ++i) {
    const std::string session = bench_.authority().OpenSession(i + 1);
    requests.push_back(bench_.NewRequest(session, kEid, "", i + 1));
  }
  int placed = 0;
  for (const auto& order : PlaceAll(requests)) {
    if (order.ok()) {
      ++placed;
    } else {
      EXPECT_TRUE(HasReason(order.status(), Reason::EID_LIMIT_REACHED))
          << order.status();
    }
  }
  EXPECT_EQ(placed, 2);
  EXPECT_EQ(bench_.Count().eid_live, 2);
}

TEST_F(RacesTest, OneOrderForOneRequestSentManyTimes) {
  bench_.ImportStock(10);
  const std::string session = bench_.authority().OpenSession();
  const auto request = bench_.NewRequest(session);
  std::vector<std::future<absl::StatusOr<Order>>> futures;
  for (int i = 0; i < 10; ++i) {
    futures.push_back(
        Spawn(bench_.orders().Create(bench_.TerminalCaller(), request)));
  }
  std::set<std::string> ids;
  for (const auto& order : WaitAll(std::move(futures))) {
    ASSERT_TRUE(order.ok()) << order.status();
    ids.insert(order->order_id);
  }
  EXPECT_EQ(ids.size(), 1u);
  EXPECT_EQ(bench_.Count().orders, 1);
}

TEST_F(RacesTest, NoNumberAndNoIccidTwice) {
  constexpr int kTries = 24;
  // Fewer ICCIDs than orders; each on a phone of its own would need as many
  // EIDs, so the eight phones get two each.
  bench_.ImportStock(12);
  const char* eids[] = {kEid,
                        kOtherEid,
                        "89043051202200005223001347834515",
                        "89086030202200000022000014352016",
                        "35203000100100000000000021371840",
                        "89860001020304050607080910111252",
                        "35060100200000000000000000004279",
                        "10420000000000000000000000000774"};
  std::vector<std::future<absl::StatusOr<Order>>> futures;
  std::vector<order::v1::CreateOrderRequest> requests;
  for (int i = 0; i < 12; ++i) {
    const std::string session = bench_.authority().OpenSession(i + 1);
    requests.push_back(bench_.NewRequest(session, eids[i % 8], "", i + 1));
  }
  // Each request comes twice, under two request ids: its attestation and its
  // reservation are good for one.
  for (int i = 0; i < kTries; ++i) {
    auto request = requests[i % 12];
    if (i >= 12) request.set_request_id(bench_.NewUuid());
    futures.push_back(Spawn(
        bench_.orders().Create(bench_.TerminalCaller(i % 12 + 1), request)));
  }
  int placed = 0;
  for (const auto& order : WaitAll(std::move(futures))) placed += order.ok();
  EXPECT_EQ(placed, 12);
  const Tally tally = bench_.Count();
  EXPECT_EQ(tally.numbers_twice, 0);
  EXPECT_EQ(tally.iccids_twice, 0);
  EXPECT_EQ(tally.numbers_assigned, 12);
  EXPECT_EQ(tally.attestations_spent, 12);
  const auto differences = bench_.Run(bench_.stock().CountUsageDifferences());
  ASSERT_TRUE(differences.ok()) << differences.status();
  EXPECT_EQ(*differences, 0);
}

TEST_F(RacesTest, OneNumberForManySessions) {
  constexpr int kTries = 12;
  bench_.ImportStock(1);
  std::vector<std::future<absl::StatusOr<order::v1::ReserveNumberResponse>>>
      futures;
  for (int i = 0; i < kTries; ++i) {
    order::v1::ReserveNumberRequest reserve;
    reserve.set_session_id(bench_.authority().OpenSession(i + 1));
    reserve.set_request_id(bench_.NewUuid());
    reserve.set_msisdn("13900000000");
    futures.push_back(Spawn(
        bench_.orders().ReserveNumber(bench_.TerminalCaller(i + 1), reserve)));
  }
  int held = 0;
  for (const auto& answer : WaitAll(std::move(futures))) {
    if (answer.ok()) {
      ++held;
    } else {
      EXPECT_TRUE(HasReason(answer.status(), Reason::NUMBER_TAKEN));
    }
  }
  EXPECT_EQ(held, 1);
}

TEST_F(RacesTest, TwoRevealsWithTwoRequestIdsHaveOneWinner) {
  bench_.ImportStock(10);
  for (int round = 0; round < 5; ++round) {
    const Order ready = bench_.PlaceReady();
    std::vector<std::future<absl::StatusOr<RevealedCode>>> futures;
    for (int i = 0; i < 4; ++i) {
      futures.push_back(Spawn(bench_.reveals().Reveal(
          bench_.DisplayCaller(), bench_.NewUuid(), ready.order_id)));
    }
    int shown = 0;
    for (const auto& code : WaitAll(std::move(futures))) {
      if (code.ok()) {
        ++shown;
      } else {
        EXPECT_TRUE(HasReason(code.status(), Reason::REVEAL_TAKEN))
            << code.status();
      }
    }
    EXPECT_EQ(shown, 1);
    // The EID may carry two.
    order::v1::CancelOrderRequest cancel;
    cancel.set_request_id(bench_.NewUuid());
    cancel.set_session_id(ready.session_id);
    cancel.set_order_id(ready.order_id);
    ASSERT_TRUE(
        bench_.Run(bench_.orders().Cancel(bench_.TerminalCaller(), cancel))
            .ok());
    bench_.WaitForState(ready.order_id, OrderState::kCancelled);
  }
}

TEST_F(RacesTest, ManyRepeatsOfOneRevealGiveOneCode) {
  bench_.ImportStock(1);
  const Order ready = bench_.PlaceReady();
  const std::string request_id = bench_.NewUuid();
  std::vector<std::future<absl::StatusOr<RevealedCode>>> futures;
  for (int i = 0; i < 8; ++i) {
    futures.push_back(Spawn(bench_.reveals().Reveal(
        bench_.DisplayCaller(), request_id, ready.order_id)));
  }
  std::set<std::string> codes;
  for (const auto& code : WaitAll(std::move(futures))) {
    ASSERT_TRUE(code.ok()) << code.status();
    codes.insert(code->code.str());
  }
  EXPECT_EQ(codes.size(), 1u);
  EXPECT_EQ(bench_.authority().permit_count(), 1);
}

}  // namespace
}  // namespace shiming::profile_order::testing
