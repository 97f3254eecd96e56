#include "tools/shimingctl/storage_command.h"

#include <cstdio>
#include <string>

#include "absl/strings/str_cat.h"
#include "common/status/status_macros.h"
#include "storage/backup/backup_keys.h"
#include "tools/shimingctl/repair_approval.h"
#include "tools/shimingctl/storage_backup.h"
#include "tools/shimingctl/storage_folder.h"
#include "tools/shimingctl/storage_gap.h"
#include "tools/shimingctl/storage_repair.h"
#include "tools/shimingctl/storage_restore.h"

namespace shiming::shimingctl {
namespace {

constexpr char kActs[] =
    "keygen, backup, list, verify, restore, status, prune, gap, repair or "
    "approve";

// storage keygen recipient|signer STEM
absl::Status RunKeygen(Arguments& arguments) {
  ASSIGN_OR_RETURN(const std::string kind,
                   arguments.Word(2, "recipient or signer"));
  ASSIGN_OR_RETURN(const std::string stem, arguments.Word(3, "name of a file"));
  RETURN_IF_ERROR(arguments.CheckAllUsed());
  if (kind == "recipient") {
    RETURN_IF_ERROR(backup::MakeRecipientFiles(stem));
    printf(
        "%s.pub encrypts backups; keep %s.key away from here: without it "
        "none can be restored\n",
        stem.c_str(), stem.c_str());
    return absl::OkStatus();
  }
  if (kind == "signer") {
    RETURN_IF_ERROR(backup::MakeSignerFiles(stem));
    printf(
        "%s.key signs backups here; %s.pub tells elsewhere that they are "
        "from here\n",
        stem.c_str(), stem.c_str());
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError("storage keygen recipient|signer STEM");
}

}  // namespace

absl::Status RunStorage(Arguments& arguments) {
  ASSIGN_OR_RETURN(const std::string act, arguments.Word(1, kActs));
  if (act == "keygen") return RunKeygen(arguments);
  if (act == "backup") return RunStorageBackup(arguments);
  if (act == "list") return RunStorageList(arguments);
  if (act == "verify") return RunStorageVerify(arguments);
  if (act == "restore") return RunStorageRestore(arguments);
  if (act == "status") return RunStorageStatus(arguments);
  if (act == "prune") return RunStoragePrune(arguments);
  if (act == "gap") return RunStorageGap(arguments);
  if (act == "repair") return RunStorageRepair(arguments);
  if (act == "approve") return RunStorageApprove(arguments);
  return absl::InvalidArgumentError(absl::StrCat("storage ", kActs));
}

}  // namespace shiming::shimingctl
