#include "services/simulators/smdp_plus/control_api.h"

#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "common/crypto/random.h"
#include "common/ids/activation_code.h"
#include "common/ids/eid.h"
#include "common/ids/iccid.h"
#include "common/ids/ids.h"
#include "services/simulators/smdp_plus/profile_codec.h"

namespace shiming::smdp_plus {
namespace {

using nlohmann::json;

http::Response Json(int status, const json& value) {
  return http::JsonResponse(
      status,
      value.dump(-1, ' ', false, json::error_handler_t::replace) + "\n");
}

http::Response Bad(std::string why) {
  return Json(400, {{"error", std::move(why)}});
}

// The text member; absent, null or of another type gives `fallback`.
std::string Text(const json& body, const char* name,
                 const char* fallback = "") {
  const auto member = body.find(name);
  return member != body.end() && member->is_string()
             ? member->get<std::string>()
             : fallback;
}

int64_t Number(const json& body, const char* name, int64_t fallback) {
  const auto member = body.find(name);
  return member != body.end() && member->is_number_integer()
             ? member->get<int64_t>()
             : fallback;
}

std::optional<DeviceOutcome> OutcomeByName(const std::string& name) {
  if (name == "install") return DeviceOutcome::kInstalls;
  if (name == "install_fails") return DeviceOutcome::kInstallFails;
  if (name == "stops") return DeviceOutcome::kStops;
  if (name == "user_refuses") return DeviceOutcome::kUserRefuses;
  if (name == "not_eligible") return DeviceOutcome::kNotEligible;
  return std::nullopt;
}

const char* NameOf(DeviceResult::Kind kind) {
  switch (kind) {
    case DeviceResult::Kind::kInstalled:
      return "installed";
    case DeviceResult::Kind::kDownloaded:
      return "downloaded";
    case DeviceResult::Kind::kRefused:
      return "refused";
    case DeviceResult::Kind::kFailed:
      break;
  }
  return "failed";
}

json ToJson(const DeviceResult& result) {
  json value = {{"result", NameOf(result.kind)},
                {"subject_code", ""},
                {"reason_code", ""},
                {"message", ""},
                {"iccid", result.iccid}};
  if (result.failure.has_value()) {
    value["subject_code"] = result.failure->subject;
    value["reason_code"] = result.failure->reason;
    value["message"] = result.failure->message;
  }
  return value;
}

}  // namespace

ControlApi::ControlApi(Options options) : options_(std::move(options)) {}

asio::awaitable<http::Response> ControlApi::Answer(
    const http::Request& request) {
  const std::string_view path = request.path();
  const bool get = request.method == "GET";
  const bool post = request.method == "POST";
  constexpr std::string_view kProfiles = "/control/profiles/";
  if (post && path == "/device/download") {
    co_return co_await DeviceDownload(request.body);
  }
  if (post && path == "/control/fault") co_return SetFault(request.body);
  if (post && path == "/control/notice") {
    co_return co_await SendNotice(request.body);
  }
  if (get && path == "/control/state") co_return State();
  if (get && path.substr(0, kProfiles.size()) == kProfiles) {
    co_return OneProfile(path.substr(kProfiles.size()));
  }
  if (get && (path == "/livez" || path == "/readyz")) {
    co_return http::TextResponse(200, "ok\n");
  }
  co_return http::TextResponse(404, "no such path or method\n");
}

asio::awaitable<http::Response> ControlApi::DeviceDownload(
    const std::string& body) {
  const json asked = json::parse(body, nullptr, /*allow_exceptions=*/false);
  if (!asked.is_object()) co_return Bad("the body is no JSON object");
  const absl::StatusOr<Eid> eid = Eid::Parse(Text(asked, "eid"));
  if (!eid.ok()) co_return Bad("eid: " + std::string(eid.status().message()));
  const auto outcome = OutcomeByName(Text(asked, "outcome", "install"));
  if (!outcome.has_value()) co_return Bad("outcome is unknown");
  smdp_plus::DeviceDownload download;
  download.eid = eid->str();
  download.confirmation_code = Text(asked, "confirmation_code");
  download.outcome = *outcome;
  download.now_seconds = absl::ToUnixSeconds(options_.clock->Now());
  if (const std::string text = Text(asked, "activation_code"); !text.empty()) {
    const absl::StatusOr<ActivationCode> code = ActivationCode::Parse(text);
    if (!code.ok()) {
      co_return Bad("activation_code: " + std::string(code.status().message()));
    }
    if (code->smdp_address() != options_.smdp_address) {
      DeviceResult elsewhere;
      elsewhere.failure = {"8.8.1", "3.8", "the code names another SM-DP+"};
      co_return Json(200, ToJson(elsewhere));
    }
    download.matching_id = code->matching_id();
  }
  DeviceResult result;
  co_await options_.smdp->Change([&](ProfileBook& book, Changes& changes) {
    result = book.DownloadToDevice(download, changes);
  });
  co_return Json(200, ToJson(result));
}

asio::awaitable<http::Response> ControlApi::SendNotice(
    const std::string& body) {
  const json asked = json::parse(body, nullptr, /*allow_exceptions=*/false);
  if (!asked.is_object()) co_return Bad("the body is no JSON object");
  const absl::StatusOr<Iccid> iccid =
      Iccid::ParseFromSmdp(Text(asked, "iccid"));
  if (!iccid.ok()) {
    co_return Bad("iccid: " + std::string(iccid.status().message()));
  }
  Notice notice;
  notice.id = NewUuid(crypto::SystemRandom());
  notice.iccid = iccid->str();
  notice.profile_type = Text(asked, "profile_type", "UNKNOWN");
  notice.eid = Text(asked, "eid");
  notice.point = static_cast<int>(Number(asked, "point", 4));
  notice.time_seconds =
      Number(asked, "time_seconds", absl::ToUnixSeconds(options_.clock->Now()));
  if (asked.contains("subject_code")) {
    notice.failure = {Text(asked, "subject_code"), Text(asked, "reason_code"),
                      Text(asked, "message")};
  }
  co_await options_.smdp->Change([&notice](ProfileBook&, Changes& changes) {
    changes.notices.push_back(notice);
  });
  co_return Json(200, {{"id", notice.id}});
}

http::Response ControlApi::SetFault(const std::string& body) {
  const json asked = json::parse(body, nullptr, /*allow_exceptions=*/false);
  if (!asked.is_object()) return Bad("the body is no JSON object");
  const std::string function = Text(asked, "function");
  if (function != "downloadOrder" && function != "confirmOrder" &&
      function != "cancelOrder" && function != "releaseProfile" &&
      function != "handleDownloadProgressInfo") {
    return Bad("function is unknown");
  }
  const auto kind = FaultKindByName(Text(asked, "kind"));
  if (!kind.has_value()) return Bad("kind is unknown");
  Fault fault;
  fault.kind = *kind;
  fault.code.subject = Text(asked, "subject_code", "1.6");
  fault.code.reason = Text(asked, "reason_code", "4.2");
  fault.delay = absl::Milliseconds(Number(asked, "delay_ms", 1000));
  fault.http_status = static_cast<int>(Number(asked, "http_status", 503));
  options_.faults->Set(function, fault,
                       static_cast<int>(Number(asked, "count", 1)));
  return Json(200, {{"function", function}});
}

http::Response ControlApi::State() const {
  json value = {{"states", json::object()}, {"profiles", json::array()}};
  options_.smdp->Look([&value](const ProfileBook& book) {
    for (const auto& [state, count] : book.CountByState()) {
      value["states"][std::string(smdp_plus::NameOf(state))] = count;
    }
    for (const Profile& profile : book.Touched()) {
      value["profiles"].push_back(smdp_plus::ToJson(profile));
    }
  });
  value["notices"] = {{"undelivered", options_.smdp->UndeliveredCount()},
                      {"delivered", options_.notices->delivered_count()},
                      {"failed_calls", options_.notices->failed_call_count()}};
  return Json(200, value);
}

http::Response ControlApi::OneProfile(std::string_view iccid) const {
  const absl::StatusOr<Iccid> parsed = Iccid::ParseFromSmdp(iccid);
  std::optional<json> value;
  if (parsed.ok()) {
    options_.smdp->Look([&](const ProfileBook& book) {
      const Profile* profile = book.Find(parsed->str());
      if (profile != nullptr) value = smdp_plus::ToJson(*profile);
    });
  }
  if (!value.has_value()) return Json(404, {{"error", "ICCID is unknown"}});
  return Json(200, *value);
}

}  // namespace shiming::smdp_plus
