#include "storage/outbox/outbox_rows.h"

#include <utility>

#include "common/status/status_macros.h"
#include "storage/outbox/route.h"

namespace shiming::outbox {
namespace {

using sql::Params;
using sql::Row;
using sql::Rows;
using sql::Value;

Value RouteValue(std::string_view aggregate) {
  return Value::Int(RouteOf(aggregate));
}

Value TextValue(std::string_view text) {
  return Value::Text(std::string(text));
}

Value StateValue(EventState state) {
  return Value::Int(static_cast<int64_t>(state));
}

// Of columns aggregate, version, event_us, state, entry.
EventRow ToEventRow(const Row& row) {
  return {.aggregate = row.Text(0),
          .version = row.Int(1),
          .event_us = row.Int(2),
          .state = static_cast<EventState>(row.Int(3)),
          .entry = row.Bytes(4)};
}

std::vector<EventRow> ToEventRows(const Rows& rows) {
  std::vector<EventRow> events;
  events.reserve(rows.size());
  for (const Row& row : rows) events.push_back(ToEventRow(row));
  return events;
}

}  // namespace

absl::StatusOr<std::optional<AggregateHead>> ReadHead(
    sql::Snapshot& snapshot, std::string_view aggregate) {
  ASSIGN_OR_RETURN(
      std::optional<Row> row,
      snapshot.QueryAtMostOne(
          "SELECT version, event_us, kept, stopped FROM outbox_aggregates "
          "WHERE route = $1 AND aggregate = $2",
          {RouteValue(aggregate), TextValue(aggregate)}));
  if (!row.has_value()) return std::optional<AggregateHead>();
  return std::optional<AggregateHead>({.version = row->Int(0),
                                       .event_us = row->Int(1),
                                       .kept = row->Int(2) != 0,
                                       .stopped = row->Int(3) != 0});
}

absl::Status InsertHead(sql::Transaction& tx, std::string_view aggregate,
                        const AggregateHead& head) {
  ASSIGN_OR_RETURN(
      int64_t inserted,
      tx.InsertIgnore(
          "INSERT INTO outbox_aggregates "
          "(route, aggregate, version, event_us, kept, stopped) "
          "VALUES ($1, $2, $3, $4, $5, $6)",
          {RouteValue(aggregate), TextValue(aggregate),
           Value::Int(head.version), Value::Int(head.event_us),
           Value::Int(head.kept ? 1 : 0), Value::Int(head.stopped ? 1 : 0)}));
  if (inserted == 1) return absl::OkStatus();
  return sql::RunAgain("another transaction made the aggregate");
}

absl::Status MoveHead(sql::Transaction& tx, std::string_view aggregate,
                      int64_t last_version, const AggregateHead& head) {
  ASSIGN_OR_RETURN(
      int64_t moved,
      tx.Execute("UPDATE outbox_aggregates SET version = $1, event_us = $2 "
                 "WHERE route = $3 AND aggregate = $4 AND version = $5",
                 {Value::Int(head.version), Value::Int(head.event_us),
                  RouteValue(aggregate), TextValue(aggregate),
                  Value::Int(last_version)}));
  if (moved == 1) return absl::OkStatus();
  return sql::RunAgain("another transaction moved the aggregate");
}

absl::Status InsertEvent(sql::Transaction& tx, const EventRow& row, bool kept) {
  return tx.ExecuteOne(
      "INSERT INTO outbox_events "
      "(route, aggregate, version, event_us, state, kept, entry) "
      "VALUES ($1, $2, $3, $4, $5, $6, $7)",
      {RouteValue(row.aggregate), TextValue(row.aggregate),
       Value::Int(row.version), Value::Int(row.event_us), StateValue(row.state),
       Value::Int(kept ? 1 : 0), Value::Bytes(row.entry)});
}

absl::StatusOr<std::optional<EventRow>> ReadEvent(sql::Snapshot& snapshot,
                                                  std::string_view aggregate,
                                                  int64_t version) {
  ASSIGN_OR_RETURN(
      std::optional<Row> row,
      snapshot.QueryAtMostOne(
          "SELECT aggregate, version, event_us, state, entry "
          "FROM outbox_events "
          "WHERE route = $1 AND aggregate = $2 AND version = $3",
          {RouteValue(aggregate), TextValue(aggregate), Value::Int(version)}));
  if (!row.has_value()) return std::optional<EventRow>();
  return std::optional<EventRow>(ToEventRow(*row));
}

absl::StatusOr<std::vector<EventRow>> ReadUnsent(sql::Snapshot& snapshot,
                                                 const UnsentPosition& after,
                                                 int64_t limit) {
  // event_us grows by at least 1 inside an aggregate, so that the pair is
  // unique.
  ASSIGN_OR_RETURN(
      Rows rows,
      snapshot.Query(
          "SELECT aggregate, version, event_us, state, entry "
          "FROM outbox_events "
          "WHERE state = $1 AND (event_us, aggregate) > ($2, $3) "
          "ORDER BY event_us, aggregate LIMIT $4",
          {StateValue(EventState::kUnsent), Value::Int(after.event_us),
           TextValue(after.aggregate), Value::Int(limit)}));
  return ToEventRows(rows);
}

absl::StatusOr<std::vector<EventRow>> ReadUnsentOf(sql::Snapshot& snapshot,
                                                   std::string_view aggregate,
                                                   int64_t last_version,
                                                   int64_t limit) {
  ASSIGN_OR_RETURN(
      Rows rows,
      snapshot.Query("SELECT aggregate, version, event_us, state, entry "
                     "FROM outbox_events "
                     "WHERE route = $1 AND aggregate = $2 AND version <= $3 "
                     "AND state = $4 ORDER BY version LIMIT $5",
                     {RouteValue(aggregate), TextValue(aggregate),
                      Value::Int(last_version), StateValue(EventState::kUnsent),
                      Value::Int(limit)}));
  return ToEventRows(rows);
}

absl::Status MarkAcked(sql::Transaction& tx, std::string_view aggregate,
                       int64_t version, int64_t ledger_index) {
  RETURN_IF_ERROR(
      tx.Execute(
            "UPDATE outbox_events SET state = $1, ledger_index = $2 "
            "WHERE route = $3 AND aggregate = $4 AND version = $5 "
            "AND kept = 1 AND state <> $1",
            {StateValue(EventState::kAcked), Value::Int(ledger_index),
             RouteValue(aggregate), TextValue(aggregate), Value::Int(version)})
          .status());
  return tx
      .Execute(
          "DELETE FROM outbox_events "
          "WHERE route = $1 AND aggregate = $2 AND version = $3 "
          "AND kept = 0",
          {RouteValue(aggregate), TextValue(aggregate), Value::Int(version)})
      .status();
}

absl::Status StopAggregate(sql::Transaction& tx, std::string_view aggregate) {
  RETURN_IF_ERROR(tx.Execute("UPDATE outbox_aggregates SET stopped = 1 "
                             "WHERE route = $1 AND aggregate = $2",
                             {RouteValue(aggregate), TextValue(aggregate)})
                      .status());
  return tx
      .Execute(
          "UPDATE outbox_events SET state = $1 "
          "WHERE route = $2 AND aggregate = $3 AND state = $4",
          {StateValue(EventState::kBlocked), RouteValue(aggregate),
           TextValue(aggregate), StateValue(EventState::kUnsent)})
      .status();
}

absl::StatusOr<OutboxCounts> ReadCounts(sql::Snapshot& snapshot) {
  ASSIGN_OR_RETURN(Rows unsent,
                   snapshot.Query("SELECT COUNT(*), COALESCE(MIN(event_us), 0) "
                                  "FROM outbox_events WHERE state = $1",
                                  {StateValue(EventState::kUnsent)}));
  ASSIGN_OR_RETURN(
      Rows blocked,
      snapshot.Query("SELECT COUNT(*) FROM outbox_events WHERE state = $1",
                     {StateValue(EventState::kBlocked)}));
  return OutboxCounts{.unsent = unsent[0].Int(0),
                      .oldest_unsent_us = unsent[0].Int(1),
                      .blocked = blocked[0].Int(0)};
}

absl::StatusOr<int64_t> ReadCheckedIndex(sql::Snapshot& snapshot,
                                         std::string_view source) {
  ASSIGN_OR_RETURN(
      std::optional<Row> row,
      snapshot.QueryAtMostOne("SELECT checked_index FROM outbox_checks "
                              "WHERE source = $1",
                              {TextValue(source)}));
  return row.has_value() ? row->Int(0) : -1;
}

absl::Status WriteCheckedIndex(sql::Transaction& tx, std::string_view source,
                               int64_t index) {
  RETURN_IF_ERROR(
      tx.InsertIgnore("INSERT INTO outbox_checks (source, checked_index) "
                      "VALUES ($1, $2)",
                      {TextValue(source), Value::Int(index)})
          .status());
  return tx
      .Execute(
          "UPDATE outbox_checks SET checked_index = $1 "
          "WHERE source = $2 AND checked_index < $1",
          {Value::Int(index), TextValue(source)})
      .status();
}

}  // namespace shiming::outbox
