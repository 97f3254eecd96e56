#include "services/simulators/smdp_plus/es2plus_api.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "common/ids/eid.h"
#include "common/ids/iccid.h"

namespace shiming::smdp_plus {
namespace {

using nlohmann::json;

// The version that is shared with all callers (SGP.22 v2.2 §6.2).
constexpr char kAdminProtocol[] = "gsma/rsp/v2.2.0";
constexpr std::string_view kBasePath = "/gsma/rsp2/es2plus/";

std::string Dump(const json& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

http::Response Finish(http::Response response) {
  response.headers.push_back({"X-Admin-Protocol", kAdminProtocol});
  return response;
}

http::Response Success(json members) {
  members["header"]["functionExecutionStatus"]["status"] = "Executed-Success";
  return Finish(http::JsonResponse(200, Dump(members)));
}

http::Response Failed(const StatusCode& code) {
  const json body = {{"header",
                      {{"functionExecutionStatus",
                        {{"status", "Failed"},
                         {"statusCodeData",
                          {{"subjectCode", code.subject},
                           {"reasonCode", code.reason},
                           {"message", code.message}}}}}}}};
  return Finish(http::JsonResponse(200, Dump(body)));
}

StatusCode Missing(const char* member) {
  return {"1.6", "2.2", std::string(member) + " is missing"};
}

StatusCode Malformed(const char* member) {
  return {"1.6", "2.1", std::string(member) + " is malformed"};
}

}  // namespace

// One call, its JSON parsed.
struct Es2PlusApi::Call {
  std::string function;
  json body;

  // The text member, or nullopt if it is absent or null. Sets `failure` if it
  // is of another type.
  std::optional<std::string> Text(const char* name, Failure& failure) const {
    const auto member = body.find(name);
    if (member == body.end() || member->is_null()) return std::nullopt;
    if (!member->is_string()) {
      failure = Malformed(name);
      return std::nullopt;
    }
    return member->get<std::string>();
  }

  // The ICCID without F, or "" if absent.
  std::string IccidMember(Failure& failure) const {
    const auto text = Text("iccid", failure);
    if (!text.has_value()) return "";
    const absl::StatusOr<Iccid> iccid = Iccid::ParseFromSmdp(*text);
    if (!iccid.ok()) {
      failure = Malformed("iccid");
      return "";
    }
    return iccid->str();
  }

  std::string EidMember(Failure& failure) const {
    const auto text = Text("eid", failure);
    if (!text.has_value()) return "";
    if (!Eid::Parse(*text).ok()) failure = Malformed("eid");
    return *text;
  }

