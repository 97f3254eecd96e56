#include "services/profile_order/smdp/es2plus_json.h"

#include <nlohmann/json.hpp>
#include <tuple>
#include <utility>

namespace shiming::profile_order::smdp {
namespace {

using nlohmann::json;

constexpr size_t kMaxTextBytes = 512;

std::string Dump(const json& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::string Padded(const std::string& iccid) {
  return iccid.size() < 20 ? iccid + "F" : iccid;
}

std::string Normalised(std::string iccid) {
  if (!iccid.empty() && (iccid.back() == 'F' || iccid.back() == 'f')) {
    iccid.pop_back();
  }
  return iccid;
}

// The text member, or "" if it is absent or of another type.
std::string Text(const json& object, const char* name) {
  if (!object.is_object()) return "";
  const auto member = object.find(name);
  if (member == object.end() || !member->is_string()) return "";
  std::string text = member->get<std::string>();
  return text.size() > kMaxTextBytes ? "" : text;
}

const json& Member(const json& object, const char* name) {
  static const json& nothing = *new json();
  if (!object.is_object()) return nothing;
  const auto member = object.find(name);
  return member == object.end() ? nothing : *member;
}

// The codes of a status object; empty without them.
std::pair<std::string, std::string> Codes(const json& status) {
  const json& data = Member(status, "statusCodeData");
  return {Text(data, "subjectCode"), Text(data, "reasonCode")};
}

}  // namespace

std::string PathOf(Function function) {
  return "/gsma/rsp2/es2plus/" + std::string(NameOf(function));
}

std::string EncodeRequest(const Request& request, std::string_view requester) {
  json body;
  body["header"] = {{"functionRequesterIdentifier", std::string(requester)},
                    {"functionCallIdentifier", request.call_id}};
  body["iccid"] = Padded(request.iccid);
  switch (request.function) {
    case Function::kDownloadOrder:
      body["eid"] = request.eid;
      break;
    case Function::kConfirmOrder:
      body["eid"] = request.eid;
      body["matchingId"] = std::string(request.matching_id.Reveal());
      // Never downloadable before the reveal (DESIGN 3).
      body["releaseFlag"] = false;
      break;
    case Function::kReleaseProfile:
      break;
    case Function::kCancelOrder:
      body["eid"] = request.eid;
      if (!request.matching_id.empty()) {
        body["matchingId"] = std::string(request.matching_id.Reveal());
      }
      body["finalProfileStatusIndicator"] =
          request.final_available ? "Available" : "Unavailable";
      break;
  }
  return Dump(body);
}

Answer DecodeAnswer(std::string_view text) {
  Answer answer;
  const json body = json::parse(text.begin(), text.end(), nullptr,
                                /*allow_exceptions=*/false);
  if (!body.is_object()) {
    answer.why = "the answer is no JSON object";
    return answer;
  }
  const json& status =
      Member(Member(body, "header"), "functionExecutionStatus");
  const std::string word = Text(status, "status");
  if (word == "Executed-Success" || word == "Executed-WithWarning") {
    answer.kind = Answer::Kind::kDone;
    answer.iccid = Normalised(Text(body, "iccid"));
    answer.eid = Text(body, "eid");
    answer.smdp_address = Text(body, "smdpAddress");
    answer.matching_id = crypto::Secret(Text(body, "matchingId"));
    return answer;
  }
  // "Expired" belongs to SGP.02 and is taken as Failed (reference, 7.2).
  if (word == "Failed" || word == "Expired") {
    answer.kind = Answer::Kind::kRefused;
    std::tie(answer.subject_code, answer.reason_code) = Codes(status);
    answer.why = "the SM-DP+ refused";
    return answer;
  }
  answer.why = "the answer has no status";
  return answer;
}

}  // namespace shiming::profile_order::smdp
