// The control port of a simulated SM-DP+: how a test makes it lie.
#ifndef SHIMING_TESTS_E2E_SMDP_CONTROL_H_
#define SHIMING_TESTS_E2E_SMDP_CONTROL_H_

#include <boost/asio/thread_pool.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/http/http_client.h"

namespace shiming::e2e {

// Notices that a simulator has to tell, has told (204), and calls of it that
// got anything else but 204.
struct NoticeCounts {
  int64_t undelivered = 0;
  int64_t delivered = 0;
  int64_t failed_calls = 0;
};

// A notice of the test's own making: success at `point` (SGP.22 v2.2 §5.3.5:
// 4 is the installation).
struct MadeUpNotice {
  std::string iccid;
  std::string eid;
  int point = 4;
};

// Blocking calls. UNAVAILABLE when the simulator does not answer, INTERNAL
// when it answers anything but 200. Not thread-safe.
class SmdpControl {
 public:
  // `address` is that of --device_listen.
  static absl::StatusOr<std::unique_ptr<SmdpControl>> Open(
      const std::string& address);
  ~SmdpControl();

  // The next `count` calls of an ES2+ function are not executed and answered
  // Failed with "<subject>/<reason>".
  absl::Status Refuse(const std::string& function, const std::string& subject,
                      const std::string& reason, int count = 1);
  // The next notice is sent twice.
  absl::Status DoubleNextNotice();
  absl::Status SendNotice(const MadeUpNotice& notice);
  absl::StatusOr<NoticeCounts> Notices();
  // Asks again until `enough` is true of the counts, at most 20 s; the last
  // ones.
  absl::StatusOr<NoticeCounts> WaitForNotices(
      const std::function<bool(const NoticeCounts&)>& enough);

 private:
  SmdpControl() : pool_(1) {}

  // The answer's body.
  absl::StatusOr<std::string> Call(const std::string& method,
                                   const std::string& path,
                                   const std::string& body);

  boost::asio::thread_pool pool_;
  std::unique_ptr<http::HttpClient> client_;
};

}  // namespace shiming::e2e

#endif  // SHIMING_TESTS_E2E_SMDP_CONTROL_H_
