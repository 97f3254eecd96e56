#include "tools/witness/witness_settings.h"

#include <filesystem>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "common/config/config.h"
#include "common/crypto/keys.h"
#include "common/files/file.h"
#include "common/http/address.h"
#include "common/status/status_macros.h"
#include "ledger/policy.h"
#include "tools/witness/witness_state.h"

namespace shiming::witness {
namespace {

constexpr size_t kDefaultConnections = 256;
constexpr int kMostConnections = 10'000;

absl::Status CheckPresent(std::string_view field, const std::string& value) {
  if (value.empty()) return ConfigError(field, "is missing");
  return absl::OkStatus();
}

// An error of a parser as one of `field`.
absl::Status In(std::string_view field, const absl::Status& status) {
  const absl::string_view message = status.message();
  return ConfigError(field, std::string_view(message.data(), message.size()));
}

absl::Status CheckPrefix(std::string_view field, const std::string& prefix) {
  if (prefix.empty()) return absl::OkStatus();
  for (const char c : prefix) {
    const bool allowed = absl::ascii_isalnum(static_cast<unsigned char>(c)) ||
                         c == '/' || c == '.' || c == '_' || c == '-';
    if (!allowed) return ConfigError(field, "is not a path");
  }
  if (prefix.front() != '/' || prefix.back() == '/') {
    return ConfigError(field, "begins with a slash and does not end in one");
  }
  return absl::OkStatus();
}

absl::Status Trust(std::string_view field, ledger::NoteVerifier log,
                   const std::string& own_public_key,
                   ledger::WitnessTrust* trust) {
  if (log.type() != ledger::SignatureType::kEd25519) {
    return ConfigError(field, "a log signs with type 01");
  }
  if (log.PublicKey() == own_public_key) {
    return ConfigError(field, "is the witness's own key");
  }
  const std::string origin = log.name();
  (*trust)[origin].push_back(std::move(log));
  return absl::OkStatus();
}

absl::StatusOr<ledger::WitnessTrust> TrustOf(
    const config::v1::WitnessConfig& config,
    const std::string& own_public_key) {
  ledger::WitnessTrust trust;
  if (!config.policy_file().empty()) {
    ASSIGN_OR_RETURN(const std::string text,
                     ReadConfigFile(config.policy_file()));
    const auto policy = ledger::TrustPolicy::Parse(text);
    if (!policy.ok()) return In("policy_file", policy.status());
    for (const ledger::NoteVerifier& log : policy->logs()) {
      RETURN_IF_ERROR(Trust("policy_file", log, own_public_key, &trust));
    }
  }
  for (const std::string& vkey : config.log_keys()) {
    auto log = ledger::NoteVerifier::Parse(vkey);
    if (!log.ok()) return In("log_keys", log.status());
    RETURN_IF_ERROR(Trust("log_keys", *std::move(log), own_public_key, &trust));
  }
  if (trust.empty()) {
    return ConfigError("log_keys", "no log is named, nor by policy_file");
  }
  return trust;
}

absl::StatusOr<std::optional<http::TlsFiles>> TlsOf(
    const config::v1::WitnessConfig& config) {
  const auto address = http::ParseHostPort(config.listen());
  if (!address.ok()) return In("listen", address.status());
  if (config.insecure_plain_http()) {
    if (!address->IsLoopback()) {
      return ConfigError("insecure_plain_http", "is for loopback only");
    }
    return std::optional<http::TlsFiles>();
  }
  RETURN_IF_ERROR(
      CheckPresent("tls.certificate_file", config.tls().certificate_file()));
  RETURN_IF_ERROR(CheckPresent("tls.key_file", config.tls().key_file()));
  http::TlsFiles files;
  files.certificate_file = config.tls().certificate_file();
  files.key_file = config.tls().key_file();
  files.ca_file = config.tls().ca_file();
  return std::optional<http::TlsFiles>(std::move(files));
}

}  // namespace

absl::StatusOr<config::v1::WitnessConfig> LoadWitnessConfig(
    const std::string& path) {
  ASSIGN_OR_RETURN(auto config, LoadConfig<config::v1::WitnessConfig>(path));
  config::v1::TlsFiles& tls = *config.mutable_tls();
  for (std::string* file :
       {config.mutable_key_file(), config.mutable_state_folder(),
        tls.mutable_certificate_file(), tls.mutable_key_file(),
        tls.mutable_ca_file(), config.mutable_policy_file(),
        config.mutable_port_file(), config.mutable_log_file()}) {
    *file = ResolvePath(path, *file);
  }
  return config;
}

absl::StatusOr<WitnessSettings> WitnessSettingsOf(
    const config::v1::WitnessConfig& config) {
  RETURN_IF_ERROR(CheckPresent("name", config.name()));
  RETURN_IF_ERROR(CheckPresent("key_file", config.key_file()));
  RETURN_IF_ERROR(CheckPresent("state_folder", config.state_folder()));
  RETURN_IF_ERROR(CheckPresent("admin_listen", config.admin_listen()));
  RETURN_IF_ERROR(CheckPrefix("submission_prefix", config.submission_prefix()));
  RETURN_IF_ERROR(CheckPrefix("monitoring_prefix", config.monitoring_prefix()));
  if (config.max_connections() < 0 ||
      config.max_connections() > kMostConnections) {
    return ConfigError("max_connections", "is not 0 to 10000");
  }
  ASSIGN_OR_RETURN(std::optional<http::TlsFiles> tls, TlsOf(config));
  ASSIGN_OR_RETURN(const std::string pem, ReadConfigFile(config.key_file()));
  auto key = crypto::SigningKey::FromPem(pem);
  if (!key.ok()) return ConfigError("key_file", "holds no key in PEM");
  auto signer = ledger::NoteSigner::ForWitness(config.name(), *key);
  if (!signer.ok()) return In("key_file", signer.status());
  ASSIGN_OR_RETURN(ledger::WitnessTrust trust,
                   TrustOf(config, key->Public().Raw()));
  return WitnessSettings{
      .signer = *std::move(signer),
      .state_folder = config.state_folder(),
      .trust = std::move(trust),
      .listen = config.listen(),
      .tls = std::move(tls),
      .admin_listen = config.admin_listen(),
      .submission_prefix = config.submission_prefix(),
      .monitoring_prefix = config.monitoring_prefix(),
      .max_connections = config.max_connections() == 0
                             ? kDefaultConnections
                             : static_cast<size_t>(config.max_connections()),
      .port_file = config.port_file(),
      .log_file = config.log_file()};
}

absl::StatusOr<std::string> MakeWitness(
    const config::v1::WitnessConfig& config) {
  RETURN_IF_ERROR(CheckPresent("name", config.name()));
  RETURN_IF_ERROR(CheckPresent("key_file", config.key_file()));
  RETURN_IF_ERROR(CheckPresent("state_folder", config.state_folder()));
  const std::filesystem::path key_file = config.key_file();
  if (std::filesystem::exists(key_file)) {
    return absl::FailedPreconditionError(
        absl::StrCat(config.key_file(), " is there already"));
  }
  ASSIGN_OR_RETURN(crypto::SigningKey key,
                   crypto::SigningKey::GenerateEd25519());
  auto signer = ledger::NoteSigner::ForWitness(config.name(), key);
  if (!signer.ok()) return In("name", signer.status());
  const std::string vkey = signer->vkey();
  // The state comes first: a key without state does not start.
  RETURN_IF_ERROR(WitnessState::Create(config.state_folder(), vkey));
  if (!key_file.parent_path().empty()) {
    RETURN_IF_ERROR(MakeFolder(key_file.parent_path().string()));
  }
  RETURN_IF_ERROR(
      ReplaceFile(config.key_file(), key.ToPem().Reveal(), FileAccess::kOwner));
  std::filesystem::path vkey_file = key_file;
  vkey_file.replace_extension(".vkey");
  RETURN_IF_ERROR(
      ReplaceFile(vkey_file.string(), vkey + "\n", FileAccess::kEveryone));
  return vkey;
}

}  // namespace shiming::witness
