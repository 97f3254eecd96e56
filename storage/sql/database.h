// The port to a transactional database. SQL is written once, in the subset
// that runs alike on SQLite and on PostgreSQL-wire engines: parameters are
// $1..$n, no upsert, every limit is a unique key or one UPDATE whose count of
// changed rows is checked (ExecuteOne).
#ifndef SHIMING_STORAGE_SQL_DATABASE_H_
#define SHIMING_STORAGE_SQL_DATABASE_H_

#include <boost/asio/awaitable.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>
#include <type_traits>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/status/reason.h"
#include "storage/sql/dialect.h"
#include "storage/sql/sql_error.h"
#include "storage/sql/value.h"

namespace shiming {
namespace asio = boost::asio;
}  // namespace shiming

namespace shiming::sql {

// One consistent view of the database. Lives as long as the `fn` that got it
// and is used on that fn's thread only.
class Snapshot {
 public:
  virtual ~Snapshot() = default;

  // All rows of a SELECT (in a Transaction also of INSERT/UPDATE ...
  // RETURNING). `params` are bound to $1..$n, all of them used. Errors are
  // those of MakeSqlError; INVALID_REQUEST for TEXT that cannot be stored.
  virtual absl::StatusOr<Rows> Query(std::string_view sql, Params params) = 0;

  // The one row, or nullopt; more than one is INTERNAL_ERROR.
  absl::StatusOr<std::optional<Row>> QueryAtMostOne(std::string_view sql,
                                                    Params params);
};

// A view that may change the database. After the first statement that failed
// every further one fails too and the transaction is rolled back, whatever
// `fn` returns, as on PostgreSQL.
class Transaction : public Snapshot {
 public:
  // Runs one INSERT, UPDATE, DELETE or DDL statement; gives the affected rows.
  virtual absl::StatusOr<int64_t> Execute(std::string_view sql,
                                          Params params) = 0;

  // The INSERT, which does nothing where a unique key is taken: 1 or 0 rows
  // per row given. Never with RETURNING.
  absl::StatusOr<int64_t> InsertIgnore(std::string_view insert, Params params);

  // Execute that must affect exactly one row, else `if_not_one`: the
  // compare-and-swap of portable SQL.
  absl::Status ExecuteOne(std::string_view sql, Params params,
                          Reason if_not_one = Reason::LOST_RACE);

  virtual const Dialect& dialect() const = 0;
};

using WriteFn = std::function<absl::Status(Transaction&)>;
using ReadFn = std::function<absl::Status(Snapshot&)>;
// Gets the outcome once, on a thread of the database: it must not block.
using Done = std::function<void(absl::Status)>;

// A database. Thread-safe. It must outlive whatever waits for it. Executors of
// waiting coroutines are joined (not only stopped) before they are destroyed,
// or destroyed after the database: its threads may still be on their way out
// of them. Destruction finishes what is queued.
//
// `fn` runs on a thread of the database and may run more than once: it keeps
// no state across runs, does no I/O and never waits. The status it returns is
// the outcome; not OK rolls all of it back. An outcome of kUnknown or a lost
// answer is repeated by the caller under the same request id.
class Database {
 public:
  virtual ~Database() = default;

  // Runs `fn` in a transaction; returns when it is durable. Resumes on the
  // awaiting coroutine's own executor. OVERLOADED when too much is queued,
  // SHUTTING_DOWN when closing.
  asio::awaitable<absl::Status> Write(WriteFn fn);

  // Runs `fn` on a snapshot that holds everything acknowledged before the
  // call. Never waits for writers.
  asio::awaitable<absl::Status> Read(ReadFn fn);

  // Write and Read for an `fn` that returns absl::StatusOr<T>.
  template <class F>
  asio::awaitable<std::invoke_result_t<F&, Transaction&>> WriteValue(F fn);
  template <class F>
  asio::awaitable<std::invoke_result_t<F&, Snapshot&>> ReadValue(F fn);

  // The same, blocking the thread: for start-up, tools and tests only.
  absl::Status WriteBlocking(WriteFn fn);
  absl::Status ReadBlocking(ReadFn fn);
  absl::Status ScrubDeletedBlocking();

  // What transactions acknowledged before this call have deleted or written
  // over can be read from the database's own files no longer, once this is OK;
  // backups and copies made earlier are not its business. For what must be
  // gone, such as a destroyed key; too slow for anything else. UNAVAILABLE when
  // something still looks at the old state: try again. On a database server it
  // does nothing: rows that were deleted stay in its files until it vacuums and
  // writes over them, and in its log until that is recycled; who runs it sees
  // to that (docs/erasure.md).
  asio::awaitable<absl::Status> ScrubDeleted();

  // What a driver implements: `done` is called exactly once.
  virtual void StartWrite(WriteFn fn, Done done) = 0;
  virtual void StartRead(ReadFn fn, Done done) = 0;
  virtual void StartScrub(Done done) = 0;

  virtual const Dialect& dialect() const = 0;

  // True where other processes may change the same tables meanwhile, as on a
  // database server. A SQLite file belongs to one process.
  virtual bool is_shared() const { return false; }
};

// What every driver holds parameters to before it binds them: TEXT is UTF-8,
// without NUL byte, not empty. INVALID_REQUEST otherwise.
absl::Status CheckParams(const Params& params);

// --- implementation of the templates

template <class F>
asio::awaitable<std::invoke_result_t<F&, Transaction&>> Database::WriteValue(
    F fn) {
  using Result = std::invoke_result_t<F&, Transaction&>;
  auto result = std::make_shared<std::optional<Result>>();
  WriteFn wrapped = [result, fn = std::move(fn)](Transaction& tx) mutable {
    result->emplace(fn(tx));
    return (*result)->status();
  };
  absl::Status status = co_await Write(std::move(wrapped));
  if (!status.ok()) co_return status;
  co_return std::move(**result);
}

template <class F>
asio::awaitable<std::invoke_result_t<F&, Snapshot&>> Database::ReadValue(F fn) {
  using Result = std::invoke_result_t<F&, Snapshot&>;
  auto result = std::make_shared<std::optional<Result>>();
  ReadFn wrapped = [result, fn = std::move(fn)](Snapshot& snapshot) mutable {
    result->emplace(fn(snapshot));
    return (*result)->status();
  };
  absl::Status status = co_await Read(std::move(wrapped));
  if (!status.ok()) co_return status;
  co_return std::move(**result);
}

}  // namespace shiming::sql

#endif  // SHIMING_STORAGE_SQL_DATABASE_H_
