// What kinds of database errors there are, for all drivers alike. The kind
// rides on the absl::Status as a payload.
#ifndef SHIMING_STORAGE_SQL_SQL_ERROR_H_
#define SHIMING_STORAGE_SQL_SQL_ERROR_H_

#include <optional>
#include <string_view>

#include "absl/status/status.h"

namespace shiming::sql {

enum class SqlError {
  // A unique key is taken (23505; SQLite 1555, 2067). INTERNAL for who does
  // not look: a store that expects it refuses by its own reason.
  kUnique,
  // NOT NULL, CHECK or another constraint: the second line of defence held.
  kConstraint,
  // The transaction lost against another; the driver runs `fn` again, at most
  // kMaxTries times, then answers LOST_RACE.
  kRetry,
  // Nobody knows whether it was committed: repeat under the same request id.
  kUnknown,
  // Not reachable, disk full, I/O error; nothing was committed.
  kUnavailable,
  // The statement is wrong: outside the subset, other parameters, poisoned
  // transaction. A bug of ours.
  kStatement,
};

// How often a driver runs an `fn` that asks for it (portable SQL, section 6).
inline constexpr int kMaxTries = 10;

// A status of this kind. kRetry is LOST_RACE, kUnknown and kUnavailable are
// DATABASE_UNAVAILABLE, the rest INTERNAL_ERROR. `message` holds no bound
// value, since that may be personal data.
absl::Status MakeSqlError(SqlError kind, std::string_view message);

// The kind of a status made by MakeSqlError, else nullopt.
std::optional<SqlError> SqlErrorOf(const absl::Status& status);

bool IsUniqueViolation(const absl::Status& status);
bool IsRetryable(const absl::Status& status);

// For an `fn` that sees that it must run again from its start, e.g. after an
// insert-ignore of a row that it had just not found.
absl::Status RunAgain(std::string_view message);

}  // namespace shiming::sql

#endif  // SHIMING_STORAGE_SQL_SQL_ERROR_H_
