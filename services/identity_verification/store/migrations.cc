#include "services/identity_verification/store/migrations.h"

#include "common/crypto/encoding.h"
#include "common/status/status_macros.h"
#include "storage/outbox/outbox.h"
#include "storage/requests/idempotency_keys.h"

namespace shiming::identity_verification {
namespace {

constexpr sql::Migration kMigrations[] = {
    // PersonRecord, sealed under the person's data key.
    {.number = 1,
     .name = "persons",
     .sql = R"(CREATE TABLE IF NOT EXISTS persons (
       route INT64 NOT NULL,
       person_id TEXT NOT NULL,
       sealed_record BYTES NOT NULL,
       create_us INT64 NOT NULL,
       update_us INT64 NOT NULL,
       PRIMARY KEY (route, person_id)))",
     .verify_sql = "SELECT sealed_record, create_us, update_us "
                   "FROM persons WHERE route = -1"},
    // Keyed hash of (document kind, number) to person. Its key makes one
    // document one person, however many sessions verify it at once.
    {.number = 2,
     .name = "aliases",
     .sql = R"(CREATE TABLE IF NOT EXISTS person_aliases (
       alias_route INT64 NOT NULL,
       alias BYTES NOT NULL,
       person_id TEXT NOT NULL,
       PRIMARY KEY (alias_route, alias)))",
     .verify_sql = "SELECT alias, person_id "
                   "FROM person_aliases WHERE alias_route = -1"},
    // decision: shiming.identity.v1.Decision.
    {.number = 3,
     .name = "verifications",
     .sql = R"(CREATE TABLE IF NOT EXISTS verifications (
       route INT64 NOT NULL,
       verification_id TEXT NOT NULL,
       session_id TEXT NOT NULL,
       terminal TEXT NOT NULL,
       decision INT64 NOT NULL CHECK (decision BETWEEN 1 AND 3),
       refused_reason TEXT,
       document_kind INT64 NOT NULL,
       decide_us INT64 NOT NULL,
       face_consent_text_id TEXT NOT NULL,
       person_id TEXT,
       attestation BYTES,
       attestation_expire_us INT64,
       sealed_case BYTES,
       PRIMARY KEY (route, verification_id)))",
     .verify_sql = "SELECT session_id, terminal, decision, refused_reason, "
                   "document_kind, decide_us, face_consent_text_id, person_id, "
                   "attestation, attestation_expire_us, sealed_case "
                   "FROM verifications WHERE route = -1"},
    // One verification per reading: the same evidence under another request id
    // is refused.
    {.number = 4,
     .name = "used nonces",
     .sql = R"(CREATE TABLE IF NOT EXISTS used_nonces (
       nonce_route INT64 NOT NULL,
       nonce_sha256 BYTES NOT NULL,
       verification_id TEXT NOT NULL,
       PRIMARY KEY (nonce_route, nonce_sha256)))",
     .verify_sql = "SELECT nonce_sha256, verification_id "
                   "FROM used_nonces WHERE nonce_route = -1"},
    // Faces of a session, until too many have failed.
    {.number = 5,
     .name = "face checks",
     .sql = R"(CREATE TABLE IF NOT EXISTS face_checks (
       route INT64 NOT NULL,
       session_id TEXT NOT NULL,
       check_count INT64 NOT NULL,
       failure_count INT64 NOT NULL CHECK (failure_count >= 0),
       PRIMARY KEY (route, session_id)))",
     .verify_sql = "SELECT check_count, failure_count "
                   "FROM face_checks WHERE route = -1"},
    // For the newest persons, at start.
    {.number = 6,
     .name = "persons by time",
     .sql = "CREATE INDEX IF NOT EXISTS persons_by_time ON persons (create_us)",
     .verify_sql = "SELECT create_us FROM persons WHERE route = -1"},
    // Since when an erasure is approved; NULL: none is. On the person's row, so
    // that verification and erasure change one row and one of them wins.
    {.number = 7,
     .name = "persons being erased",
     .sql = "ALTER TABLE persons ADD COLUMN erasing_us INT64",
     .verify_sql = "SELECT erasing_us FROM persons WHERE route = -1"},
    // The latest erasure of a person; stays when the person is gone. state:
    // shiming.identity.v1.ErasureState. content: ErasureContent. last_events:
    // an Event with `after` only.
    {.number = 8,
     .name = "erasures",
     .sql = R"(CREATE TABLE IF NOT EXISTS erasures (
       route INT64 NOT NULL,
       person_id TEXT NOT NULL,
       version INT64 NOT NULL,
       state INT64 NOT NULL CHECK (state BETWEEN 1 AND 5),
       content BYTES NOT NULL,
       digest BYTES NOT NULL,
       proposed_by TEXT NOT NULL,
       approved_by TEXT,
       approve_us INT64,
       task_number INT64,
       refused_reason TEXT,
       retain_us INT64,
       last_events BYTES,
       erase_us INT64,
       last_backup_day TEXT,
       PRIMARY KEY (route, person_id)))",
     .verify_sql = "SELECT version, state, content, digest, proposed_by, "
                   "approved_by, approve_us, task_number, refused_reason, "
                   "retain_us, last_events, erase_us, last_backup_day "
                   "FROM erasures WHERE route = -1"},
    {.number = 9,
     .name = "erasures by task",
     .sql = "CREATE INDEX IF NOT EXISTS erasures_by_task "
            "ON erasures (task_number)",
     .verify_sql = "SELECT task_number FROM erasures WHERE route = -1"},
    {.number = 10,
     .name = "erasures by digest",
     .sql =
         "CREATE INDEX IF NOT EXISTS erasures_by_digest ON erasures (digest)",
     .verify_sql = "SELECT digest FROM erasures WHERE route = -1"},
    // The last task number that was given.
    {.number = 11,
     .name = "erasure tasks",
     .sql = R"(CREATE TABLE IF NOT EXISTS erasure_tasks (
       name TEXT NOT NULL,
       last_number INT64 NOT NULL,
       PRIMARY KEY (name)))",
     .verify_sql = "SELECT last_number FROM erasure_tasks WHERE name = '-'"},
    // To find what goes with a person.
    {.number = 12,
     .name = "aliases by person",
     .sql = "CREATE INDEX IF NOT EXISTS person_aliases_by_person "
            "ON person_aliases (person_id)",
     .verify_sql = "SELECT person_id FROM person_aliases "
                   "WHERE alias_route = -1"},
    {.number = 13,
     .name = "verifications by person",
     .sql = "CREATE INDEX IF NOT EXISTS verifications_by_person "
            "ON verifications (route, person_id)",
     .verify_sql = "SELECT person_id FROM verifications WHERE route = -1"},
    // Since when record and data key are gone with a lost database (ADR 13);
    // NULL: they are there. sealed_record means nothing then.
    {.number = 14,
     .name = "persons whose record was lost",
     .sql = "ALTER TABLE persons ADD COLUMN lost_us INT64",
     .verify_sql = "SELECT lost_us FROM persons WHERE route = -1"},
};

