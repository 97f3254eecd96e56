#include "tools/shimingctl/storage_folder.h"

#include <cstdio>
#include <optional>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/status/status_macros.h"
#include "common/time/date.h"
#include "tools/shimingctl/audit_inputs.h"

namespace shiming::shimingctl {
namespace {

namespace v1 = storage::v1;

constexpr v1::BackupKind kKinds[] = {v1::BACKUP_KIND_DATA,
                                     v1::BACKUP_KIND_KEYS};
// A century and a year, each as a number option takes it.
constexpr int kMostDays = 36'500;
constexpr int kMostHours = 8'760;

// True when it is not older than `most`.
absl::StatusOr<bool> ShowLastGood(const std::string& folder,
                                  v1::BackupKind kind, absl::Duration most,
                                  absl::Time now) {
  ASSIGN_OR_RETURN(const std::optional<absl::Time> good,
                   backup::LastGood(folder, kind));
  const std::string name(backup::KindName(kind));
  if (!good.has_value()) {
    printf("%s: no good backup was ever made\n", name.c_str());
    return false;
  }
  const absl::Duration age = absl::Floor(now - *good, absl::Minutes(1));
  printf("%s: last good backup of %s, %s old\n", name.c_str(),
         absl::FormatTime("%Y-%m-%d %H:%M:%S", *good, ShopTimeZone()).c_str(),
         absl::FormatDuration(age).c_str());
  return age <= most;
}

}  // namespace

absl::Status PruneKind(const std::string& folder, v1::BackupKind kind, int days,
                       absl::Time now) {
  ASSIGN_OR_RETURN(const std::vector<std::string> removed,
                   backup::RemoveExpired(folder, kind, days, Date::Of(now)));
  for (const std::string& name : removed) {
    printf("removed %s: %d days old\n", name.c_str(), days);
  }
  return absl::OkStatus();
}

absl::Status RunStorageStatus(Arguments& arguments) {
  ASSIGN_OR_RETURN(const std::string folder, arguments.Required("out"));
  ASSIGN_OR_RETURN(const int hours, NumberOption(arguments, "max-age-hours",
                                                 kMostHours, 1, kMostHours));
  RETURN_IF_ERROR(arguments.CheckAllUsed());
  ASSIGN_OR_RETURN(const std::vector<backup::NamedBackup> backups,
                   backup::ListBackups(folder));
  for (const backup::NamedBackup& one : backups) {
    printf("%s\n", one.name.c_str());
  }
  bool is_fresh = true;
  for (const v1::BackupKind kind : kKinds) {
    ASSIGN_OR_RETURN(
        const bool fresh,
        ShowLastGood(folder, kind, absl::Hours(hours), absl::Now()));
    is_fresh = is_fresh && fresh;
  }
  if (is_fresh) return absl::OkStatus();
  return absl::UnavailableError("a good backup is missing or too old");
}

absl::Status RunStoragePrune(Arguments& arguments) {
  ASSIGN_OR_RETURN(const std::string folder, arguments.Required("out"));
  ASSIGN_OR_RETURN(const int keys_days,
                   NumberOption(arguments, "keys-days", kMostKeyBackupDays, 1,
                                kMostKeyBackupDays));
  ASSIGN_OR_RETURN(const int data_days,
                   NumberOption(arguments, "data-days", 0, 1, kMostDays));
  RETURN_IF_ERROR(arguments.CheckAllUsed());
  const absl::Time now = absl::Now();
  RETURN_IF_ERROR(PruneKind(folder, v1::BACKUP_KIND_KEYS, keys_days, now));
  if (data_days == 0) return absl::OkStatus();
  return PruneKind(folder, v1::BACKUP_KIND_DATA, data_days, now);
}

}  // namespace shiming::shimingctl
