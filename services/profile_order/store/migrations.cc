#include "services/profile_order/store/migrations.h"

#include <array>

#include "common/status/status_macros.h"
#include "storage/outbox/outbox.h"
#include "storage/requests/idempotency_keys.h"

namespace shiming::profile_order {
namespace {

// Keys begin with the distribution column (portable SQL, section 8): route,
// eid, segment, batch. Enumerations hold the numbers of core/order.h. A step
// never changes once released.
constexpr std::array<sql::Migration, 35> kMigrations = {{
    {1, "orders",
     "CREATE TABLE IF NOT EXISTS orders ("
     "route INT64 NOT NULL, order_id TEXT NOT NULL, "
     "session_id TEXT NOT NULL, shop TEXT NOT NULL, terminal TEXT NOT NULL, "
     "display TEXT NOT NULL, clerk TEXT NOT NULL, shift TEXT, "
     "person_id TEXT NOT NULL, verification_id TEXT, "
     "attestation_id TEXT NOT NULL, policy_version TEXT, "
     "kind INT64 NOT NULL, profile_type TEXT NOT NULL, "
     "reservation_id TEXT NOT NULL, msisdn TEXT NOT NULL, "
     "eid TEXT NOT NULL, iccid TEXT NOT NULL, smdp TEXT NOT NULL, "
     "created_us INT64 NOT NULL, device_commitment BYTES, "
     "consent_commitment BYTES, "
     "version INT64 NOT NULL, "
     "state INT64 NOT NULL CHECK (state BETWEEN 1 AND 12), "
     "cause INT64 NOT NULL, failed_reason TEXT, status_code TEXT, "
     "state_us INT64 NOT NULL, expire_us INT64, due_us INT64, "
     "reveal_request_id TEXT, permit_id TEXT, permit_event BYTES, "
     "smdp_address TEXT, ready_version INT64 NOT NULL, "
     "revealed_version INT64 NOT NULL, code_expire_us INT64, "
     "code_commitment BYTES, sealed BYTES NOT NULL, "
     "download_effect INT64 NOT NULL, confirm_effect INT64 NOT NULL, "
     "release_effect INT64 NOT NULL, any_unknown INT64 NOT NULL, "
     "fate INT64 NOT NULL, cancel_refused_us INT64, "
     "transient_count INT64 NOT NULL, matching_id_count INT64 NOT NULL, "
     "call_number INT64 NOT NULL, wrong_eid_count INT64 NOT NULL, "
     "session_over INT64 NOT NULL, notices_pending INT64 NOT NULL, "
     "live INT64 NOT NULL, "
     "PRIMARY KEY (route, order_id))",
     "SELECT order_id, live FROM orders LIMIT 1"},
    {2, "orders_due",
     "CREATE INDEX IF NOT EXISTS orders_due ON orders (due_us)",
     "SELECT due_us FROM orders LIMIT 1"},
    {3, "orders_session",
     "CREATE INDEX IF NOT EXISTS orders_session ON orders (session_id)",
     "SELECT session_id FROM orders LIMIT 1"},
    {4, "order_keys",
     "CREATE TABLE IF NOT EXISTS order_keys ("
     "route INT64 NOT NULL, order_id TEXT NOT NULL, "
     "wrapped_key BYTES NOT NULL, PRIMARY KEY (route, order_id))",
     "SELECT wrapped_key FROM order_keys LIMIT 1"},
    {5, "smdp_calls",
     "CREATE TABLE IF NOT EXISTS smdp_calls ("
     "route INT64 NOT NULL, order_id TEXT NOT NULL, "
     "call_number INT64 NOT NULL, function INT64 NOT NULL, "
     "call_id TEXT NOT NULL, attempt INT64 NOT NULL, sender TEXT NOT NULL, "
     "state INT64 NOT NULL CHECK (state BETWEEN 1 AND 5), "
     "earlier_unknown INT64 NOT NULL, status_code TEXT, "
     "sent_us INT64 NOT NULL, PRIMARY KEY (route, order_id, call_number))",
     "SELECT attempt, sender FROM smdp_calls LIMIT 1"},
    {6, "smdp_observations",
     "CREATE TABLE IF NOT EXISTS smdp_observations ("
     "route INT64 NOT NULL, order_id TEXT NOT NULL, "
     "call_number INT64 NOT NULL, attempt INT64 NOT NULL, "
     "state INT64 NOT NULL, status_code TEXT, "
     "PRIMARY KEY (route, order_id, call_number, attempt))",
     "SELECT state FROM smdp_observations LIMIT 1"},
    {7, "person_usage",
     "CREATE TABLE IF NOT EXISTS person_usage ("
     "route INT64 NOT NULL, person_id TEXT NOT NULL, "
     "live INT64 NOT NULL CHECK (live >= 0), PRIMARY KEY (route, person_id))",
     "SELECT live FROM person_usage LIMIT 1"},
    {8, "eid_usage",
     "CREATE TABLE IF NOT EXISTS eid_usage ("
     "eid TEXT NOT NULL, live INT64 NOT NULL CHECK (live >= 0), "
     "PRIMARY KEY (eid))",
     "SELECT live FROM eid_usage LIMIT 1"},
    {9, "attestations_spent",
     "CREATE TABLE IF NOT EXISTS attestations_spent ("
     "route INT64 NOT NULL, attestation_id TEXT NOT NULL, "
     "order_id TEXT NOT NULL, spent_us INT64 NOT NULL, "
     "PRIMARY KEY (route, attestation_id))",
     "SELECT order_id FROM attestations_spent LIMIT 1"},
    {10, "numbers",
     "CREATE TABLE IF NOT EXISTS numbers ("
     "segment TEXT NOT NULL, number TEXT NOT NULL, region TEXT NOT NULL, "
     "state INT64 NOT NULL CHECK (state BETWEEN 0 AND 3), "
     "holder TEXT, expires_us INT64, order_id TEXT, pick INT64 NOT NULL, "
     "version INT64 NOT NULL, PRIMARY KEY (segment, number))",
     "SELECT pick FROM numbers LIMIT 1"},
    {11, "numbers_free",
     "CREATE INDEX IF NOT EXISTS numbers_free ON numbers "
     "(region, state, pick)",
     "SELECT region, state, pick FROM numbers LIMIT 1"},
    {12, "numbers_reserved",
     "CREATE INDEX IF NOT EXISTS numbers_reserved ON numbers "
     "(state, expires_us)",
     "SELECT state, expires_us FROM numbers LIMIT 1"},
    {13, "reservations",
     "CREATE TABLE IF NOT EXISTS reservations ("
     "session_id TEXT NOT NULL, reservation_id TEXT NOT NULL, "
     "segment TEXT NOT NULL, number TEXT NOT NULL, expires_us INT64 NOT NULL, "
     "PRIMARY KEY (session_id))",
     "SELECT reservation_id FROM reservations LIMIT 1"},
    {14, "iccids",
     "CREATE TABLE IF NOT EXISTS iccids ("
     "batch TEXT NOT NULL, iccid TEXT NOT NULL, profile_type TEXT NOT NULL, "
     "smdp TEXT NOT NULL, state INT64 NOT NULL CHECK (state BETWEEN 0 AND 4), "
     "order_id TEXT, pick INT64 NOT NULL, version INT64 NOT NULL, "
     "PRIMARY KEY (batch, iccid))",
     "SELECT pick FROM iccids LIMIT 1"},
    {15, "iccids_free",
     "CREATE INDEX IF NOT EXISTS iccids_free ON iccids "
     "(profile_type, state, pick)",
     "SELECT profile_type, state, pick FROM iccids LIMIT 1"},
    {16, "device_models",
     "CREATE TABLE IF NOT EXISTS device_models ("
     "tac TEXT NOT NULL, model TEXT NOT NULL, "
     "eligible INT64 NOT NULL CHECK (eligible IN (0, 1)), PRIMARY KEY (tac))",
     "SELECT eligible FROM device_models LIMIT 1"},
    {17, "notices",
     "CREATE TABLE IF NOT EXISTS notices ("
     "batch TEXT NOT NULL, iccid TEXT NOT NULL, digest TEXT NOT NULL, "
     "smdp_peer TEXT NOT NULL, order_id TEXT, eid TEXT, point INT64 NOT NULL, "
     "success INT64 NOT NULL, status_code TEXT, stamp TEXT NOT NULL, "
     "received_us INT64 NOT NULL, pending INT64 NOT NULL, "
     "PRIMARY KEY (batch, iccid, digest))",
     "SELECT pending FROM notices LIMIT 1"},
    {18, "notices_order",
     "CREATE INDEX IF NOT EXISTS notices_order ON notices "
     "(order_id, pending)",
     "SELECT order_id, pending FROM notices LIMIT 1"},
    {19, "display_orders",
     "CREATE TABLE IF NOT EXISTS display_orders ("
     "display TEXT NOT NULL, order_id TEXT NOT NULL, PRIMARY KEY (display))",
     "SELECT order_id FROM display_orders LIMIT 1"},
    {20, "ends_cursor",
     "CREATE TABLE IF NOT EXISTS ends_cursor ("
     "name TEXT NOT NULL, position INT64 NOT NULL, PRIMARY KEY (name))",
     "SELECT position FROM ends_cursor LIMIT 1"},
    {21, "leases",
     "CREATE TABLE IF NOT EXISTS leases ("
     "name TEXT NOT NULL, epoch INT64 NOT NULL, holder TEXT NOT NULL, "
     "expires_us INT64 NOT NULL, PRIMARY KEY (name))",
     "SELECT epoch FROM leases LIMIT 1"},
    {22, "imports",
     "CREATE TABLE IF NOT EXISTS imports ("
     "import_id TEXT NOT NULL, kind TEXT NOT NULL, admin TEXT NOT NULL, "
     "added INT64 NOT NULL, known INT64 NOT NULL, PRIMARY KEY (import_id))",
     "SELECT added FROM imports LIMIT 1"},
    {23, "orders_live",
     "CREATE INDEX IF NOT EXISTS orders_live ON orders (live, session_over)",
     "SELECT live, session_over FROM orders LIMIT 1"},
    {24, "service_keys",
     "CREATE TABLE IF NOT EXISTS service_keys ("
     "name TEXT NOT NULL, wrapped_key BYTES NOT NULL, PRIMARY KEY (name))",
     "SELECT wrapped_key FROM service_keys LIMIT 1"},
    // Since when the person can place no order: an erasure. NULL: may.
    {25, "person_erased", "ALTER TABLE person_usage ADD COLUMN erased_us INT64",
     "SELECT erased_us FROM person_usage LIMIT 1"},
    {26, "orders_person",
     "CREATE INDEX IF NOT EXISTS orders_person ON orders (route, person_id)",
     "SELECT route, person_id FROM orders LIMIT 1"},
    // Lives of processes: whose ES2+ calls are on their way (core/run_store.h).
    {27, "worker_runs",
     "CREATE TABLE IF NOT EXISTS worker_runs ("
     "run_id TEXT NOT NULL, instance TEXT NOT NULL, "
     "expires_us INT64 NOT NULL, PRIMARY KEY (run_id))",
     "SELECT instance, expires_us FROM worker_runs LIMIT 1"},
    // What other instances have changed (core/change_store.h).
    {28, "order_routes",
     "CREATE TABLE IF NOT EXISTS order_routes ("
     "route INT64 NOT NULL, number INT64 NOT NULL, PRIMARY KEY (route))",
     "SELECT number FROM order_routes LIMIT 1"},
    {29, "order_change_number",
     "ALTER TABLE orders ADD COLUMN change_number INT64",
     "SELECT change_number FROM orders LIMIT 1"},
    {30, "orders_changed",
     "CREATE INDEX IF NOT EXISTS orders_changed ON orders "
     "(route, change_number)",
     "SELECT route, change_number FROM orders LIMIT 1"},
    // Orders that this database has lost and the record holds: what they hold,
    // by pseudonym (ADR 13). eid, iccid and msisdn are NULL until they are
    // seen.
    {31, "recorded_orders",
     "CREATE TABLE IF NOT EXISTS recorded_orders ("
     "route INT64 NOT NULL, order_id TEXT NOT NULL, person_id TEXT NOT NULL, "
     "state INT64 NOT NULL CHECK (state BETWEEN 1 AND 12), "
     "recorded_us INT64 NOT NULL, eid_pseudonym BYTES NOT NULL, "
     "iccid_pseudonym BYTES NOT NULL, msisdn_pseudonym BYTES NOT NULL, "
     "eid TEXT, iccid TEXT, msisdn TEXT, PRIMARY KEY (route, order_id))",
     "SELECT order_id, state, recorded_us, eid_pseudonym, iccid_pseudonym, "
     "msisdn_pseudonym, eid, iccid, msisdn FROM recorded_orders LIMIT 1"},
    {32, "recorded_orders_person",
     "CREATE INDEX IF NOT EXISTS recorded_orders_person ON recorded_orders "
     "(route, person_id)",
     "SELECT route, person_id FROM recorded_orders LIMIT 1"},
    {33, "recorded_orders_eid",
     "CREATE INDEX IF NOT EXISTS recorded_orders_eid ON recorded_orders "
     "(eid_pseudonym)",
     "SELECT eid_pseudonym FROM recorded_orders LIMIT 1"},
    {34, "recorded_orders_iccid",
     "CREATE INDEX IF NOT EXISTS recorded_orders_iccid ON recorded_orders "
     "(iccid_pseudonym)",
     "SELECT iccid_pseudonym FROM recorded_orders LIMIT 1"},
    {35, "recorded_orders_msisdn",
     "CREATE INDEX IF NOT EXISTS recorded_orders_msisdn ON recorded_orders "
     "(msisdn_pseudonym)",
     "SELECT msisdn_pseudonym FROM recorded_orders LIMIT 1"},
}};

}  // namespace

std::span<const sql::Migration> Migrations() { return kMigrations; }

absl::Status MigrateAll(sql::Database& database) {
  RETURN_IF_ERROR(sql::Migrate(database, outbox::Outbox::Migrations(),
                               outbox::Outbox::kSchema));
  RETURN_IF_ERROR(sql::Migrate(database,
                               requests::IdempotencyKeys::Migrations(),
                               requests::IdempotencyKeys::kSchema));
  return sql::Migrate(database, Migrations(), "profile_order");
}

}  // namespace shiming::profile_order
