// The signed list of the logs that follow one another: which are frozen, at
// which final checkpoint, and which one is open (docs/formats/log_list.md).
#ifndef SHIMING_LEDGER_LOG_LIST_H_
#define SHIMING_LEDGER_LOG_LIST_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "ledger/checkpoint.h"
#include "ledger/note.h"
#include "ledger/policy.h"

namespace shiming::ledger {

struct LogList {
  std::vector<Checkpoint> frozen;  // final checkpoints, oldest log first
  std::string open_origin;
};

// The note, signed by the open log's key, whose name is the origin.
absl::StatusOr<std::string> SignLogList(const LogList& list,
                                        const NoteSigner& signer,
                                        absl::Time time);

// Reads it. LEDGER_FORMAT_INVALID for anything that SignLogList does not
// write; LEDGER_SIGNATURE_INVALID unless a log of `policy` whose name is the
// open origin signed it.
absl::StatusOr<LogList> OpenLogList(std::string_view note,
                                    const TrustPolicy& policy);

}  // namespace shiming::ledger

#endif  // SHIMING_LEDGER_LOG_LIST_H_
