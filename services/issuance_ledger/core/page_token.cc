#include "services/issuance_ledger/core/page_token.h"

#include "common/crypto/digest.h"
#include "common/crypto/encoding.h"
#include "common/status/reason.h"
#include "ledger/text.h"

namespace shiming::issuance_ledger {
namespace {

constexpr size_t kPositionSize = 16;
constexpr size_t kMacSize = 16;

}  // namespace

std::string PageTokens::Mac(std::string_view position,
                            std::string_view filter) const {
  std::string data(position);
  data.append(filter);
  return crypto::HmacSha256(key_, data).substr(0, kMacSize);
}

std::string PageTokens::Make(const PagePosition& position,
                             std::string_view filter) const {
  std::string bytes;
  ledger::AppendUint64(&bytes, static_cast<uint64_t>(position.after));
  ledger::AppendUint64(&bytes, static_cast<uint64_t>(position.end));
  bytes.append(Mac(bytes, filter));
  return crypto::Base64Url(bytes);
}

absl::StatusOr<PagePosition> PageTokens::Parse(std::string_view token,
                                               std::string_view filter) const {
  const absl::StatusOr<std::string> bytes = crypto::FromBase64Url(token);
  if (!bytes.ok() || bytes->size() != kPositionSize + kMacSize ||
      !crypto::ConstantTimeEquals(
          std::string_view(*bytes).substr(kPositionSize),
          Mac(std::string_view(*bytes).substr(0, kPositionSize), filter))) {
    return MakeError(Reason::INVALID_REQUEST, "page_token is not of this query",
                     {.field = "page_token"});
  }
  return PagePosition{.after = static_cast<int64_t>(ledger::ReadUint64(*bytes)),
                      .end = static_cast<int64_t>(ledger::ReadUint64(
                          std::string_view(*bytes).substr(8)))};
}

}  // namespace shiming::issuance_ledger
