#include "services/issuance_ledger/issuance_ledger_config.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "common/config/config.h"
#include "common/crypto/encoding.h"
#include "common/process/run_main.h"
#include "common/status/status_macros.h"
#include "ledger/hasher.h"
#include "ledger/index/index_seal.h"
#include "storage/sql/configured_database.h"

namespace shiming::issuance_ledger {
namespace {

// An origin is also the id of the aggregate "log/<origin>".
constexpr size_t kMaxOriginLength = 100;
constexpr absl::Duration kDefaultInterval = absl::Seconds(1);
// C2SP tlog-tiles wants a checkpoint that readers may cache for seconds; more
// often than this costs the disk more than it gives.
constexpr absl::Duration kLeastInterval = absl::Milliseconds(10);
constexpr absl::Duration kMostInterval = absl::Hours(1);
// A checkpoint a second should not wait longer than that for its witnesses.
constexpr absl::Duration kDefaultRoundTime = absl::Seconds(2);
constexpr absl::Duration kLeastRoundTime = absl::Milliseconds(10);
constexpr absl::Duration kMostRoundTime = absl::Minutes(1);

// Below, seals would be a large part of the log; above, see kMaxPeriodEntries.
constexpr int kLeastSealEntries = 16;
constexpr absl::Duration kLeastSealAge = absl::Minutes(1);
constexpr absl::Duration kMostSealAge = absl::Hours(24 * 366);

bool IsOrigin(std::string_view origin) {
  const auto is_allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '/' ||
           c == '-';
  };
  return !origin.empty() && origin.size() <= kMaxOriginLength &&
         std::all_of(origin.begin(), origin.end(), is_allowed);
}

absl::Status CheckPresent(std::string_view field, const std::string& value) {
  if (value.empty()) return ConfigError(field, "is missing");
  return absl::OkStatus();
}

absl::Duration DurationOf(const google::protobuf::Duration& duration) {
  return absl::Seconds(duration.seconds()) +
         absl::Nanoseconds(duration.nanos());
}

absl::StatusOr<SealPlan> SealPlanOf(
    const config::v1::IssuanceLedgerConfig& config) {
  SealPlan plan;
  if (config.seal_entries() != 0) plan.entries = config.seal_entries();
  if (plan.entries < kLeastSealEntries ||
      plan.entries > static_cast<int64_t>(ledger::kMaxPeriodEntries)) {
    return ConfigError("seal_entries", "is not 16 to 65536");
  }
  if (config.has_seal_age()) plan.age = DurationOf(config.seal_age());
  if (plan.age < kLeastSealAge || plan.age > kMostSealAge) {
    return ConfigError("seal_age", "is not 1 min to 366 days");
  }
  return plan;
}

absl::StatusOr<WitnessSettings> WitnessSettingsOf(
    const config::v1::Witnesses& config) {
  RETURN_IF_ERROR(CheckPresent("witnesses.policy_file", config.policy_file()));
  const absl::Duration round_time = config.has_round_time()
                                        ? DurationOf(config.round_time())
                                        : kDefaultRoundTime;
  if (round_time < kLeastRoundTime || round_time > kMostRoundTime) {
    return ConfigError("witnesses.round_time", "is not 10 ms to 1 min");
  }
  return WitnessSettings{.policy_file = config.policy_file(),
                         .ca_file = config.ca_file(),
                         .insecure_plain_http = config.insecure_plain_http(),
                         .round_time = round_time,
                         .strict = config.strict()};
}

}  // namespace

absl::StatusOr<config::v1::IssuanceLedgerConfig> LoadIssuanceLedgerConfig(
    const std::string& path) {
  ASSIGN_OR_RETURN(auto config,
                   LoadConfig<config::v1::IssuanceLedgerConfig>(path));
  RETURN_IF_ERROR(process::PrepareProcess(path, *config.mutable_process()));
  for (std::string* file :
       {config.mutable_signing_key_file(), config.mutable_log_folder(),
        config.mutable_guard_file()}) {
    *file = ResolvePath(path, *file);
  }
  for (std::string& folder : *config.mutable_earlier_log_folders()) {
    folder = ResolvePath(path, folder);
  }
  if (config.has_witnesses()) {
    config::v1::Witnesses& witnesses = *config.mutable_witnesses();
    for (std::string* file :
         {witnesses.mutable_policy_file(), witnesses.mutable_ca_file()}) {
      *file = ResolvePath(path, *file);
    }
  }
  sql::MakePathWhole(path, *config.mutable_database());
  return config;
}

absl::StatusOr<LedgerSettings> LedgerSettingsOf(
    const config::v1::IssuanceLedgerConfig& config) {
  RETURN_IF_ERROR(sql::CheckDatabase("database", config.database()));
  RETURN_IF_ERROR(CheckPresent("signing_key_file", config.signing_key_file()));
  RETURN_IF_ERROR(CheckPresent("log_folder", config.log_folder()));
  RETURN_IF_ERROR(CheckPresent("guard_file", config.guard_file()));
  if (!IsOrigin(config.origin())) {
    return ConfigError("origin",
                       "is not 1 to 100 characters of [A-Za-z0-9._/-]");
  }
  const absl::StatusOr<std::string> commitment =
      crypto::FromHex(config.pseudonym_key_commitment());
  if (!commitment.ok() || commitment->size() != ledger::kHashSize) {
    return ConfigError("pseudonym_key_commitment",
                       "is not 64 hexadecimal digits");
  }
  const absl::Duration interval = config.has_checkpoint_interval()
                                      ? DurationOf(config.checkpoint_interval())
                                      : kDefaultInterval;
  if (interval < kLeastInterval || interval > kMostInterval) {
    return ConfigError("checkpoint_interval", "is not 10 ms to 1 h");
  }
  ASSIGN_OR_RETURN(const SealPlan sealing, SealPlanOf(config));
  std::optional<WitnessSettings> witnesses;
  if (config.has_witnesses()) {
    ASSIGN_OR_RETURN(witnesses, WitnessSettingsOf(config.witnesses()));
  }
  return LedgerSettings{
      .database = config.database(),
      .origin = config.origin(),
      .signing_key_file = config.signing_key_file(),
      .log_folder = config.log_folder(),
      .guard_file = config.guard_file(),
      .pseudonym_key_commitment = *commitment,
      .checkpoint_interval = interval,
      .freeze = config.freeze(),
      .earlier_log_folders = {config.earlier_log_folders().begin(),
                              config.earlier_log_folders().end()},
      .instance = config.instance().empty() ? "primary" : config.instance(),
      .sealing = sealing,
      .witnesses = std::move(witnesses)};
}

}  // namespace shiming::issuance_ledger
