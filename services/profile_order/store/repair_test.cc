// Goal: after a copy that is some events old was repaired, nothing that the
// record holds is given a second time. Method: whole issuances on a bench, the
// database put back to a copy and repaired from the bench's ledger, and then
// further orders that must not get what is taken.
#include "services/profile_order/store/repair.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "common/crypto/digest.h"
#include "common/status/reason.h"
#include "ledger/entry.h"
#include "services/profile_order/core/order_events.h"
#include "services/profile_order/testing/order_bench.h"
#include "storage/outbox/fake_ledger.h"
#include "storage/outbox/outbox.h"
#include "storage/outbox/record_gap.h"

namespace shiming::profile_order::testing {
namespace {

namespace v1 = ledger::v1;

class RepairTest : public ::testing::Test {
 protected:
  // Waits until the ledger has an event of this kind for the order.
  bool OnRecord(v1::EventKind kind, const std::string& order_id) {
    return bench_.ledger().WaitUntil([&](const outbox::FakeLedger& ledger) {
      for (const v1::Event& event : ledger.Events()) {
        if (event.kind() == kind && event.order() == order_id) return true;
      }
      return false;
    });
  }

  int CountOnRecord(v1::EventKind kind, const std::string& order_id) {
    int count = 0;
    for (const v1::Event& event : bench_.ledger().Events()) {
      if (event.kind() == kind && event.order() == order_id) ++count;
    }
    return count;
  }

  // An order in a session of its own.
  absl::StatusOr<Order> Place(const std::string& eid = kEid,
                              const std::string& person = "",
                              int elsewhere = 0) {
    const std::string session = bench_.authority().OpenSession();
    return bench_.Create(
        bench_.NewRequest(session, eid, person, /*terminal=*/1, elsewhere));
  }
  // The same, READY and on the record so far.
  Order MustBeReady(const std::string& eid = kEid,
                    const std::string& person = "") {
    const absl::StatusOr<Order> placed = Place(eid, person);
    EXPECT_TRUE(placed.ok()) << placed.status();
    if (!placed.ok()) return Order();
    EXPECT_TRUE(OnRecord(v1::EVENT_KIND_ORDER_READY, placed->order_id));
    return bench_.WaitForState(placed->order_id, OrderState::kReady);
  }

  outbox::RecordGap Gap() {
    std::vector<outbox::OwnEntry> entries;
    std::vector<v1::Event> own;
    int64_t index = 0;
    for (const v1::Event& event : bench_.ledger().Events()) {
      ++index;
      if (event.id().source() != "profile_order") continue;
      entries.push_back(
          {.index = index,
           .id = event.id(),
           .sha256 = crypto::Sha256(ledger::SerializeEvent(event))});
      own.push_back(event);
    }
    outbox::RecordGap gap;
    const absl::Status read = bench_.database().ReadBlocking(
        [&](sql::Snapshot& snapshot) -> absl::Status {
          gap.clear();
          const auto unknown = outbox::FindUnknown(snapshot, entries);
          if (!unknown.ok()) return unknown.status();
          for (const size_t i : *unknown) {
            gap.push_back({.index = entries[i].index,
                           .sha256 = entries[i].sha256,
                           .event = own[i]});
          }
          return absl::OkStatus();
        });
    EXPECT_TRUE(read.ok()) << read;
    return gap;
  }

  std::vector<std::string> RunRepair(bool dry) {
    const outbox::RecordGap gap = Gap();
    const outbox::Outbox outbox(
        {.source = "profile_order", .clock = bench_.clock()});
    const OrderEvents events = OrderBench::Events();
    std::vector<std::string> lines;
    const absl::Status repaired = bench_.database().WriteBlocking(
        [&](sql::Transaction& tx) -> absl::Status {
          const absl::Status adopted = outbox::AdoptVersions(tx, gap);
          if (!adopted.ok()) return adopted;
          const absl::StatusOr<std::vector<std::string>> made = RepairDatabase(
              tx, gap,
              {.outbox = outbox,
               .events = events,
               .now_us = absl::ToUnixMicros(bench_.clock().Now())});
          if (!made.ok()) return made.status();
          lines = *made;
          return dry ? absl::CancelledError("dry") : absl::OkStatus();
        });
    EXPECT_EQ(repaired.ok(), !dry) << repaired;
    return lines;
  }

