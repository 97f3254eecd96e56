#include "storage/sql/sql_error.h"

#include <string>

#include "absl/strings/cord.h"
#include "common/status/reason.h"

namespace shiming::sql {
namespace {

constexpr char kKindUrl[] = "shiming/sql_error";

Reason ReasonFor(SqlError kind) {
  switch (kind) {
    case SqlError::kRetry:
      return Reason::LOST_RACE;
    case SqlError::kUnknown:
    case SqlError::kUnavailable:
      return Reason::DATABASE_UNAVAILABLE;
    case SqlError::kUnique:
    case SqlError::kConstraint:
    case SqlError::kStatement:
      return Reason::INTERNAL_ERROR;
  }
  return Reason::INTERNAL_ERROR;
}

}  // namespace

absl::Status MakeSqlError(SqlError kind, std::string_view message) {
  absl::Status status = MakeError(ReasonFor(kind), message);
  status.SetPayload(kKindUrl,
                    absl::Cord(std::string(1, 'a' + static_cast<char>(kind))));
  return status;
}

std::optional<SqlError> SqlErrorOf(const absl::Status& status) {
  auto payload = status.GetPayload(kKindUrl);
  if (!payload.has_value()) return std::nullopt;
  return static_cast<SqlError>(std::string(*payload)[0] - 'a');
}

bool IsUniqueViolation(const absl::Status& status) {
  return SqlErrorOf(status) == SqlError::kUnique;
}

bool IsRetryable(const absl::Status& status) {
  return SqlErrorOf(status) == SqlError::kRetry;
}

absl::Status RunAgain(std::string_view message) {
  return MakeSqlError(SqlError::kRetry, message);
}

}  // namespace shiming::sql
