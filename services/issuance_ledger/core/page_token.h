// Page tokens of QueryEntries: where to go on, up to which size the query
// looks, and for which filter, under a MAC.
#ifndef SHIMING_SERVICES_ISSUANCE_LEDGER_CORE_PAGE_TOKEN_H_
#define SHIMING_SERVICES_ISSUANCE_LEDGER_CORE_PAGE_TOKEN_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace shiming::issuance_ledger {

struct PagePosition {
  int64_t after = -1;  // index of the last entry given
  int64_t end = 0;     // entries from here on came after the first page
};

// Thread-safe.
class PageTokens {
 public:
  // `key`: secret of this log; the same after a restart.
  explicit PageTokens(std::string key) : key_(std::move(key)) {}

  // URL-safe text. `filter`: canonical bytes of what was asked.
  std::string Make(const PagePosition& position, std::string_view filter) const;

  // INVALID_REQUEST, field page_token, when it was not made by Make for the
  // same filter.
  absl::StatusOr<PagePosition> Parse(std::string_view token,
                                     std::string_view filter) const;

 private:
  std::string Mac(std::string_view position, std::string_view filter) const;

  const std::string key_;
};

}  // namespace shiming::issuance_ledger

#endif  // SHIMING_SERVICES_ISSUANCE_LEDGER_CORE_PAGE_TOKEN_H_
