#include "tools/shimingctl/backup_places.h"

#include <string_view>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "common/config/config.h"
#include "common/files/file.h"
#include "common/status/status_macros.h"
#include "ledger/note.h"
#include "shiming/config/v1/identity_verification_config.pb.h"
#include "shiming/config/v1/profile_order_config.pb.h"
#include "shiming/config/v1/terminal_session_config.pb.h"

namespace shiming::shimingctl {
namespace {

using config::v1::Database;
using config::v1::IdentityVerificationConfig;
using config::v1::IssuanceLedgerConfig;
using config::v1::ProfileOrderConfig;
using config::v1::TerminalSessionConfig;
using storage::v1::BackupKind;

constexpr std::string_view kSqlite = "sqlite:";

std::string ConfigFile(const std::string& data, const std::string& name) {
  return absl::StrCat(data, "/config/", name, ".textproto");
}

// The service's configuration; nullopt when it has none here.
template <class Proto>
absl::StatusOr<std::optional<Proto>> LoadIfThere(const std::string& path) {
  absl::StatusOr<Proto> config = LoadConfig<Proto>(path);
  if (absl::IsNotFound(config.status())) return std::optional<Proto>();
  if (!config.ok()) return config.status();
  return std::optional<Proto>(*std::move(config));
}

std::string WholeUrl(const std::string& config_file, const std::string& url) {
  if (!std::string_view(url).starts_with(kSqlite)) return url;
  return absl::StrCat(std::string(kSqlite),
                      ResolvePath(config_file, url.substr(kSqlite.size())));
}

class Finder {
 public:
  explicit Finder(std::string data) : data_(std::move(data)) {}

  absl::StatusOr<BackupPlaces> Run() {
    RETURN_IF_ERROR(FindOrders());
    RETURN_IF_ERROR(FindPersons());
    RETURN_IF_ERROR(FindTerminals());
    RETURN_IF_ERROR(FindLedger());
    if (places_.sources.empty()) {
      return absl::NotFoundError(
          absl::StrCat(data_, "/config: no service is configured here"));
    }
    return std::move(places_);
  }

 private:
  void Add(const std::string& name, const std::string& file,
           const Database& database, BackupKind kind) {
    places_.sources.push_back(
        {.name = name, .url = WholeUrl(file, database.url()), .kind = kind});
  }

  // Orders and the keys that open them are in one database.
  absl::Status FindOrders() {
    const std::string file = ConfigFile(data_, "profile_order");
    ASSIGN_OR_RETURN(const std::optional<ProfileOrderConfig> config,
                     LoadIfThere<ProfileOrderConfig>(file));
    if (!config.has_value()) return absl::OkStatus();
    Add("profile_order", file, config->database(),
        storage::v1::BACKUP_KIND_KEYS);
    return absl::OkStatus();
  }

  absl::Status FindPersons() {
    const std::string file = ConfigFile(data_, "identity_verification");
    ASSIGN_OR_RETURN(const std::optional<IdentityVerificationConfig> config,
                     LoadIfThere<IdentityVerificationConfig>(file));
    if (!config.has_value()) return absl::OkStatus();
    Add("identity_verification", file, config->database(),
        storage::v1::BACKUP_KIND_DATA);
    Add("identity_keys", file, config->key_database(),
        storage::v1::BACKUP_KIND_KEYS);
    if (config->key_backup_days() != 0) {
      places_.key_backup_days = config->key_backup_days();
    }
    return absl::OkStatus();
  }

  absl::Status FindTerminals() {
    const std::string file = ConfigFile(data_, "terminal_session");
    ASSIGN_OR_RETURN(const std::optional<TerminalSessionConfig> config,
                     LoadIfThere<TerminalSessionConfig>(file));
    if (!config.has_value()) return absl::OkStatus();
    Add("terminal_session", file, config->database(),
        storage::v1::BACKUP_KIND_DATA);
    return absl::OkStatus();
  }

  absl::Status FindLedger() {
    const std::string file = ConfigFile(data_, "issuance_ledger");
    ASSIGN_OR_RETURN(places_.ledger, LoadIfThere<IssuanceLedgerConfig>(file));
    if (!places_.ledger.has_value()) return absl::OkStatus();
    IssuanceLedgerConfig& config = *places_.ledger;
    Add("issuance_ledger", file, config.database(),
        storage::v1::BACKUP_KIND_DATA);
    config.mutable_database()->set_url(places_.sources.back().url);
    config.set_log_folder(ResolvePath(file, config.log_folder()));
    config.set_guard_file(ResolvePath(file, config.guard_file()));
    if (config.has_witnesses()) {
      config.mutable_witnesses()->set_policy_file(
          ResolvePath(file, config.witnesses().policy_file()));
    }
    return absl::OkStatus();
  }

  const std::string data_;
  BackupPlaces places_;
};

}  // namespace

absl::StatusOr<BackupPlaces> FindBackupPlaces(const std::string& data) {
  return Finder(data).Run();
}

absl::StatusOr<ledger::TrustPolicy> LogKeyOf(const IssuanceLedgerConfig& config,
                                             const std::string& data) {
  if (config.has_witnesses() && !config.witnesses().policy_file().empty()) {
    ASSIGN_OR_RETURN(const std::string text,
                     ReadFile(config.witnesses().policy_file()));
    ASSIGN_OR_RETURN(const ledger::TrustPolicy policy,
                     ledger::TrustPolicy::Parse(text));
    for (const ledger::NoteVerifier& log : policy.logs()) {
      if (log.name() == config.origin())
        return ledger::TrustPolicy::ForLog(log);
    }
  }
  ASSIGN_OR_RETURN(std::string vkey, ReadFile(data + "/keys/ledger.vkey"));
  while (!vkey.empty() && absl::ascii_isspace(vkey.back())) vkey.pop_back();
  ASSIGN_OR_RETURN(ledger::NoteVerifier verifier,
                   ledger::NoteVerifier::Parse(vkey));
  return ledger::TrustPolicy::ForLog(std::move(verifier));
}

}  // namespace shiming::shimingctl
