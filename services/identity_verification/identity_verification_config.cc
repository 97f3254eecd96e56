#include "services/identity_verification/identity_verification_config.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "common/config/config.h"
#include "common/crypto/cipher.h"
#include "common/crypto/encoding.h"
#include "common/crypto/keys.h"
#include "common/process/run_main.h"
#include "common/process/target_check.h"
#include "common/status/status_macros.h"
#include "identity/evidence/evidence.h"
#include "storage/sql/configured_database.h"

namespace shiming::identity_verification {
namespace {

using config::v1::IdentityVerificationConfig;
using identity::DocumentKind;

// Defaults of identity_verification_config.proto.
constexpr int kMinAgeAlone = 16;
constexpr int kMaxClockDifferenceSeconds = 300;
constexpr int kAttestationMinutes = 15;
constexpr int kFaceFailuresBeforeLock = 3;
constexpr int kAuthorityTimeoutMilliseconds = 3000;
// MIIT Order 25 of 2013: during the service and for two years after its end.
constexpr int kIdentityRetentionDays = 730;
constexpr int kKeyBackupDays = 30;

// The widest that may be configured: beyond it a check would be none.
constexpr int kWidestClockDifferenceSeconds = 3600;
constexpr int kLongestAttestationMinutes = 60;
constexpr int kMostFaceFailures = 10;
constexpr int kLongestAuthorityTimeoutMilliseconds = 60'000;
constexpr int kLongestRetentionDays = 36'500;
constexpr int kLongestKeyBackupDays = 30;  // DESIGN 6

void MakePathsWhole(const std::string& file,
                    IdentityVerificationConfig& config) {
  sql::MakePathWhole(file, *config.mutable_database());
  sql::MakePathWhole(file, *config.mutable_key_database());
  config.set_keyring_file(ResolvePath(file, config.keyring_file()));
  config.set_index_key_file(ResolvePath(file, config.index_key_file()));
  config.set_attestation_key_file(
      ResolvePath(file, config.attestation_key_file()));
  for (config::v1::FaceEngine& engine : *config.mutable_face_engines()) {
    engine.set_public_key_file(ResolvePath(file, engine.public_key_file()));
  }
}

// 0 becomes the default; 1 to `most` is allowed.
absl::StatusOr<int> Ranged(const char* field, int value, int fallback,
                           int most) {
  if (value == 0) return fallback;
  if (value < 0 || value > most) {
    return ConfigError(field, absl::StrCat("must be 1 to ", most));
  }
  return value;
}

absl::Status FillDefaults(IdentityVerificationConfig& config) {
  ASSIGN_OR_RETURN(
      const int clock_difference,
      Ranged("max_clock_difference_seconds",
             config.max_clock_difference_seconds(), kMaxClockDifferenceSeconds,
             kWidestClockDifferenceSeconds));
  config.set_max_clock_difference_seconds(clock_difference);
  ASSIGN_OR_RETURN(const int attestation,
                   Ranged("attestation_minutes", config.attestation_minutes(),
                          kAttestationMinutes, kLongestAttestationMinutes));
  config.set_attestation_minutes(attestation);
  ASSIGN_OR_RETURN(
      const int failures,
      Ranged("face_failures_before_lock", config.face_failures_before_lock(),
             kFaceFailuresBeforeLock, kMostFaceFailures));
  config.set_face_failures_before_lock(failures);
  ASSIGN_OR_RETURN(const int timeout,
                   Ranged("authority_timeout_milliseconds",
                          config.authority_timeout_milliseconds(),
                          kAuthorityTimeoutMilliseconds,
                          kLongestAuthorityTimeoutMilliseconds));
  config.set_authority_timeout_milliseconds(timeout);
  ASSIGN_OR_RETURN(
      const int retention,
      Ranged("identity_retention_days", config.identity_retention_days(),
             kIdentityRetentionDays, kLongestRetentionDays));
  config.set_identity_retention_days(retention);
  ASSIGN_OR_RETURN(const int key_backups,
                   Ranged("key_backup_days", config.key_backup_days(),
                          kKeyBackupDays, kLongestKeyBackupDays));
  config.set_key_backup_days(key_backups);
  for (config::v1::IdentityPolicy& policy : *config.mutable_policies()) {
    if (policy.min_age_alone() == 0) policy.set_min_age_alone(kMinAgeAlone);
  }
  return absl::OkStatus();
}

absl::Status CheckTarget(const char* field, const config::v1::Target& target) {
  if (target.address().empty() || target.service().empty()) {
    return ConfigError(field, "needs address and service");
  }
  return process::CheckTargetAddress(field, target);
}

absl::Status CheckDatabases(const IdentityVerificationConfig& config) {
  RETURN_IF_ERROR(sql::CheckDatabase("database", config.database()));
  RETURN_IF_ERROR(sql::CheckDatabase("key_database", config.key_database()));
  // Erasure would erase nothing from the backups of a common one.
  if (sql::IsSameDatabase(config.database(), config.key_database())) {
    return ConfigError("key_database.url", "must be another than database.url");
  }
  return absl::OkStatus();
}

absl::Status CheckRequired(const IdentityVerificationConfig& config) {
  const std::pair<const char*, const std::string&> texts[] = {
      {"keyring_file", config.keyring_file()},
      {"index_key_file", config.index_key_file()},
      {"attestation_key_file", config.attestation_key_file()},
      {"attestation_key_id", config.attestation_key_id()},
  };
  for (const auto& [field, text] : texts) {
    if (text.empty()) return ConfigError(field, "is missing");
  }
  RETURN_IF_ERROR(CheckTarget("terminal_session", config.terminal_session()));
  RETURN_IF_ERROR(CheckTarget("issuance_ledger", config.issuance_ledger()));
  return CheckTarget("identity_authority", config.identity_authority());
}

absl::StatusOr<identity::FaceEngineKeys> FaceEnginesOf(
    const IdentityVerificationConfig& config) {
  if (config.face_engines().empty()) {
    return ConfigError("face_engines", "is missing");
  }
  identity::FaceEngineKeys keys;
  for (const config::v1::FaceEngine& engine : config.face_engines()) {
    if (engine.key_id().empty()) {
      return ConfigError("face_engines.key_id", "is missing");
    }
    ASSIGN_OR_RETURN(const std::string pem,
                     ReadConfigFile(engine.public_key_file()));
    absl::StatusOr<crypto::VerifyKey> key = crypto::VerifyKey::FromPem(pem);
    if (!key.ok() || key->algorithm() != crypto::KeyAlgorithm::kEcdsaP256) {
      return ConfigError("face_engines.public_key_file",
                         "holds no public key for ECDSA P-256");
    }
    if (!keys.emplace(engine.key_id(), *std::move(key)).second) {
      return ConfigError("face_engines.key_id", "stands twice");
    }
  }
  return keys;
}

absl::StatusOr<identity::PolicyBook> PoliciesOf(
    const IdentityVerificationConfig& config) {
  std::vector<identity::Policy> policies;
  for (const config::v1::IdentityPolicy& policy : config.policies()) {
    absl::StatusOr<Date> from = Date::ParseIso(policy.effective_from());
    if (!from.ok()) {
      return ConfigError("policies.effective_from", "must be YYYY-MM-DD");
    }
    std::set<DocumentKind> accepted;
    for (const std::string& name : policy.accepted_documents()) {
      const std::optional<DocumentKind> kind =
          identity::DocumentKindByName(name);
      if (!kind.has_value()) {
        return ConfigError("policies.accepted_documents",
                           absl::StrCat("no kind of document: ", name));
      }
      accepted.insert(*kind);
    }
    policies.push_back(
        {.version = policy.version(),
         .effective_from = *from,
         .accepted_documents = std::move(accepted),
         .min_age_alone = policy.min_age_alone(),
         .face_min_score_millionths = policy.face_min_score_millionths()});
  }
  absl::StatusOr<identity::PolicyBook> book =
      identity::PolicyBook::Make(std::move(policies));
  if (!book.ok()) {
    return ConfigError("policies", std::string(book.status().message()));
  }
  return book;
}

}  // namespace

absl::StatusOr<IdentityVerificationConfig> LoadIdentityVerificationConfig(
    const std::string& config_file) {
  ASSIGN_OR_RETURN(auto config,
                   LoadConfig<IdentityVerificationConfig>(config_file));
  RETURN_IF_ERROR(
      process::PrepareProcess(config_file, *config.mutable_process()));
  RETURN_IF_ERROR(CheckRequired(config));
  MakePathsWhole(config_file, config);
  RETURN_IF_ERROR(CheckDatabases(config));
  RETURN_IF_ERROR(FillDefaults(config));
  return config;
}

absl::StatusOr<Rules> RulesOf(const IdentityVerificationConfig& config) {
  if (config.sam_numbers().empty()) {
    return ConfigError("sam_numbers", "is missing");
  }
  std::set<std::string, std::less<>> sam_numbers;
  for (const std::string& number : config.sam_numbers()) {
    if (!identity::IsSamNumber(number)) {
      return ConfigError("sam_numbers",
                         "is 1 to 40 characters of [0-9A-Za-z.-]");
    }
    sam_numbers.insert(number);
  }
  ASSIGN_OR_RETURN(identity::PolicyBook policies, PoliciesOf(config));
  ASSIGN_OR_RETURN(identity::FaceEngineKeys engines, FaceEnginesOf(config));
  return Rules{.policies = std::move(policies),
               .face_engines = std::move(engines),
               .sam_numbers = std::move(sam_numbers),
               .max_clock_difference =
                   absl::Seconds(config.max_clock_difference_seconds()),
               .attestation_life = absl::Minutes(config.attestation_minutes()),
               .face_failures_before_lock = config.face_failures_before_lock()};
}

absl::StatusOr<crypto::Secret> IndexKeyOf(
    const IdentityVerificationConfig& config) {
  ASSIGN_OR_RETURN(std::string text, ReadConfigFile(config.index_key_file()));
  absl::StatusOr<std::string> bytes =
      crypto::FromHex(std::string(absl::StripAsciiWhitespace(text)));
  crypto::WipeString(text);
  if (!bytes.ok() || bytes->size() != crypto::kSealingKeyBytes) {
    return ConfigError("index_key_file", "must hold 64 hex digits");
  }
  return crypto::Secret(*std::move(bytes));
}

absl::StatusOr<identity::AttestationSigner> SignerOf(
    const IdentityVerificationConfig& config) {
  ASSIGN_OR_RETURN(std::string pem,
                   ReadConfigFile(config.attestation_key_file()));
  absl::StatusOr<crypto::SigningKey> key = crypto::SigningKey::FromPem(pem);
  crypto::WipeString(pem);
  if (!key.ok()) return ConfigError("attestation_key_file", "holds no key");
  absl::StatusOr<identity::AttestationSigner> signer =
      identity::AttestationSigner::Make(config.attestation_key_id(),
                                        *std::move(key));
  if (!signer.ok()) {
    return ConfigError("attestation_key_file", "must be an Ed25519 key");
  }
  return signer;
}

ErasureRules ErasureRulesOf(const IdentityVerificationConfig& config) {
  return {.retention = config.insecure_no_identity_retention()
                           ? absl::ZeroDuration()
                           : absl::Hours(24) * config.identity_retention_days(),
          .key_backup_days = config.key_backup_days()};
}

absl::Duration AuthorityTimeoutOf(const IdentityVerificationConfig& config) {
  return absl::Milliseconds(config.authority_timeout_milliseconds());
}

}  // namespace shiming::identity_verification
