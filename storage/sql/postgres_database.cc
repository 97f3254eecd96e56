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

  absl::Status Check();

 private:
  absl::Status CheckSchema(bool is_there);

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
  if (options_.schema.empty()) return absl::OkStatus();
  ASSIGN_OR_RETURN(PostgresConnection::Answer schema,
                   connection->Run(kFindSchema, {Value::Text(options_.schema)},
                                   PostgresAccess::kRead, /*begin=*/false));
  return CheckSchema(!schema.rows.empty());
}

absl::Status PostgresDatabase::CheckSchema(bool is_there) {
  if (is_there) return absl::OkStatus();
  if (!options_.create) {
    return absl::NotFoundError(
        absl::StrCat("no schema ", options_.schema,
                     "; it is made at setup only, never by a service"));
  }
  const std::string ddl =
      absl::StrCat("CREATE SCHEMA IF NOT EXISTS ", options_.schema);
  return WriteBlocking(
      [&](Transaction& tx) { return tx.Execute(ddl, {}).status(); });
}

}  // namespace

absl::StatusOr<std::unique_ptr<Database>> OpenPostgres(
    PostgresOptions options) {
  auto database = std::make_unique<PostgresDatabase>(std::move(options));
  RETURN_IF_ERROR(database->Check());
  return std::unique_ptr<Database>(std::move(database));
}

}  // namespace shiming::sql
