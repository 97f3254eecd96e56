#include "services/profile_order/profile_order_config.h"

#include <algorithm>
#include <set>
#include <utility>

#include "common/config/config.h"
#include "common/crypto/encoding.h"
#include "common/ids/activation_code.h"
#include "common/process/run_main.h"
#include "common/process/target_check.h"
#include "common/status/status_macros.h"
#include "storage/sql/configured_database.h"

namespace shiming::profile_order {
namespace {

constexpr size_t kMaxIdBytes = 64;
// A call must be over before a SENT row counts as lost (kCallInFlight).
constexpr int kMaxTimeoutMilliseconds = 45'000;
constexpr int kMaxConnections = 1024;

bool IsId(std::string_view text) {
  return !text.empty() && text.size() <= kMaxIdBytes &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
         });
}

void Resolve(const std::string& config_file, std::string& path) {
  path = ResolvePath(config_file, path);
}

void ResolveTls(const std::string& config_file, config::v1::TlsFiles& tls) {
  Resolve(config_file, *tls.mutable_certificate_file());
  Resolve(config_file, *tls.mutable_key_file());
  Resolve(config_file, *tls.mutable_ca_file());
}

absl::Status CheckSmdp(const config::v1::SmdpPlus& smdp,
                       const std::string& field) {
  if (!IsId(smdp.id())) {
    return ConfigError(field + ".id", "is not 1 to 64 of [a-z0-9-]");
  }
  if (smdp.base_url().empty()) {
    return ConfigError(field + ".base_url", "is missing");
  }
  if (smdp.requester().empty()) {
    return ConfigError(field + ".requester", "is missing");
  }
  if (!ActivationCode::Make(smdp.address(), "A").ok()) {
    return ConfigError(field + ".address", "is no host name");
  }
  if (smdp.timeout_milliseconds() < 0 ||
      smdp.timeout_milliseconds() > kMaxTimeoutMilliseconds) {
    return ConfigError(field + ".timeout_milliseconds", "is not 0 to 45000");
  }
  if (smdp.max_connections() < 0 || smdp.max_connections() > kMaxConnections) {
    return ConfigError(field + ".max_connections", "is not 0 to 1024");
  }
  return absl::OkStatus();
}

absl::Status CheckNotNegative(int value, std::string_view field) {
  return value < 0 ? ConfigError(field, "is negative") : absl::OkStatus();
}

}  // namespace

absl::StatusOr<config::v1::ProfileOrderConfig> LoadProfileOrderConfig(
    const std::string& config_file) {
  ASSIGN_OR_RETURN(auto config,
                   LoadConfig<config::v1::ProfileOrderConfig>(config_file));
  RETURN_IF_ERROR(
      process::PrepareProcess(config_file, *config.mutable_process()));
  sql::MakePathWhole(config_file, *config.mutable_database());
  for (config::v1::AttestationKey& key : *config.mutable_attestation_keys()) {
    Resolve(config_file, *key.mutable_public_key_file());
  }
  Resolve(config_file, *config.mutable_keyring_file());
  Resolve(config_file, *config.mutable_pseudonym_key_file());
  for (config::v1::SmdpPlus& smdp : *config.mutable_smdps()) {
    ResolveTls(config_file, *smdp.mutable_tls());
  }
  if (config.instance().empty()) config.set_instance("1");
  return config;
}

