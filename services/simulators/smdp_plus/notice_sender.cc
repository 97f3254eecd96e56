#include "services/simulators/smdp_plus/notice_sender.h"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <nlohmann/json.hpp>
#include <utility>

namespace shiming::smdp_plus {
namespace {

using nlohmann::json;

constexpr char kFunction[] = "handleDownloadProgressInfo";
constexpr char kPath[] = "/gsma/rsp2/es2plus/handleDownloadProgressInfo";
constexpr int kInstallation = 4;
// A stand-in for the eUICC's signed result; nobody here can check one.
constexpr char kResultData[] = "vzcWgRRTaW11bGF0ZWQgcmVzdWx0";

std::string Body(const Notice& notice, const std::string& requester) {
  json body;
  body["header"] = {{"functionRequesterIdentifier", requester},
                    {"functionCallIdentifier", notice.id}};
  if (!notice.eid.empty()) body["eid"] = notice.eid;
  body["iccid"] = notice.iccid;
  body["profileType"] = notice.profile_type;
  body["timestamp"] = absl::FormatTime(
      "%Y-%m-%dT%H:%M:%SZ", absl::FromUnixSeconds(notice.time_seconds),
      absl::UTCTimeZone());
  body["notificationPointId"] = notice.point;
  json& status = body["notificationPointStatus"];
  if (notice.failure.has_value()) {
    status["status"] = "Failed";
    status["statusCodeData"] = {{"subjectCode", notice.failure->subject},
                                {"reasonCode", notice.failure->reason},
                                {"message", notice.failure->message}};
  } else {
    status["status"] = "Executed-Success";
  }
  if (notice.point == kInstallation) body["resultData"] = kResultData;
  return body.dump(-1, ' ', false, json::error_handler_t::replace);
}

}  // namespace

NoticeSender::NoticeSender(Options options)
    : options_(std::move(options)),
      strand_(asio::make_strand(options_.executor)) {}

void NoticeSender::Send(const Notice& notice) {
  asio::post(strand_, [this, notice] {
    std::deque<Notice>& queue = queues_[notice.iccid];
    queue.push_back(notice);
    if (queue.size() > 1) return;
    asio::co_spawn(strand_, Run(notice.iccid), asio::detached);
  });
}

asio::awaitable<void> NoticeSender::Run(std::string iccid) {
  std::deque<Notice>& queue = queues_[iccid];
  while (!queue.empty()) {
    co_await Deliver(queue.front());
    queue.pop_front();
  }
  queues_.erase(iccid);
}

asio::awaitable<void> NoticeSender::Deliver(const Notice& notice) {
  int copies = 1;
  if (const auto fault = options_.faults->Take(kFunction); fault.has_value()) {
    if (fault->kind == FaultKind::kLose) copies = 0;
    if (fault->kind == FaultKind::kDuplicate) copies = 2;
    if (fault->kind == FaultKind::kLate) co_await Pause(fault->delay);
  }
  for (; copies > 0; --copies) {
    absl::Duration pause = options_.first_pause;
    while (!co_await CallOnce(notice)) {
      ++failed_call_count_;
      co_await Pause(pause);
      pause = std::min(pause * 2, options_.longest_pause);
    }
  }
  co_await options_.delivered(notice.id);
  ++delivered_count_;
}

asio::awaitable<bool> NoticeSender::CallOnce(const Notice& notice) {
  http::ClientRequest request;
  request.target = kPath;
  request.headers = {{"Content-Type", "application/json"},
                     {"X-Admin-Protocol", "gsma/rsp/v2.2.0"}};
  request.body = Body(notice, options_.requester);
  request.timeout = options_.call_timeout;
  const http::Outcome outcome =
      co_await options_.client->Call(std::move(request));
  co_return outcome.kind ==
      http::Outcome::Kind::kResponse&& outcome.response.status == 204;
}

asio::awaitable<void> NoticeSender::Pause(absl::Duration time) {
  asio::steady_timer timer(strand_);
  timer.expires_after(absl::ToChronoNanoseconds(time));
  co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
}

}  // namespace shiming::smdp_plus
