// ES2+ handleDownloadProgressInfo over HTTP: from a pinned SM-DP+ to
// profile_order.
#ifndef SHIMING_SERVICES_GATEWAY_NOTICE_ENDPOINT_H_
#define SHIMING_SERVICES_GATEWAY_NOTICE_ENDPOINT_H_

#include <boost/asio/awaitable.hpp>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/http/message.h"
#include "common/metrics/metrics.h"
#include "common/time/clock.h"
#include "services/gateway/gateway_config.h"

namespace shiming::gateway {

namespace asio = boost::asio;

// Takes notices on the way to profile_order. Thread-safe.
class NoticeSink {
 public:
  virtual ~NoticeSink() = default;
  // OK: durable. UNAVAILABLE and DEADLINE_EXCEEDED: away, or nobody knows;
  // INVALID_ARGUMENT: no notice at all.
  virtual asio::awaitable<absl::Status> Take(std::string smdp, std::string body,
                                             absl::Time received,
                                             std::string trace_id) = 0;
};

// Answers 204 once the sink has the notice. ES2+ knows no other answer, and
// senders may repeat whatever is not 204: 503 (with Retry-After) while the sink
// is away, 400 for what is no notice, 403 for a requester that is not the
// peer's, 404, 405, 415 for what is no ES2+ call. Thread-safe.
class NoticeEndpoint {
 public:
  // `sink`, `clock` and `metrics` must outlive this.
  NoticeEndpoint(PinnedSmdps pinned, NoticeSink& sink, const Clock& clock,
                 Metrics& metrics);

  // Whether the peer may connect at all; called within the handshake.
  bool Admits(const http::Peer& peer) const;

  // `request` came over a connection that Admits let in.
  asio::awaitable<http::Response> Answer(const http::Request& request);

 private:
  asio::awaitable<http::Response> AnswerNotice(const http::Request& request);
  http::Response AnswerFor(const absl::Status& status, const std::string& smdp);

  const PinnedSmdps pinned_;
  NoticeSink& sink_;
  const Clock& clock_;
  Counter& taken_;
  Counter& refused_;
  Counter& unavailable_;
};

}  // namespace shiming::gateway

#endif  // SHIMING_SERVICES_GATEWAY_NOTICE_ENDPOINT_H_
