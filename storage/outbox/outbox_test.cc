#include "storage/outbox/outbox.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "common/status/reason.h"
#include "common/status/status_macros.h"
#include "common/time/fake_clock.h"
#include "common/time/proto_time.h"
#include "storage/outbox/outbox_rows.h"
#include "storage/testing/faulty_database.h"
#include "storage/testing/run.h"
#include "storage/testing/temp_database.h"

namespace shiming::outbox {
namespace {

using ::shiming::sql::testing::FaultyDatabase;
using ::shiming::sql::testing::RunAll;
using ::shiming::sql::testing::TempDatabase;

ledger::v1::Event Draft(const std::string& aggregate) {
  ledger::v1::Event draft;
  draft.mutable_id()->set_aggregate(aggregate);
  draft.set_kind(ledger::v1::EVENT_KIND_ORDER_PLACED);
  return draft;
}

class OutboxTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(
        sql::Migrate(database(), Outbox::Migrations(), Outbox::kSchema).ok());
  }

  sql::Database& database() { return temp_.database(); }

  absl::StatusOr<ledger::v1::EventId> Add(const ledger::v1::Event& draft) {
    absl::StatusOr<ledger::v1::EventId> id;
    absl::Status status =
        database().WriteBlocking([&](sql::Transaction& tx) -> absl::Status {
          id = outbox_.Add(tx, draft);
          return id.status();
        });
    if (!status.ok()) return status;
    return id;
  }

  absl::Status Write(const sql::WriteFn& fn) {
    return database().WriteBlocking(fn);
  }

  absl::StatusOr<std::string> Bytes(const std::string& aggregate,
                                    int64_t version) {
    ledger::v1::EventId id;
    id.set_aggregate(aggregate);
    id.set_version(version);
    absl::StatusOr<std::string> bytes;
    absl::Status status =
        database().ReadBlocking([&](sql::Snapshot& snapshot) -> absl::Status {
          bytes = outbox_.Bytes(snapshot, id);
          return bytes.status();
        });
    if (!status.ok()) return status;
    return bytes;
  }

  bool Has(const std::string& aggregate, int64_t version) {
    return Bytes(aggregate, version).ok();
  }

  absl::Status Ack(const std::string& aggregate, int64_t version) {
    return Write([&](sql::Transaction& tx) {
      return MarkAcked(tx, aggregate, version, 77);
    });
  }