  // The mandatory ICCID.
  std::string NeedIccid(Failure& failure) const {
    std::string iccid = IccidMember(failure);
    if (iccid.empty() && !failure.has_value()) failure = Missing("iccid");
    return iccid;
  }
};

struct Es2PlusApi::Executed {
  Failure failure;
  json members = json::object();
};

Es2PlusApi::Es2PlusApi(Options options, Smdp& smdp, FaultPlan& faults)
    : options_(std::move(options)), smdp_(smdp), faults_(faults) {}

asio::awaitable<http::Response> Es2PlusApi::Answer(
    const http::Request& request) {
  const std::string_view path = request.path();
  const size_t base = path.find(kBasePath);
  Call call;
  if (base != path.npos) {
    call.function = std::string(path.substr(base + kBasePath.size()));
  }
  if (call.function != "downloadOrder" && call.function != "confirmOrder" &&
      call.function != "cancelOrder" && call.function != "releaseProfile") {
    co_return Finish(http::TextResponse(404, "no such function\n"));
  }
  if (request.method != "POST") {
    co_return Finish(http::TextResponse(405, "only POST\n"));
  }
  if (http::MediaType(request.header("Content-Type")) != "application/json") {
    co_return Finish(http::TextResponse(415, "only application/json\n"));
  }
  call.body = json::parse(request.body, nullptr, /*allow_exceptions=*/false);
  if (!call.body.is_object()) {
    co_return Finish(http::TextResponse(400, "the body is no JSON object\n"));
  }
  const std::string_view protocol = request.header("X-Admin-Protocol");
  if (protocol.substr(0, 10) != "gsma/rsp/v") {
    co_return Failed({"1.3.2", "3.1", "X-Admin-Protocol is missing"});
  }
  const json header = call.body.value("header", json());
  if (!header.is_object() ||
      !header.value("functionRequesterIdentifier", json()).is_string() ||
      !header.value("functionCallIdentifier", json()).is_string()) {
    co_return Failed(Missing("header"));
  }
  if (header["functionRequesterIdentifier"] != options_.requester) {
    co_return Failed({"1.1", "1.1", "the caller is unknown"});
  }
  if (const auto fault = faults_.Take(call.function); fault.has_value()) {
    co_return co_await AnswerWithFault(call, *fault);
  }
  const Executed executed = co_await Execute(call);
  if (executed.failure.has_value()) co_return Failed(*executed.failure);
  co_return Success(executed.members);
}

asio::awaitable<http::Response> Es2PlusApi::AnswerWithFault(
    const Call& call, const Fault& fault) {
  switch (fault.kind) {
    case FaultKind::kRefuse:
      co_return Failed(fault.code);
    case FaultKind::kHttpError:
      co_return Finish(http::TextResponse(fault.http_status, "test\n"));
    case FaultKind::kDropRequest: {
      http::Response nothing;
      nothing.delivery = http::Delivery::kNone;
      co_return nothing;
    }
    case FaultKind::kLieSuccess: {
      json members = json::object();
      for (const char* name : {"iccid", "matchingId", "eid"}) {
        if (call.body.contains(name)) members[name] = call.body[name];
      }
      co_return Success(std::move(members));
    }
    default:
      break;
  }
  const Executed executed = co_await Execute(call);
  http::Response response = executed.failure.has_value()
                                ? Failed(*executed.failure)
                                : Success(executed.members);
  switch (fault.kind) {
    case FaultKind::kDropAnswer:
      response.delivery = http::Delivery::kNone;
      break;
    case FaultKind::kCutAnswer:
      response.delivery = http::Delivery::kCutBody;
      break;
    case FaultKind::kNotJson:
      response.body = "<html>test</html>";
      break;
    case FaultKind::kLieFailure:
      response = Failed(fault.code);
      break;
    case FaultKind::kLate: {
      asio::steady_timer timer(co_await asio::this_coro::executor);
      timer.expires_after(absl::ToChronoNanoseconds(fault.delay));
      co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
      break;
    }
    default:
      break;
  }
  co_return response;
}

asio::awaitable<Es2PlusApi::Executed> Es2PlusApi::Execute(const Call& call) {
  if (call.function == "downloadOrder") return Download(call);
  if (call.function == "confirmOrder") return Confirm(call);
  if (call.function == "cancelOrder") return Cancel(call);
  return Release(call);
}

asio::awaitable<Es2PlusApi::Executed> Es2PlusApi::Download(const Call& call) {
  Executed executed;
  DownloadOrder order;
  order.iccid = call.IccidMember(executed.failure);
  order.eid = call.EidMember(executed.failure);
  order.profile_type = call.Text("profileType", executed.failure).value_or("");
  if (executed.failure.has_value()) co_return executed;
  if (order.iccid.empty() && order.profile_type.empty()) {
    executed.failure = {"1.6", "2.3", "iccid or profileType is needed"};
    co_return executed;
  }
  std::string iccid;
  co_await smdp_.Change([&](ProfileBook& book, Changes& changes) {
    executed.failure = book.Download(order, iccid, changes);
  });
  executed.members["iccid"] = iccid;
  co_return executed;
}

asio::awaitable<Es2PlusApi::Executed> Es2PlusApi::Confirm(const Call& call) {
  Executed executed;
  ConfirmOrder order;
  order.iccid = call.NeedIccid(executed.failure);
  order.eid = call.EidMember(executed.failure);
  order.matching_id = call.Text("matchingId", executed.failure);
  order.confirmation_code =
      call.Text("confirmationCode", executed.failure).value_or("");
  order.smds_address = call.Text("smdsAddress", executed.failure).value_or("");
  const json release = call.body.value("releaseFlag", json());
  if (release.is_null()) {
    executed.failure = Missing("releaseFlag");
  } else if (!release.is_boolean()) {
    executed.failure = Malformed("releaseFlag");
  }
  if (executed.failure.has_value()) co_return executed;
  order.release = release.get<bool>();
  Profile profile;
  co_await smdp_.Change([&](ProfileBook& book, Changes& changes) {
    executed.failure = book.Confirm(order, profile, changes);
  });
  executed.members["matchingId"] = profile.matching_id.value_or("");
  if (!profile.eid.empty()) executed.members["eid"] = profile.eid;
  executed.members["smdpAddress"] = options_.smdp_address;
  co_return executed;
}

asio::awaitable<Es2PlusApi::Executed> Es2PlusApi::Cancel(const Call& call) {
  Executed executed;
  CancelOrder order;
  order.iccid = call.NeedIccid(executed.failure);
  order.eid = call.EidMember(executed.failure);
  order.matching_id = call.Text("matchingId", executed.failure).value_or("");
  const auto final_state =
      call.Text("finalProfileStatusIndicator", executed.failure);
  if (!final_state.has_value()) {
    if (!executed.failure.has_value()) {
      executed.failure = Missing("finalProfileStatusIndicator");
    }
  } else if (*final_state != "Available" && *final_state != "Unavailable") {
    executed.failure = Malformed("finalProfileStatusIndicator");
  }
  if (executed.failure.has_value()) co_return executed;
  order.back_to_stock = *final_state == "Available";
  co_await smdp_.Change([&](ProfileBook& book, Changes& changes) {
    executed.failure = book.Cancel(order, changes);
  });
  co_return executed;
}

asio::awaitable<Es2PlusApi::Executed> Es2PlusApi::Release(const Call& call) {
  Executed executed;
  const std::string iccid = call.NeedIccid(executed.failure);
  if (executed.failure.has_value()) co_return executed;
  co_await smdp_.Change([&](ProfileBook& book, Changes& changes) {
    executed.failure = book.Release(iccid, changes);
  });
  co_return executed;
}

}  // namespace shiming::smdp_plus
