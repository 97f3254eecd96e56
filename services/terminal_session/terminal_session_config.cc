#include "services/terminal_session/terminal_session_config.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "common/config/config.h"
#include "common/crypto/encoding.h"
#include "common/crypto/hkdf.h"
#include "common/process/run_main.h"
#include "common/process/target_check.h"
#include "common/status/status_macros.h"
#include "storage/sql/configured_database.h"

namespace shiming::terminal_session {
namespace {

constexpr size_t kGuardKeyBytes = 32;

using config::v1::TerminalSessionConfig;

constexpr size_t kKeyBytes = 32;

// A number of the configuration: 0 becomes `fallback`, more than `most` is
// refused, because a limit beyond it would be none.
struct Range {
  const char* field;
  int (TerminalSessionConfig::*get)() const;
  void (TerminalSessionConfig::*set)(int);
  int fallback;
  int most;
};

absl::Status FillDefaults(TerminalSessionConfig& config) {
  using C = TerminalSessionConfig;
  const Range ranges[] = {
      {"shift_minutes", &C::shift_minutes, &C::set_shift_minutes, 12 * 60,
       24 * 60},
      {"session_minutes", &C::session_minutes, &C::set_session_minutes, 30,
       4 * 60},
      {"read_nonce_seconds", &C::read_nonce_seconds, &C::set_read_nonce_seconds,
       120, 15 * 60},
      {"failures_before_lock", &C::failures_before_lock,
       &C::set_failures_before_lock, 5, 20},
      {"failure_window_minutes", &C::failure_window_minutes,
       &C::set_failure_window_minutes, 15, 24 * 60},
      {"lock_minutes", &C::lock_minutes, &C::set_lock_minutes, 15, 24 * 60},
  };
  for (const Range& range : ranges) {
    const int value = (config.*range.get)();
    if (value < 0 || value > range.most) {
      return ConfigError(range.field,
                         absl::StrCat("must be 0 to ", range.most));
    }
    if (value == 0) (config.*range.set)(range.fallback);
  }
  return absl::OkStatus();
}

absl::Status CheckRequired(const TerminalSessionConfig& config) {
  RETURN_IF_ERROR(sql::CheckDatabase("database", config.database()));
  const std::pair<const char*, const std::string&> texts[] = {
      {"issuance_ledger.address", config.issuance_ledger().address()},
      {"issuance_ledger.service", config.issuance_ledger().service()},
      {"shift_token_key_file", config.shift_token_key_file()},
      {"credentials_key_file", config.credentials_key_file()},
  };
  for (const auto& [field, text] : texts) {
    if (text.empty()) return ConfigError(field, "is missing");
  }
  return process::CheckTargetAddress("issuance_ledger",
                                     config.issuance_ledger());
}

absl::StatusOr<crypto::Secret> ReadKey(const char* field,
                                       const std::string& file) {
  ASSIGN_OR_RETURN(std::string text, ReadConfigFile(file));
  absl::StatusOr<std::string> bytes =
      crypto::FromHex(std::string(absl::StripAsciiWhitespace(text)));
  crypto::WipeString(text);
  if (!bytes.ok() || bytes->size() != kKeyBytes) {
    return ConfigError(field, "must hold 64 hex digits");
  }
  return crypto::Secret(*std::move(bytes));
}

}  // namespace

absl::StatusOr<TerminalSessionConfig> LoadTerminalSessionConfig(
    const std::string& config_file) {
  ASSIGN_OR_RETURN(auto config, LoadConfig<TerminalSessionConfig>(config_file));
  RETURN_IF_ERROR(
      process::PrepareProcess(config_file, *config.mutable_process()));
  RETURN_IF_ERROR(CheckRequired(config));
  RETURN_IF_ERROR(FillDefaults(config));
  sql::MakePathWhole(config_file, *config.mutable_database());
  config.set_shift_token_key_file(
      ResolvePath(config_file, config.shift_token_key_file()));
  config.set_credentials_key_file(
      ResolvePath(config_file, config.credentials_key_file()));
  return config;
}

absl::StatusOr<crypto::Secret> ShiftTokenKeyOf(
    const TerminalSessionConfig& config) {
  return ReadKey("shift_token_key_file", config.shift_token_key_file());
}

absl::StatusOr<crypto::Secret> CredentialsKeyOf(
    const TerminalSessionConfig& config) {
  return ReadKey("credentials_key_file", config.credentials_key_file());
}

crypto::Secret ClerkGuardKeyOf(const crypto::Secret& shift_token_key) {
  return crypto::Secret(crypto::HkdfSha256(
      shift_token_key, "", "shiming/clerk-guard/v1", kGuardKeyBytes));
}

LockPolicy LockPolicyOf(const TerminalSessionConfig& config) {
  return {.failure_limit = config.failures_before_lock(),
          .window = absl::Minutes(config.failure_window_minutes()),
          .lock_time = absl::Minutes(config.lock_minutes())};
}

}  // namespace shiming::terminal_session
