#include "storage/sql/configured_database.h"

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <set>
#include <system_error>

#include "absl/strings/cord.h"
#include "absl/strings/str_cat.h"
#include "common/config/config.h"
#include "common/metrics/metrics.h"
#include "storage/sql/open_database.h"
#include "storage/sql/postgres_options.h"

namespace shiming::sql {
namespace {

constexpr std::string_view kSqlite = "sqlite:";

// What libpq reads files by (its documentation, "Parameter Key Words").
constexpr std::string_view kFileKeywords[] = {
    "passfile", "sslcert", "sslkey", "sslrootcert", "sslcrl", "sslcrldir"};

bool IsSqliteUrl(std::string_view url) {
  return url.substr(0, kSqlite.size()) == kSqlite;
}

absl::Status CheckPostgresUrl(const std::string& field,
                              const std::string& url) {
  const absl::StatusOr<PostgresOptions> options = ParsePostgresUrl(url);
  if (!options.ok()) {
    return ConfigError(field, std::string(options.status().message()));
  }
  for (const PostgresOptions::Keywords& host : options->hosts) {
    for (const auto& [keyword, value] : host) {
      const bool is_file =
          std::find(std::begin(kFileKeywords), std::end(kFileKeywords),
                    keyword) != std::end(kFileKeywords);
      if (is_file && !std::filesystem::path(value).is_absolute()) {
        return ConfigError(field, absl::StrCat(keyword, " is a relative path"));
      }
    }
  }
  return absl::OkStatus();
}

std::string FileOf(const config::v1::Database& database) {
  const std::filesystem::path path(database.url().substr(kSqlite.size()));
  std::error_code error;
  const std::filesystem::path real =
      std::filesystem::weakly_canonical(path, error);
  return (error ? path.lexically_normal() : real).string();
}

// Where the tables of a PostgreSQL URL are.
struct PostgresPlace {
  std::set<std::string> servers;
  std::string database;
  std::string schema;
};

std::string ValueOf(const PostgresOptions::Keywords& host,
                    std::string_view keyword, const std::string& otherwise) {
  for (const auto& [name, value] : host) {
    if (name == keyword && !value.empty()) return value;
  }
  return otherwise;
}

PostgresPlace PlaceOf(const PostgresOptions& options) {
  PostgresPlace place;
  for (const PostgresOptions::Keywords& host : options.hosts) {
    const std::string name = ValueOf(host, "host", "");
    place.servers.insert(absl::StrCat(ValueOf(host, "hostaddr", name), ":",
                                      ValueOf(host, "port", "5432")));
  }
  // libpq's default, and the schema that a role without one of its name has.
  const PostgresOptions::Keywords& first = options.hosts.front();
  place.database = ValueOf(first, "dbname", ValueOf(first, "user", ""));
  place.schema = options.schema.empty() ? "public" : options.schema;
  return place;
}

bool IsSamePlace(const PostgresPlace& one, const PostgresPlace& other) {
  if (one.database != other.database || one.schema != other.schema) {
    return false;
  }
  return std::any_of(one.servers.begin(), one.servers.end(),
                     [&](const std::string& server) {
                       return other.servers.contains(server);
                     });
}

// The same status, saying which database it is about.
absl::Status AboutDatabase(std::string_view name, const absl::Status& status) {
  absl::Status about(status.code(), absl::StrCat("database ", std::string(name),
                                                 ": ", status.message()));
  status.ForEachPayload(
      [&about](absl::string_view type, const absl::Cord& payload) {
        about.SetPayload(type, payload);
      });
  return about;
}

}  // namespace

void MakePathWhole(const std::string& config_file,
                   config::v1::Database& database) {
  const std::string url = database.url();
  // Without a path there is nothing to make whole; CheckDatabase says so.
  if (!IsSqliteUrl(url) || url.size() == kSqlite.size()) return;
  database.set_url(
      absl::StrCat(std::string(kSqlite),
                   ResolvePath(config_file, url.substr(kSqlite.size()))));
}

absl::Status CheckDatabaseUrl(const std::string& field,
                              const std::string& url) {
  if (url.empty()) return ConfigError(field, "is missing");
  if (IsPostgresUrl(url)) return CheckPostgresUrl(field, url);
  if (!IsSqliteUrl(url)) {
    return ConfigError(field, "is neither sqlite:PATH nor postgres://...");
  }
  if (url.size() == kSqlite.size()) {
    return ConfigError(field, "has no path after sqlite:");
  }
  return absl::OkStatus();
}

absl::Status CheckDatabase(const std::string& field,
                           const config::v1::Database& database) {
  return CheckDatabaseUrl(field + ".url", database.url());
}

bool IsSameDatabase(const config::v1::Database& one,
                    const config::v1::Database& other) {
  if (IsSqliteUrl(one.url()) && IsSqliteUrl(other.url())) {
    return FileOf(one) == FileOf(other);
  }
  const absl::StatusOr<PostgresOptions> here = ParsePostgresUrl(one.url());
  const absl::StatusOr<PostgresOptions> there = ParsePostgresUrl(other.url());
  return here.ok() && there.ok() &&
         IsSamePlace(PlaceOf(*here), PlaceOf(*there));
}

absl::StatusOr<std::unique_ptr<Database>> OpenConfigured(
    const config::v1::Database& database, std::string_view name,
    Metrics& metrics) {
  absl::StatusOr<std::unique_ptr<Database>> opened =
      OpenDatabase(database.url(), {.create = database.create(),
                                    .name = std::string(name),
                                    .metrics = &metrics});
  if (!opened.ok()) return AboutDatabase(name, opened.status());
  metrics
      .gauge(
          "shiming_sql_engine_info", "The engine that a database is on",
          {{"database", std::string(name)},
           {"engine", IsPostgresUrl(database.url()) ? "postgres" : "sqlite"}})
      .Set(1);
  return opened;
}

}  // namespace shiming::sql
