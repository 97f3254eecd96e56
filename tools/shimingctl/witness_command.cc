#include "tools/shimingctl/witness_command.h"

#include <cstdio>
#include <string>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "common/files/file.h"
#include "common/status/status_macros.h"
#include "tools/witness/witness_process.h"
#include "tools/witness/witness_settings.h"

namespace shiming::shimingctl {
namespace {

// Puts the option, if it is given, into a field.
void Override(Arguments& arguments, const std::string& name,
              std::string* field) {
  *field = arguments.Option(name, *field);
}

absl::StatusOr<config::v1::WitnessConfig> ConfigOf(Arguments& arguments) {
  config::v1::WitnessConfig config;
  const std::string file = arguments.Option("config");
  if (!file.empty()) {
    ASSIGN_OR_RETURN(config, witness::LoadWitnessConfig(file));
  }
  Override(arguments, "name", config.mutable_name());
  Override(arguments, "key", config.mutable_key_file());
  Override(arguments, "state", config.mutable_state_folder());
  Override(arguments, "listen", config.mutable_listen());
  Override(arguments, "tls-certificate",
           config.mutable_tls()->mutable_certificate_file());
  Override(arguments, "tls-key", config.mutable_tls()->mutable_key_file());
  Override(arguments, "tls-client-ca", config.mutable_tls()->mutable_ca_file());
  Override(arguments, "admin-listen", config.mutable_admin_listen());
  Override(arguments, "submission-prefix", config.mutable_submission_prefix());
  Override(arguments, "monitoring-prefix", config.mutable_monitoring_prefix());
  Override(arguments, "policy", config.mutable_policy_file());
  Override(arguments, "port-file", config.mutable_port_file());
  Override(arguments, "log-file", config.mutable_log_file());
  const std::string plain = arguments.Option("insecure-plain-http");
  if (plain != "" && plain != "true" && plain != "false") {
    return absl::InvalidArgumentError("--insecure-plain-http: true or false");
  }
  if (!plain.empty()) config.set_insecure_plain_http(plain == "true");
  const std::string log_key = arguments.Option("log-key");
  if (!log_key.empty()) {
    // A verifier key, or a file that holds one.
    const absl::StatusOr<std::string> text = ReadFile(log_key);
    config.add_log_keys(
        std::string(absl::StripAsciiWhitespace(text.ok() ? *text : log_key)));
  }
  return config;
}

}  // namespace

absl::Status RunWitness(Arguments& arguments) {
  ASSIGN_OR_RETURN(config::v1::WitnessConfig config, ConfigOf(arguments));
  const std::string new_name = arguments.Option("generate-key");
  RETURN_IF_ERROR(arguments.CheckAllUsed());
  if (!new_name.empty()) {
    if (!config.name().empty() && config.name() != new_name) {
      return absl::InvalidArgumentError(absl::StrCat(
          "--generate-key: the configuration's name is ", config.name()));
    }
    config.set_name(new_name);
    ASSIGN_OR_RETURN(const std::string vkey, witness::MakeWitness(config));
    printf("%s\n", vkey.c_str());
    return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(witness::WitnessSettings settings,
                   witness::WitnessSettingsOf(config));
  return witness::RunWitnessProcess(std::move(settings));
}

}  // namespace shiming::shimingctl
