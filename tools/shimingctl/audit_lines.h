// Entries of the ledger as lines of text.
#ifndef SHIMING_TOOLS_SHIMINGCTL_AUDIT_LINES_H_
#define SHIMING_TOOLS_SHIMINGCTL_AUDIT_LINES_H_

#include <string>

#include "absl/status/statusor.h"
#include "shiming/ledger/v1/ledger_service.pb.h"

namespace shiming::shimingctl {

enum class LineFormat {
  // {"index", "event" (proto3 JSON), "entry" (base64), "tlog_proof", "found"}
  kNdjson,
  kCsv,  // RFC 4180, with a heading
};

// "ndjson" or "csv"; INVALID_ARGUMENT otherwise.
absl::StatusOr<LineFormat> ParseLineFormat(const std::string& name);

// What stands before the first entry; empty for NDJSON.
std::string HeadingOf(LineFormat format);

// One entry with its line end. `found` says how a proven one was found and
// stands in NDJSON only; empty: nothing is said. LEDGER_MALFORMED_ENTRY when it
// is no entry.
absl::StatusOr<std::string> LineOf(LineFormat format,
                                   const ledger::v1::LedgerEntry& entry,
                                   const std::string& found = "");

}  // namespace shiming::shimingctl

#endif  // SHIMING_TOOLS_SHIMINGCTL_AUDIT_LINES_H_
