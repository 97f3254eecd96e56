// `shimingctl audit query`: entries that match a filter, page by page.
#ifndef SHIMING_TOOLS_SHIMINGCTL_AUDIT_QUERY_H_
#define SHIMING_TOOLS_SHIMINGCTL_AUDIT_QUERY_H_

#include <cstdint>

#include "absl/status/status.h"
#include "shiming/ledger/v1/ledger_service.grpc.pb.h"
#include "tools/shimingctl/arguments.h"
#include "tools/shimingctl/audit_filter.h"

namespace shiming::shimingctl {

// Lines on stdout; how many, and the checkpoint's size, on stderr. Options: see
// `shimingctl help`.
absl::Status RunAuditQuery(Arguments& arguments);

// Checks K, where the filter used it, against the first entry of the log; says
// on stderr when that cannot be done. Errors of CheckKey.
absl::Status CheckKeyOfLog(ledger::v1::LedgerAuditService::Stub& stub,
                           const AuditFilter& filter);

// Says on stderr, unless it is 0, that so many entries cannot be found by EID,
// ICCID or number any more.
void TellRedacted(int64_t entry_count);

}  // namespace shiming::shimingctl

#endif  // SHIMING_TOOLS_SHIMINGCTL_AUDIT_QUERY_H_
