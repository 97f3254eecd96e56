#include "services/issuance_ledger/store/ledger_migrations.h"

namespace shiming::issuance_ledger {
namespace {

constexpr sql::Migration kMigrations[] = {
    {.number = 1,
     .name = "heads: size, edge of the tree and lease of each log",
     .sql = "CREATE TABLE IF NOT EXISTS ledger_heads ("
            "log INT64 NOT NULL, origin TEXT NOT NULL, size INT64 NOT NULL, "
            "edge BYTES NOT NULL, epoch INT64 NOT NULL, holder TEXT, "
            "lease_expires_us INT64 NOT NULL, "
            "CHECK (size >= 0), PRIMARY KEY (log))",
     .verify_sql = "SELECT log, origin, size, edge, epoch, holder, "
                   "lease_expires_us FROM ledger_heads LIMIT 1"},
    {.number = 2,
     .name = "entries: exact bytes by index",
     .sql = "CREATE TABLE IF NOT EXISTS ledger_entries ("
            "log INT64 NOT NULL, idx INT64 NOT NULL, source TEXT NOT NULL, "
            "aggregate TEXT NOT NULL, version INT64 NOT NULL, "
            "kind INT64 NOT NULL, time_us INT64 NOT NULL, "
            "sha256 BYTES NOT NULL, body BYTES NOT NULL, "
            "CHECK (idx >= 0), CHECK (version >= 1), PRIMARY KEY (log, idx))",
     .verify_sql = "SELECT log, idx, source, aggregate, version, kind, "
                   "time_us, sha256, body FROM ledger_entries LIMIT 1"},
    {.number = 3,
     .name = "entries: one for each event id",
     .sql = "CREATE UNIQUE INDEX IF NOT EXISTS ledger_entries_by_id "
            "ON ledger_entries (log, source, aggregate, version)",
     .verify_sql = "SELECT 1 FROM ledger_entries LIMIT 1"},
    {.number = 4,
     .name = "entries: by source in order",
     .sql = "CREATE INDEX IF NOT EXISTS ledger_entries_by_source "
            "ON ledger_entries (log, source, idx)",
     .verify_sql = "SELECT 1 FROM ledger_entries LIMIT 1"},
    {.number = 5,
     .name = "aggregates: last version and whether frozen",
     .sql = "CREATE TABLE IF NOT EXISTS ledger_aggregates ("
            "log INT64 NOT NULL, source TEXT NOT NULL, "
            "aggregate TEXT NOT NULL, last_version INT64 NOT NULL, "
            "frozen INT64 NOT NULL, CHECK (frozen IN (0, 1)), "
            "PRIMARY KEY (log, source, aggregate))",
     .verify_sql = "SELECT log, source, aggregate, last_version, frozen "
                   "FROM ledger_aggregates LIMIT 1"},
    {.number = 6,
     .name = "once keys: each belongs to one entry for ever",
     .sql = "CREATE TABLE IF NOT EXISTS ledger_once_keys ("
            "log INT64 NOT NULL, once_key TEXT NOT NULL, idx INT64 NOT NULL, "
            "PRIMARY KEY (log, once_key))",
     .verify_sql = "SELECT log, once_key, idx FROM ledger_once_keys LIMIT 1"},
    {.number = 7,
     .name = "subjects: entries of an order (kind 1) and a session (kind 2)",
     .sql = "CREATE TABLE IF NOT EXISTS ledger_subjects ("
            "log INT64 NOT NULL, subject_kind INT64 NOT NULL, "
            "subject TEXT NOT NULL, idx INT64 NOT NULL, "
            "PRIMARY KEY (log, subject_kind, subject, idx))",
     .verify_sql = "SELECT log, subject_kind, subject, idx "
                   "FROM ledger_subjects LIMIT 1"},
    {.number = 8,
     .name = "checkpoints: the newest signed one of each log",
     .sql = "CREATE TABLE IF NOT EXISTS ledger_checkpoints ("
            "log INT64 NOT NULL, size INT64 NOT NULL, root BYTES NOT NULL, "
            "note TEXT NOT NULL, PRIMARY KEY (log))",
     .verify_sql = "SELECT log, size, root, note FROM ledger_checkpoints "
                   "LIMIT 1"},
    // Takes the place of ledger_subjects, which is not written or read any
    // more: integers in place of texts, and every field.
    {.number = 9,
     .name = "terms: entries by what they can be found by",
     .sql = "CREATE TABLE IF NOT EXISTS ledger_terms ("
            "log INT64 NOT NULL, term INT64 NOT NULL, idx INT64 NOT NULL, "
            "PRIMARY KEY (log, term, idx))",
     .verify_sql = "SELECT log, term, idx FROM ledger_terms LIMIT 1"},
    {.number = 10,
     .name = "time blocks: times in each block of entries",
     .sql = "CREATE TABLE IF NOT EXISTS ledger_time_blocks ("
            "log INT64 NOT NULL, block INT64 NOT NULL, "
            "min_us INT64 NOT NULL, max_us INT64 NOT NULL, "
            "PRIMARY KEY (log, block))",
     .verify_sql = "SELECT log, block, min_us, max_us "
                   "FROM ledger_time_blocks LIMIT 1"},
    {.number = 11,
     .name = "heads: entries below `indexed` have their terms",
     .sql = "ALTER TABLE ledger_heads ADD COLUMN indexed INT64",
     .verify_sql = "SELECT indexed FROM ledger_heads LIMIT 1"},
    {.number = 12,
     .name = "redactions: entries of erased persons; unfinished: their tokens "
             "may stand in a file",
     .sql = "CREATE TABLE IF NOT EXISTS ledger_redactions ("
            "log INT64 NOT NULL, idx INT64 NOT NULL, "
            "unfinished INT64 NOT NULL, CHECK (unfinished IN (0, 1)), "
            "PRIMARY KEY (log, idx))",
     .verify_sql = "SELECT log, idx, unfinished FROM ledger_redactions "
                   "LIMIT 1"},
    {.number = 13,
     .name = "redactions: the unfinished ones",
     .sql = "CREATE INDEX IF NOT EXISTS ledger_redactions_unfinished "
            "ON ledger_redactions (log, unfinished, idx)",
     .verify_sql = "SELECT 1 FROM ledger_redactions LIMIT 1"},
    // Takes the place of ledger_time_blocks, which is not written or read any
    // more: a search looked through too many entries for the first of a time.
    {.number = 14,
     .name = "time spans: times in each span of entries, at two levels",
     .sql = "CREATE TABLE IF NOT EXISTS ledger_time_spans ("
            "log INT64 NOT NULL, level INT64 NOT NULL, span INT64 NOT NULL, "
            "min_us INT64 NOT NULL, max_us INT64 NOT NULL, "
            "PRIMARY KEY (log, level, span))",
     .verify_sql = "SELECT log, level, span, min_us, max_us "
                   "FROM ledger_time_spans LIMIT 1"},
    {.number = 15,
     .name = "heads: entries below `spanned` are in the time spans",
     .sql = "ALTER TABLE ledger_heads ADD COLUMN spanned INT64",
     .verify_sql = "SELECT spanned FROM ledger_heads LIMIT 1"},
};

}  // namespace

std::span<const sql::Migration> LedgerMigrations() { return kMigrations; }

}  // namespace shiming::issuance_ledger
