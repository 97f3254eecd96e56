// The folder of backups as `shimingctl storage` shows and trims it.
#ifndef SHIMING_TOOLS_SHIMINGCTL_STORAGE_FOLDER_H_
#define SHIMING_TOOLS_SHIMINGCTL_STORAGE_FOLDER_H_

#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "storage/backup/backup_folder.h"
#include "tools/shimingctl/arguments.h"

namespace shiming::shimingctl {

// The most days for which backups of keys are kept (DESIGN 6).
inline constexpr int kMostKeyBackupDays = 30;

// Removes backups of `kind` that are `days` old at `now` and prints the names.
absl::Status PruneKind(const std::string& folder, storage::v1::BackupKind kind,
                       int days, absl::Time now);

// storage status --out DIR [--max-age-hours N]: which backups there are and how
// old the last good one of each kind is; UNAVAILABLE when one is older than N.
absl::Status RunStorageStatus(Arguments& arguments);

// storage prune --out DIR [--keys-days N] [--data-days N]: removes those of
// keys that are N days old, 30 unless fewer are said; of data only where N is.
absl::Status RunStoragePrune(Arguments& arguments);

}  // namespace shiming::shimingctl

#endif  // SHIMING_TOOLS_SHIMINGCTL_STORAGE_FOLDER_H_
