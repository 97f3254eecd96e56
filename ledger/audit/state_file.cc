#include "ledger/audit/state_file.h"

#include "absl/strings/str_cat.h"
#include "common/crypto/digest.h"
#include "common/files/file.h"
#include "common/status/reason.h"
#include "common/status/status_macros.h"

namespace shiming::ledger {
namespace {

constexpr size_t kDigestBytes = 32;

absl::Status Damaged(std::string_view what) {
  return MakeError(Reason::AUDIT_STATE_DAMAGED, what);
}

absl::Status Foreign(std::string_view what) {
  return MakeError(Reason::AUDIT_STATE_FOREIGN, what);
}

}  // namespace

std::string TextOf(const AuditOptions& options) {
  return absl::StrCat(
             "person=", options.person_limit, " eid=", options.eid_limit,
             " shift=", absl::FormatDuration(options.shift_time),
             " session=", absl::FormatDuration(options.session_time),
             " attestation=", absl::FormatDuration(options.attestation_life),
             " lock=", absl::FormatDuration(options.lock_time)) +
         absl::StrCat(
             " clock=", absl::FormatDuration(options.max_clock_difference),
             " step=", absl::FormatDuration(options.step_time),
             " disorder=", absl::FormatDuration(options.disorder),
             " settle=", absl::FormatDuration(options.settle_time));
}

absl::Status WriteAuditState(const std::string& path,
                             const v1::AuditState& state) {
  const std::string payload = state.SerializeAsString();
  std::string bytes(kAuditStateHeader);
  bytes += crypto::Sha256(payload);
  bytes += payload;
  return ReplaceFile(path, bytes, FileAccess::kOwner);
}

absl::StatusOr<v1::AuditState> ReadAuditState(const std::string& path,
                                              const TrustPolicy& policy,
                                              const AuditOptions& options) {
  ASSIGN_OR_RETURN(const std::string bytes, ReadFile(path));
  std::string_view rest = bytes;
  if (!rest.starts_with(kAuditStateHeader)) {
    return rest.starts_with("shiming audit state ")
               ? Foreign("the state is of another version")
               : Damaged("this is no audit state");
  }
  rest.remove_prefix(kAuditStateHeader.size());
  if (rest.size() < kDigestBytes || crypto::Sha256(rest.substr(kDigestBytes)) !=
                                        rest.substr(0, kDigestBytes)) {
    return Damaged("the checksum differs");
  }
  rest.remove_prefix(kDigestBytes);
  v1::AuditState state;
  if (!state.ParseFromArray(rest.data(), static_cast<int>(rest.size()))) {
    return Damaged("the content does not parse");
  }
  if (state.options() != TextOf(options)) {
    return Foreign(absl::StrCat("the state was made with other limits: ",
                                state.options()));
  }
  const absl::StatusOr<Checkpoint> checkpoint =
      policy.OpenCheckpoint(state.checkpoint_note());
  if (!checkpoint.ok()) {
    return Foreign(absl::StrCat("the state's checkpoint is not trusted: ",
                                std::string(checkpoint.status().message())));
  }
  if (state.logs().empty()) return Damaged("the state is of no log");
  const v1::AuditedLog& newest = *state.logs().rbegin();
  if (checkpoint->origin != newest.origin() ||
      checkpoint->size != newest.size() || checkpoint->root != newest.root()) {
    return Damaged("the state contradicts its checkpoint");
  }
  return state;
}

}  // namespace shiming::ledger
