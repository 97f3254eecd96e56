// The dialect of PostgreSQL.
#ifndef SHIMING_STORAGE_SQL_POSTGRES_DIALECT_H_
#define SHIMING_STORAGE_SQL_POSTGRES_DIALECT_H_

#include "storage/sql/dialect.h"

namespace shiming::sql {

// The one of PostgreSQL and what speaks its wire: ON CONFLICT DO NOTHING;
// BIGINT, BYTEA, TEXT.
const Dialect& PostgresDialect();

}  // namespace shiming::sql

#endif  // SHIMING_STORAGE_SQL_POSTGRES_DIALECT_H_
