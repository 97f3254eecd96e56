#include "storage/sql/postgres_database.h"

#include <chrono>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/status/status_macros.h"
#include "storage/sql/postgres_connector.h"
#include "storage/sql/postgres_dialect.h"
#include "storage/sql/postgres_metrics.h"
#include "storage/sql/postgres_pool.h"
#include "storage/sql/postgres_transaction.h"

namespace shiming::sql {
namespace {

// PostgreSQL and others answer so where text is ordered by bytes (collation C)
// and not as in a dictionary.
constexpr char kIsByteOrder[] =
    "SELECT CASE WHEN 'a' > 'B' THEN 1 ELSE 0 END, "
    "CASE WHEN 'a b' < 'aa' THEN 1 ELSE 0 END";
constexpr char kFindSchema[] =
    "SELECT nspname FROM pg_namespace WHERE nspname = $1";
constexpr char kFindTable[] =
    "SELECT tablename FROM pg_tables WHERE schemaname = $1 LIMIT 1";
// The same in the schema that the role has by itself.
constexpr char kFindOwnTable[] =
    "SELECT tablename FROM pg_tables WHERE schemaname = current_schema() "
    "LIMIT 1";

class PostgresDatabase final : public Database {
 public:
  explicit PostgresDatabase(PostgresOptions options)
      : options_(std::move(options)),
        metrics_(options_.metrics, options_.name),
        connector_(options_, metrics_),
        writers_(options_.writer_count, options_, connector_, metrics_),
        readers_(options_.reader_count, options_, connector_, metrics_) {}

  ~PostgresDatabase() override { connector_.Close(); }

  void StartWrite(WriteFn fn, Done done) override {
    writers_.Start(
        [this, fn = std::move(fn)](PostgresConnection& connection) {
          return RunWriteOnce(connection, fn, metrics_);
        },
        std::move(done));
  }
  void StartRead(ReadFn fn, Done done) override {
    readers_.Start(
        [fn = std::move(fn)](PostgresConnection& connection) {
          return RunReadOnce(connection, fn);
        },
        std::move(done));
  }
  // See Database::ScrubDeleted: the server's files are not ours to write.
  void StartScrub(Done done) override { done(absl::OkStatus()); }
  const Dialect& dialect() const override { return PostgresDialect(); }
  bool is_shared() const override { return true; }

  absl::Status Check();

 private:
  // Makes the schema where it is missing.
  absl::Status EnsureSchema(PostgresConnection& connection);
  // NOT_FOUND where setup has never been.
  absl::Status CheckTables(PostgresConnection& connection);

  const PostgresOptions options_;
  PostgresMetrics metrics_;
  PostgresConnector connector_;
  PostgresPool writers_;
  PostgresPool readers_;
};

absl::Status PostgresDatabase::Check() {
  ASSIGN_OR_RETURN(
      std::unique_ptr<PostgresConnection> connection,
      connector_.Connect(std::chrono::steady_clock::now() +
                         absl::ToChronoMicroseconds(options_.patience)));
  const std::string encoding =
      connection->link().ServerSetting("server_encoding");
  if (encoding != "UTF8") {
    return absl::FailedPreconditionError(
        absl::StrCat("the database's encoding is ", encoding, ", not UTF8"));
  }
  ASSIGN_OR_RETURN(PostgresConnection::Answer order,
                   connection->Run(kIsByteOrder, {}, PostgresAccess::kRead,
                                   /*begin=*/false));
  if (order.rows.size() != 1 || order.rows[0].Int(0) != 1 ||
      order.rows[0].Int(1) != 1) {
    return absl::FailedPreconditionError(
        "the database orders text by a dictionary; make it with "
        "LC_COLLATE 'C'");
  }
  return options_.create ? EnsureSchema(*connection) : CheckTables(*connection);
}

absl::Status PostgresDatabase::EnsureSchema(PostgresConnection& connection) {
  if (options_.schema.empty()) return absl::OkStatus();
  // Looked for first: a role that may use it need not be one that may make it.
  ASSIGN_OR_RETURN(const PostgresConnection::Answer found,
                   connection.Run(kFindSchema, {Value::Text(options_.schema)},
                                  PostgresAccess::kRead, /*begin=*/false));
  if (!found.rows.empty()) return absl::OkStatus();
  const std::string ddl =
      absl::StrCat("CREATE SCHEMA IF NOT EXISTS ", options_.schema);
  return WriteBlocking(
      [&](Transaction& tx) { return tx.Execute(ddl, {}).status(); });
}

absl::Status PostgresDatabase::CheckTables(PostgresConnection& connection) {
  const bool is_named = !options_.schema.empty();
  Params params;
  if (is_named) params.push_back(Value::Text(options_.schema));
  ASSIGN_OR_RETURN(const PostgresConnection::Answer found,
                   connection.Run(is_named ? kFindTable : kFindOwnTable, params,
                                  PostgresAccess::kRead, /*begin=*/false));
  if (!found.rows.empty()) return absl::OkStatus();
  return absl::NotFoundError(absl::StrCat(
      "no tables in ",
      is_named ? "schema " + options_.schema : "the role's own schema",
      "; they are made at setup only, never by a service"));
}

}  // namespace

absl::StatusOr<std::unique_ptr<Database>> OpenPostgres(
    PostgresOptions options) {
  auto database = std::make_unique<PostgresDatabase>(std::move(options));
  RETURN_IF_ERROR(database->Check());
  return std::unique_ptr<Database>(std::move(database));
}

}  // namespace shiming::sql
