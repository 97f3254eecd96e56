#include "services/profile_order/store/testing/race_floor.h"

#include "absl/strings/str_cat.h"
#include "common/ids/ids.h"
#include "common/status/check.h"
#include "common/status/status_macros.h"
#include "services/profile_order/store/migrations.h"
#include "storage/sql/open_database.h"
#include "storage/testing/empty_tables.h"
#include "storage/testing/meeting.h"
#include "storage/testing/postgres_server.h"

namespace shiming::profile_order::testing {
namespace {

using sql::testing::PostgresServer;
using sql::testing::PostgresUnderTest;

constexpr int64_t kReservationUs = 900'000'000;  // 15 min

// A machine that is slow makes no refusals of its own.
constexpr char kPatience[] =
    "lock_timeout_ms=60000&statement_timeout_ms=70000&deadline_ms=90000"
    "&queue_ms=300000&patience_ms=60000";

std::string IsolationOf(RaceEngine engine) {
  switch (engine) {
    case RaceEngine::kReadCommitted:
      return "rc";
    case RaceEngine::kRepeatableRead:
      return "rr";
    default:
      return "ser";
  }
}

std::string InstanceName(size_t number) {
  return absl::StrCat("instance-", number);
}

}  // namespace

std::string NameOf(RaceEngine engine) {
  switch (engine) {
    case RaceEngine::kSqlite:
      return "Sqlite";
    case RaceEngine::kReadCommitted:
      return "ReadCommitted";
    case RaceEngine::kRepeatableRead:
      return "RepeatableRead";
    case RaceEngine::kSerializable:
      return "Serializable";
  }
  return "";
}

RaceFloor::RaceFloor(const Options& options) : writers_(options.writers) {
  OpenDatabases(options);
  for (const auto& database : databases_) {
    instances_.push_back(std::make_unique<RaceInstance>(world_, *database));
  }
}

RaceFloor::~RaceFloor() = default;

void RaceFloor::OpenDatabases(const Options& options) {
  std::string url = "sqlite:" + (folder_.path() / "race.db").string();
  size_t count = 1;
  if (options.engine != RaceEngine::kSqlite) {
    count = 2;
    on_postgres_ = std::make_unique<PostgresUnderTest>(
        PostgresServer::Shared(),
        absl::StrCat("isolation=", IsolationOf(options.engine),
                     "&writers=", options.writers, "&readers=1&", kPatience));
    url = on_postgres_->url();
  }
  for (size_t i = 0; i < count; ++i) {
    auto opened = sql::OpenDatabase(
        url, {.create = i == 0, .name = InstanceName(i), .metrics = &metrics_});
    SHIMING_CHECK(opened.ok(), "cannot open the race's database");
    databases_.push_back(*std::move(opened));
    // The second finds them made.
    SHIMING_CHECK(MigrateAll(*databases_.back()).ok(), "migrations");
  }
}

RaceInstance& RaceFloor::instance(size_t number) {
  return *instances_[number % instances_.size()];
}

sql::Database& RaceFloor::database(size_t number) {
  return *databases_[number % databases_.size()];
}

int RaceFloor::OpenAllAtOnce() {
  const int count = writers_ * instance_count();
  sql::testing::Meeting meeting(count);
  const sql::WriteFn write = [&](sql::Transaction& tx) -> absl::Status {
    RETURN_IF_ERROR(tx.Query("SELECT COUNT(*) FROM leases", {}).status());
    return meeting.Come() ? absl::OkStatus()
                          : absl::InternalError("the others do not come");
  };
  std::vector<Awaitable<absl::Status>> writes;
  for (int i = 0; i < count; ++i) writes.push_back(database(i).Write(write));
  int open = 0;
  for (const absl::Status& status : RunAll(std::move(writes))) {
    open += status.ok() ? 1 : 0;
  }
  return open;
}

int64_t RaceFloor::reruns() {
  double count = 0;
  for (size_t i = 0; i < databases_.size(); ++i) {
    // The driver's own counter; on SQLite there is none, and this one stays 0.
    count += metrics_
                 .counter("shiming_sql_reruns_total", "",
                          {{"database", InstanceName(i)}})
                 .Value();
  }
  return static_cast<int64_t>(count);
}

int64_t RaceFloor::anew_count() const {
  int64_t count = 0;
  for (const auto& instance : instances_) count += instance->anew_count();
  return count;
}

void RaceFloor::DropConstraint(const std::string& table,
                               const std::string& constraint) {
  SHIMING_CHECK(on_postgres_ != nullptr, "PostgreSQL only");
  on_postgres_->DropConstraint(table, constraint);
}

void RaceFloor::Empty() { sql::testing::EmptyTables(database(0)); }

std::string RaceFloor::NewEid() {
  return absl::StrCat("89049032123451234", 100'000'000'000'000 + ++last_eid_);
}

Placing RaceFloor::NewPlacing() {
  return {.request_id = NewUuid(world_.random),
          .session_id = NewId(world_.random),
          .person_id = NewId(world_.random),
          .attestation_id = NewId(world_.random),
          .eid = NewEid(),
          .reservation_id = NewId(world_.random)};
}

std::vector<std::string> RaceFloor::AddNumbers(int count, int iccids) {
  std::vector<std::string> numbers;
  for (int i = 0; i < count; ++i) {
    numbers.push_back(absl::StrCat(8'613'900'000'000 + ++last_number_));
  }
  std::vector<std::string> profiles;
  for (int i = 0; i < iccids; ++i) {
    profiles.push_back(
        absl::StrCat("8986001", 100'000'000'000 + ++last_iccid_));
  }
  SHIMING_CHECK(Run(instance(0).AddStock(numbers, profiles)).ok(), "stock");
  return numbers;
}

void RaceFloor::ReserveFor(Placing& placing, const std::string& msisdn,
                           int64_t lasts_us) {
  const absl::StatusOr<HeldNumber> held =
      Run(instance(0).Reserve({.request_id = NewUuid(world_.random),
                               .session_id = placing.session_id,
                               .msisdn = msisdn,
                               .now_us = world_.now_us(),
                               .until_us = world_.now_us() + lasts_us}));
  SHIMING_CHECK(held.ok(), "the number is not free");
  placing.reservation_id = held->reservation_id;
}

std::vector<Placing> RaceFloor::NewPlacings(int count, bool with_iccids) {
  const std::vector<std::string> numbers =
      AddNumbers(count, with_iccids ? count : 0);
  std::vector<Placing> placings;
  std::vector<Awaitable<absl::StatusOr<HeldNumber>>> reservations;
  for (int i = 0; i < count; ++i) {
    placings.push_back(NewPlacing());
    placings[i].pick = i;
    Reserving reserving{.request_id = NewUuid(world_.random),
                        .session_id = placings[i].session_id,
                        .msisdn = numbers[i],
                        .now_us = world_.now_us(),
                        .until_us = world_.now_us() + kReservationUs};
    reservations.push_back(instance(i).Reserve(std::move(reserving)));
  }
  const auto held = RunAll(std::move(reservations));
  for (int i = 0; i < count; ++i) {
    SHIMING_CHECK(held[i].ok(), "the number is not free");
    placings[i].reservation_id = held[i]->reservation_id;
  }
  return placings;
}

std::vector<Order> RaceFloor::PlaceAll(const std::vector<Placing>& placings) {
  std::vector<Awaitable<absl::StatusOr<Order>>> tasks;
  for (size_t i = 0; i < placings.size(); ++i) {
    tasks.push_back(instance(i).Place(placings[i]));
  }
  std::vector<Order> orders;
  for (absl::StatusOr<Order>& placed : RunAll(std::move(tasks))) {
    SHIMING_CHECK(placed.ok(), "the order was refused");
    orders.push_back(*std::move(placed));
  }
  return orders;
}

std::vector<Order> RaceFloor::NewReadyOrders(int count) {
  std::vector<Order> orders = PlaceAll(NewPlacings(count));
  // downloadOrder and confirmOrder.
  for (int call = 0; call < 2; ++call) {
    std::vector<Awaitable<absl::StatusOr<Updated>>> answers;
    for (size_t i = 0; i < orders.size(); ++i) {
      answers.push_back(instance(i).Answer(orders[i], AnswerDone()));
    }
    const auto updated = RunAll(std::move(answers));
    for (size_t i = 0; i < orders.size(); ++i) {
      SHIMING_CHECK(updated[i].ok(), "the answer was refused");
      orders[i] = updated[i]->order;
    }
  }
  for (const Order& order : orders) {
    SHIMING_CHECK(order.state == OrderState::kReady, "the order is not ready");
  }
  return orders;
}

}  // namespace shiming::profile_order::testing
