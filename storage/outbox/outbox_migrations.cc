// The outbox's tables.
#include "storage/outbox/outbox.h"

namespace shiming::outbox {
namespace {

constexpr sql::Migration kMigrations[] = {
    // The head of each aggregate, kept for ever: its last version is what a
    // restored database is recognised by.
    {.number = 1,
     .name = "aggregates",
     .sql = R"(CREATE TABLE IF NOT EXISTS outbox_aggregates (
       route INT64 NOT NULL,
       aggregate TEXT NOT NULL,
       version INT64 NOT NULL CHECK (version >= 0),
       event_us INT64 NOT NULL,
       kept INT64 NOT NULL CHECK (kept IN (0, 1)),
       stopped INT64 NOT NULL CHECK (stopped IN (0, 1)),
       PRIMARY KEY (route, aggregate)))",
     .verify_sql = "SELECT version, event_us, kept, stopped "
                   "FROM outbox_aggregates WHERE route = -1"},
    // state: see EventState in outbox_rows.h.
    {.number = 2,
     .name = "events",
     .sql = R"(CREATE TABLE IF NOT EXISTS outbox_events (
       route INT64 NOT NULL,
       aggregate TEXT NOT NULL,
       version INT64 NOT NULL CHECK (version >= 1),
       event_us INT64 NOT NULL,
       state INT64 NOT NULL CHECK (state BETWEEN 0 AND 2),
       kept INT64 NOT NULL CHECK (kept IN (0, 1)),
       ledger_index INT64,
       entry BYTES NOT NULL,
       PRIMARY KEY (route, aggregate, version)))",
     .verify_sql = "SELECT version, event_us, state, kept, ledger_index, entry "
                   "FROM outbox_events WHERE route = -1"},
    {.number = 3,
     .name = "events by state",
     .sql = "CREATE INDEX IF NOT EXISTS outbox_events_by_state "
            "ON outbox_events (state, event_us, aggregate)",
     .verify_sql = "SELECT COUNT(*) FROM outbox_events "
                   "WHERE state = 0 AND event_us < 0"},
    // Up to which ledger index own entries were found to be known here.
    {.number = 4,
     .name = "checks",
     .sql = R"(CREATE TABLE IF NOT EXISTS outbox_checks (
       source TEXT NOT NULL,
       checked_index INT64 NOT NULL,
       PRIMARY KEY (source)))",
     .verify_sql =
         "SELECT checked_index FROM outbox_checks WHERE source = '-'"},
};

}  // namespace

std::span<const sql::Migration> Outbox::Migrations() { return kMigrations; }

}  // namespace shiming::outbox
