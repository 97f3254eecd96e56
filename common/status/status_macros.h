// Early-return macros for absl::Status. Abseil has its own only since LTS
// 20260526. The CO_ forms are for coroutines (co_return in place of return).
#ifndef SHIMING_COMMON_STATUS_STATUS_MACROS_H_
#define SHIMING_COMMON_STATUS_STATUS_MACROS_H_

#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#define SHIMING_CONCAT_INNER_(a, b) a##b
#define SHIMING_CONCAT_(a, b) SHIMING_CONCAT_INNER_(a, b)

// Returns from the function if `expr` (an absl::Status) is not OK.
#define RETURN_IF_ERROR(expr)                                        \
  if (absl::Status shiming_status_ = (expr); shiming_status_.ok()) { \
  } else                                                             \
    return shiming_status_

// Evaluates `expr` (an absl::StatusOr<T>); returns its status if not OK, else
// assigns the value to `lhs`, which may declare a variable.
#define ASSIGN_OR_RETURN(lhs, expr) \
  ASSIGN_OR_RETURN_IMPL_(SHIMING_CONCAT_(or_, __LINE__), lhs, expr, return )

#define CO_RETURN_IF_ERROR(expr)                                     \
  if (absl::Status shiming_status_ = (expr); shiming_status_.ok()) { \
  } else                                                             \
    co_return shiming_status_

#define CO_ASSIGN_OR_RETURN(lhs, expr) \
  ASSIGN_OR_RETURN_IMPL_(SHIMING_CONCAT_(or_, __LINE__), lhs, expr, co_return )

#define ASSIGN_OR_RETURN_IMPL_(or_value, lhs, expr, return_word) \
  auto or_value = (expr);                                        \
  if (!or_value.ok()) return_word std::move(or_value).status();  \
  lhs = *std::move(or_value)

#endif  // SHIMING_COMMON_STATUS_STATUS_MACROS_H_
