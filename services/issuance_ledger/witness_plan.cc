#include "services/issuance_ledger/witness_plan.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/config/config.h"
#include "common/http/address.h"
#include "common/status/status_macros.h"
#include "ledger/policy.h"
#include "services/issuance_ledger/http_witness.h"

namespace shiming::issuance_ledger {
namespace {

constexpr char kPolicyField[] = "witnesses.policy_file";

absl::Status PolicyError(std::string_view what) {
  return ConfigError(kPolicyField, what);
}

// `text` as std::string, for a message.
std::string MessageOf(const absl::Status& status) {
  return std::string(status.message());
}

absl::StatusOr<std::shared_ptr<HttpWitness>> Connect(
    const ledger::PolicyWitness& witness, const WitnessSettings& settings,
    const asio::any_io_executor& executor) {
  const auto url = http::ParseBaseUrl(witness.url);
  if (!url.ok()) {
    return PolicyError(
        absl::StrCat(witness.name, ": ", MessageOf(url.status())));
  }
  std::optional<std::string> ca_file;
  if (url->tls) {
    if (settings.ca_file.empty()) {
      return ConfigError("witnesses.ca_file",
                         "is missing, but a witness has an https URL");
    }
    ca_file = settings.ca_file;
  } else if (!settings.insecure_plain_http || !url->address.IsLoopback()) {
    return PolicyError(absl::StrCat(
        witness.name,
        ": plain HTTP is for loopback, with witnesses.insecure_plain_http"));
  }
  auto transport = HttpWitness::Create(executor, witness.url, ca_file);
  if (!transport.ok()) {
    return ConfigError(url->tls ? "witnesses.ca_file" : kPolicyField,
                       MessageOf(transport.status()));
  }
  return transport;
}

}  // namespace

absl::StatusOr<CosigningPlan> MakeCosigningPlan(
    const WitnessSettings& settings, const std::string& log_vkey,
    asio::any_io_executor executor) {
  ASSIGN_OR_RETURN(const std::string text,
                   ReadConfigFile(settings.policy_file));
  auto policy = ledger::TrustPolicy::Parse(text);
  if (!policy.ok()) return PolicyError(MessageOf(policy.status()));
  const bool trusts_us = std::any_of(
      policy->logs().begin(), policy->logs().end(),
      [&log_vkey](const auto& log) { return log.vkey() == log_vkey; });
  if (!trusts_us) {
    return PolicyError(absl::StrCat("does not name this log, ", log_vkey));
  }
  if (settings.strict && !policy->has_quorum()) {
    return ConfigError("witnesses.strict", "needs a policy with a quorum");
  }
  CosigningPlan plan{.policy = *policy,
                     .round_time = settings.round_time,
                     .strict = settings.strict};
  for (const ledger::PolicyWitness& witness : policy->witnesses()) {
    // It may cosign by another way, or only be known to readers.
    if (witness.url.empty()) continue;
    ASSIGN_OR_RETURN(std::shared_ptr<HttpWitness> transport,
                     Connect(witness, settings, executor));
    plan.witnesses.push_back({.name = witness.name,
                              .key = witness.key,
                              .transport = std::move(transport)});
  }
  if (plan.witnesses.empty()) {
    return PolicyError("names no witness with a URL");
  }
  return plan;
}

}  // namespace shiming::issuance_ledger
