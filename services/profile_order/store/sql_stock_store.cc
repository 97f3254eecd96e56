#include "services/profile_order/store/sql_stock_store.h"

#include <utility>

#include "common/status/reason.h"
#include "common/status/status_macros.h"
#include "services/profile_order/store/recorded_rows.h"
#include "services/profile_order/store/stock_rows.h"
#include "storage/sql/sql_error.h"

namespace shiming::profile_order {
namespace {

using sql::Value;

Value Text(std::string_view text) { return Value::Text(std::string(text)); }
Value State(NumberState state) {
  return Value::Int(static_cast<int64_t>(state));
}
Value State(IccidState state) {
  return Value::Int(static_cast<int64_t>(state));
}

requests::RequestKey KeyOf(const RequestKey& key) {
  return {
      .caller = key.caller, .method = key.method, .request_id = key.request_id};
}

absl::Status Conflict(int line) {
  const std::string number = std::to_string(line);
  return MakeError(Reason::IMPORT_CONFLICT,
                   "line " + number + ": known with other content",
                   {.field = "csv", .metadata = {{"line", number}}});
}

// Gives the number back if `reservation_id` still holds it.
absl::Status FreeIfHeld(sql::Transaction& tx, const std::string& segment,
                        const std::string& number,
                        const std::string& reservation_id) {
  return tx
      .Execute(
          "UPDATE numbers SET state = $1, holder = NULL, "
          "expires_us = NULL, version = version + 1 "
          "WHERE segment = $2 AND number = $3 AND state = $4 "
          "AND holder = $5",
          {State(NumberState::kFree), Text(segment), Text(number),
           State(NumberState::kReserved), Text(reservation_id)})
      .status();
}

struct Reservation {
  std::string reservation_id;
  std::string segment;
  std::string number;
  int64_t expires_us = 0;
};

absl::StatusOr<std::optional<Reservation>> ReadReservation(
    sql::Snapshot& snapshot, const std::string& session_id) {
  ASSIGN_OR_RETURN(
      const std::optional<sql::Row> row,
      snapshot.QueryAtMostOne("SELECT reservation_id, segment, number, "
                              "expires_us FROM reservations "
                              "WHERE session_id = $1",
                              {Text(session_id)}));
  if (!row.has_value()) return std::nullopt;
  return Reservation{.reservation_id = row->Text(0),
                     .segment = row->Text(1),
                     .number = row->Text(2),
                     .expires_us = row->Int(3)};
}

// The session's one reservation, in place of an earlier one.
absl::Status StoreReservation(sql::Transaction& tx,
                              const StockStore::Reserve& reserve,
                              const std::optional<Reservation>& earlier) {
  const std::string segment = SegmentOf(reserve.msisdn);
  if (!earlier.has_value()) {
    ASSIGN_OR_RETURN(
        const int64_t inserted,
        tx.InsertIgnore("INSERT INTO reservations (session_id, "
                        "reservation_id, segment, number, expires_us) "
                        "VALUES ($1, $2, $3, $4, $5)",
                        {Text(reserve.session_id), Text(reserve.reservation_id),
                         Text(segment), Text(reserve.msisdn),
                         Value::Int(reserve.until_us)}));
    if (inserted == 1) return absl::OkStatus();
    return sql::RunAgain("the session reserved another number");
  }
  ASSIGN_OR_RETURN(
      const int64_t changed,
      tx.Execute("UPDATE reservations SET reservation_id = $1, segment = $2, "
                 "number = $3, expires_us = $4 "
                 "WHERE session_id = $5 AND reservation_id = $6",
                 {Text(reserve.reservation_id), Text(segment),
                  Text(reserve.msisdn), Value::Int(reserve.until_us),
                  Text(reserve.session_id), Text(earlier->reservation_id)}));
  if (changed != 1) return sql::RunAgain("the reservation changed");
  return absl::OkStatus();
}

absl::StatusOr<bool> ImportIccid(sql::Transaction& tx, const IccidRow& row,
                                 const std::string& smdp, int64_t pick) {
  ASSIGN_OR_RETURN(
      const int64_t inserted,
      tx.InsertIgnore(
          "INSERT INTO iccids (batch, iccid, profile_type, smdp, "
          "state, pick, version) "
          "VALUES ($1, $2, $3, $4, $5, $6, $7)",
          {Text(BatchOf(row.iccid)), Text(row.iccid), Text(row.profile_type),
           Text(smdp), State(IccidState::kAvailable), Value::Int(pick),
           Value::Int(1)}));
  if (inserted == 1) return true;
  ASSIGN_OR_RETURN(
      const std::optional<sql::Row> known,
      tx.QueryAtMostOne("SELECT profile_type, smdp FROM iccids "
                        "WHERE batch = $1 AND iccid = $2",
                        {Text(BatchOf(row.iccid)), Text(row.iccid)}));
  if (!known.has_value() || known->Text(0) != row.profile_type ||
      known->Text(1) != smdp) {
    return Conflict(row.line);
  }
  return false;
}

absl::StatusOr<bool> ImportNumber(sql::Transaction& tx, const NumberRow& row,
                                  int64_t pick) {
  ASSIGN_OR_RETURN(
      const int64_t inserted,
      tx.InsertIgnore(
          "INSERT INTO numbers (segment, number, region, state, "
          "pick, version) VALUES ($1, $2, $3, $4, $5, $6)",
          {Text(SegmentOf(row.msisdn)), Text(row.msisdn), Text(row.region),
           State(NumberState::kFree), Value::Int(pick), Value::Int(1)}));
  if (inserted == 1) return true;
  ASSIGN_OR_RETURN(
      const std::optional<sql::Row> known,
      tx.QueryAtMostOne(
          "SELECT region FROM numbers WHERE segment = $1 AND number = $2",
          {Text(SegmentOf(row.msisdn)), Text(row.msisdn)}));
  if (!known.has_value() || known->Text(0) != row.region) {
    return Conflict(row.line);
  }
  return false;
}

// Models may change: eligibility does.
absl::StatusOr<bool> ImportModel(sql::Transaction& tx,
                                 const DeviceModel& model) {
  const Value eligible = Value::Int(model.eligible ? 1 : 0);
  ASSIGN_OR_RETURN(
      const int64_t inserted,
      tx.InsertIgnore("INSERT INTO device_models (tac, model, eligible) "
                      "VALUES ($1, $2, $3)",
                      {Text(model.tac), Text(model.model), eligible}));
  if (inserted == 1) return true;
  RETURN_IF_ERROR(tx.ExecuteOne(
      "UPDATE device_models SET model = $1, eligible = $2 WHERE tac = $3",
      {Text(model.model), eligible, Text(model.tac)}));
  return false;
}

absl::StatusOr<int64_t> CountOne(sql::Snapshot& snapshot, std::string_view text,
                                 sql::Params params) {
  ASSIGN_OR_RETURN(const sql::Rows rows,
                   snapshot.Query(text, std::move(params)));
  return rows.empty() ? 0 : rows.front().Int(0);
}

absl::StatusOr<std::map<std::string, int64_t>> CountBy(sql::Snapshot& snapshot,
                                                       std::string_view text,
                                                       sql::Params params) {
  ASSIGN_OR_RETURN(const sql::Rows rows,
                   snapshot.Query(text, std::move(params)));
  std::map<std::string, int64_t> counts;
  for (const sql::Row& row : rows) counts[row.Text(0)] = row.Int(1);
  return counts;
}

}  // namespace

Awaitable<absl::StatusOr<std::optional<DeviceModel>>> SqlStockStore::FindDevice(
    std::string tac) {
  auto fn = [tac = std::move(tac)](sql::Snapshot& snapshot)
      -> absl::StatusOr<std::optional<DeviceModel>> {
    ASSIGN_OR_RETURN(
        const std::optional<sql::Row> row,
        snapshot.QueryAtMostOne(
            "SELECT model, eligible FROM device_models WHERE tac = $1",
            {Text(tac)}));
    if (!row.has_value()) return std::nullopt;
    return DeviceModel{
        .tac = tac, .model = row->Text(0), .eligible = row->Int(1) != 0};
  };
  co_return co_await database_.ReadValue(std::move(fn));
}

Awaitable<absl::StatusOr<int64_t>> SqlStockStore::LiveOnEid(
    std::string eid, std::string pseudonym) {
  auto fn = [eid = std::move(eid), pseudonym = std::move(pseudonym)](
                sql::Snapshot& snapshot) -> absl::StatusOr<int64_t> {
    ASSIGN_OR_RETURN(
        const std::optional<sql::Row> row,
        snapshot.QueryAtMostOne("SELECT live FROM eid_usage WHERE eid = $1",
                                {Text(eid)}));
    if (row.has_value()) return row->Int(0);
    return CountRecordedOnEid(snapshot, pseudonym);
  };
  co_return co_await database_.ReadValue(std::move(fn));
}

Awaitable<absl::StatusOr<std::vector<FreeNumber>>> SqlStockStore::ListFree(
    std::string region, int64_t pick, int64_t limit) {
  auto fn =
      [region = std::move(region), pick, limit](
          sql::Snapshot& snapshot) -> absl::StatusOr<std::vector<FreeNumber>> {
    std::vector<FreeNumber> found;
    // From the random place on, then round from the beginning.
    for (const bool again : {false, true}) {
      const int64_t left = limit - static_cast<int64_t>(found.size());
      if (left <= 0) break;
      const std::string_view text =
          again ? "SELECT number FROM numbers WHERE region = $1 "
                  "AND state = $2 AND pick < $3 ORDER BY pick LIMIT $4"
                : "SELECT number FROM numbers WHERE region = $1 "
                  "AND state = $2 AND pick >= $3 ORDER BY pick LIMIT $4";
      ASSIGN_OR_RETURN(
          const sql::Rows rows,
          snapshot.Query(text, {Text(region), State(NumberState::kFree),
                                Value::Int(pick), Value::Int(left)}));
      for (const sql::Row& row : rows) {
        found.push_back({.msisdn = row.Text(0), .region = region});
      }
    }
    return found;
  };
  co_return co_await database_.ReadValue(std::move(fn));
}

absl::StatusOr<HeldNumber> SqlStockStore::ReserveInside(
    sql::Transaction& tx, const Reserve& reserve) const {
  ASSIGN_OR_RETURN(
      const std::optional<std::string> earlier_id,
      requests_.Claim(tx, KeyOf(reserve.request), reserve.request.content_hash,
                      reserve.reservation_id));
  ASSIGN_OR_RETURN(const std::optional<Reservation> earlier,
                   ReadReservation(tx, reserve.session_id));
  if (earlier_id.has_value()) {
    if (!earlier.has_value() || earlier->reservation_id != *earlier_id ||
        earlier->expires_us <= reserve.now_us) {
      return MakeError(Reason::RESERVATION_EXPIRED,
                       "what the request reserved is gone");
    }
    return HeldNumber{.reservation_id = earlier->reservation_id,
                      .msisdn = earlier->number,
                      .expires_us = earlier->expires_us};
  }
  const std::string segment = SegmentOf(reserve.msisdn);
  ASSIGN_OR_RETURN(
      const std::optional<sql::Row> number,
      tx.QueryAtMostOne(
          "SELECT region FROM numbers WHERE segment = $1 AND number = $2",
          {Text(segment), Text(reserve.msisdn)}));
  if (!number.has_value()) {
    return MakeError(Reason::NUMBER_UNKNOWN, "the number is not in stock",
                     {.field = "msisdn"});
  }
  if (number->Text(0) != reserve.region) {
    return MakeError(Reason::NUMBER_OTHER_REGION,
                     "the number belongs to another region");
  }
  if (earlier.has_value()) {
    RETURN_IF_ERROR(FreeIfHeld(tx, earlier->segment, earlier->number,
                               earlier->reservation_id));
  }
  RETURN_IF_ERROR(tx.ExecuteOne(
      "UPDATE numbers SET state = $1, holder = $2, expires_us = $3, "
      "version = version + 1 WHERE segment = $4 AND number = $5 "
      "AND (state = $6 OR (state = $1 AND expires_us < $7))",
      {State(NumberState::kReserved), Text(reserve.reservation_id),
       Value::Int(reserve.until_us), Text(segment), Text(reserve.msisdn),
       State(NumberState::kFree), Value::Int(reserve.now_us)},
      Reason::NUMBER_TAKEN));
  RETURN_IF_ERROR(StoreReservation(tx, reserve, earlier));
  return HeldNumber{.reservation_id = reserve.reservation_id,
                    .msisdn = reserve.msisdn,
                    .expires_us = reserve.until_us};
}

Awaitable<absl::StatusOr<HeldNumber>> SqlStockStore::ReserveNumber(
    Reserve reserve) {
  auto fn = [this, reserve = std::move(reserve)](sql::Transaction& tx) {
    return ReserveInside(tx, reserve);
  };
  co_return co_await database_.WriteValue(std::move(fn));
}

Awaitable<absl::Status> SqlStockStore::ReleaseNumber(
    RequestKey request, std::string session_id, std::string reservation_id) {
  auto fn = [this, request = std::move(request),
             session_id = std::move(session_id),
             reservation_id = std::move(reservation_id)](
                sql::Transaction& tx) -> absl::Status {
    ASSIGN_OR_RETURN(const std::optional<std::string> done,
                     requests_.Claim(tx, KeyOf(request), request.content_hash,
                                     reservation_id));
    if (done.has_value()) return absl::OkStatus();
    ASSIGN_OR_RETURN(const std::optional<Reservation> held,
                     ReadReservation(tx, session_id));
    if (!held.has_value() || held->reservation_id != reservation_id) {
      return absl::OkStatus();
    }
    RETURN_IF_ERROR(
        FreeIfHeld(tx, held->segment, held->number, reservation_id));
    return tx
        .Execute(
            "DELETE FROM reservations WHERE session_id = $1 "
            "AND reservation_id = $2",
            {Text(session_id), Text(reservation_id)})
        .status();
  };
  co_return co_await database_.Write(std::move(fn));
}

Awaitable<absl::StatusOr<int64_t>> SqlStockStore::FreeExpired(int64_t now_us,
                                                              int64_t limit) {
  auto find = [now_us, limit](sql::Snapshot& snapshot) {
    return snapshot.Query(
        "SELECT segment, number, holder FROM numbers WHERE state = $1 "
        "AND expires_us < $2 ORDER BY expires_us LIMIT $3",
        {State(NumberState::kReserved), Value::Int(now_us), Value::Int(limit)});
  };
  CO_ASSIGN_OR_RETURN(const sql::Rows rows,
                      co_await database_.ReadValue(std::move(find)));
  if (rows.empty()) co_return 0;
  auto free = [rows, now_us](sql::Transaction& tx) -> absl::StatusOr<int64_t> {
    int64_t freed = 0;
    for (const sql::Row& row : rows) {
      ASSIGN_OR_RETURN(
          const int64_t changed,
          tx.Execute(
              "UPDATE numbers SET state = $1, holder = NULL, "
              "expires_us = NULL, version = version + 1 "
              "WHERE segment = $2 AND number = $3 AND state = $4 "
              "AND expires_us < $5",
              {State(NumberState::kFree), Text(row.Text(0)), Text(row.Text(1)),
               State(NumberState::kReserved), Value::Int(now_us)}));
      freed += changed;
    }
    return freed;
  };
  co_return co_await database_.WriteValue(std::move(free));
}

absl::StatusOr<ImportCounts> SqlStockStore::ImportInside(
    sql::Transaction& tx, const Import& import) const {
  ASSIGN_OR_RETURN(
      const std::optional<std::string> earlier,
      requests_.Claim(tx, KeyOf(import.request), import.request.content_hash,
                      import.import_id));
  if (earlier.has_value()) {
    ASSIGN_OR_RETURN(
        const std::optional<sql::Row> row,
        tx.QueryAtMostOne(
            "SELECT added, known FROM imports WHERE import_id = $1",
            {Text(*earlier)}));
    if (!row.has_value()) return ImportCounts{};
    return ImportCounts{.added = row->Int(0), .known = row->Int(1)};
  }
  ImportCounts counts;
  size_t pick = 0;
  const auto count = [&](bool added) {
    (added ? counts.added : counts.known) += 1;
  };
  // Seldom any: only after a repair from the record.
  ASSIGN_OR_RETURN(const bool has_recorded, HasUnseenStock(tx));
  for (const IccidRow& row : import.iccids) {
    ASSIGN_OR_RETURN(const bool added,
                     ImportIccid(tx, row, import.smdp, import.picks[pick++]));
    count(added);
    if (!has_recorded) continue;
    RETURN_IF_ERROR(TakeRecordedIccid(tx, row.iccid, row.pseudonym).status());
  }
  for (const NumberRow& row : import.numbers) {
    ASSIGN_OR_RETURN(const bool added,
                     ImportNumber(tx, row, import.picks[pick++]));
    count(added);
    if (!has_recorded) continue;
    RETURN_IF_ERROR(TakeRecordedNumber(tx, row.msisdn, row.pseudonym).status());
  }
  for (const DeviceModelRow& row : import.models) {
    ASSIGN_OR_RETURN(const bool added, ImportModel(tx, row.model));
    count(added);
  }
  ledger::v1::Event event = import.event;
  event.mutable_inventory()->set_added_count(counts.added);
  const std::string kind = event.inventory().kind();
  RETURN_IF_ERROR(outbox_.Add(tx, std::move(event)).status());
  RETURN_IF_ERROR(tx.ExecuteOne(
      "INSERT INTO imports (import_id, kind, admin, added, known) "
      "VALUES ($1, $2, $3, $4, $5)",
      {Text(import.import_id), Text(kind), Text(import.admin),
       Value::Int(counts.added), Value::Int(counts.known)}));
  return counts;
}

Awaitable<absl::StatusOr<ImportCounts>> SqlStockStore::AddImport(
    Import import) {
  auto fn = [this, import = std::move(import)](sql::Transaction& tx) {
    return ImportInside(tx, import);
  };
  co_return co_await database_.WriteValue(std::move(fn));
}

Awaitable<absl::StatusOr<StockCounts>> SqlStockStore::Count() {
  auto fn = [](sql::Snapshot& snapshot) -> absl::StatusOr<StockCounts> {
    StockCounts counts;
    ASSIGN_OR_RETURN(
        counts.free_numbers,
        CountBy(snapshot,
                "SELECT region, COUNT(*) FROM numbers WHERE state = $1 "
                "GROUP BY region",
                {State(NumberState::kFree)}));
    ASSIGN_OR_RETURN(
        counts.available_iccids,
        CountBy(snapshot,
                "SELECT profile_type, COUNT(*) FROM iccids WHERE state = $1 "
                "GROUP BY profile_type",
                {State(IccidState::kAvailable)}));
    ASSIGN_OR_RETURN(
        counts.device_models,
        CountOne(snapshot, "SELECT COUNT(*) FROM device_models", {}));
    ASSIGN_OR_RETURN(
        counts.held_iccids,
        CountOne(snapshot, "SELECT COUNT(*) FROM iccids WHERE state = $1",
                 {State(IccidState::kHeld)}));
    return counts;
  };
  co_return co_await database_.ReadValue(std::move(fn));
}

Awaitable<absl::StatusOr<int64_t>> SqlStockStore::CountUsageDifferences() {
  auto fn = [](sql::Snapshot& snapshot) -> absl::StatusOr<int64_t> {
    // Every order counts but those that ended early: CANCELLED, EXPIRED,
    // FAILED; also those that the record alone knows.
    const sql::Params ended = {
        Value::Int(static_cast<int64_t>(OrderState::kCancelled)),
        Value::Int(static_cast<int64_t>(OrderState::kExpired)),
        Value::Int(static_cast<int64_t>(OrderState::kFailed))};
    ASSIGN_OR_RETURN(
        const int64_t persons,
        CountOne(snapshot,
                 "SELECT COUNT(*) FROM person_usage u LEFT JOIN "
                 "(SELECT route, person_id, COUNT(*) AS placed FROM orders "
                 "WHERE state NOT IN ($1, $2, $3) GROUP BY route, person_id) o "
                 "ON o.route = u.route AND o.person_id = u.person_id LEFT JOIN "
                 "(SELECT route, person_id, COUNT(*) AS placed "
                 "FROM recorded_orders "
                 "WHERE state NOT IN ($1, $2, $3) GROUP BY route, person_id) r "
                 "ON r.route = u.route AND r.person_id = u.person_id "
                 "WHERE u.live <> "
                 "COALESCE(o.placed, 0) + COALESCE(r.placed, 0)",
                 ended));
    ASSIGN_OR_RETURN(
        const int64_t eids,
        CountOne(snapshot,
                 "SELECT COUNT(*) FROM eid_usage u LEFT JOIN "
                 "(SELECT eid, COUNT(*) AS placed FROM orders "
                 "WHERE state NOT IN ($1, $2, $3) GROUP BY eid) o "
                 "ON o.eid = u.eid LEFT JOIN "
                 "(SELECT eid, COUNT(*) AS placed FROM recorded_orders "
                 "WHERE state NOT IN ($1, $2, $3) GROUP BY eid) r "
                 "ON r.eid = u.eid WHERE u.live <> "
                 "COALESCE(o.placed, 0) + COALESCE(r.placed, 0)",
                 ended));
    return persons + eids;
  };
  co_return co_await database_.ReadValue(std::move(fn));
}

}  // namespace shiming::profile_order
