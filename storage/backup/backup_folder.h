// The folder of backups: names, which are there, which are too old, and when
// the last good one was made.
#ifndef SHIMING_STORAGE_BACKUP_BACKUP_FOLDER_H_
#define SHIMING_STORAGE_BACKUP_BACKUP_FOLDER_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/time/date.h"
#include "shiming/storage/v1/backup.pb.h"

namespace shiming::backup {

// "data" or "keys".
std::string_view KindName(storage::v1::BackupKind kind);

// A backup by its name alone.
struct NamedBackup {
  std::string name;  // without folder
  storage::v1::BackupKind kind = storage::v1::BACKUP_KIND_UNSPECIFIED;
  // The day on which it was begun, Asia/Shanghai.
  Date day;
};

// "shiming-keys-2026-11-22-153000-1a2b3c4d.backup": kind, day and time in
// Asia/Shanghai, the first 4 bytes of the set's id.
std::string BackupName(storage::v1::BackupKind kind, absl::Time time,
                       std::string_view set_id);
// nullopt for any other name, also that of a file that is still being written.
std::optional<NamedBackup> ParseBackupName(std::string_view name);
// The name of a file until its content has been checked.
std::string UncheckedName(std::string_view name);

// All backups in the folder, by name. NOT_FOUND, UNAVAILABLE.
absl::StatusOr<std::vector<NamedBackup>> ListBackups(const std::string& folder);

// Removes files that were never finished. Only for who holds the folder's
// place of work (ScratchFolder): nobody else writes into it. UNAVAILABLE.
absl::Status RemoveUnfinished(const std::string& folder);

// Removes the backups of `kind` that were begun `days` days before `today` or
// earlier, so that none is there at the end of its day plus `days`: that is
// what PERSON_ERASED promises of the kind KEYS. Gives their names. `days` is 1
// at least. UNAVAILABLE for the first that stays.
absl::StatusOr<std::vector<std::string>> RemoveExpired(
    const std::string& folder, storage::v1::BackupKind kind, int days,
    const Date& today);

// When the last good backup of a kind was begun, as a text that a Prometheus
// node exporter takes: "shiming_backup_last_good_timestamp_seconds{...}".
// <folder>/last_good.prom; the times of other kinds in it stay. UNAVAILABLE.
absl::Status RecordGood(const std::string& folder, storage::v1::BackupKind kind,
                        absl::Time time);
// nullopt when none was ever recorded. DATA_LOSS when the file is malformed.
absl::StatusOr<std::optional<absl::Time>> LastGood(
    const std::string& folder, storage::v1::BackupKind kind);

}  // namespace shiming::backup

#endif  // SHIMING_STORAGE_BACKUP_BACKUP_FOLDER_H_
