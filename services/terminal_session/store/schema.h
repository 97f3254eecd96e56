// The tables of terminal_session.
#ifndef SHIMING_SERVICES_TERMINAL_SESSION_STORE_SCHEMA_H_
#define SHIMING_SERVICES_TERMINAL_SESSION_STORE_SCHEMA_H_

#include <span>
#include <string_view>

#include "storage/sql/migration.h"

namespace shiming::terminal_session {

// Name of the schema for sql::Migrate.
inline constexpr std::string_view kSchema = "terminal_session";

// Keys begin with shop_id where a row belongs to a shop. Clerks, proposals,
// pinned keys, permits and sign-in guards are unique in the whole system, so
// their keys are their own.
std::span<const sql::Migration> Migrations();

}  // namespace shiming::terminal_session

#endif  // SHIMING_SERVICES_TERMINAL_SESSION_STORE_SCHEMA_H_
