#include "services/terminal_session/core/page_token.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/crypto/digest.h"
#include "common/crypto/encoding.h"
#include "common/status/reason.h"

namespace shiming::terminal_session {
namespace {

constexpr size_t kTagBytes = 16;
constexpr int kDefaultPageSize = 50;
constexpr int kMaxPageSize = 1000;

absl::Status BadToken() {
  return MakeError(Reason::INVALID_REQUEST, "no page token of this list",
                   {.field = "page_token"});
}

}  // namespace

PageTokens::PageTokens(crypto::Secret key) : key_(std::move(key)) {}

std::string PageTokens::Tag(std::string_view payload) const {
  return crypto::HmacSha256(key_.Reveal(), payload).substr(0, kTagBytes);
}

std::string PageTokens::Make(SubjectKind kind,
                             const ListPosition& position) const {
  const std::string payload = absl::StrCat(
      static_cast<int>(kind), ":", position.number, ":", position.subject_id);
  return crypto::Base64Url(Tag(payload) + payload);
}

absl::StatusOr<ListPosition> PageTokens::Parse(SubjectKind kind,
                                               std::string_view token) const {
  if (token.empty()) return ListPosition{};
  const absl::StatusOr<std::string> bytes = crypto::FromBase64Url(token);
  if (!bytes.ok() || bytes->size() <= kTagBytes) return BadToken();
  const std::string_view payload = std::string_view(*bytes).substr(kTagBytes);
  if (!crypto::ConstantTimeEquals(Tag(payload), bytes->substr(0, kTagBytes))) {
    return BadToken();
  }
  const std::string prefix = absl::StrCat(static_cast<int>(kind), ":");
  const size_t second = payload.find(':', prefix.size());
  if (payload.substr(0, prefix.size()) != prefix ||
      second == std::string_view::npos) {
    return BadToken();
  }
  ListPosition position;
  std::from_chars(payload.data() + prefix.size(), payload.data() + second,
                  position.number);
  position.subject_id = std::string(payload.substr(second + 1));
  return position;
}

absl::StatusOr<int> PageSize(int32_t asked) {
  if (asked < 0) {
    return MakeError(Reason::INVALID_REQUEST, "page_size is negative",
                     {.field = "page_size"});
  }
  if (asked == 0) return kDefaultPageSize;
  return std::min<int>(asked, kMaxPageSize);
}

}  // namespace shiming::terminal_session
