#include "common/files/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "common/status/status_macros.h"

namespace shiming {
namespace {

absl::Status Failed(const std::string& path) {
  const int error = errno;
  const std::string text = absl::StrCat(path, ": ", strerror(error));
  return error == ENOENT ? absl::NotFoundError(text)
                         : absl::UnavailableError(text);
}

// Closes a descriptor when it goes.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }

 private:
  const int fd_;
};

absl::Status WriteAll(int fd, std::string_view bytes, const std::string& path) {
  while (!bytes.empty()) {
    const ssize_t written = write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return Failed(path);
    bytes.remove_prefix(written);
  }
  return absl::OkStatus();
}

mode_t FileMode(FileAccess access) {
  return access == FileAccess::kOwner ? 0600 : 0644;
}

}  // namespace

absl::StatusOr<std::string> ReadFile(const std::string& path) {
  const Descriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) return Failed(path);
  std::string bytes;
  char chunk[65536];
  while (true) {
    const ssize_t n = read(file.get(), chunk, sizeof(chunk));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return Failed(path);
    if (n == 0) return bytes;
    if (bytes.size() + n > kMaxFileBytes) {
      return absl::ResourceExhaustedError(absl::StrCat(path, ": too large"));
    }
    bytes.append(chunk, n);
  }
}

absl::Status ReplaceFile(const std::string& path, std::string_view bytes,
                         FileAccess access) {
  const std::string fresh = absl::StrCat(path, ".new");
  {
    const Descriptor file(open(fresh.c_str(),
                               O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC,
                               FileMode(access)));
    if (file.get() < 0) return Failed(fresh);
    // The mode of open is masked, and an older file keeps its own.
    if (fchmod(file.get(), FileMode(access)) != 0) return Failed(fresh);
    RETURN_IF_ERROR(WriteAll(file.get(), bytes, fresh));
    if (fsync(file.get()) != 0) return Failed(fresh);
  }
  if (rename(fresh.c_str(), path.c_str()) != 0) return Failed(path);
  const std::filesystem::path parent =
      std::filesystem::path(path).parent_path();
  const std::string folder = parent.empty() ? "." : parent.string();
  const Descriptor directory(
      open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (directory.get() < 0 || fsync(directory.get()) != 0) {
    return Failed(folder);
  }
  return absl::OkStatus();
}

absl::Status MakeFolder(const std::string& path, FileAccess access) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error) {
    return absl::UnavailableError(absl::StrCat(path, ": ", error.message()));
  }
  if (access == FileAccess::kOwner && chmod(path.c_str(), 0700) != 0) {
    return Failed(path);
  }
  return absl::OkStatus();
}

}  // namespace shiming
