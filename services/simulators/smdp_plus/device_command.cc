#include "services/simulators/smdp_plus/device_command.h"

#include <cstdio>
#include <nlohmann/json.hpp>
#include <utility>

#include "common/http/http_client.h"
#include "common/rpc/runtime.h"

namespace shiming::smdp_plus {
namespace {

using nlohmann::json;

constexpr absl::Duration kTimeout = absl::Seconds(30);

}  // namespace

int RunDeviceCommand(const DeviceCommand& command) {
  rpc::Runtime runtime(1);
  http::HttpClient::Options options;
  options.executor = runtime.executor();
  options.base_url = command.url;
  auto client = http::HttpClient::Create(std::move(options));
  if (!client.ok()) {
    std::fprintf(stderr, "%s\n", client.status().ToString().c_str());
    return 2;
  }
  json body = {{"eid", command.eid}};
  if (!command.activation_code.empty()) {
    body["activation_code"] = command.activation_code;
  }
  if (!command.confirmation_code.empty()) {
    body["confirmation_code"] = command.confirmation_code;
  }
  if (!command.outcome.empty()) body["outcome"] = command.outcome;
  http::ClientRequest request;
  request.target = "/device/download";
  request.headers = {{"Content-Type", "application/json"}};
  request.body = body.dump(-1, ' ', false, json::error_handler_t::replace);
  request.timeout = kTimeout;
  const http::Outcome outcome = (*client)->CallBlocking(std::move(request));
  if (outcome.kind != http::Outcome::Kind::kResponse) {
    std::fprintf(stderr, "no answer: %s\n", outcome.why.c_str());
    return 2;
  }
  std::fputs(outcome.response.body.c_str(), stdout);
  if (outcome.response.status != 200) return 2;
  const json answer =
      json::parse(outcome.response.body, nullptr, /*allow_exceptions=*/false);
  if (!answer.is_object()) return 2;
  return answer.value("result", json()) == "installed" ? 0 : 1;
}

}  // namespace shiming::smdp_plus
