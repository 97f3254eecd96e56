// The real binaries, set up as `shimingctl init` does and running on loopback
// ports that were free: what end-to-end, fault and load tests work on.
#ifndef SHIMING_TESTS_E2E_CLUSTER_H_
#define SHIMING_TESTS_E2E_CLUSTER_H_

#include <grpcpp/channel.h>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/crypto/keys.h"
#include "common/crypto/secret.h"
#include "common/http/message.h"
#include "shiming/terminal/v1/terminal_service.pb.h"
#include "storage/testing/postgres_server.h"
#include "tests/e2e/child_process.h"
#include "tools/shimingctl/layout.h"

namespace shiming::e2e {

// How the services run.
enum class Mode { kAllInOne, kSeparate };

// An enrolled device: keys and certificate as files below the data directory.
struct DeviceFiles {
  std::string id;                 // "<shop>/<id>"
  std::string tls_key_file;       // PEM
  std::string certificate_file;   // PEM
  std::string evidence_key_file;  // terminals only
};

// A clerk who can sign in.
struct ClerkFiles {
  std::string clerk_id;
  crypto::Secret password;
  crypto::Secret totp_seed;  // 20 bytes
};

// Where one customer is served.
struct Counter {
  DeviceFiles terminal;
  DeviceFiles display;
  ClerkFiles clerk;
};

// One operator with everything around it. Not thread-safe. Paths of binaries
// are Bazel runfiles: a test lists //tests/e2e:binaries in its data.
class Cluster {
 public:
  struct Options {
    Mode mode = Mode::kAllInOne;
    // Databases on a PostgreSQL of the cluster's own in place of SQLite files.
    // Then Start is called on the test's main thread, as PostgresServer wants.
    bool postgres = false;
    // Of each of the four services: 1, or 2, which take kSeparate and postgres.
    int instances = 1;
    // How many ICCIDs and numbers are imported.
    int stock = 300;
    // Where the data directory is made; empty: below TEST_TMPDIR.
    std::string folder;
    // Changes configuration files (edit_config.h) after `shimingctl init` has
    // written them and before anything starts; empty: leaves them.
    std::function<absl::Status(const shimingctl::Layout&)> configure;
  };

  // A running cluster with a shop "demo" (always open), terminal t1, display
  // d1 and clerk-1 there, and stock of the synthetic kind.
  static absl::StatusOr<std::unique_ptr<Cluster>> Start(Options options);
  ~Cluster();

  const shimingctl::Layout& layout() const { return layout_; }
  const std::string& clock_file() const { return clock_file_; }

  // Shifts the services' time; takes effect within 100 ms, and WaitForClock is
  // not needed: the call returns when that has passed.
  absl::Status SetClockOffset(absl::Duration offset);

  // Processes by name: "shimingd", or "issuance_ledger", "terminal_session",
  // "identity_verification", "profile_order", "gateway"; "smdp_plus",
  // "identity_authority", "witness". Second instances are "profile_order-2" and
  // so on.
  std::vector<std::string> ServiceNames() const;
  ChildProcess& process(const std::string& name);
  // Starts one that has ended.
  absl::Status StartProcess(const std::string& name);
  // Until every service's /readyz says 200; of two ledgers one, since the other
  // waits for its lease. UNAVAILABLE with the last lines of output when one
  // ended or time is up.
  absl::Status WaitReady(absl::Duration limit = absl::Seconds(60));
  // The databases' server; null on SQLite.
  sql::testing::PostgresServer* postgres() { return postgres_.get(); }
  // kill -9 of everything, services and simulators, and PostgreSQL.
  void KillAll();
  // Starts everything that does not run and waits until ready.
  absl::Status StartAll();
  std::string OutputOf(const std::string& name) const;
  // GET on a service's admin port: "/metrics". UNAVAILABLE without an answer.
  absl::StatusOr<http::Response> AdminGet(const std::string& name,
                                          const std::string& path);

  // Enrollment by admin-1 and admin-2.
  absl::Status EnrollShop(const std::string& shop, const std::string& region);
  absl::StatusOr<DeviceFiles> EnrollTerminal(const std::string& id);
  absl::StatusOr<DeviceFiles> EnrollDisplay(const std::string& id,
                                            const std::string& terminal_id);
  absl::StatusOr<ClerkFiles> EnrollClerk(const std::string& clerk_id,
                                         const std::string& shop);
  // A further terminal, display and clerk in a shop: "t7", "d7", "clerk-7".
  absl::StatusOr<Counter> NewCounter(const std::string& shop = "demo");
  absl::Status Revoke(terminal::v1::SubjectKind kind, const std::string& id);

  // Channels: as an admin or other identity of <data>/pki ("admin/admin-1"),
  // or with a device's files. To all instances, or to the one at `address`.
  absl::StatusOr<std::shared_ptr<grpc::Channel>> ChannelAs(
      const std::string& identity, shimingctl::Port port,
      const std::string& service);
  absl::StatusOr<std::shared_ptr<grpc::Channel>> ChannelOf(
      const DeviceFiles& device, shimingctl::Port port,
      const std::string& service);
  absl::StatusOr<std::shared_ptr<grpc::Channel>> ChannelAt(
      const DeviceFiles& device, const std::string& address,
      const std::string& service);
  // Makes an identity of the development CA: "svc/x" as pki/svc/x.{crt,key}.
  absl::Status MakeIdentity(const std::string& path);

  // The shop's first one.
  const Counter& counter() const { return counter_; }

 private:
  Cluster() = default;

  absl::Status Prepare(const Options& options);
  void StartPostgres();
  // /readyz of the process, or of either ledger.
  absl::StatusOr<http::Response> AskReady(const std::string& name);
  absl::Status Import(int stock);
  absl::StatusOr<std::string> Propose(
      const terminal::v1::ProposalContent& content);
  absl::Status ProposeAndApprove(const terminal::v1::ProposalContent& content);
  absl::StatusOr<DeviceFiles> MakeDevice(const std::string& kind,
                                         const std::string& id,
                                         bool with_evidence_key);

  Mode mode_ = Mode::kAllInOne;
  shimingctl::Layout layout_;
  std::string clock_file_;
  std::unique_ptr<sql::testing::PostgresServer> postgres_;
  std::map<std::string, std::vector<std::string>> commands_;
  std::map<std::string, std::unique_ptr<ChildProcess>> processes_;
  Counter counter_;
  int counters_ = 0;
};

}  // namespace shiming::e2e

#endif  // SHIMING_TESTS_E2E_CLUSTER_H_
