// Receipts of the logs before this one, out of their files; no database.
#ifndef SHIMING_SERVICES_ISSUANCE_LEDGER_CORE_EARLIER_LOGS_H_
#define SHIMING_SERVICES_ISSUANCE_LEDGER_CORE_EARLIER_LOGS_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "services/issuance_ledger/core/ledger_store.h"
#include "shiming/ledger/v1/ledger_resources.pb.h"

namespace shiming::issuance_ledger {

// Immutable, thread-safe; methods block on the disk.
class EarlierLogs {
 public:
  // `folders`: those of frozen logs, in any order; a log whose folder is not
  // among them has been moved away. FAILED_PRECONDITION naming a folder that
  // holds no checkpoint, or one that is not the final one of a log in `logs`.
  static absl::StatusOr<EarlierLogs> Open(
      const std::vector<FrozenLog>& logs,
      const std::vector<std::string>& folders);

  // The receipt of the entry at `position`, below the base of the present log.
  // NOT_FOUND when its log's files are not here; LEDGER_PROOF_INVALID when they
  // are damaged.
  absl::StatusOr<ledger::v1::Receipt> GetReceipt(int64_t position) const;

 private:
  struct Log {
    FrozenLog log;
    std::string folder;
    std::string note;  // its final checkpoint, as it was published
  };

  // By base.
  std::map<int64_t, Log> logs_;
};

}  // namespace shiming::issuance_ledger

#endif  // SHIMING_SERVICES_ISSUANCE_LEDGER_CORE_EARLIER_LOGS_H_
