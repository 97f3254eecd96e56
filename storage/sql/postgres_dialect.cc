#include "storage/sql/postgres_dialect.h"

#include "absl/strings/ascii.h"

namespace shiming::sql {
namespace {

class PostgresDialectWords final : public Dialect {
 public:
  std::string InsertIgnore(std::string_view insert) const override {
    return std::string(insert) + " ON CONFLICT DO NOTHING";
  }

  // TEXT has the database's collation, which OpenPostgres holds to C.
  std::string Ddl(std::string_view statement) const override {
    std::string ddl = ReplaceWord(statement, "INT64", "BIGINT");
    ddl = ReplaceWord(ddl, "BYTES", "BYTEA");
    absl::StripAsciiWhitespace(&ddl);
    return ddl;
  }
};

}  // namespace

const Dialect& PostgresDialect() {
  static const auto& dialect = *new PostgresDialectWords;
  return dialect;
}

}  // namespace shiming::sql