  // Puts the copy back, repairs it, and goes on.
  void FallBackAndRepair() {
    bench_.PutBack("copy");
    const std::vector<std::string> planned = RunRepair(/*dry=*/true);
    EXPECT_EQ(RunRepair(/*dry=*/false), planned);
    EXPECT_TRUE(Gap().empty());
    bench_.Restart();
    ExpectCountsAgree();
  }

  void ExpectCountsAgree() {
    const absl::StatusOr<int64_t> differences =
        bench_.Run(bench_.stock().CountUsageDifferences());
    ASSERT_TRUE(differences.ok()) << differences.status();
    EXPECT_EQ(*differences, 0);
    const Tally tally = bench_.Count();
    EXPECT_EQ(tally.numbers_twice, 0);
    EXPECT_EQ(tally.iccids_twice, 0);
  }

  OrderBench bench_;
};

TEST_F(RepairTest, OrderOfTheGapHoldsWhatItTook) {
  bench_.ImportStock(20);
  bench_.Keep("copy");
  const std::string session = bench_.authority().OpenSession();
  const std::string person = bench_.NewPersonId();
  const auto request = bench_.NewRequest(session, kEid, person);
  const absl::StatusOr<Order> placed = bench_.Create(request);
  ASSERT_TRUE(placed.ok()) << placed.status();
  ASSERT_TRUE(OnRecord(v1::EVENT_KIND_ORDER_READY, placed->order_id));

  FallBackAndRepair();
  const Tally tally = bench_.Count();
  EXPECT_EQ(tally.orders, 0);
  EXPECT_EQ(tally.attestations_spent, 1);
  EXPECT_EQ(tally.person_live, 1);
  EXPECT_EQ(tally.numbers_assigned, 1);
  EXPECT_EQ(tally.numbers_free, 19);
  EXPECT_EQ(tally.iccids_held, 1);
  EXPECT_EQ(tally.iccids_available, 19);
  EXPECT_TRUE(OnRecord(v1::EVENT_KIND_ORDER_FROZEN, placed->order_id));

  // The attestation does not serve again, nor does a place below the limit.
  auto again =
      bench_.NewRequest(bench_.authority().OpenSession(), kEid, person);
  again.mutable_attestation()->CopyFrom(request.attestation());
  EXPECT_FALSE(bench_.Create(again).ok());
  EXPECT_TRUE(HasReason(Place(kOtherEid, person, /*elsewhere=*/4).status(),
                        Reason::PERSON_LIMIT_REACHED));
  // Neither do number and ICCID.
  for (int i = 0; i < 2; ++i) {
    const absl::StatusOr<Order> next = Place(kOtherEid);
    ASSERT_TRUE(next.ok()) << next.status();
    EXPECT_NE(next->msisdn, placed->msisdn);
    EXPECT_NE(next->iccid, placed->iccid);
  }
  ExpectCountsAgree();
}

// The copy has never seen the EID: its limit holds by pseudonym.
TEST_F(RepairTest, LimitOfAnUnseenEidHolds) {
  bench_.ImportStock(20);
  bench_.Keep("copy");
  const Order first = MustBeReady();
  const Order second = MustBeReady();
  FallBackAndRepair();
  EXPECT_TRUE(HasReason(Place().status(), Reason::EID_LIMIT_REACHED));
  EXPECT_TRUE(Place(kOtherEid).ok());
  ExpectCountsAgree();
}

TEST_F(RepairTest, PlaceOnAnUnseenEidIsCountedWithTheNext) {
  bench_.ImportStock(20);
  bench_.Keep("copy");
  MustBeReady();
  FallBackAndRepair();
  ASSERT_TRUE(Place().ok());
  ExpectCountsAgree();
  EXPECT_TRUE(HasReason(Place().status(), Reason::EID_LIMIT_REACHED));
}

TEST_F(RepairTest, LimitOfAKnownEidHolds) {
  bench_.ImportStock(20);
  MustBeReady();
  bench_.Keep("copy");
  MustBeReady();
  FallBackAndRepair();
  EXPECT_TRUE(HasReason(Place().status(), Reason::EID_LIMIT_REACHED));
}

// Stock of the gap comes back by importing it again, without what is taken.
TEST_F(RepairTest, StockImportedAgainComesWithoutWhatIsTaken) {
  bench_.Keep("copy");
  bench_.ImportStock(5);
  const Order taken = MustBeReady();
  FallBackAndRepair();
  EXPECT_EQ(bench_.Count().iccids_available, 0);
  bench_.ImportStock(5);
  const Tally tally = bench_.Count();
  EXPECT_EQ(tally.iccids_available, 4);
  EXPECT_EQ(tally.iccids_held, 1);
  EXPECT_EQ(tally.numbers_free, 4);
  EXPECT_EQ(tally.numbers_assigned, 1);
  const absl::StatusOr<Order> next = Place(kOtherEid);
  ASSERT_TRUE(next.ok()) << next.status();
  EXPECT_NE(next->iccid, taken.iccid);
  EXPECT_NE(next->msisdn, taken.msisdn);
}

TEST_F(RepairTest, OrderThatWentOnIsFrozen) {
  bench_.ImportStock(5);
  const Order ready = MustBeReady();
  bench_.Keep("copy");
  ASSERT_TRUE(bench_.Reveal(ready.order_id, bench_.NewUuid()).ok());
  ASSERT_TRUE(OnRecord(v1::EVENT_KIND_CODE_REVEALED, ready.order_id));
  FallBackAndRepair();
  EXPECT_EQ(bench_.Get(ready.order_id).state, OrderState::kFrozen);
  EXPECT_TRUE(OnRecord(v1::EVENT_KIND_ORDER_FROZEN, ready.order_id));
  // Its code is not revealed again.
  EXPECT_FALSE(bench_.Reveal(ready.order_id, bench_.NewUuid()).ok());
  EXPECT_EQ(CountOnRecord(v1::EVENT_KIND_CODE_REVEALED, ready.order_id), 1);
  EXPECT_EQ(bench_.Count().person_live, 1);
}

TEST_F(RepairTest, OrderThatHasEndedStaysEnded) {
  bench_.ImportStock(5);
  const Order ready = MustBeReady();
  bench_.Keep("copy");
  bench_.clock().Advance(absl::Minutes(16));
  bench_.WaitForState(ready.order_id, OrderState::kExpired);
  ASSERT_TRUE(OnRecord(v1::EVENT_KIND_ORDER_EXPIRED, ready.order_id));
  FallBackAndRepair();
  EXPECT_EQ(bench_.Get(ready.order_id).state, OrderState::kExpired);
  EXPECT_EQ(CountOnRecord(v1::EVENT_KIND_ORDER_EXPIRED, ready.order_id), 1);
  const Tally tally = bench_.Count();
  EXPECT_EQ(tally.person_live, 0);
  EXPECT_EQ(tally.eid_live, 0);
  EXPECT_EQ(tally.numbers_free, 5);
  EXPECT_EQ(tally.iccids_held, 1);
}

TEST_F(RepairTest, OrderWithoutNewsGoesOn) {
  bench_.ImportStock(5);
  const Order ready = MustBeReady();
  bench_.Keep("copy");
  // The gap is of another terminal: this one's session stays open.
  const std::string elsewhere = bench_.authority().OpenSession(/*number=*/2);
  const auto other = bench_.Create(
      bench_.NewRequest(elsewhere, kOtherEid, /*person_id=*/"", /*terminal=*/2),
      /*terminal=*/2);
  ASSERT_TRUE(other.ok()) << other.status();
  ASSERT_TRUE(OnRecord(v1::EVENT_KIND_ORDER_READY, other->order_id));
  FallBackAndRepair();
  EXPECT_EQ(bench_.Get(ready.order_id).state, OrderState::kReady);
  const auto revealed = bench_.Reveal(ready.order_id, bench_.NewUuid());
  EXPECT_TRUE(revealed.ok()) << revealed.status();
}

}  // namespace
}  // namespace shiming::profile_order::testing
