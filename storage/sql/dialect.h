// What differs between engines in otherwise equal SQL text.
#ifndef SHIMING_STORAGE_SQL_DIALECT_H_
#define SHIMING_STORAGE_SQL_DIALECT_H_

#include <string>
#include <string_view>

namespace shiming::sql {

// Immutable; thread-safe.
class Dialect {
 public:
  virtual ~Dialect() = default;

  // The INSERT made to do nothing where any unique key is taken.
  virtual std::string InsertIgnore(std::string_view insert) const = 0;

  // The DDL statement of a migration in this engine's words: INT64, BYTES and
  // TEXT replaced, table options appended.
  virtual std::string Ddl(std::string_view statement) const = 0;
};

// `statement` with each whole word `from` outside quotes replaced by `to`.
std::string ReplaceWord(std::string_view statement, std::string_view from,
                        std::string_view to);

// The one of SQLite: ON CONFLICT DO NOTHING; STRICT, WITHOUT ROWID tables.
const Dialect& SqliteDialect();

}  // namespace shiming::sql

#endif  // SHIMING_STORAGE_SQL_DIALECT_H_
