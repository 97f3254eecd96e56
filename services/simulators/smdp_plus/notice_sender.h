// Brings notices (ES2+ handleDownloadProgressInfo) to the operator.
#ifndef SHIMING_SERVICES_SIMULATORS_SMDP_PLUS_NOTICE_SENDER_H_
#define SHIMING_SERVICES_SIMULATORS_SMDP_PLUS_NOTICE_SENDER_H_

#include <atomic>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <string>

#include "absl/time/time.h"
#include "common/http/http_client.h"
#include "services/simulators/smdp_plus/faults.h"
#include "services/simulators/smdp_plus/profile_book.h"

namespace shiming::smdp_plus {

namespace asio = boost::asio;

// Sends each notice until it is answered with 204: those of one ICCID in
// order, those of different ones side by side. Thread-safe. Must outlive the
// executor's threads.
class NoticeSender {
 public:
  struct Options {
    asio::any_io_executor executor;
    http::HttpClient* client = nullptr;  // base URL: the operator's
    std::string requester;               // our own function requester id
    FaultPlan* faults = nullptr;
    absl::Duration call_timeout = absl::Seconds(5);
    absl::Duration first_pause = absl::Milliseconds(100);  // doubles up to
    absl::Duration longest_pause = absl::Seconds(3);
    // Makes the delivery durable.
    std::function<asio::awaitable<void>(std::string notice_id)> delivered;
  };

  explicit NoticeSender(Options options);

  // Takes a notice and returns at once.
  void Send(const Notice& notice);
  // Notices answered with 204, and calls that were not, since the start.
  int64_t delivered_count() const { return delivered_count_; }
  int64_t failed_call_count() const { return failed_call_count_; }

 private:
  asio::awaitable<void> Run(std::string iccid);
  asio::awaitable<void> Deliver(const Notice& notice);
  asio::awaitable<bool> CallOnce(const Notice& notice);
  asio::awaitable<void> Pause(absl::Duration time);

  const Options options_;
  const asio::any_io_executor strand_;
  std::map<std::string, std::deque<Notice>> queues_;  // on the strand
  std::atomic<int64_t> delivered_count_ = 0;
  std::atomic<int64_t> failed_call_count_ = 0;
};

}  // namespace shiming::smdp_plus

#endif  // SHIMING_SERVICES_SIMULATORS_SMDP_PLUS_NOTICE_SENDER_H_
