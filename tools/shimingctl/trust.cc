#include "tools/shimingctl/trust.h"

#include <string>
#include <utility>

#include "absl/strings/ascii.h"
#include "common/files/file.h"
#include "common/status/status_macros.h"
#include "ledger/note.h"

namespace shiming::shimingctl {
namespace {

// A verifier key, or a file that holds one.
absl::StatusOr<ledger::NoteVerifier> VerifierOf(
    const std::string& key_or_file) {
  std::string vkey = key_or_file;
  if (absl::StatusOr<std::string> text = ReadFile(key_or_file); text.ok()) {
    vkey = *text;
  }
  while (!vkey.empty() && absl::ascii_isspace(vkey.back())) vkey.pop_back();
  return ledger::NoteVerifier::Parse(vkey);
}

}  // namespace

absl::StatusOr<ledger::TrustPolicy> PolicyFrom(Arguments& arguments) {
  const std::string policy_file = arguments.Option("policy");
  if (policy_file.empty()) {
    ASSIGN_OR_RETURN(const std::string key, arguments.Required("key"));
    ASSIGN_OR_RETURN(ledger::NoteVerifier verifier, VerifierOf(key));
    return ledger::TrustPolicy::ForLog(std::move(verifier));
  }
  ASSIGN_OR_RETURN(const std::string text, ReadFile(policy_file));
  ASSIGN_OR_RETURN(ledger::TrustPolicy policy,
                   ledger::TrustPolicy::Parse(text));
  const std::string key = arguments.Option("key");
  if (key.empty()) return policy;
  ASSIGN_OR_RETURN(const ledger::NoteVerifier verifier, VerifierOf(key));
  for (const ledger::NoteVerifier& log : policy.logs()) {
    if (log.vkey() == verifier.vkey()) return policy;
  }
  return absl::InvalidArgumentError("--key: the policy does not trust it");
}

}  // namespace shiming::shimingctl
