// gMock matchers for absl::Status and absl::StatusOr.
#ifndef SHIMING_COMMON_TESTING_STATUS_MATCHERS_H_
#define SHIMING_COMMON_TESTING_STATUS_MATCHERS_H_

#include <gmock/gmock.h>

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/status/reason.h"

namespace shiming::testing {

inline const absl::Status& StatusOf(const absl::Status& status) {
  return status;
}
template <class T>
const absl::Status& StatusOf(const absl::StatusOr<T>& value) {
  return value.status();
}

// EXPECT_THAT(status_or_value, IsOk());
MATCHER(IsOk, "is OK") {
  *result_listener << "which is " << StatusOf(arg).ToString();
  return StatusOf(arg).ok();
}

// EXPECT_THAT(status_or_value, StatusIs(absl::StatusCode::kNotFound));
MATCHER_P(StatusIs, code, "") {
  *result_listener << "which is " << StatusOf(arg).ToString();
  return StatusOf(arg).code() == code;
}

// EXPECT_THAT(status_or_value, FailsWith(Reason::NONCE_USED));
MATCHER_P(FailsWith, reason, "fails with " + std::string(NameOf(reason))) {
  const std::optional<Reason> found = ReasonOf(StatusOf(arg));
  *result_listener << "which is " << StatusOf(arg).ToString() << " with reason "
                   << (found.has_value() ? std::string(NameOf(*found))
                                         : "(none)");
  return found == reason;
}

// EXPECT_THAT(value, IsOkAndHolds(Eq(3)));
MATCHER_P(IsOkAndHolds, inner, "is OK and holds what matches") {
  if (!arg.ok()) {
    *result_listener << "which is " << arg.status().ToString();
    return false;
  }
  return ::testing::ExplainMatchResult(inner, *arg, result_listener);
}

}  // namespace shiming::testing

#endif  // SHIMING_COMMON_TESTING_STATUS_MATCHERS_H_
