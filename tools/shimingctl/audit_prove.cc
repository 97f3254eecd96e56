#include "tools/shimingctl/audit_prove.h"

#include <cstdio>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/files/file.h"
#include "common/status/reason.h"
#include "common/status/status_macros.h"
#include "ledger/audit/log_chain.h"
#include "ledger/audit/replay.h"
#include "ledger/audit/state_file.h"
#include "tools/shimingctl/audit_inputs.h"
#include "tools/shimingctl/audit_output.h"
#include "tools/shimingctl/pseudonym_key.h"

namespace shiming::shimingctl {
namespace {

constexpr int kClean = 0;
constexpr int kViolations = 1;
constexpr int kCannotTell = 2;

struct ProveArguments {
  AuditInputs inputs;
  std::vector<ledger::FileReader> logs;  // oldest first
  std::string pseudonym_key_file;
  std::string pseudonym_salt_file;
  std::string state_file;
};

struct Proven {
  std::vector<ledger::WalkReport> walks;  // oldest log first
  ledger::AuditFindings found;
};

absl::StatusOr<ProveArguments> ReadArguments(Arguments& arguments) {
  ProveArguments read;
  read.pseudonym_key_file = arguments.Option("pseudonym-key");
  read.pseudonym_salt_file = arguments.Option("pseudonym-salt");
  read.state_file = arguments.Option("state");
  ASSIGN_OR_RETURN(read.inputs, ReadAuditInputs(arguments));
  ASSIGN_OR_RETURN(read.logs, ReadEarlierLogs(arguments));
  read.logs.push_back(read.inputs.files);
  RETURN_IF_ERROR(arguments.CheckAllUsed());
  return read;
}

ledger::v1::AuditState StateOf(const ProveArguments& arguments,
                               const ledger::WalkReport& walk,
                               const ledger::AuditReplay& replay) {
  ledger::v1::AuditState state;
  state.set_checkpoint_note(walk.note);
  state.set_options(ledger::TextOf(arguments.inputs.options));
  replay.Save(&state);
  return state;
}

absl::StatusOr<Proven> Prove(const ProveArguments& arguments) {
  const AuditInputs& inputs = arguments.inputs;
  ledger::AuditReplay replay(inputs.options);
  if (!arguments.state_file.empty()) {
    absl::StatusOr<ledger::v1::AuditState> state = ledger::ReadAuditState(
        arguments.state_file, inputs.policy, inputs.options);
    if (state.ok()) {
      absl::StatusOr<ledger::AuditReplay> restored =
          ledger::AuditReplay::Restore(inputs.options, *state);
      if (!restored.ok()) {
        return MakeError(Reason::AUDIT_STATE_DAMAGED,
                         std::string(restored.status().message()));
      }
      replay = *std::move(restored);
    } else if (!absl::IsNotFound(state.status())) {
      return state.status();
    }
  }
  Proven proven;
  ASSIGN_OR_RETURN(
      proven.walks,
      ledger::AuditLogs(arguments.logs, inputs.policy, inputs.threads, replay));
  ledger::v1::AuditState state;
  if (!arguments.state_file.empty()) {
    state = StateOf(arguments, proven.walks.back(), replay);
  }
  proven.found = replay.Finish();
  if (!arguments.pseudonym_key_file.empty()) {
    ASSIGN_OR_RETURN(const PseudonymKey key,
                     ReadPseudonymKey(arguments.pseudonym_key_file,
                                      arguments.pseudonym_salt_file));
    RETURN_IF_ERROR(
        CheckPseudonymKey(key, proven.found.pseudonym_key_commitment));
  }
  if (!arguments.state_file.empty()) {
    RETURN_IF_ERROR(ledger::WriteAuditState(arguments.state_file, state));
  }
  return proven;
}

}  // namespace

int RunAuditProve(Arguments& arguments) {
  const std::string json_file = arguments.Option("json");
  const bool as_json = arguments.Option("output") == "json";
  absl::StatusOr<ProveArguments> read = ReadArguments(arguments);
  absl::StatusOr<Proven> proven =
      read.ok() ? Prove(*read) : absl::StatusOr<Proven>(read.status());
  const std::string json = proven.ok() ? AuditJson(proven->walks, proven->found)
                                       : AuditFailureJson(proven.status());
  if (!json_file.empty()) {
    const absl::Status written =
        ReplaceFile(json_file, json, FileAccess::kEveryone);
    if (proven.ok() && !written.ok()) proven = written;
  }
  if (as_json) fputs(json.c_str(), stdout);
  if (!proven.ok()) {
    const auto reason = ReasonOf(proven.status());
    if (reason.has_value()) {
      fprintf(stderr, "%s: %s\n", std::string(NameOf(*reason)).c_str(),
              std::string(InfoOf(*reason).en).c_str());
    }
    fprintf(stderr, "%s\n", proven.status().ToString().c_str());
    if (!as_json) puts("RESULT    cannot tell");
    return kCannotTell;
  }
  if (!as_json) {
    fputs(AuditText(proven->walks, proven->found).c_str(), stdout);
  }
  return proven->found.counts.empty() ? kClean : kViolations;
}

}  // namespace shiming::shimingctl