  TempDatabase temp_;
  FakeClock clock_{absl::FromUnixMicros(1'800'000'000'123'456)};
  Outbox outbox_{{.source = "profile_order", .clock = clock_}};
};

TEST_F(OutboxTest, NumbersEachAggregateFromOne) {
  for (int64_t version = 1; version <= 3; ++version) {
    for (const char* aggregate : {"order/a", "order/b"}) {
      auto id = Add(Draft(aggregate));
      ASSERT_TRUE(id.ok()) << id.status();
      EXPECT_EQ(id->version(), version);
      EXPECT_EQ(id->aggregate(), aggregate);
      EXPECT_EQ(id->source(), "profile_order");
    }
  }
}

TEST_F(OutboxTest, FillsWhatTheDraftLeavesOpenAndKeepsTheRest) {
  ledger::v1::Event draft = Draft("order/a");
  draft.set_once_key("attestation/1");
  draft.set_shop("s1");
  ledger::v1::EventId* after = draft.add_after();
  after->set_source("identity_verification");
  after->set_aggregate("verification/1");
  after->set_version(1);
  ASSERT_TRUE(Add(draft).ok());
  auto bytes = Bytes("order/a", 1);
  ASSERT_TRUE(bytes.ok());
  ledger::v1::Event event;
  ASSERT_TRUE(event.ParseFromString(*bytes));
  EXPECT_EQ(event.format(), 1);
  EXPECT_EQ(event.id().source(), "profile_order");
  EXPECT_EQ(event.id().version(), 1);
  EXPECT_EQ(FromProto(event.time()), clock_.Now());
  EXPECT_EQ(event.once_key(), "attestation/1");
  EXPECT_EQ(event.shop(), "s1");
  EXPECT_EQ(event.after(0).aggregate(), "verification/1");
}

TEST_F(OutboxTest, TimeOfAnAggregateGrowsWhateverTheClockDoes) {
  std::vector<absl::Time> times;
  const std::vector<absl::Duration> jumps = {absl::ZeroDuration(),
                                             absl::ZeroDuration(),
                                             absl::Hours(-1), absl::Hours(2)};
  for (size_t i = 0; i < jumps.size(); ++i) {
    clock_.Advance(jumps[i]);
    ASSERT_TRUE(Add(Draft("order/a")).ok());
    ledger::v1::Event event;
    event.ParseFromString(*Bytes("order/a", static_cast<int64_t>(i) + 1));
    times.push_back(FromProto(event.time()));
  }
  EXPECT_EQ(times[1], times[0] + absl::Microseconds(1));
  EXPECT_EQ(times[2], times[0] + absl::Microseconds(2));
  EXPECT_EQ(times[3], clock_.Now());
}

TEST_F(OutboxTest, AnEventIsRolledBackWithItsChange) {
  ASSERT_TRUE(Add(Draft("order/a")).ok());
  absl::Status status = Write([&](sql::Transaction& tx) -> absl::Status {
    RETURN_IF_ERROR(outbox_.Add(tx, Draft("order/a")).status());
    return MakeError(Reason::LOST_RACE, "the change did not happen");
  });
  EXPECT_TRUE(HasReason(status, Reason::LOST_RACE));
  auto id = Add(Draft("order/a"));
  ASSERT_TRUE(id.ok());
  EXPECT_EQ(id->version(), 2);
}

TEST_F(OutboxTest, ManyAtOnceLeaveNoGap) {
  std::vector<boost::asio::awaitable<absl::StatusOr<ledger::v1::EventId>>> work;
  for (int i = 0; i < 100; ++i) {
    work.push_back(database().WriteValue([this](sql::Transaction& tx) {
      return outbox_.Add(tx, Draft("order/a"));
    }));
  }
  std::vector<bool> seen(101, false);
  for (absl::StatusOr<ledger::v1::EventId> id : RunAll(std::move(work))) {
    // One that has lost too often is for its caller to repeat.
    while (HasReason(id.status(), Reason::LOST_RACE)) {
      id = Add(Draft("order/a"));
    }
    ASSERT_TRUE(id.ok()) << id.status();
    seen[id->version()] = true;
  }
  for (int version = 1; version <= 100; ++version) EXPECT_TRUE(seen[version]);
}

TEST_F(OutboxTest, ALostRaceRunsTheTransactionAgain) {
  FaultyDatabase faulty(database());
  faulty.LoseRaceAtStatement(2);
  absl::StatusOr<ledger::v1::EventId> id;
  ASSERT_TRUE(faulty
                  .WriteBlocking([&](sql::Transaction& tx) -> absl::Status {
                    id = outbox_.Add(tx, Draft("order/a"));
                    return id.status();
                  })
                  .ok());
  EXPECT_EQ(id->version(), 1);
}

TEST_F(OutboxTest, BadDraftsAreRefused) {
  std::vector<ledger::v1::Event> drafts;
  for (const char* aggregate :
       {"", "order", "order/", "/x", "order/A", "order/x y"}) {
    drafts.push_back(Draft(aggregate));
  }
  drafts.push_back(Draft("order/" + std::string(130, 'x')));
  drafts.push_back(Draft("order/a"));
  drafts.back().clear_kind();
  drafts.push_back(Draft("order/a"));
  drafts.back().set_once_key(std::string(161, 'k'));
  drafts.push_back(Draft("order/a"));
  drafts.back().add_after()->set_aggregate("order/b");
  drafts.push_back(Draft("order/a"));
  drafts.back().set_clerk(std::string(70000, 'c'));
  for (const ledger::v1::Event& draft : drafts) {
    EXPECT_TRUE(HasReason(Add(draft).status(), Reason::INTERNAL_ERROR))
        << draft.ShortDebugString().substr(0, 80);
  }
}

TEST_F(OutboxTest, AnAcknowledgedEventIsDeleted) {
  ASSERT_TRUE(Add(Draft("order/a")).ok());
  ASSERT_TRUE(Ack("order/a", 1).ok());
  EXPECT_TRUE(HasReason(Bytes("order/a", 1).status(), Reason::NOT_FOUND));
  EXPECT_EQ(Add(Draft("order/a"))->version(), 2);
}

TEST_F(OutboxTest, AKeptEventStaysUntilReleased) {
  ASSERT_TRUE(Add(Draft("order/a")).ok());
  ASSERT_TRUE(Write([&](sql::Transaction& tx) {
                return outbox_.KeepUntilEnded(tx, "order/a");
              }).ok());
  ASSERT_TRUE(Add(Draft("order/a")).ok());
  ASSERT_TRUE(Add(Draft("order/a")).ok());
  ASSERT_TRUE(Ack("order/a", 1).ok());
  ASSERT_TRUE(Ack("order/a", 2).ok());
  ASSERT_TRUE(Ack("order/a", 2).ok());  // again
  for (int version : {1, 2, 3}) EXPECT_TRUE(Has("order/a", version));
  ASSERT_TRUE(Write([&](sql::Transaction& tx) {
                return outbox_.Release(tx, "order/a");
              }).ok());
  EXPECT_FALSE(Has("order/a", 1));
  EXPECT_FALSE(Has("order/a", 2));
  EXPECT_TRUE(Has("order/a", 3));  // not acknowledged yet
  ASSERT_TRUE(Ack("order/a", 3).ok());
  EXPECT_FALSE(Has("order/a", 3));
}

TEST_F(OutboxTest, KeepingMayComeBeforeTheFirstEvent) {
  ASSERT_TRUE(Write([&](sql::Transaction& tx) -> absl::Status {
                RETURN_IF_ERROR(outbox_.KeepUntilEnded(tx, "order/a"));
                return outbox_.Add(tx, Draft("order/a")).status();
              }).ok());
  ASSERT_TRUE(Ack("order/a", 1).ok());
  EXPECT_TRUE(Has("order/a", 1));
}

TEST_F(OutboxTest, AStoppedAggregateTakesEventsButSendsNone) {
  ASSERT_TRUE(Add(Draft("order/a")).ok());
  ASSERT_TRUE(Write([&](sql::Transaction& tx) {
                return StopAggregate(tx, "order/a");
              }).ok());
  ASSERT_TRUE(Add(Draft("order/a")).ok());
  auto unsent = [&] {
    size_t count = 0;
    EXPECT_TRUE(database()
                    .ReadBlocking([&](sql::Snapshot& s) -> absl::Status {
                      ASSIGN_OR_RETURN(auto rows, ReadUnsent(s, {}, 10));
                      count = rows.size();
                      return absl::OkStatus();
                    })
                    .ok());
    return count;
  };
  EXPECT_EQ(unsent(), 0u);
  ASSERT_TRUE(Write([&](sql::Transaction& tx) {
                return outbox_.Resume(tx, "order/a");
              }).ok());
  EXPECT_EQ(unsent(), 2u);
}

TEST_F(OutboxTest, UnsentEventsComeInPagesInOrder) {
  for (int i = 0; i < 30; ++i) {
    if (i % 4 == 0) clock_.Advance(absl::Microseconds(1));
    ASSERT_TRUE(Add(Draft("order/" + std::to_string(i % 7))).ok());
  }
  UnsentPosition position;
  std::map<std::string, int64_t> last;
  int count = 0;
  for (;;) {
    std::vector<EventRow> rows;
    ASSERT_TRUE(database()
                    .ReadBlocking([&](sql::Snapshot& s) -> absl::Status {
                      ASSIGN_OR_RETURN(rows, ReadUnsent(s, position, 7));
                      return absl::OkStatus();
                    })
                    .ok());
    if (rows.empty()) break;
    for (const EventRow& row : rows) {
      EXPECT_EQ(row.version, ++last[row.aggregate]);
      ++count;
    }
    position = {rows.back().event_us, rows.back().aggregate};
  }
  EXPECT_EQ(count, 30);
}

}  // namespace
}  // namespace shiming::outbox
