// Further SM-DP+ simulators beside the cluster's own: processes with keys,
// state and stock of their own that send their notices to the same gateway.
#ifndef SHIMING_TESTS_E2E_OTHER_SMDP_H_
#define SHIMING_TESTS_E2E_OTHER_SMDP_H_

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "tests/e2e/child_process.h"
#include "tests/e2e/smdp_control.h"
#include "tools/shimingctl/layout.h"

namespace shiming::e2e {

// Ports of a data directory that nothing of the product listens on are the
// tests' own (layout.h): an SM-DP+ has two from here on.
inline constexpr int kFirstFreePort = 30;

// Who such an SM-DP+ is.
struct OtherSmdpIdentity {
  // As services know it ("smdp-2") and name of its certificate file.
  std::string id;
  // functionRequesterIdentifier of its notices.
  std::string requester;
  // Of its ports, from kFirstFreePort on; the next one is taken as well.
  int port = kFirstFreePort;
};

// Makes the identity's certificate, pins its key at the gateway and names it
// in profile_order's configuration. For Cluster::Options::configure.
absl::Status PinOtherSmdp(const shimingctl::Layout& layout,
                          const OtherSmdpIdentity& identity);

// A running one; killed when this goes. Not thread-safe.
class OtherSmdp {
 public:
  // Makes the certificate if it is not there: a certificate of the right CA
  // is no pinned key. Returns once the simulator answers; UNAVAILABLE with its
  // output when it ends or 20 s are over.
  static absl::StatusOr<std::unique_ptr<OtherSmdp>> Start(
      const shimingctl::Layout& layout, const OtherSmdpIdentity& identity);

  SmdpControl& control() { return *control_; }

 private:
  OtherSmdp() = default;

  std::unique_ptr<ChildProcess> process_;
  std::unique_ptr<SmdpControl> control_;
};

}  // namespace shiming::e2e

#endif  // SHIMING_TESTS_E2E_OTHER_SMDP_H_
