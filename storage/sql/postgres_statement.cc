#include "storage/sql/postgres_statement.h"

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"

namespace shiming::sql {
namespace {

// PostgreSQL's own limit: the count is 16 bits wide on the wire.
constexpr size_t kMaxParameters = 65535;

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

bool StartsWithWord(std::string_view sql, const char* word) {
  const std::string text(absl::StripLeadingAsciiWhitespace(
      std::string(sql.substr(0, std::min<size_t>(sql.size(), 32)))));
  return absl::StartsWithIgnoreCase(text, word);
}

}  // namespace

std::optional<size_t> CountParameters(std::string_view sql) {
  std::vector<bool> used;
  size_t i = 0;
  while (i < sql.size()) {
    const char c = sql[i++];
    if (c == '\'' || c == '"') {
      const size_t end = sql.find(c, i);
      i = end == std::string_view::npos ? sql.size() : end + 1;
    } else if (c == '$') {
      size_t number = 0;
      while (i < sql.size() && IsDigit(sql[i]) && number <= kMaxParameters) {
        number = number * 10 + static_cast<size_t>(sql[i++] - '0');
      }
      if (number == 0 || number > kMaxParameters) return std::nullopt;
      if (used.size() < number) used.resize(number);
      used[number - 1] = true;
    }
  }
  if (!std::all_of(used.begin(), used.end(), [](bool b) { return b; })) {
    return std::nullopt;
  }
  return used.size();
}

bool IsDdl(std::string_view sql) {
  return StartsWithWord(sql, "CREATE ") || StartsWithWord(sql, "ALTER ") ||
         StartsWithWord(sql, "DROP ");
}

bool StoresParameters(std::string_view sql) {
  return StartsWithWord(sql, "UPDATE ") ||
         (StartsWithWord(sql, "INSERT ") &&
          sql.find("SELECT") == std::string_view::npos);
}

}  // namespace shiming::sql
