// What the driver reads from a statement's text before it sends it.
#ifndef SHIMING_STORAGE_SQL_POSTGRES_STATEMENT_H_
#define SHIMING_STORAGE_SQL_POSTGRES_STATEMENT_H_

#include <cstddef>
#include <optional>
#include <string_view>

namespace shiming::sql {

// How many parameters $1..$n the statement has, each of them used at least
// once; nullopt where one is left out. PostgreSQL itself takes parameters that
// no text uses. Text in quotes does not count.
std::optional<size_t> CountParameters(std::string_view sql);

// True for CREATE, ALTER and DROP.
bool IsDdl(std::string_view sql);

// True for UPDATE and for INSERT ... VALUES: what stores its parameters in
// columns, so that the server infers their types from these.
bool StoresParameters(std::string_view sql);

}  // namespace shiming::sql

#endif  // SHIMING_STORAGE_SQL_POSTGRES_STATEMENT_H_
