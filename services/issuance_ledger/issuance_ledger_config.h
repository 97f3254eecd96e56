// issuance_ledger's configuration, validated.
#ifndef SHIMING_SERVICES_ISSUANCE_LEDGER_ISSUANCE_LEDGER_CONFIG_H_
#define SHIMING_SERVICES_ISSUANCE_LEDGER_ISSUANCE_LEDGER_CONFIG_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "services/issuance_ledger/core/index_sealer.h"
#include "services/issuance_ledger/witness_plan.h"
#include "shiming/config/v1/issuance_ledger_config.pb.h"

namespace shiming::issuance_ledger {

// What the configuration file says, checked; immutable after that.
struct LedgerSettings {
  config::v1::Database database;
  std::string origin;
  std::string signing_key_file;
  std::string log_folder;
  std::string guard_file;
  std::string pseudonym_key_commitment;  // 32 raw bytes
  absl::Duration checkpoint_interval;
  bool freeze = false;
  std::vector<std::string> earlier_log_folders;
  std::string instance;
  SealPlan sealing;
  std::optional<WitnessSettings> witnesses;
};

// The file at `path`, its relative paths resolved against its folder. Errors
// as LoadConfig and process::PrepareProcess.
absl::StatusOr<config::v1::IssuanceLedgerConfig> LoadIssuanceLedgerConfig(
    const std::string& path);

// INVALID_ARGUMENT naming the first field that is missing or malformed. Process
// settings are not looked at: whoever makes the process does.
absl::StatusOr<LedgerSettings> LedgerSettingsOf(
    const config::v1::IssuanceLedgerConfig& config);

}  // namespace shiming::issuance_ledger

#endif  // SHIMING_SERVICES_ISSUANCE_LEDGER_ISSUANCE_LEDGER_CONFIG_H_
