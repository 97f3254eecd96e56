// The display's memory of which request_id it asks under, kept in a file that
// is synced before the first call (DESIGN 3, "The display").
#ifndef SHIMING_TOOLS_SHIMING_TERMINAL_REVEAL_REQUESTS_H_
#define SHIMING_TOOLS_SHIMING_TERMINAL_REVEAL_REQUESTS_H_

#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "common/crypto/random.h"

namespace shiming::shiming_terminal {

// One line "<order_id> <request_id>" an order, appended and synced. Thread-safe
// within one process; one display process owns the file.
class RevealRequests {
 public:
  // Opens or creates the file; a half-written last line is dropped. `random`
  // must outlive this.
  static absl::StatusOr<std::unique_ptr<RevealRequests>> Open(
      std::string path, crypto::Random& random);
  ~RevealRequests();

  // The order's request_id: the stored one, else a fresh one that is on disk
  // when this returns. UNAVAILABLE when the file cannot be written.
  absl::StatusOr<std::string> ForOrder(const std::string& order_id);

 private:
  RevealRequests(int fd, crypto::Random& random) : fd_(fd), random_(random) {}

  const int fd_;
  crypto::Random& random_;
  std::mutex mutex_;
  std::map<std::string, std::string> by_order_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace shiming::shiming_terminal

#endif  // SHIMING_TOOLS_SHIMING_TERMINAL_REVEAL_REQUESTS_H_
