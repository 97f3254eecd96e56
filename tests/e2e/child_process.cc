#include "tests/e2e/child_process.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"

namespace shiming::e2e {
namespace {

constexpr absl::Duration kPollInterval = absl::Milliseconds(5);

// Safe after fork: opens the file for appending in place of `descriptor`.
bool Redirect(const std::string& file, int descriptor) {
  const int opened = open(file.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
  return opened >= 0 && dup2(opened, descriptor) >= 0;
}

}  // namespace

absl::StatusOr<std::unique_ptr<ChildProcess>> ChildProcess::Start(
    const std::vector<std::string>& arguments, const std::string& output_file,
    const std::string& error_file) {
  std::vector<char*> argv;
  for (const std::string& argument : arguments) {
    argv.push_back(const_cast<char*>(argument.c_str()));
  }
  argv.push_back(nullptr);
  const pid_t parent = getpid();
  const pid_t pid = fork();
  if (pid < 0) return absl::UnavailableError(strerror(errno));
  if (pid == 0) {
    // Only calls that are safe after fork in a process with threads.
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(127);
    if (!Redirect(output_file, STDOUT_FILENO) ||
        !Redirect(error_file.empty() ? output_file : error_file,
                  STDERR_FILENO)) {
      _exit(127);
    }
    execv(argv[0], argv.data());
    _exit(127);
  }
  return std::unique_ptr<ChildProcess>(new ChildProcess(pid));
}

ChildProcess::~ChildProcess() { Kill(); }

void ChildProcess::Poll() {
  if (ended_) return;
  int status = 0;
  if (waitpid(pid_, &status, WNOHANG) != pid_) return;
  ended_ = true;
  exit_code_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

bool ChildProcess::running() {
  Poll();
  return !ended_;
}

void ChildProcess::Kill() {
  if (ended_) return;
  kill(pid_, SIGKILL);
  int status = 0;
  while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  ended_ = true;
  exit_code_ = 128 + SIGKILL;
}

absl::StatusOr<int> ChildProcess::Terminate(absl::Duration limit) {
  if (running()) kill(pid_, SIGTERM);
  return Wait(limit);
}

absl::StatusOr<int> ChildProcess::Wait(absl::Duration limit) {
  const absl::Time deadline = absl::Now() + limit;
  while (running()) {
    if (absl::Now() >= deadline) {
      Kill();
      return absl::DeadlineExceededError(
          absl::StrCat("pid ", pid_, " did not end by itself"));
    }
    absl::SleepFor(kPollInterval);
  }
  return exit_code_;
}

}  // namespace shiming::e2e
