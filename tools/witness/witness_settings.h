// Configuration of a witness, validated.
#ifndef SHIMING_TOOLS_WITNESS_WITNESS_SETTINGS_H_
#define SHIMING_TOOLS_WITNESS_WITNESS_SETTINGS_H_

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/http/tls_files.h"
#include "ledger/note.h"
#include "ledger/witness.h"
#include "shiming/config/v1/witness_config.pb.h"

namespace shiming::witness {

// What the configuration says, checked, with its key and the keys of the logs
// that it trusts; immutable after that.
struct WitnessSettings {
  ledger::NoteSigner signer;
  std::string state_folder;
  ledger::WitnessTrust trust;
  std::string listen;
  std::optional<http::TlsFiles> tls;  // absent: plain HTTP on loopback
  std::string admin_listen;
  std::string submission_prefix;  // "" or "/x", no slash at the end
  std::string monitoring_prefix;
  size_t max_connections = 0;
  std::string port_file;
  std::string log_file;
};

// The configuration at `path`, its relative paths resolved against its folder.
// Errors of LoadConfig.
absl::StatusOr<config::v1::WitnessConfig> LoadWitnessConfig(
    const std::string& path);

// INVALID_ARGUMENT naming the first field that is missing or malformed; also
// for a witness key that is a log's key too: such a log would be its own
// witness.
absl::StatusOr<WitnessSettings> WitnessSettingsOf(
    const config::v1::WitnessConfig& config);

// Makes what a new witness needs, once: the key file, the state folder and
// beside the key "<key_file without .key>.vkey". Gives the verifier key.
// FAILED_PRECONDITION when key or state are there already: a witness that
// forgets what it signed would sign a fork.
absl::StatusOr<std::string> MakeWitness(
    const config::v1::WitnessConfig& config);

}  // namespace shiming::witness

#endif  // SHIMING_TOOLS_WITNESS_WITNESS_SETTINGS_H_
