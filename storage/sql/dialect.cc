#include "storage/sql/dialect.h"

#include <cctype>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace shiming::sql {
namespace {

bool IsWordCharacter(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' ||
         c == '$';
}

class SqliteDialectWords final : public Dialect {
 public:
  std::string InsertIgnore(std::string_view insert) const override {
    return std::string(insert) + " ON CONFLICT DO NOTHING";
  }

  std::string Ddl(std::string_view statement) const override {
    std::string ddl = ReplaceWord(statement, "INT64", "INTEGER");
    ddl = ReplaceWord(ddl, "BYTES", "BLOB");
    absl::StripAsciiWhitespace(&ddl);
    if (absl::StartsWithIgnoreCase(ddl, "CREATE TABLE")) {
      ddl += " STRICT, WITHOUT ROWID";
    }
    return ddl;
  }
};

}  // namespace

std::string ReplaceWord(std::string_view statement, std::string_view from,
                        std::string_view to) {
  std::string out;
  size_t i = 0;
  while (i < statement.size()) {
    char c = statement[i];
    if (c == '\'' || c == '"') {
      size_t end = statement.find(c, i + 1);
      end = end == std::string_view::npos ? statement.size() : end + 1;
      out += statement.substr(i, end - i);
      i = end;
    } else if (IsWordCharacter(c)) {
      size_t end = i;
      while (end < statement.size() && IsWordCharacter(statement[end])) ++end;
      std::string_view word = statement.substr(i, end - i);
      out += word == from ? to : word;
      i = end;
    } else {
      out += c;
      ++i;
    }
  }
  return out;
}

const Dialect& SqliteDialect() {
  static const auto& dialect = *new SqliteDialectWords;
  return dialect;
}

}  // namespace shiming::sql
