#include "common/files/file_stream.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "absl/strings/str_cat.h"
#include "common/status/status_macros.h"

namespace shiming {
namespace {

// Zeros that are written at once.
constexpr size_t kWipeBytes = 65536;

absl::Status Failed(const std::string& path) {
  const int error = errno;
  const std::string text = absl::StrCat(path, ": ", strerror(error));
  switch (error) {
    case ENOENT:
      return absl::NotFoundError(text);
    case EEXIST:
      return absl::AlreadyExistsError(text);
    default:
      return absl::UnavailableError(text);
  }
}

std::string FolderOf(const std::string& path) {
  const std::filesystem::path parent =
      std::filesystem::path(path).parent_path();
  return parent.empty() ? "." : parent.string();
}

absl::Status SyncByName(const std::string& path, int flags) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | flags);
  if (fd < 0) return Failed(path);
  absl::Status synced;
  if (fsync(fd) != 0) synced = Failed(path);
  close(fd);
  return synced;
}

}  // namespace

absl::StatusOr<std::unique_ptr<InputFile>> InputFile::Open(
    const std::string& path) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return Failed(path);
  struct stat status = {};
  if (fstat(fd, &status) != 0) {
    absl::Status failed = Failed(path);
    close(fd);
    return failed;
  }
  return std::unique_ptr<InputFile>(new InputFile(path, fd, status.st_size));
}

InputFile::~InputFile() { close(fd_); }

absl::StatusOr<std::string> InputFile::Read(size_t count) {
  std::string bytes(count, '\0');
  size_t filled = 0;
  while (filled < count) {
    const ssize_t n = read(fd_, bytes.data() + filled, count - filled);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return Failed(path_);
    if (n == 0) break;
    filled += static_cast<size_t>(n);
  }
  bytes.resize(filled);
  return bytes;
}

absl::Status InputFile::Seek(int64_t offset) {
  if (lseek(fd_, offset, SEEK_SET) != offset) return Failed(path_);
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<OutputFile>> OutputFile::Create(
    const std::string& path, FileAccess access) {
  const mode_t mode = access == FileAccess::kOwner ? 0600 : 0644;
  const int fd =
      open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
  if (fd < 0) return Failed(path);
  std::unique_ptr<OutputFile> file(new OutputFile(path, fd));
  // The mode of open is masked.
  if (fchmod(fd, mode) != 0) return Failed(path);
  return file;
}

OutputFile::~OutputFile() { close(fd_); }

absl::Status OutputFile::Write(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = write(fd_, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return Failed(path_);
    bytes.remove_prefix(static_cast<size_t>(written));
  }
  return absl::OkStatus();
}

absl::Status OutputFile::Sync() {
  if (fsync(fd_) != 0) return Failed(path_);
  return absl::OkStatus();
}

absl::Status SyncFolder(const std::string& path) {
  return SyncByName(path, O_DIRECTORY);
}

absl::Status SyncFile(const std::string& path) { return SyncByName(path, 0); }

absl::Status RenameToNew(const std::string& from, const std::string& to) {
  if (renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(),
                RENAME_NOREPLACE) != 0) {
    // Not every file system knows the flag; a second name does as well.
    if (errno != EINVAL && errno != ENOSYS) return Failed(to);
    if (link(from.c_str(), to.c_str()) != 0) return Failed(to);
    if (unlink(from.c_str()) != 0) return Failed(from);
  }
  return SyncFolder(FolderOf(to));
}

absl::Status WipeFile(const std::string& path) {
  const int fd = open(path.c_str(), O_WRONLY | O_CLOEXEC);
  if (fd < 0) return errno == ENOENT ? absl::OkStatus() : Failed(path);
  struct stat status = {};
  absl::Status wiped;
  if (fstat(fd, &status) != 0) wiped = Failed(path);
  const std::string zeros(kWipeBytes, '\0');
  int64_t left = status.st_size;
  while (wiped.ok() && left > 0) {
    const size_t count =
        static_cast<size_t>(std::min(left, static_cast<int64_t>(zeros.size())));
    const ssize_t written = write(fd, zeros.data(), count);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) {
      wiped = Failed(path);
    } else {
      left -= written;
    }
  }
  if (wiped.ok() && fsync(fd) != 0) wiped = Failed(path);
  close(fd);
  RETURN_IF_ERROR(wiped);
  if (unlink(path.c_str()) != 0) return Failed(path);
  return absl::OkStatus();
}

}  // namespace shiming
