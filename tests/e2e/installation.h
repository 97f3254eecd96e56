// What a user has after deploy/quickstart.sh: a data directory that
// `shimingctl init` made, and every program running on it.
#ifndef SHIMING_TESTS_E2E_INSTALLATION_H_
#define SHIMING_TESTS_E2E_INSTALLATION_H_

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "tests/e2e/child_process.h"
#include "tests/e2e/command.h"

namespace shiming::e2e {

using Words = std::vector<std::string>;

// Programs, from the root of the runfiles.
inline constexpr char kShimingctl[] = "tools/shimingctl/shimingctl";
inline constexpr char kTerminal[] = "tools/shiming_terminal/shiming_terminal";
inline constexpr char kSmdpPlus[] = "services/simulators/smdp_plus/smdp_plus";

// How long a step of a test may take before it has failed.
inline constexpr absl::Duration kStartLimit = absl::Seconds(60);

// `shimingctl` with `words`.
CommandResult Ctl(Words words);

std::string FirstLine(const std::string& text);

// One thread. A step that fails is a failure of the test.
class Installation {
 public:
  // `name`: of the data directory, below the test's own. `options`: further
  // ones of `shimingctl init`.
  explicit Installation(const std::string& name, Words options = {});

  const std::string& data() const { return data_; }
  // `path` in the data directory.
  std::string File(const std::string& path) const;
  // Where phones reach the simulated SM-DP+.
  std::string PhoneUrl() const;

  CommandResult Init();
  // Makes stock as CSV files, starts everything and waits until it is ready.
  void Start();
  CommandResult Status(Words words = {});
  // A verb of an admin.
  CommandResult As(const std::string& admin, Words words);

  // Enrolls what `words` name by admin-1, approved by admin-2.
  void Enroll(Words words);
  // A device's keys and certificate in demo/<folder>, and its enrollment.
  void EnrollDevice(const std::string& kind, const std::string& id,
                    const std::string& folder, const Words& further);
  // Clerk, terminal and display in the shop "demo": t<n> with d<n>.
  void EnrollCounter(int n);

  // Makes a customer; returns the folder with card block and phone.
  std::string NewCustomer();
  // `shiming_terminal issue` for the customer in `visit`.
  Words IssueCommand(const std::string& visit, const std::string& config,
                     int clerk);

  // Starts `command`; its output goes to run/<name>.
  void Run(const std::string& name, const Words& command);
  ChildProcess& process(const std::string& name) {
    return *processes_.at(name);
  }

 private:
  std::string data_;
  const Words options_;
  int port_base_ = 0;
  int visits_ = 0;
  std::map<std::string, std::unique_ptr<ChildProcess>> processes_;
};

}  // namespace shiming::e2e

#endif  // SHIMING_TESTS_E2E_INSTALLATION_H_
