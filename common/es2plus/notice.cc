#include "common/es2plus/notice.h"

#include <cstdint>
#include <nlohmann/json.hpp>
#include <utility>

#include "absl/strings/numbers.h"
#include "common/ids/eid.h"
#include "common/ids/iccid.h"
#include "common/status/reason.h"
#include "common/status/status_macros.h"

namespace shiming::es2plus {
namespace {

using nlohmann::json;

absl::Status Invalid(std::string field, std::string_view why) {
  return MakeError(Reason::INVALID_REQUEST, why, {.field = std::move(field)});
}

// The member, or null if `object` is none or does not have it.
const json& Member(const json& object, const char* name) {
  static const json& null = *new json();
  if (!object.is_object()) return null;
  const auto place = object.find(name);
  return place == object.end() ? null : *place;
}

std::string Text(const json& object, const char* name) {
  const json& member = Member(object, name);
  return member.is_string() ? member.get<std::string>() : "";
}

// A whole number, also one in a string.
std::optional<int64_t> Number(const json& member) {
  if (member.is_number_integer()) return member.get<int64_t>();
  int64_t number = 0;
  if (member.is_string() &&
      absl::SimpleAtoi(member.get<std::string>(), &number)) {
    return number;
  }
  return std::nullopt;
}

absl::StatusOr<json> ParseObject(std::string_view body) {
  if (body.size() > kMaxNoticeBytes) return Invalid("body", "too large");
  json parsed = json::parse(body, nullptr, /*allow_exceptions=*/false);
  if (!parsed.is_object()) return Invalid("body", "no JSON object");
  return parsed;
}

void ReadTime(const json& body, Notice& notice) {
  for (const char* name : {"timestamp", "timeStamp"}) {
    const json& member = Member(body, name);
    if (member.is_null()) continue;
    if (const auto seconds = Number(member); seconds.has_value()) {
      notice.timestamp = std::to_string(*seconds);
      notice.time = absl::FromUnixSeconds(*seconds);
    } else if (member.is_string()) {
      notice.timestamp = member.get<std::string>();
      absl::Time time;
      std::string error;
      if (absl::ParseTime(absl::RFC3339_full, notice.timestamp, &time,
                          &error)) {
        notice.time = time;
      }
    }
    return;
  }
}

}  // namespace

absl::StatusOr<Notice> ParseNotice(std::string_view text) {
  ASSIGN_OR_RETURN(const json body, ParseObject(text));
  Notice notice;
  const json& header = Member(body, "header");
  notice.requester = Text(header, "functionRequesterIdentifier");
  notice.call_id = Text(header, "functionCallIdentifier");
  const absl::StatusOr<Iccid> iccid = Iccid::ParseFromSmdp(Text(body, "iccid"));
  if (!iccid.ok()) return Invalid("iccid", "missing or malformed");
  notice.iccid = iccid->str();
  const absl::StatusOr<Eid> eid = Eid::Parse(Text(body, "eid"));
  if (eid.ok()) notice.eid = eid->str();
  notice.profile_type = Text(body, "profileType");
  const auto point = Number(Member(body, "notificationPointId"));
  if (!point.has_value() || *point < 0 || *point > INT32_MAX) {
    return Invalid("notificationPointId", "missing or no number");
  }
  notice.point = static_cast<int>(*point);
  const json& status = Member(body, "notificationPointStatus");
  const std::string name = Text(status, "status");
  if (name.empty()) {
    return Invalid("notificationPointStatus.status", "missing");
  }
  notice.success = name == "Executed-Success" || name == "Executed-WithWarning";
  const json& codes = Member(status, "statusCodeData");
  notice.subject_code = Text(codes, "subjectCode");
  notice.reason_code = Text(codes, "reasonCode");
  ReadTime(body, notice);
  notice.result_data = Text(body, "resultData");
  return notice;
}

absl::StatusOr<std::string> RequesterOfNotice(std::string_view text) {
  ASSIGN_OR_RETURN(const json body, ParseObject(text));
  return Text(Member(body, "header"), "functionRequesterIdentifier");
}

}  // namespace shiming::es2plus
