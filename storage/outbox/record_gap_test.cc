// Goal: a copy that is some events old passes the start check once its
// versions were adopted, and nothing else does. Method: a database writes
// events to a ledger, is put back to a copy, and adopts what it lacks.
#include "storage/outbox/record_gap.h"

#include <gtest/gtest.h>

#include <boost/asio/thread_pool.hpp>
#include <string>
#include <vector>

#include "common/crypto/digest.h"
#include "common/status/reason.h"
#include "common/time/fake_clock.h"
#include "storage/outbox/fake_ledger.h"
#include "storage/outbox/outbox.h"
#include "storage/outbox/own_entry_check.h"
#include "storage/sql/migration.h"
#include "storage/testing/run.h"
#include "storage/testing/temp_database.h"

namespace shiming::outbox {
namespace {

class RecordGapTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(
        sql::Migrate(database(), Outbox::Migrations(), Outbox::kSchema).ok());
  }

  sql::Database& database() { return temp_.database(); }

  // Adds an event and puts it on the record, as a relay does.
  void Make(const std::string& aggregate) {
    clock_.Advance(absl::Seconds(1));
    std::string bytes;
    const absl::Status made =
        database().WriteBlocking([&](sql::Transaction& tx) -> absl::Status {
          ledger::v1::Event draft;
          draft.mutable_id()->set_aggregate(aggregate);
          draft.set_kind(ledger::v1::EVENT_KIND_ORDER_PLACED);
          const absl::StatusOr<ledger::v1::EventId> id = outbox_.Add(tx, draft);
          if (!id.ok()) return id.status();
          absl::StatusOr<std::string> stored = outbox_.Bytes(tx, *id);
          if (!stored.ok()) return stored.status();
          bytes = *std::move(stored);
          return absl::OkStatus();
        });
    ASSERT_TRUE(made.ok()) << made;
    record_.push_back(bytes);
    ledger::v1::Event event;
    ASSERT_TRUE(event.ParseFromString(bytes));
    ASSERT_GE(ledger_.AppendDirectly(event), 0);
  }

  // What the database, as it stands, lacks of the record.
  RecordGap Gap() {
    std::vector<OwnEntry> entries;
    std::vector<ledger::v1::Event> events;
    for (size_t i = 0; i < record_.size(); ++i) {
      ledger::v1::Event& event = events.emplace_back();
      EXPECT_TRUE(event.ParseFromString(record_[i]));
      entries.push_back({.index = static_cast<int64_t>(i),
                         .id = event.id(),
                         .sha256 = crypto::Sha256(record_[i])});
    }
    RecordGap gap;
    const absl::Status read =
        database().ReadBlocking([&](sql::Snapshot& snapshot) -> absl::Status {
          gap.clear();
          const absl::StatusOr<std::vector<size_t>> unknown =
              FindUnknown(snapshot, entries);
          if (!unknown.ok()) return unknown.status();
          for (const size_t i : *unknown) {
            gap.push_back({.index = entries[i].index,
                           .sha256 = entries[i].sha256,
                           .event = events[i]});
          }
          return absl::OkStatus();
        });
    EXPECT_TRUE(read.ok()) << read;
    return gap;
  }

  absl::Status Adopt(const RecordGap& gap) {
    return database().WriteBlocking(
        [&](sql::Transaction& tx) { return AdoptVersions(tx, gap); });
  }

  // As the service asks at its start.
  absl::Status Check() {
    boost::asio::thread_pool pool(1);
    OwnEntryCheck check(database(), ledger_, "profile_order");
    absl::Status status = sql::testing::RunOn(pool, check.Run());
    pool.join();
    return status;
  }

