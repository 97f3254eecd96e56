#include "services/gateway/notice_endpoint.h"

#include <string_view>
#include <utility>

#include "absl/strings/match.h"
#include "common/es2plus/notice.h"
#include "common/log/log.h"
#include "common/rpc/trace.h"

namespace shiming::gateway {
namespace {

// The highest version that we and all known callers speak (SGP.22 v2.2 §6.2).
constexpr char kAdminProtocol[] = "gsma/rsp/v2.2.0";
// Seconds after which a repetition may help.
constexpr char kRetryAfter[] = "1";

constexpr char kNoticesName[] = "shiming_gateway_notices_total";
constexpr char kNoticesHelp[] = "ES2+ notices by what became of them";

bool IsNoticePath(std::string_view path) {
  const std::string_view known = es2plus::kNoticePath;
  return path.size() >= known.size() &&
         path.substr(path.size() - known.size()) == known;
}

}  // namespace

NoticeEndpoint::NoticeEndpoint(PinnedSmdps pinned, NoticeSink& sink,
                               const Clock& clock, Metrics& metrics)
    : pinned_(std::move(pinned)),
      sink_(sink),
      clock_(clock),
      taken_(
          metrics.counter(kNoticesName, kNoticesHelp, {{"outcome", "taken"}})),
      refused_(metrics.counter(kNoticesName, kNoticesHelp,
                               {{"outcome", "refused"}})),
      unavailable_(metrics.counter(kNoticesName, kNoticesHelp,
                                   {{"outcome", "unavailable"}})) {}

bool NoticeEndpoint::Admits(const http::Peer& peer) const {
  return pinned_.count(peer.key_hash) > 0;
}

asio::awaitable<http::Response> NoticeEndpoint::Answer(
    const http::Request& request) {
  http::Response response = co_await AnswerNotice(request);
  response.headers.push_back({"X-Admin-Protocol", kAdminProtocol});
  co_return response;
}

asio::awaitable<http::Response> NoticeEndpoint::AnswerNotice(
    const http::Request& request) {
  const auto pinned = pinned_.find(request.peer.key_hash);
  if (pinned == pinned_.end()) {
    refused_.Increment();
    co_return http::TextResponse(403, "unknown peer\n");
  }
  if (!IsNoticePath(request.path())) {
    co_return http::TextResponse(404, "no such function\n");
  }
  if (request.method != "POST") {
    http::Response refusal = http::TextResponse(405, "only POST\n");
    refusal.headers.push_back({"Allow", "POST"});
    co_return refusal;
  }
  if (http::MediaType(request.header("Content-Type")) != "application/json") {
    co_return http::TextResponse(415, "only application/json\n");
  }
  const absl::StatusOr<std::string> requester =
      es2plus::RequesterOfNotice(request.body);
  if (!requester.ok()) {
    co_return AnswerFor(requester.status(), pinned->second.smdp);
  }
  if (*requester != pinned->second.requester) {
    refused_.Increment();
    Log(Severity::kWarning, "notice names a requester that is not the peer's",
        {{"smdp", pinned->second.smdp}});
    co_return http::TextResponse(403, "requester is not the peer's\n");
  }
  std::string trace_id = rpc::TraceIdOf(request.header("traceparent"));
  if (trace_id.empty()) trace_id = rpc::NewTraceId();
  std::string smdp = pinned->second.smdp;
  const absl::Status status = co_await sink_.Take(
      std::move(smdp), request.body, clock_.Now(), std::move(trace_id));
  co_return AnswerFor(status, pinned->second.smdp);
}

http::Response NoticeEndpoint::AnswerFor(const absl::Status& status,
                                         const std::string& smdp) {
  if (status.ok()) {
    taken_.Increment();
    http::Response done;
    done.status = 204;
    return done;
  }
  if (status.code() == absl::StatusCode::kInvalidArgument) {
    refused_.Increment();
    Log(Severity::kWarning, "notice is malformed", {{"smdp", smdp}});
    return http::TextResponse(400, "malformed notice\n");
  }
  unavailable_.Increment();
  Log(Severity::kWarning, "notice could not be handed on",
      {{"smdp", smdp}, {"code", absl::StatusCodeToString(status.code())}});
  http::Response later = http::TextResponse(503, "try again\n");
  later.headers.push_back({"Retry-After", kRetryAfter});
  return later;
}

}  // namespace shiming::gateway
