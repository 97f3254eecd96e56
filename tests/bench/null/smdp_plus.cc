#include "tests/bench/null/smdp_plus.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <functional>
#include <nlohmann/json.hpp>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/es2plus/notice.h"
#include "common/ids/activation_code.h"
#include "common/status/status_macros.h"

namespace shiming::bench {
namespace {

using boost::asio::awaitable;

// The default of smdp_plus --notice_points.
constexpr int kNoticePoints[] = {1, 3, 4};

awaitable<http::Response> Executed(const http::Request&) {
  co_return http::JsonResponse(
      200,
      R"({"header":{"functionExecutionStatus":)"
      R"({"status":"Executed-Success"}},"smdpAddress":"smdp.example.test"})");
}

}  // namespace

absl::StatusOr<std::unique_ptr<NullSmdpPlus>> NullSmdpPlus::Start(
    Options options) {
  std::unique_ptr<NullSmdpPlus> smdp(new NullSmdpPlus(options.executor));
  ASSIGN_OR_RETURN(smdp->notices_,
                   http::HttpClient::Create({.executor = options.executor,
                                             .base_url = options.notice_url,
                                             .tls = options.tls}));
  ASSIGN_OR_RETURN(smdp->es2plus_,
                   http::HttpServer::Start({.executor = options.executor,
                                            .listen = options.listen,
                                            .tls = options.tls,
                                            .handler = &Executed}));
  ASSIGN_OR_RETURN(
      smdp->devices_,
      http::HttpServer::Start(
          {.executor = options.executor,
           .listen = options.device_listen,
           .handler = std::bind_front(&NullSmdpPlus::Download, smdp.get())}));
  return smdp;
}

awaitable<http::Response> NullSmdpPlus::Download(const http::Request& request) {
  if (request.method == "GET") co_return http::TextResponse(200, "ok\n");
  const auto body = nlohmann::json::parse(request.body, nullptr, false);
  const absl::StatusOr<ActivationCode> code = ActivationCode::Parse(
      body.is_object() ? body.value("activation_code", "") : "");
  if (!code.ok()) co_return http::TextResponse(400, "no activation code\n");
  boost::asio::co_spawn(executor_, SendNotices(code->matching_id()),
                        boost::asio::detached);
  co_return http::JsonResponse(
      200, R"({"result":"installed","subject_code":"","reason_code":""})");
}

awaitable<void> NullSmdpPlus::SendNotices(std::string iccid) {
  for (const int point : kNoticePoints) {
    http::ClientRequest request;
    request.target = std::string(es2plus::kNoticePath);
    request.headers = {{"Content-Type", "application/json"},
                       {"X-Admin-Protocol", "gsma/rsp/v2.2.0"}};
    request.body = absl::StrCat(
        R"({"header":{"functionRequesterIdentifier":"2.999.1.1",)"
        R"("functionCallIdentifier":"00000000-0000-4000-8000-000000000000"},)"
        R"("eid":"89860099000000000000000000000000","iccid":")",
        iccid,
        R"(","profileType":"CONSUMER-5G","timestamp":"2026-01-01T00:00:00Z",)"
        R"("notificationPointId":)",
        point, R"(,"notificationPointStatus":{"status":"Executed-Success"}})");
    co_await notices_->Call(std::move(request));
  }
}

}  // namespace shiming::bench
