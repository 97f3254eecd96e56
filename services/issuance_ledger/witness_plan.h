// The witnesses of the configuration, ready to be asked.
#ifndef SHIMING_SERVICES_ISSUANCE_LEDGER_WITNESS_PLAN_H_
#define SHIMING_SERVICES_ISSUANCE_LEDGER_WITNESS_PLAN_H_

#include <boost/asio/any_io_executor.hpp>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "services/issuance_ledger/core/cosignature_collector.h"

namespace shiming::issuance_ledger {

// Field `witnesses` of the configuration, checked but for its files.
struct WitnessSettings {
  std::string policy_file;
  std::string ca_file;  // "" where all URLs are plain
  bool insecure_plain_http = false;
  absl::Duration round_time;
  bool strict = false;
};

// Reads the policy and prepares a connection to each of its witnesses that has
// a URL. `log_vkey`: our own verifier key, which the policy must trust.
// INVALID_ARGUMENT naming the field.
absl::StatusOr<CosigningPlan> MakeCosigningPlan(const WitnessSettings& settings,
                                                const std::string& log_vkey,
                                                asio::any_io_executor executor);

}  // namespace shiming::issuance_ledger

#endif  // SHIMING_SERVICES_ISSUANCE_LEDGER_WITNESS_PLAN_H_