  FakeClock clock_{absl::FromUnixSeconds(1'800'000'000)};
  sql::testing::TempDatabase temp_;
  Outbox outbox_{{.source = "profile_order", .clock = clock_}};
  FakeLedger ledger_{"profile_order"};
  std::vector<std::string> record_;
};

TEST_F(RecordGapTest, WholeDatabaseHasNone) {
  Make("order/1");
  EXPECT_TRUE(Gap().empty());
  EXPECT_TRUE(Check().ok());
}

TEST_F(RecordGapTest, OlderCopyCatchesUp) {
  Make("order/1");
  Make("order/2");
  temp_.Keep("copy");
  Make("order/2");
  Make("order/3");
  Make("order/2");
  temp_.PutBack("copy");
  EXPECT_TRUE(HasReason(Check(), Reason::DATABASE_BEHIND_LEDGER));

  const RecordGap gap = Gap();
  ASSERT_EQ(gap.size(), 3u);
  EXPECT_EQ(gap[0].index, 2);
  EXPECT_EQ(gap[2].event.id().version(), 3);
  ASSERT_TRUE(Adopt(gap).ok());
  EXPECT_TRUE(Gap().empty());
  EXPECT_TRUE(Check().ok());
  // What comes next is the next version, and the ledger takes it.
  Make("order/2");
  Make("order/3");
  Make("order/1");
  EXPECT_TRUE(ledger_.Contains("order/2", 4));
  EXPECT_TRUE(ledger_.Contains("order/3", 2));
  EXPECT_TRUE(ledger_.Contains("order/1", 2));
}

// Events of an aggregate are never older than the one before, also when the
// clock stands behind the record.
TEST_F(RecordGapTest, TimeGoesOnFromTheRecord) {
  temp_.Keep("copy");
  Make("order/1");
  temp_.PutBack("copy");
  ASSERT_TRUE(Adopt(Gap()).ok());
  clock_.Advance(absl::Hours(-1));
  Make("order/1");
  ledger::v1::Event first;
  ledger::v1::Event second;
  ASSERT_TRUE(first.ParseFromString(record_[0]));
  ASSERT_TRUE(second.ParseFromString(record_[1]));
  EXPECT_GT(second.time().seconds() * 1'000'000'000 + second.time().nanos(),
            first.time().seconds() * 1'000'000'000 + first.time().nanos());
}

TEST_F(RecordGapTest, AdoptedOnceOnly) {
  temp_.Keep("copy");
  Make("order/1");
  temp_.PutBack("copy");
  const RecordGap gap = Gap();
  ASSERT_TRUE(Adopt(gap).ok());
  EXPECT_TRUE(HasReason(Adopt(gap), Reason::DATABASE_BEHIND_LEDGER));
}

// An earlier log's entries were not read: what they say must not be skipped.
TEST_F(RecordGapTest, HoleIsRefusedAndChangesNothing) {
  temp_.Keep("copy");
  Make("order/1");
  Make("order/1");
  Make("order/2");
  temp_.PutBack("copy");
  RecordGap gap = Gap();
  ASSERT_EQ(gap.size(), 3u);
  gap.erase(gap.begin());
  EXPECT_TRUE(HasReason(Adopt(gap), Reason::DATABASE_BEHIND_LEDGER));
  EXPECT_EQ(Gap().size(), 3u);
}

// Somebody went on with the copy while the record went on elsewhere.
TEST_F(RecordGapTest, OtherEventsOfTheSameVersionAreRefused) {
  Make("order/1");
  temp_.Keep("copy");
  Make("order/1");
  temp_.PutBack("copy");
  // Not put on the record.
  clock_.Advance(absl::Hours(1));
  const absl::Status went_on =
      database().WriteBlocking([&](sql::Transaction& tx) -> absl::Status {
        ledger::v1::Event draft;
        draft.mutable_id()->set_aggregate("order/1");
        draft.set_kind(ledger::v1::EVENT_KIND_ALARM);
        return outbox_.Add(tx, draft).status();
      });
  ASSERT_TRUE(went_on.ok());
  const RecordGap gap = Gap();
  ASSERT_EQ(gap.size(), 1u);
  EXPECT_TRUE(HasReason(Adopt(gap), Reason::DATABASE_BEHIND_LEDGER));
}

}  // namespace
}  // namespace shiming::outbox
