#include "storage/backup/backup_folder.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <map>
#include <system_error>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/crypto/encoding.h"
#include "common/files/file.h"
#include "common/status/status_macros.h"

namespace shiming::backup {
namespace {

namespace fs = std::filesystem;
namespace v1 = storage::v1;

constexpr std::string_view kPrefix = "shiming-";
constexpr std::string_view kSuffix = ".backup";
constexpr std::string_view kUnchecked = ".unchecked";
constexpr std::string_view kGood = "/last_good.prom";
constexpr std::string_view kMetric =
    "shiming_backup_last_good_timestamp_seconds";
// "-2026-11-22-153000-1a2b3c4d" behind the kind.
constexpr size_t kDayAt = 1;
constexpr size_t kDaySize = 10;
constexpr size_t kRestSize = 27;
// Bytes of the set's id in a name.
constexpr size_t kNamedIdBytes = 4;

constexpr v1::BackupKind kKinds[] = {v1::BACKUP_KIND_DATA,
                                     v1::BACKUP_KIND_KEYS};

// Names in the folder. NOT_FOUND, UNAVAILABLE.
absl::StatusOr<std::vector<std::string>> NamesIn(const std::string& folder) {
  std::error_code error;
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    names.push_back(entry.path().filename().string());
  }
  if (error == std::errc::no_such_file_or_directory) {
    return absl::NotFoundError(absl::StrCat(folder, ": ", error.message()));
  }
  if (error) {
    return absl::UnavailableError(absl::StrCat(folder, ": ", error.message()));
  }
  std::sort(names.begin(), names.end());
  return names;
}

absl::Status Remove(const std::string& folder, const std::string& name) {
  const std::string path = absl::StrCat(folder, "/", name);
  if (unlink(path.c_str()) == 0 || errno == ENOENT) return absl::OkStatus();
  return absl::UnavailableError(absl::StrCat(path, ": ", strerror(errno)));
}

std::string LineOf(v1::BackupKind kind) {
  return absl::StrCat(std::string(kMetric), "{kind=\"",
                      std::string(KindName(kind)), "\"} ");
}

absl::StatusOr<std::map<v1::BackupKind, int64_t>> ReadGood(
    const std::string& path) {
  std::map<v1::BackupKind, int64_t> seconds;
  const absl::StatusOr<std::string> text = ReadFile(path);
  if (absl::IsNotFound(text.status())) return seconds;
  RETURN_IF_ERROR(text.status());
  for (const std::string& line :
       std::vector<std::string>(absl::StrSplit(*text, '\n'))) {
    if (line.empty() || line[0] == '#') continue;
    bool known = false;
    for (const v1::BackupKind kind : kKinds) {
      const std::string begin = LineOf(kind);
      if (!std::string_view(line).starts_with(begin)) continue;
      known = absl::SimpleAtoi(line.substr(begin.size()), &seconds[kind]);
    }
    if (!known) {
      return absl::DataLossError(absl::StrCat(path, ": malformed line"));
    }
  }
  return seconds;
}

}  // namespace

std::string_view KindName(v1::BackupKind kind) {
  return kind == v1::BACKUP_KIND_KEYS ? "keys" : "data";
}

std::string BackupName(v1::BackupKind kind, absl::Time time,
                       std::string_view set_id) {
  return absl::StrCat(std::string(kPrefix), std::string(KindName(kind)), "-",
                      absl::FormatTime("%Y-%m-%d-%H%M%S", time, ShopTimeZone()),
                      "-", crypto::ToHex(set_id.substr(0, kNamedIdBytes)),
                      std::string(kSuffix));
}

std::optional<NamedBackup> ParseBackupName(std::string_view name) {
  std::string_view rest = name;
  if (!rest.starts_with(kPrefix) || !rest.ends_with(kSuffix)) {
    return std::nullopt;
  }
  rest.remove_prefix(kPrefix.size());
  rest.remove_suffix(kSuffix.size());
  for (const v1::BackupKind kind : kKinds) {
    const std::string_view word = KindName(kind);
    if (!rest.starts_with(word) || rest.size() != word.size() + kRestSize) {
      continue;
    }
    const absl::StatusOr<Date> day =
        Date::ParseIso(rest.substr(word.size() + kDayAt, kDaySize));
    if (!day.ok()) return std::nullopt;
    return NamedBackup{.name = std::string(name), .kind = kind, .day = *day};
  }
  return std::nullopt;
}

std::string UncheckedName(std::string_view name) {
  return absl::StrCat(std::string(name), std::string(kUnchecked));
}

absl::StatusOr<std::vector<NamedBackup>> ListBackups(
    const std::string& folder) {
  ASSIGN_OR_RETURN(const std::vector<std::string> names, NamesIn(folder));
  std::vector<NamedBackup> backups;
  for (const std::string& name : names) {
    std::optional<NamedBackup> backup = ParseBackupName(name);
    if (backup.has_value()) backups.push_back(*std::move(backup));
  }
  return backups;
}

absl::Status RemoveUnfinished(const std::string& folder) {
  ASSIGN_OR_RETURN(const std::vector<std::string> names, NamesIn(folder));
  for (const std::string& name : names) {
    std::string_view finished = name;
    if (!finished.ends_with(kUnchecked)) continue;
    finished.remove_suffix(kUnchecked.size());
    if (!ParseBackupName(finished).has_value()) continue;
    RETURN_IF_ERROR(Remove(folder, name));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<std::string>> RemoveExpired(
    const std::string& folder, v1::BackupKind kind, int days,
    const Date& today) {
  if (days < 1) return absl::InvalidArgumentError("backups live for a day");
  ASSIGN_OR_RETURN(const std::vector<NamedBackup> backups, ListBackups(folder));
  std::vector<std::string> removed;
  for (const NamedBackup& backup : backups) {
    if (backup.kind != kind || backup.day.PlusDays(days) > today) continue;
    RETURN_IF_ERROR(Remove(folder, backup.name));
    removed.push_back(backup.name);
  }
  return removed;
}

absl::Status RecordGood(const std::string& folder, v1::BackupKind kind,
                        absl::Time time) {
  const std::string path = absl::StrCat(folder, std::string(kGood));
  absl::StatusOr<std::map<v1::BackupKind, int64_t>> seconds = ReadGood(path);
  // A malformed file is written anew: it says nothing that is needed.
  if (!seconds.ok()) seconds = std::map<v1::BackupKind, int64_t>();
  (*seconds)[kind] = absl::ToUnixSeconds(time);
  std::string text = absl::StrCat(
      "# HELP ", std::string(kMetric),
      " When the last backup that was restored and checked was begun.\n",
      "# TYPE ", std::string(kMetric), " gauge\n");
  for (const auto& [of, second] : *seconds) {
    absl::StrAppend(&text, LineOf(of), second, "\n");
  }
  return ReplaceFile(path, text, FileAccess::kEveryone);
}

absl::StatusOr<std::optional<absl::Time>> LastGood(const std::string& folder,
                                                   v1::BackupKind kind) {
  ASSIGN_OR_RETURN(const auto seconds,
                   ReadGood(absl::StrCat(folder, std::string(kGood))));
  const auto found = seconds.find(kind);
  if (found == seconds.end()) return std::optional<absl::Time>();
  return std::optional<absl::Time>(absl::FromUnixSeconds(found->second));
}

}  // namespace shiming::backup
