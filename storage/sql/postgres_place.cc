#include "storage/sql/postgres_place.h"

#include <libpq-fe.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/crypto/encoding.h"
#include "common/status/status_macros.h"
#include "storage/sql/sql_error.h"

namespace shiming::sql {
namespace {

struct ClearResult {
  void operator()(PGresult* result) const { PQclear(result); }
};
using Result = std::unique_ptr<PGresult, ClearResult>;

// Ours have none; those of a role or a server would end a long dump.
constexpr const char* kSettings[] = {
    "SET statement_timeout = 0",
    "SET idle_in_transaction_session_timeout = 0",
    // A migration that runs meanwhile is not waited for for ever.
    "SET lock_timeout = '30s'",
    // libpq prints notices, such as that nothing had to be dropped.
    "SET client_min_messages = warning",
};

// One line, without what the server says about values: DETAIL, CONTEXT.
absl::Status Failed(std::string text) {
  text = text.substr(0, text.find('\n'));
  return MakeSqlError(SqlError::kUnavailable,
                      absl::StrCat("PostgreSQL: ", text));
}

absl::StatusOr<Result> Exec(PGconn* connection, const std::string& sql) {
  Result result(PQexec(connection, sql.c_str()));
  const ExecStatusType status = PQresultStatus(result.get());
  if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK) return result;
  const char* message =
      PQresultErrorField(result.get(), PG_DIAG_MESSAGE_PRIMARY);
  return Failed(message != nullptr ? message : PQerrorMessage(connection));
}

bool IsPlainName(const std::string& name) {
  return !name.empty() && (name[0] < '0' || name[0] > '9') &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
         });
}

absl::StatusOr<PostgresHandle> Connect(
    const PostgresOptions::Keywords& keywords) {
  std::vector<const char*> names;
  std::vector<const char*> values;
  for (const auto& [name, value] : keywords) {
    names.push_back(name.c_str());
    values.push_back(value.c_str());
  }
  names.push_back(nullptr);
  values.push_back(nullptr);
  PostgresHandle connection(
      PQconnectdbParams(names.data(), values.data(), /*expand_dbname=*/0));
  if (PQstatus(connection.get()) != CONNECTION_OK) {
    return Failed(PQerrorMessage(connection.get()));
  }
  for (const char* setting : kSettings) {
    RETURN_IF_ERROR(Exec(connection.get(), setting).status());
  }
  return connection;
}

PostgresOptions::Keywords WithDatabase(PostgresOptions::Keywords keywords,
                                       const std::string& name) {
  std::erase_if(keywords,
                [](const auto& keyword) { return keyword.first == "dbname"; });
  keywords.push_back({"dbname", name});
  return keywords;
}

absl::StatusOr<std::vector<std::string>> TablesOf(PGconn* connection,
                                                  const std::string& schema) {
  // Ordinary and partitioned ones, by the order of bytes as on SQLite.
  ASSIGN_OR_RETURN(
      const Result rows,
      Exec(connection,
           absl::StrCat("SELECT c.relname FROM pg_catalog.pg_class c "
                        "JOIN pg_catalog.pg_namespace n "
                        "ON n.oid = c.relnamespace "
                        "WHERE n.nspname = '",
                        schema,
                        "' AND c.relkind IN ('r', 'p') "
                        "AND NOT c.relispartition "
                        "ORDER BY c.relname COLLATE \"C\"")));
  std::vector<std::string> tables;
  for (int i = 0; i < PQntuples(rows.get()); ++i) {
    tables.push_back(PQgetvalue(rows.get(), i, 0));
  }
  return tables;
}

// "schema"."table"; a table of ours has a plain name, of others any.
std::string Qualified(const std::string& schema, const std::string& table) {
  std::string quoted = absl::StrCat("\"", schema, "\".\"");
  for (char c : table) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted + "\"";
}

absl::StatusOr<std::vector<AppliedMigration>> MigrationsOf(
    PGconn* connection, const std::string& schema) {
  ASSIGN_OR_RETURN(
      const Result rows,
      Exec(connection,
           absl::StrCat("SELECT schema_name, number, encode(sha256, 'hex') "
                        "FROM ",
                        Qualified(schema, "schema_migrations"),
                        " ORDER BY schema_name COLLATE \"C\", number")));
  std::vector<AppliedMigration> migrations;
  for (int i = 0; i < PQntuples(rows.get()); ++i) {
    ASSIGN_OR_RETURN(std::string sha256,
                     crypto::FromHex(PQgetvalue(rows.get(), i, 2)));
    migrations.push_back(
        {.schema = PQgetvalue(rows.get(), i, 0),
         .number = strtoll(PQgetvalue(rows.get(), i, 1), nullptr, 10),
         .sha256 = std::move(sha256)});
  }
  return migrations;
}

}  // namespace

