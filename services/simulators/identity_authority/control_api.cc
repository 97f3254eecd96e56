#include "services/simulators/identity_authority/control_api.h"

#include <nlohmann/json.hpp>
#include <string>

namespace shiming::identity_authority {
namespace {

using nlohmann::json;

http::Response Bad(const char* why) {
  return http::JsonResponse(400, json({{"error", why}}).dump() + "\n");
}

http::Response Done() { return http::JsonResponse(200, "{}\n"); }

}  // namespace

asio::awaitable<http::Response> ControlApi::Answer(
    const http::Request& request) {
  const std::string_view path = request.path();
  if (request.method == "POST" && path == "/control/rule") {
    co_return SetRule(request);
  }
  if (request.method == "POST" && path == "/control/delay") {
    co_return SetDelay(request);
  }
  if (request.method == "GET" && path == "/control/state") {
    co_return http::JsonResponse(
        200, json({{"calls", rules_.call_count()}}).dump() + "\n");
  }
  if (request.method == "GET" && (path == "/livez" || path == "/readyz")) {
    co_return http::TextResponse(200, "ok\n");
  }
  co_return http::TextResponse(404, "no such path or method\n");
}

http::Response ControlApi::SetRule(const http::Request& request) {
  const json body =
      json::parse(request.body, nullptr, /*allow_exceptions=*/false);
  if (!body.is_object()) return Bad("the body is no JSON object");
  const json number = body.value("document_number", json(""));
  const json answer = body.value("answer", json("match"));
  const json elsewhere = body.value("numbers_elsewhere", json(0u));
  if (!number.is_string() || !answer.is_string() ||
      !elsewhere.is_number_unsigned()) {
    return Bad("a member is of the wrong type");
  }
  const auto known = AnswerByName(answer.get<std::string>());
  if (!known.has_value()) return Bad("answer is unknown");
  rules_.Set(number.get<std::string>(),
             {.answer = *known, .numbers_elsewhere = elsewhere.get<int>()});
  return Done();
}

http::Response ControlApi::SetDelay(const http::Request& request) {
  const json body =
      json::parse(request.body, nullptr, /*allow_exceptions=*/false);
  if (!body.is_object()) return Bad("the body is no JSON object");
  const json delay = body.value("delay_ms", json());
  if (!delay.is_number_unsigned()) return Bad("delay_ms is no count");
  rules_.SetDelay(absl::Milliseconds(delay.get<int64_t>()));
  return Done();
}

}  // namespace shiming::identity_authority
