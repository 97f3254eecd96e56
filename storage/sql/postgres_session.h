// The settings of a session and of a transaction, from the options.
#ifndef SHIMING_STORAGE_SQL_POSTGRES_SESSION_H_
#define SHIMING_STORAGE_SQL_POSTGRES_SESSION_H_

#include <string>
#include <vector>

#include "storage/sql/postgres_options.h"

namespace shiming::sql {

// What a transaction is for.
enum class PostgresAccess { kRead, kWrite };

// `host` with the settings that the session starts with: all of them, or none
// where a pooler would not keep them (options.prepared is off).
PostgresOptions::Keywords WithSessionOptions(
    const PostgresOptions::Keywords& host, const PostgresOptions& options);

// The statements that open a transaction.
std::vector<std::string> BeginStatements(const PostgresOptions& options,
                                         PostgresAccess access);

}  // namespace shiming::sql

#endif  // SHIMING_STORAGE_SQL_POSTGRES_SESSION_H_
