#include "services/issuance_ledger/core/log_files.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <filesystem>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/files/file.h"
#include "common/status/reason.h"
#include "common/status/status_macros.h"

namespace shiming::issuance_ledger {
namespace {

constexpr char kCheckpoint[] = "/checkpoint";
constexpr char kLogList[] = "/logs";
constexpr char kLock[] = "/.lock";

absl::Status SyncFolder(const std::string& folder) {
  const int fd = open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const bool synced = fd >= 0 && fsync(fd) == 0;
  if (fd >= 0) close(fd);
  if (!synced) return absl::UnavailableError(absl::StrCat("sync ", folder));
  return absl::OkStatus();
}

// The file's bytes, or nullopt when there is none.
absl::StatusOr<std::optional<std::string>> ReadIfThere(
    const std::string& path) {
  absl::StatusOr<std::string> bytes = ReadFile(path);
  if (bytes.ok()) return std::optional<std::string>(*std::move(bytes));
  if (absl::IsNotFound(bytes.status())) return std::optional<std::string>();
  return bytes.status();
}

}  // namespace

absl::StatusOr<std::unique_ptr<LogFiles>> LogFiles::Open(Options options) {
  RETURN_IF_ERROR(MakeFolder(options.directory));
  const std::string lock_file = options.directory + kLock;
  const int lock = open(lock_file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (lock < 0) return absl::UnavailableError(lock_file);
  if (flock(lock, LOCK_EX | LOCK_NB) != 0) {
    close(lock);
    return MakeError(Reason::LEDGER_FENCED,
                     absl::StrCat(lock_file, " is held by another process"));
  }
  return std::unique_ptr<LogFiles>(new LogFiles(std::move(options), lock));
}

LogFiles::~LogFiles() { close(lock_); }

absl::Status LogFiles::EnsureFolderOf(const std::string& path) {
  std::filesystem::path folder = std::filesystem::path(path).parent_path();
  std::error_code error;
  std::vector<std::string> parents_of_new;
  while (!std::filesystem::exists(folder, error)) {
    parents_of_new.push_back(folder.parent_path().string());
    folder = folder.parent_path();
  }
  if (parents_of_new.empty()) return absl::OkStatus();
  RETURN_IF_ERROR(
      MakeFolder(std::filesystem::path(path).parent_path().string()));
  for (const std::string& parent : parents_of_new) {
    RETURN_IF_ERROR(SyncFolder(parent));
  }
  return absl::OkStatus();
}

absl::Status LogFiles::Write(const ledger::TileId& id, std::string_view bytes) {
  return WriteBelow(ledger::TilePath(id), bytes);
}

absl::Status LogFiles::WriteBelow(const std::string& below,
                                  std::string_view bytes) {
  const std::string path = absl::StrCat(options_.directory, "/", below);
  RETURN_IF_ERROR(EnsureFolderOf(path));
  return ReplaceFile(path, bytes, FileAccess::kEveryone);
}

void LogFiles::RemovePartials(const ledger::TileId& id) {
  std::error_code ignored;
  std::filesystem::remove_all(
      absl::StrCat(options_.directory, "/", ledger::TilePath(id), ".p"),
      ignored);
}

absl::Status LogFiles::Publish(std::string_view note) {
  return ReplaceFile(options_.directory + kCheckpoint, note,
                     FileAccess::kEveryone);
}

absl::Status LogFiles::PublishList(std::string_view note) {
  return ReplaceFile(options_.directory + kLogList, note,
                     FileAccess::kEveryone);
}

absl::StatusOr<std::optional<std::string>> LogFiles::Published() const {
  return ReadIfThere(options_.directory + kCheckpoint);
}

absl::StatusOr<std::optional<ledger::Checkpoint>> LogFiles::ReadGuard() const {
  ASSIGN_OR_RETURN(const std::optional<std::string> text,
                   ReadIfThere(options_.guard_file));
  if (!text.has_value()) return std::optional<ledger::Checkpoint>();
  absl::StatusOr<ledger::Checkpoint> guard = ledger::ParseCheckpoint(*text);
  if (!guard.ok()) {
    return MakeError(Reason::LEDGER_GUARD_MISMATCH,
                     absl::StrCat(options_.guard_file, " is malformed"));
  }
  return std::optional<ledger::Checkpoint>(*std::move(guard));
}

absl::Status LogFiles::WriteGuard(const ledger::Checkpoint& checkpoint) {
  RETURN_IF_ERROR(EnsureFolderOf(options_.guard_file));
  return ReplaceFile(options_.guard_file, ledger::FormatCheckpoint(checkpoint),
                     FileAccess::kEveryone);
}

ledger::FileReader LogFiles::Reader() const {
  return ledger::FilesBelow(options_.directory);
}

}  // namespace shiming::issuance_ledger
