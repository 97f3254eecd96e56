#include "services/terminal_session/store/schema.h"

#include <array>

namespace shiming::terminal_session {
namespace {

constexpr std::array kMigrations = {
    // What became of each subject. A row is the head of its proposals: every
    // change moves `version` by compare-and-swap first.
    sql::Migration{
        .number = 1,
        .name = "subjects",
        .sql = "CREATE TABLE IF NOT EXISTS subjects ("
               " kind INT64 NOT NULL CHECK (kind BETWEEN 1 AND 4),"
               " subject_id TEXT NOT NULL,"
               " last_number INT64 NOT NULL,"
               " in_force_number INT64,"
               " waiting_number INT64,"
               " version INT64 NOT NULL,"
               " PRIMARY KEY (kind, subject_id))",
        .verify_sql = "SELECT kind, subject_id, last_number, in_force_number,"
                      " waiting_number, version FROM subjects LIMIT 1",
    },
    // Each proposal with its content as it was stored. state: 1 proposed,
    // 2 approved, 3 revoked (SubjectState), 4 replaced or withdrawn.
    sql::Migration{
        .number = 2,
        .name = "proposals",
        .sql = "CREATE TABLE IF NOT EXISTS proposals ("
               " kind INT64 NOT NULL,"
               " subject_id TEXT NOT NULL,"
               " number INT64 NOT NULL,"
               " shop_id TEXT NOT NULL,"
               " state INT64 NOT NULL CHECK (state BETWEEN 1 AND 4),"
               " content BYTES NOT NULL,"
               " digest BYTES NOT NULL,"
               " proposed_by TEXT NOT NULL,"
               " proposed_us INT64 NOT NULL,"
               " approved_by TEXT,"
               " approved_us INT64,"
               " revoked_by TEXT,"
               " revoked_us INT64,"
               " revoked_why TEXT,"
               " PRIMARY KEY (kind, subject_id, number))",
        .verify_sql =
            "SELECT kind, subject_id, number, shop_id, state, content, digest,"
            " proposed_by, proposed_us, approved_by, approved_us, revoked_by,"
            " revoked_us, revoked_why FROM proposals LIMIT 1",
    },
    sql::Migration{
        .number = 3,
        .name = "proposals by digest",
        .sql = "CREATE INDEX IF NOT EXISTS proposals_by_digest"
               " ON proposals (digest)",
        .verify_sql = "SELECT digest FROM proposals LIMIT 1",
    },
    // sign_in_count, shift_count and session_count below are moved by those
    // who rest on the row, so that a revocation and they exclude each other
    // on every engine.
    sql::Migration{
        .number = 4,
        .name = "shops",
        .sql = "CREATE TABLE IF NOT EXISTS shops ("
               " shop_id TEXT NOT NULL,"
               " in_force INT64 NOT NULL CHECK (in_force IN (0, 1)),"
               " content BYTES NOT NULL,"
               " region TEXT NOT NULL,"
               " approved_version INT64 NOT NULL,"
               " sign_in_count INT64 NOT NULL,"
               " PRIMARY KEY (shop_id))",
        .verify_sql = "SELECT shop_id, in_force, content, region,"
                      " approved_version, sign_in_count FROM shops LIMIT 1",
    },
    sql::Migration{
        .number = 5,
        .name = "terminals",
        .sql = "CREATE TABLE IF NOT EXISTS terminals ("
               " shop_id TEXT NOT NULL,"
               " terminal_id TEXT NOT NULL,"
               " in_force INT64 NOT NULL CHECK (in_force IN (0, 1)),"
               " tls_key_sha256 BYTES NOT NULL,"
               " evidence_public_key BYTES NOT NULL,"
               " approved_version INT64 NOT NULL,"
               " shift_count INT64 NOT NULL,"
               " PRIMARY KEY (shop_id, terminal_id))",
        .verify_sql = "SELECT shop_id, terminal_id, in_force, tls_key_sha256,"
                      " evidence_public_key, approved_version, shift_count"
                      " FROM terminals LIMIT 1",
    },
    // At most one display is paired with a terminal; terminal_id is NULL for
    // one that was revoked or replaced.
    sql::Migration{
        .number = 6,
        .name = "displays",
        .sql = "CREATE TABLE IF NOT EXISTS displays ("
               " shop_id TEXT NOT NULL,"
               " display_id TEXT NOT NULL,"
               " in_force INT64 NOT NULL CHECK (in_force IN (0, 1)),"
               " tls_key_sha256 BYTES NOT NULL,"
               " terminal_id TEXT,"
               " approved_version INT64 NOT NULL,"
               " session_count INT64 NOT NULL,"
               " PRIMARY KEY (shop_id, display_id),"
               " UNIQUE (shop_id, terminal_id))",
        .verify_sql = "SELECT shop_id, display_id, in_force, tls_key_sha256,"
                      " terminal_id, approved_version, session_count"
                      " FROM displays LIMIT 1",
    },
    sql::Migration{
        .number = 7,
        .name = "clerks",
        .sql = "CREATE TABLE IF NOT EXISTS clerks ("
               " clerk_id TEXT NOT NULL,"
               " shop_id TEXT NOT NULL,"
               " in_force INT64 NOT NULL CHECK (in_force IN (0, 1)),"
               " role INT64 NOT NULL CHECK (role BETWEEN 1 AND 2),"
               " password_hash TEXT NOT NULL,"
               " totp_seed BYTES NOT NULL,"
               " last_totp_step INT64 NOT NULL,"
               " approved_version INT64 NOT NULL,"
               " PRIMARY KEY (clerk_id))",
        .verify_sql = "SELECT clerk_id, shop_id, in_force, role, password_hash,"
                      " totp_seed, last_totp_step, approved_version"
                      " FROM clerks LIMIT 1",
    },
    // A key serves one purpose of one device.
    sql::Migration{
        .number = 8,
        .name = "pinned_keys",
        .sql = "CREATE TABLE IF NOT EXISTS pinned_keys ("
               " key_sha256 BYTES NOT NULL,"
               " kind INT64 NOT NULL,"
               " subject_id TEXT NOT NULL,"
               " PRIMARY KEY (key_sha256))",
        .verify_sql =
            "SELECT key_sha256, kind, subject_id FROM pinned_keys LIMIT 1",
    },
    sql::Migration{
        .number = 9,
        .name = "pinned_keys by subject",
        .sql = "CREATE INDEX IF NOT EXISTS pinned_keys_by_subject"
               " ON pinned_keys (kind, subject_id)",
        .verify_sql = "SELECT kind FROM pinned_keys LIMIT 1",
    },
    // Failed sign-ins by a keyed hash of the clerk id that was typed.
    sql::Migration{
        .number = 10,
        .name = "sign_in_guards",
        .sql = "CREATE TABLE IF NOT EXISTS sign_in_guards ("
               " guard BYTES NOT NULL,"
               " failures BYTES NOT NULL,"
               " locked_until_us INT64,"
               " changed_us INT64 NOT NULL,"
               " version INT64 NOT NULL,"
               " PRIMARY KEY (guard))",
        .verify_sql = "SELECT guard, failures, locked_until_us, changed_us,"
                      " version FROM sign_in_guards LIMIT 1",
    },
    sql::Migration{
        .number = 11,
        .name = "sign_in_guards by time",
        .sql = "CREATE INDEX IF NOT EXISTS sign_in_guards_by_time"
               " ON sign_in_guards (changed_us)",
        .verify_sql = "SELECT changed_us FROM sign_in_guards LIMIT 1",
    },
    sql::Migration{
        .number = 12,
        .name = "shifts",
        .sql = "CREATE TABLE IF NOT EXISTS shifts ("
               " shop_id TEXT NOT NULL,"
               " shift_id TEXT NOT NULL,"
               " terminal_id TEXT NOT NULL,"
               " clerk_id TEXT NOT NULL,"
               " role INT64 NOT NULL,"
               " terminal_key_sha256 BYTES NOT NULL,"
               " evidence_public_key BYTES NOT NULL,"
               " is_open INT64 NOT NULL CHECK (is_open IN (0, 1)),"
               " open_us INT64 NOT NULL,"
               " expire_us INT64 NOT NULL,"
               " end_us INT64,"
               " shift_end INT64 NOT NULL,"
               " session_count INT64 NOT NULL,"
               " PRIMARY KEY (shop_id, shift_id))",
        .verify_sql =
            "SELECT shop_id, shift_id, terminal_id, clerk_id, role,"
            " terminal_key_sha256, evidence_public_key, is_open, open_us,"
            " expire_us, end_us, shift_end, session_count"
            " FROM shifts LIMIT 1",
    },
    sql::Migration{
        .number = 13,
        .name = "shifts by id",
        .sql = "CREATE INDEX IF NOT EXISTS shifts_by_id ON shifts (shift_id)",
        .verify_sql = "SELECT shift_id FROM shifts LIMIT 1",
    },
    // One open shift per terminal.
    sql::Migration{
        .number = 14,
        .name = "open_shifts",
        .sql = "CREATE TABLE IF NOT EXISTS open_shifts ("
               " shop_id TEXT NOT NULL,"
               " terminal_id TEXT NOT NULL,"
               " shift_id TEXT NOT NULL,"
               " clerk_id TEXT NOT NULL,"
               " expire_us INT64 NOT NULL,"
               " PRIMARY KEY (shop_id, terminal_id))",
        .verify_sql = "SELECT shop_id, terminal_id, shift_id, clerk_id,"
                      " expire_us FROM open_shifts LIMIT 1",
    },
    sql::Migration{
        .number = 15,
        .name = "open_shifts by time",
        .sql = "CREATE INDEX IF NOT EXISTS open_shifts_by_time"
               " ON open_shifts (expire_us)",
        .verify_sql = "SELECT expire_us FROM open_shifts LIMIT 1",
    },
    sql::Migration{
        .number = 16,
        .name = "open_shifts by clerk",
        .sql = "CREATE INDEX IF NOT EXISTS open_shifts_by_clerk"
               " ON open_shifts (clerk_id)",
        .verify_sql = "SELECT clerk_id FROM open_shifts LIMIT 1",
    },
    sql::Migration{
        .number = 17,
        .name = "sessions",
        .sql = "CREATE TABLE IF NOT EXISTS sessions ("
               " shop_id TEXT NOT NULL,"
               " session_id TEXT NOT NULL,"
               " terminal_id TEXT NOT NULL,"
               " display_id TEXT NOT NULL,"
               " shift_id TEXT NOT NULL,"
               " clerk_id TEXT NOT NULL,"
               " state INT64 NOT NULL CHECK (state BETWEEN 1 AND 4),"
               " open_us INT64 NOT NULL,"
               " expire_us INT64 NOT NULL,"
               " end_us INT64,"
               " session_end INT64 NOT NULL,"
               " nonce_count INT64 NOT NULL,"
               " permit_count INT64 NOT NULL,"
               " PRIMARY KEY (shop_id, session_id))",
        .verify_sql =
            "SELECT shop_id, session_id, terminal_id, display_id, shift_id,"
            " clerk_id, state, open_us, expire_us, end_us, session_end,"
            " nonce_count, permit_count FROM sessions LIMIT 1",
    },
    sql::Migration{
        .number = 18,
        .name = "sessions by id",
        .sql = "CREATE INDEX IF NOT EXISTS sessions_by_id"
               " ON sessions (session_id)",
        .verify_sql = "SELECT session_id FROM sessions LIMIT 1",
    },
    // One open session per terminal, and per display.
    sql::Migration{
        .number = 19,
        .name = "open_sessions",
        .sql = "CREATE TABLE IF NOT EXISTS open_sessions ("
               " shop_id TEXT NOT NULL,"
               " terminal_id TEXT NOT NULL,"
               " session_id TEXT NOT NULL,"
               " display_id TEXT NOT NULL,"
               " expire_us INT64 NOT NULL,"
               " PRIMARY KEY (shop_id, terminal_id),"
               " UNIQUE (shop_id, display_id))",
        .verify_sql = "SELECT shop_id, terminal_id, session_id, display_id,"
                      " expire_us FROM open_sessions LIMIT 1",
    },
    sql::Migration{
        .number = 20,
        .name = "open_sessions by time",
        .sql = "CREATE INDEX IF NOT EXISTS open_sessions_by_time"
               " ON open_sessions (expire_us)",
        .verify_sql = "SELECT expire_us FROM open_sessions LIMIT 1",
    },
    sql::Migration{
        .number = 21,
        .name = "nonces",
        .sql = "CREATE TABLE IF NOT EXISTS nonces ("
               " shop_id TEXT NOT NULL,"
               " session_id TEXT NOT NULL,"
               " nonce BYTES NOT NULL,"
               " expire_us INT64 NOT NULL,"
               " evidence_sha256 BYTES,"
               " replaced INT64 NOT NULL CHECK (replaced IN (0, 1)),"
               " PRIMARY KEY (shop_id, session_id, nonce))",
        .verify_sql = "SELECT shop_id, session_id, nonce, expire_us,"
                      " evidence_sha256, replaced FROM nonces LIMIT 1",
    },
    sql::Migration{
        .number = 22,
        .name = "nonces by time",
        .sql = "CREATE INDEX IF NOT EXISTS nonces_by_time"
               " ON nonces (expire_us)",
        .verify_sql = "SELECT expire_us FROM nonces LIMIT 1",
    },
    // The only permit of an order, kept for ever.
    sql::Migration{
        .number = 23,
        .name = "permits",
        .sql = "CREATE TABLE IF NOT EXISTS permits ("
               " order_id TEXT NOT NULL,"
               " permit_id TEXT NOT NULL,"
               " shop_id TEXT NOT NULL,"
               " session_id TEXT NOT NULL,"
               " display_id TEXT NOT NULL,"
               " request_id_sha256 BYTES NOT NULL,"
               " event_version INT64 NOT NULL,"
               " permitted_us INT64 NOT NULL,"
               " PRIMARY KEY (order_id))",
        .verify_sql =
            "SELECT order_id, permit_id, shop_id, session_id, display_id,"
            " request_id_sha256, event_version, permitted_us"
            " FROM permits LIMIT 1",
    },
    // What WatchEnds sends. The head row gives out the cursors: whoever
    // commits first has the smaller one.
    sql::Migration{
        .number = 24,
        .name = "ends",
        .sql = "CREATE TABLE IF NOT EXISTS ends ("
               " cursor_number INT64 NOT NULL,"
               " kind INT64 NOT NULL,"
               " ended_id TEXT NOT NULL,"
               " session_end INT64 NOT NULL,"
               " ended_us INT64 NOT NULL,"
               " PRIMARY KEY (cursor_number))",
        .verify_sql = "SELECT cursor_number, kind, ended_id, session_end,"
                      " ended_us FROM ends LIMIT 1",
    },
    sql::Migration{
        .number = 25,
        .name = "ends_head",
        .sql = "CREATE TABLE IF NOT EXISTS ends_head ("
               " head_id INT64 NOT NULL CHECK (head_id = 1),"
               " newest INT64 NOT NULL,"
               " PRIMARY KEY (head_id))",
        .verify_sql = "SELECT head_id, newest FROM ends_head LIMIT 1",
    },
};

}  // namespace

std::span<const sql::Migration> Migrations() { return kMigrations; }

}  // namespace shiming::terminal_session
