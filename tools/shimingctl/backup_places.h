// What of a data directory is backed up, and where it stands.
#ifndef SHIMING_TOOLS_SHIMINGCTL_BACKUP_PLACES_H_
#define SHIMING_TOOLS_SHIMINGCTL_BACKUP_PLACES_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "ledger/policy.h"
#include "shiming/config/v1/issuance_ledger_config.pb.h"
#include "storage/backup/backup_maker.h"

namespace shiming::shimingctl {

struct BackupPlaces {
  // In the order in which their states are to be taken: who calls comes before
  // whom he calls, a database before the keys that open it, the ledger last. So
  // nothing is in a state that is not also in those behind it.
  std::vector<backup::BackupSource> sources;
  // issuance_ledger's configuration, paths made whole; nullopt where it runs
  // elsewhere.
  std::optional<config::v1::IssuanceLedgerConfig> ledger;
  // For how many days PERSON_ERASED says that backups of keys are kept.
  int key_backup_days = 30;
};

// Reads <data>/config: of issuance_ledger, terminal_session,
// identity_verification and profile_order those that are there. NOT_FOUND when
// none is; errors of LoadConfig.
absl::StatusOr<BackupPlaces> FindBackupPlaces(const std::string& data);

// Whom to believe about the log: the key of its origin in the policy that the
// ledger is configured with, else <data>/keys/ledger.vkey. No witness is asked
// for. NOT_FOUND, LEDGER_FORMAT_INVALID.
absl::StatusOr<ledger::TrustPolicy> LogKeyOf(
    const config::v1::IssuanceLedgerConfig& config, const std::string& data);

}  // namespace shiming::shimingctl

#endif  // SHIMING_TOOLS_SHIMINGCTL_BACKUP_PLACES_H_
