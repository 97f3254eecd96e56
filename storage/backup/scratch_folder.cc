#include "storage/backup/scratch_folder.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/crypto/encoding.h"
#include "common/crypto/random.h"
#include "common/files/file_stream.h"
#include "common/log/log.h"
#include "common/status/status_macros.h"

namespace shiming::backup {
namespace {

namespace fs = std::filesystem;

constexpr char kPrefix[] = "backup-scratch-";
constexpr char kLock[] = "/.backup-scratch.lock";

// Of those who died with the lock, which is ours now.
absl::Status RemoveStale(const std::string& parent) {
  std::error_code error;
  std::vector<std::string> stale;
  for (const auto& entry : fs::directory_iterator(parent, error)) {
    if (entry.path().filename().string().starts_with(kPrefix)) {
      stale.push_back(entry.path().string());
    }
  }
  if (error) {
    return absl::UnavailableError(absl::StrCat(parent, ": ", error.message()));
  }
  for (const std::string& path : stale) {
    RETURN_IF_ERROR(WipeFolder(path));
  }
  return absl::OkStatus();
}

absl::StatusOr<int> TakeLock(const std::string& parent) {
  const std::string path = parent + kLock;
  const int lock = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (lock < 0) {
    const int failed = errno;
    const std::string text = absl::StrCat(path, ": ", strerror(failed));
    return failed == ENOENT ? absl::NotFoundError(text)
                            : absl::UnavailableError(text);
  }
  if (flock(lock, LOCK_EX | LOCK_NB) == 0) return lock;
  close(lock);
  return absl::AbortedError(
      absl::StrCat(path, ": another backup or restore is at work here"));
}

}  // namespace

absl::StatusOr<std::unique_ptr<ScratchFolder>> ScratchFolder::Make(
    const std::string& parent) {
  ASSIGN_OR_RETURN(const int lock, TakeLock(parent));
  const std::string path = absl::StrCat(
      parent, "/", kPrefix, crypto::ToHex(crypto::SystemRandom().Bytes(8)));
  std::unique_ptr<ScratchFolder> folder(new ScratchFolder(path, lock));
  RETURN_IF_ERROR(RemoveStale(parent));
  if (mkdir(path.c_str(), 0700) != 0) {
    return absl::UnavailableError(absl::StrCat(path, ": ", strerror(errno)));
  }
  return folder;
}

ScratchFolder::~ScratchFolder() {
  const absl::Status wiped = WipeFolder(path_);
  if (!wiped.ok()) {
    Log(Severity::kWarning, "a folder with copies in clear stays",
        {{"error", std::string(wiped.message())}});
  }
  close(lock_);
}

std::string ScratchFolder::File(std::string_view name) const {
  return absl::StrCat(path_, "/", std::string(name));
}

absl::Status ScratchFolder::Wipe(std::string_view name) const {
  return WipeFile(File(name));
}

absl::Status WipeFolder(const std::string& path) {
  std::error_code error;
  if (!fs::exists(path, error)) return absl::OkStatus();
  std::vector<std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator(path, error)) {
    if (entry.is_regular_file(error)) files.push_back(entry.path().string());
  }
  for (const std::string& file : files) {
    RETURN_IF_ERROR(WipeFile(file));
  }
  fs::remove_all(path, error);
  if (error) {
    return absl::UnavailableError(absl::StrCat(path, ": ", error.message()));
  }
  return absl::OkStatus();
}

}  // namespace shiming::backup
