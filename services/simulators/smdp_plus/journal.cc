#include "services/simulators/smdp_plus/journal.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "common/rpc/await_callback.h"
#include "common/status/status_macros.h"

namespace shiming::smdp_plus {
namespace {

absl::Status Failed(const char* what, const std::string& path) {
  return absl::UnavailableError(
      absl::StrCat(what, " ", path, ": ", std::strerror(errno)));
}

bool WriteAll(int file, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = write(file, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    text.remove_prefix(written);
  }
  return true;
}

absl::StatusOr<std::string> ReadAll(int file, const std::string& path) {
  std::string text;
  char block[64 * 1024];
  for (;;) {
    const ssize_t size = read(file, block, sizeof(block));
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return Failed("cannot read", path);
    if (size == 0) return text;
    text.append(block, size);
  }
}

// Makes a rename in the file's folder durable.
void SyncFolder(const std::string& path) {
  const size_t slash = path.rfind('/');
  const std::string folder =
      slash == path.npos ? "." : path.substr(0, slash + 1);
  const int descriptor = open(folder.c_str(), O_RDONLY | O_DIRECTORY);
  if (descriptor < 0) return;
  fsync(descriptor);
  close(descriptor);
}

absl::StatusOr<int> OpenLocked(const std::string& path, int flags) {
  const int file = open(path.c_str(), flags | O_CLOEXEC, 0600);
  if (file < 0) return Failed("cannot open", path);
  if (flock(file, LOCK_EX | LOCK_NB) != 0) {
    const absl::Status status = Failed("another process has", path);
    close(file);
    return status;
  }
  return file;
}

}  // namespace

Journal::Journal(std::string path, int file)
    : path_(std::move(path)), file_(file), writer_([this] { WriteLoop(); }) {}

Journal::~Journal() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
    changed_.notify_all();
  }
  writer_.join();
  close(file_);
}

absl::StatusOr<std::unique_ptr<Journal>> Journal::Open(
    std::string path, std::vector<std::string>& lines) {
  ASSIGN_OR_RETURN(const int file, OpenLocked(path, O_RDWR | O_CREAT));
  std::unique_ptr<Journal> journal(new Journal(path, file));
  ASSIGN_OR_RETURN(const std::string text, ReadAll(file, path));
  size_t begin = 0;
  for (size_t end = text.find('\n'); end != text.npos;
       end = text.find('\n', begin)) {
    lines.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  if (ftruncate(file, begin) != 0 || lseek(file, 0, SEEK_END) < 0) {
    return Failed("cannot trim", path);
  }
  SyncFolder(path);
  return journal;
}

absl::Status Journal::Rewrite(const std::vector<std::string>& lines) {
  const std::string fresh_path = path_ + ".new";
  ASSIGN_OR_RETURN(const int fresh,
                   OpenLocked(fresh_path, O_WRONLY | O_CREAT | O_TRUNC));
  std::string text;
  for (const std::string& line : lines) absl::StrAppend(&text, line, "\n");
  if (!WriteAll(fresh, text) || fsync(fresh) != 0 ||
      rename(fresh_path.c_str(), path_.c_str()) != 0) {
    const absl::Status status = Failed("cannot write", fresh_path);
    close(fresh);
    return status;
  }
  SyncFolder(path_);
  close(file_);
  file_ = fresh;
  return absl::OkStatus();
}

Journal::Ticket Journal::Add(std::string_view line) {
  std::lock_guard lock(mutex_);
  waiting_.append(line);
  waiting_.push_back('\n');
  changed_.notify_all();
  return ++added_;
}

void Journal::WhenDurable(Ticket ticket, std::function<void()> done) {
  {
    std::lock_guard lock(mutex_);
    if (durable_ < ticket) {
      waiters_.emplace_back(ticket, std::move(done));
      return;
    }
  }
  done();
}

asio::awaitable<void> Journal::Durable(Ticket ticket) {
  co_await rpc::AwaitCallback<bool>(
      [this, &ticket](std::function<void(bool)> done) {
        WhenDurable(ticket, [done = std::move(done)] { done(true); });
      });
}

void Journal::WriteLoop() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
    if (waiting_.empty()) return;
    const std::string text = std::exchange(waiting_, {});
    const Ticket newest = added_;
    lock.unlock();
    if (!WriteAll(file_, text) || fdatasync(file_) != 0) {
      std::fprintf(stderr, "cannot write %s: %s\n", path_.c_str(),
                   std::strerror(errno));
      std::abort();
    }
    lock.lock();
    durable_ = newest;
    std::vector<std::function<void()>> done;
    std::erase_if(waiters_, [&done, newest](auto& waiter) {
      if (waiter.first > newest) return false;
      done.push_back(std::move(waiter.second));
      return true;
    });
    lock.unlock();
    for (const auto& resume : done) resume();
    lock.lock();
  }
}

}  // namespace shiming::smdp_plus
