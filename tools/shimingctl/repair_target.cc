#include "tools/shimingctl/repair_target.h"

#include "absl/strings/str_cat.h"

namespace shiming::shimingctl {

absl::StatusOr<std::unique_ptr<RepairTarget>> RepairTarget::Open(
    const std::string& service, const Options& options) {
  const std::string file =
      absl::StrCat(options.data, "/config/", service, ".textproto");
  if (service == "terminal_session") return OpenTerminalTarget(file);
  if (service == "profile_order") return OpenOrderTarget(file);
  if (service == "identity_verification") {
    return OpenIdentityTarget(file, options.accept_unlinked);
  }
  return absl::InvalidArgumentError(absl::StrCat(
      service,
      " cannot be repaired: terminal_session, identity_verification, "
      "profile_order or issuance_ledger"));
}

}  // namespace shiming::shimingctl