constexpr sql::Migration kKeyMigrations[] = {
    // Data keys, wrapped by the KeyProvider. Deleting a row erases a person.
    {.number = 1,
     .name = "person keys",
     .sql = R"(CREATE TABLE IF NOT EXISTS person_keys (
       route INT64 NOT NULL,
       person_id TEXT NOT NULL,
       wrapped BYTES NOT NULL,
       create_us INT64 NOT NULL,
       PRIMARY KEY (route, person_id)))",
     .verify_sql = "SELECT wrapped, create_us FROM person_keys "
                   "WHERE route = -1"},
};

}  // namespace

std::span<const sql::Migration> Migrations() { return kMigrations; }

std::span<const sql::Migration> KeyMigrations() { return kKeyMigrations; }

absl::Status MigrateMain(sql::Database& database) {
  RETURN_IF_ERROR(sql::Migrate(database, outbox::Outbox::Migrations(),
                               outbox::Outbox::kSchema));
  RETURN_IF_ERROR(sql::Migrate(database,
                               requests::IdempotencyKeys::Migrations(),
                               requests::IdempotencyKeys::kSchema));
  return sql::Migrate(database, Migrations(), kSchema);
}

absl::Status MigrateKeys(sql::Database& database) {
  return sql::Migrate(database, KeyMigrations(), kKeySchema);
}

int64_t RouteOfId(std::string_view id) {
  const absl::StatusOr<std::string> byte = crypto::FromHex(id.substr(0, 2));
  return byte.ok() ? RouteOfHash(*byte) : 0;
}

int64_t RouteOfHash(std::string_view hash) {
  return hash.empty() ? 0 : static_cast<unsigned char>(hash[0]);
}

}  // namespace shiming::identity_verification
