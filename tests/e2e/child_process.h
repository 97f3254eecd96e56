// A process that a test starts and ends, by its pid.
#ifndef SHIMING_TESTS_E2E_CHILD_PROCESS_H_
#define SHIMING_TESTS_E2E_CHILD_PROCESS_H_

#include <sys/types.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace shiming::e2e {

// Ended (kill -9) and waited for at the latest when this goes. Not thread-safe.
class ChildProcess {
 public:
  // Starts `arguments[0]` with standard output and error going to the end of
  // `output_file`; errors to that of `error_file` where one is given. The child
  // dies with the test.
  static absl::StatusOr<std::unique_ptr<ChildProcess>> Start(
      const std::vector<std::string>& arguments, const std::string& output_file,
      const std::string& error_file = "");
  ~ChildProcess();

  pid_t pid() const { return pid_; }
  // False once it has ended by itself or was ended.
  bool running();
  // kill -9 and wait.
  void Kill();
  // SIGTERM, then waits at most `limit`; the exit code, or 128 + signal.
  // DEADLINE_EXCEEDED when it goes on (it is killed then).
  absl::StatusOr<int> Terminate(absl::Duration limit);
  // Waits at most `limit` for the end; as Terminate.
  absl::StatusOr<int> Wait(absl::Duration limit);

 private:
  explicit ChildProcess(pid_t pid) : pid_(pid) {}

  // Reaps without waiting.
  void Poll();

  const pid_t pid_;
  bool ended_ = false;
  int exit_code_ = 0;
};

}  // namespace shiming::e2e

#endif  // SHIMING_TESTS_E2E_CHILD_PROCESS_H_