void FinishPostgres::operator()(PGconn* connection) const {
  PQfinish(connection);
}

absl::StatusOr<PostgresPlace> FindPostgres(std::string_view url) {
  ASSIGN_OR_RETURN(const PostgresOptions options, ParsePostgresUrl(url));
  absl::Status status = MakeSqlError(SqlError::kUnavailable, "no host");
  for (const PostgresOptions::Keywords& host : options.hosts) {
    const absl::StatusOr<PostgresHandle> connection = Connect(host);
    if (!connection.ok()) {
      status = connection.status();
      continue;
    }
    PostgresPlace place{.host = host, .schema = options.schema};
    if (place.schema.empty()) {
      ASSIGN_OR_RETURN(place.schema, AskPostgres(connection->get(),
                                                 "SELECT current_schema()"));
    }
    if (!IsPlainName(place.schema)) {
      return absl::FailedPreconditionError(
          "the schema's name is not of lower case letters, digits and _");
    }
    return place;
  }
  return status;
}

absl::StatusOr<PostgresHandle> ConnectPostgres(const PostgresPlace& place) {
  return Connect(place.host);
}

absl::StatusOr<std::string> AskPostgres(PGconn* connection,
                                        const std::string& sql) {
  ASSIGN_OR_RETURN(const Result result, Exec(connection, sql));
  if (PQntuples(result.get()) == 0 || PQnfields(result.get()) == 0) return "";
  return std::string(PQgetvalue(result.get(), 0, 0));
}

absl::StatusOr<DatabaseSummary> SummarizePostgres(PGconn* connection,
                                                  const std::string& schema) {
  ASSIGN_OR_RETURN(const std::vector<std::string> tables,
                   TablesOf(connection, schema));
  DatabaseSummary summary;
  for (const std::string& table : tables) {
    ASSIGN_OR_RETURN(
        const std::string rows,
        AskPostgres(connection, absl::StrCat("SELECT COUNT(*) FROM ",
                                             Qualified(schema, table))));
    summary.tables.push_back(
        {.table = table, .rows = strtoll(rows.c_str(), nullptr, 10)});
    if (table != "schema_migrations") continue;
    ASSIGN_OR_RETURN(summary.migrations, MigrationsOf(connection, schema));
  }
  return summary;
}

absl::StatusOr<DatabaseSummary> InspectPostgres(const PostgresPlace& place) {
  ASSIGN_OR_RETURN(const PostgresHandle connection, ConnectPostgres(place));
  RETURN_IF_ERROR(AskPostgres(connection.get(),
                              "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
                      .status());
  return SummarizePostgres(connection.get(), place.schema);
}

absl::StatusOr<bool> IsEmptyPostgres(const PostgresPlace& place) {
  ASSIGN_OR_RETURN(const PostgresHandle connection, ConnectPostgres(place));
  ASSIGN_OR_RETURN(const std::vector<std::string> tables,
                   TablesOf(connection.get(), place.schema));
  return tables.empty();
}

absl::StatusOr<std::unique_ptr<ScratchPostgres>> ScratchPostgres::Make(
    const PostgresPlace& server, const std::string& name) {
  if (!IsPlainName(name)) {
    return absl::InvalidArgumentError("a scratch database has a plain name");
  }
  ASSIGN_OR_RETURN(const PostgresHandle connection, ConnectPostgres(server));
  RETURN_IF_ERROR(AskPostgres(connection.get(),
                              absl::StrCat("DROP DATABASE IF EXISTS ", name))
                      .status());
  RETURN_IF_ERROR(
      AskPostgres(connection.get(),
                  absl::StrCat("CREATE DATABASE ", name,
                               " TEMPLATE template0 ENCODING 'UTF8' "
                               "LC_COLLATE 'C' LC_CTYPE 'C'"))
          .status());
  PostgresPlace place{.host = WithDatabase(server.host, name),
                      .schema = server.schema};
  return std::unique_ptr<ScratchPostgres>(
      new ScratchPostgres(server, std::move(place), name));
}

ScratchPostgres::~ScratchPostgres() {
  const absl::StatusOr<PostgresHandle> connection = ConnectPostgres(server_);
  if (!connection.ok()) return;
  // Where this fails the next one of this name drops it.
  (void)AskPostgres(connection->get(),
                    absl::StrCat("DROP DATABASE IF EXISTS ", name_));
}

}  // namespace shiming::sql
