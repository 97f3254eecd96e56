#include "storage/sql/postgres_session.h"

#include <utility>

#include "absl/strings/str_cat.h"

namespace shiming::sql {
namespace {

using Setting = std::pair<std::string, std::string>;

std::vector<Setting> Settings(const PostgresOptions& options) {
  std::vector<Setting> settings;
  const std::pair<const char*, absl::Duration> times[] = {
      {"statement_timeout", options.statement_timeout},
      {"lock_timeout", options.lock_timeout},
      {"idle_in_transaction_session_timeout", options.idle_timeout}};
  for (const auto& [name, time] : times) {
    if (time > absl::ZeroDuration()) {
      settings.push_back({name, absl::StrCat(absl::ToInt64Milliseconds(time))});
    }
  }
  if (!options.schema.empty()) {
    settings.push_back({"search_path", options.schema});
  }
  return settings;
}

const char* LevelOf(const PostgresOptions& options, PostgresAccess access) {
  switch (options.isolation) {
    case PostgresIsolation::kReadCommitted:
      return access == PostgresAccess::kRead ? "REPEATABLE READ"
                                             : "READ COMMITTED";
    case PostgresIsolation::kRepeatableRead:
      return "REPEATABLE READ";
    case PostgresIsolation::kSerializable:
      return "SERIALIZABLE";
  }
  return "REPEATABLE READ";
}

}  // namespace

PostgresOptions::Keywords WithSessionOptions(
    const PostgresOptions::Keywords& host, const PostgresOptions& options) {
  PostgresOptions::Keywords keywords = host;
  if (!options.prepared) return keywords;
  std::string text;
  for (const auto& [name, value] : Settings(options)) {
    absl::StrAppend(&text, " -c ", name, "=", value);
  }
  if (text.empty()) return keywords;
  for (auto& [keyword, value] : keywords) {
    if (keyword == "options") {
      value += text;
      return keywords;
    }
  }
  keywords.push_back({"options", text.substr(1)});
  return keywords;
}

std::vector<std::string> BeginStatements(const PostgresOptions& options,
                                         PostgresAccess access) {
  std::vector<std::string> statements = {absl::StrCat(
      "BEGIN ISOLATION LEVEL ", LevelOf(options, access),
      access == PostgresAccess::kRead ? " READ ONLY" : " READ WRITE")};
  if (options.prepared) return statements;
  for (const auto& [name, value] : Settings(options)) {
    statements.push_back(absl::StrCat("SET LOCAL ", name, " = ", value));
  }
  return statements;
}

}  // namespace shiming::sql
