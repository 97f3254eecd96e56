// Tokens for the next page of a list (AIP-158).
#ifndef SHIMING_SERVICES_TERMINAL_SESSION_CORE_PAGE_TOKEN_H_
#define SHIMING_SERVICES_TERMINAL_SESSION_CORE_PAGE_TOKEN_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "common/crypto/secret.h"
#include "services/terminal_session/core/records.h"

namespace shiming::terminal_session {

// Behind which row the next page begins.
struct ListPosition {
  std::string subject_id;  // empty: at the start
  int64_t number = 0;      // which proposal of the subject
};

// Opaque, URL-safe, authenticated; no authorization. Thread-safe.
class PageTokens {
 public:
  explicit PageTokens(crypto::Secret key);

  std::string Make(SubjectKind kind, const ListPosition& position) const;

  // INVALID_REQUEST when the token was not made for this kind. "" is the
  // start.
  absl::StatusOr<ListPosition> Parse(SubjectKind kind,
                                     std::string_view token) const;

 private:
  std::string Tag(std::string_view payload) const;

  crypto::Secret key_;
};

// 0 means 50, above 1000 is 1000; INVALID_REQUEST when negative.
absl::StatusOr<int> PageSize(int32_t asked);

}  // namespace shiming::terminal_session

#endif  // SHIMING_SERVICES_TERMINAL_SESSION_CORE_PAGE_TOKEN_H_
