#include "services/simulators/smdp_plus/profile_codec.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "absl/status/status.h"
#include "common/crypto/encoding.h"

namespace shiming::smdp_plus {
namespace {

using nlohmann::json;

json ToJson(const StatusCode& code) {
  return {{"subject_code", code.subject},
          {"reason_code", code.reason},
          {"message", code.message}};
}

StatusCode StatusCodeFrom(const json& value) {
  return {value.at("subject_code"), value.at("reason_code"),
          value.at("message")};
}

json ToJson(const Notice& notice) {
  json value = {{"id", notice.id},
                {"iccid", notice.iccid},
                {"profile_type", notice.profile_type},
                {"eid", notice.eid},
                {"point", notice.point},
                {"time", notice.time_seconds}};
  if (notice.failure.has_value()) value["failure"] = ToJson(*notice.failure);
  return value;
}

Notice NoticeFrom(const json& value) {
  Notice notice;
  notice.id = value.at("id");
  notice.iccid = value.at("iccid");
  notice.profile_type = value.at("profile_type");
  notice.eid = value.at("eid");
  notice.point = value.at("point");
  notice.time_seconds = value.at("time");
  if (value.contains("failure")) {
    notice.failure = StatusCodeFrom(value.at("failure"));
  }
  return notice;
}

// Throws what nlohmann throws; DecodeRecord catches it.
Profile ProfileFrom(const json& value) {
  Profile profile;
  profile.iccid = value.at("iccid");
  profile.profile_type = value.at("profile_type");
  profile.state =
      ProfileStateByName(value.at("state").get<std::string>()).value();
  profile.eid = value.value("eid", "");
  if (value.contains("matching_id")) profile.matching_id = value["matching_id"];
  const std::string hash = value.value("confirmation_hash", "");
  profile.confirmation_hash = crypto::FromHex(hash).value();
  profile.download_attempts = value.value("download_attempts", 0);
  profile.confirmation_failures = value.value("confirmation_failures", 0);
  if (value.contains("error")) profile.error = StatusCodeFrom(value["error"]);
  if (value.contains("notice_seconds")) {
    value["notice_seconds"].get_to(profile.notice_seconds);
  }
  return profile;
}

}  // namespace

json ToJson(const Profile& profile) {
  json value = {{"iccid", profile.iccid},
                {"profile_type", profile.profile_type},
                {"state", std::string(NameOf(profile.state))}};
  if (!profile.eid.empty()) value["eid"] = profile.eid;
  if (profile.matching_id.has_value()) {
    value["matching_id"] = *profile.matching_id;
  }
  if (!profile.confirmation_hash.empty()) {
    value["confirmation_hash"] = crypto::ToHex(profile.confirmation_hash);
  }
  if (profile.download_attempts > 0) {
    value["download_attempts"] = profile.download_attempts;
  }
  if (profile.confirmation_failures > 0) {
    value["confirmation_failures"] = profile.confirmation_failures;
  }
  if (!profile.error.subject.empty()) value["error"] = ToJson(profile.error);
  if (!profile.notice_seconds.empty()) {
    value["notice_seconds"] = profile.notice_seconds;
  }
  return value;
}

std::string EncodeRecord(const JournalRecord& record) {
  json line = json::object();
  for (const Profile& profile : record.changes.profiles) {
    line["profiles"].push_back(ToJson(profile));
  }
  for (const Notice& notice : record.changes.notices) {
    line["notices"].push_back(ToJson(notice));
  }
  if (!record.delivered.empty()) line["delivered"] = record.delivered;
  return line.dump(-1, ' ', false, json::error_handler_t::replace);
}

absl::StatusOr<JournalRecord> DecodeRecord(std::string_view line) {
  JournalRecord record;
  try {
    const json value = json::parse(line);
    for (const json& profile : value.value("profiles", json::array())) {
      record.changes.profiles.push_back(ProfileFrom(profile));
    }
    for (const json& notice : value.value("notices", json::array())) {
      record.changes.notices.push_back(NoticeFrom(notice));
    }
    for (const json& id : value.value("delivered", json::array())) {
      record.delivered.push_back(id);
    }
  } catch (const std::exception& error) {
    return absl::DataLossError(error.what());
  }
  return record;
}

}  // namespace shiming::smdp_plus