absl::Status CheckProfileOrderConfig(
    const config::v1::ProfileOrderConfig& config) {
  RETURN_IF_ERROR(sql::CheckDatabase("database", config.database()));
  RETURN_IF_ERROR(process::CheckTargetAddress("terminal_session",
                                              config.terminal_session()));
  RETURN_IF_ERROR(
      process::CheckTargetAddress("issuance_ledger", config.issuance_ledger()));
  RETURN_IF_ERROR(process::CheckTargetAddress("identity_verification",
                                              config.identity_verification()));
  if (config.attestation_keys().empty()) {
    return ConfigError("attestation_keys", "is empty");
  }
  if (config.keyring_file().empty()) {
    return ConfigError("keyring_file", "is missing");
  }
  if (config.pseudonym_key_file().empty()) {
    return ConfigError("pseudonym_key_file", "is missing");
  }
  if (config.smdps().empty()) return ConfigError("smdps", "is empty");
  std::set<std::string> ids;
  for (int i = 0; i < config.smdps_size(); ++i) {
    const std::string field = "smdps[" + std::to_string(i) + "]";
    RETURN_IF_ERROR(CheckSmdp(config.smdps(i), field));
    if (!ids.insert(config.smdps(i).id()).second) {
      return ConfigError(field + ".id", "stands twice");
    }
  }
  if (!IsId(config.instance())) {
    return ConfigError("instance", "is not 1 to 64 of [a-z0-9-]");
  }
  RETURN_IF_ERROR(
      CheckNotNegative(config.numbers_per_person(), "numbers_per_person"));
  RETURN_IF_ERROR(
      CheckNotNegative(config.numbers_per_eid(), "numbers_per_eid"));
  RETURN_IF_ERROR(
      CheckNotNegative(config.reservation_minutes(), "reservation_minutes"));
  RETURN_IF_ERROR(CheckNotNegative(config.ready_minutes(), "ready_minutes"));
  RETURN_IF_ERROR(CheckNotNegative(config.code_minutes(), "code_minutes"));
  return CheckNotNegative(config.install_hours(), "install_hours");
}

OrderTimes TimesOf(const config::v1::ProfileOrderConfig& config) {
  OrderTimes times;
  if (config.ready_minutes() != 0) {
    times.ready = absl::Minutes(config.ready_minutes());
  }
  if (config.code_minutes() != 0) {
    times.code = absl::Minutes(config.code_minutes());
  }
  if (config.install_hours() != 0) {
    times.install = absl::Hours(config.install_hours());
  }
  return times;
}

OrderLimits LimitsOf(const config::v1::ProfileOrderConfig& config) {
  OrderLimits limits;
  if (config.reservation_minutes() != 0) {
    limits.reservation = absl::Minutes(config.reservation_minutes());
  }
  if (config.numbers_per_person() != 0) {
    limits.numbers_per_person = config.numbers_per_person();
  }
  if (config.numbers_per_eid() != 0) {
    limits.numbers_per_eid = config.numbers_per_eid();
  }
  return limits;
}

absl::StatusOr<std::map<std::string, crypto::VerifyKey, std::less<>>>
AttestationKeysOf(const config::v1::ProfileOrderConfig& config) {
  std::map<std::string, crypto::VerifyKey, std::less<>> keys;
  for (const config::v1::AttestationKey& key : config.attestation_keys()) {
    ASSIGN_OR_RETURN(const std::string pem,
                     ReadConfigFile(key.public_key_file()));
    const absl::StatusOr<crypto::VerifyKey> parsed =
        crypto::VerifyKey::FromPem(pem);
    if (!parsed.ok() || parsed->algorithm() != crypto::KeyAlgorithm::kEd25519) {
      return ConfigError("attestation_keys.public_key_file",
                         "holds no Ed25519 public key");
    }
    if (key.key_id().empty() || !keys.emplace(key.key_id(), *parsed).second) {
      return ConfigError("attestation_keys.key_id",
                         "is missing or stands twice");
    }
  }
  return keys;
}

absl::StatusOr<crypto::Secret> ReadHexKey(const std::string& path) {
  ASSIGN_OR_RETURN(std::string text, ReadConfigFile(path));
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) {
    text.pop_back();
  }
  absl::StatusOr<std::string> bytes = crypto::FromHex(text);
  crypto::WipeString(text);
  if (!bytes.ok() || bytes->size() != 32) {
    return absl::InvalidArgumentError(path + ": not 64 hex digits");
  }
  return crypto::Secret(*std::move(bytes));
}

}  // namespace shiming::profile_order
