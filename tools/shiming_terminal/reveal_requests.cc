#include "tools/shiming_terminal/reveal_requests.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "common/ids/ids.h"
#include "common/status/status_macros.h"

namespace shiming::shiming_terminal {
namespace {

absl::Status FileError(const std::string& what) {
  return absl::UnavailableError(absl::StrCat(what, ": ", strerror(errno)));
}

absl::Status WriteAll(int fd, const std::string& bytes) {
  size_t written = 0;
  while (written < bytes.size()) {
    const ssize_t n = write(fd, bytes.data() + written, bytes.size() - written);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return FileError("writing the reveal requests");
    written += n;
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::unique_ptr<RevealRequests>> RevealRequests::Open(
    std::string path, crypto::Random& random) {
  const int fd =
      open(path.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (fd < 0) return FileError(path);
  auto requests =
      std::unique_ptr<RevealRequests>(new RevealRequests(fd, random));

  std::ifstream file(path, std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  const std::string content = text.str();
  const size_t whole =
      content.rfind('\n') == std::string::npos ? 0 : content.rfind('\n') + 1;
  if (whole != content.size() && ftruncate(fd, whole) != 0) {
    return FileError(path);
  }
  std::istringstream lines(content.substr(0, whole));
  std::lock_guard<std::mutex> lock(requests->mutex_);
  for (std::string order_id, request_id; lines >> order_id >> request_id;) {
    requests->by_order_[order_id] = request_id;
  }
  return requests;
}

RevealRequests::~RevealRequests() { close(fd_); }

absl::StatusOr<std::string> RevealRequests::ForOrder(
    const std::string& order_id) {
  std::lock_guard<std::mutex> lock(mutex_);
  auto found = by_order_.find(order_id);
  if (found != by_order_.end()) return found->second;
  const std::string request_id = NewUuid(random_);
  RETURN_IF_ERROR(WriteAll(fd_, absl::StrCat(order_id, " ", request_id, "\n")));
  if (fdatasync(fd_) != 0) return FileError("syncing the reveal requests");
  by_order_[order_id] = request_id;
  return request_id;
}

}  // namespace shiming::shiming_terminal
