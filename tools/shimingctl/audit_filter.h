// The filter of `shimingctl audit query` and `audit export` from the command
// line.
#ifndef SHIMING_TOOLS_SHIMINGCTL_AUDIT_FILTER_H_
#define SHIMING_TOOLS_SHIMINGCTL_AUDIT_FILTER_H_

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "shiming/ledger/v1/ledger_service.pb.h"
#include "tools/shimingctl/arguments.h"
#include "tools/shimingctl/pseudonym_key.h"

namespace shiming::shimingctl {

// What the options say.
struct AuditFilter {
  ledger::v1::EntryFilter filter;
  // K was used; it is to be checked against the log with CheckKey.
  bool uses_pseudonyms = false;
  std::optional<PseudonymKey> pseudonym_key;
};

// --order --session --shop --terminal --clerk --person ID, --kind NAME,...
// --from TIME --to TIME (RFC 3339), --eid --iccid --number VALUE with
// --pseudonym-key FILE [--pseudonym-salt FILE] (ReadPseudonymKey). Values
// become pseudonyms here and go nowhere else. INVALID_ARGUMENT names the
// option; reasons of the value's own check.
absl::StatusOr<AuditFilter> ReadAuditFilter(Arguments& arguments);

// OK when K was not used, or is the one that `log_opened`, the log's first
// entry, commits to. Errors of CheckPseudonymKey.
absl::Status CheckKey(const AuditFilter& filter,
                      const ledger::v1::Event& log_opened);

}  // namespace shiming::shimingctl

#endif  // SHIMING_TOOLS_SHIMINGCTL_AUDIT_FILTER_H_
