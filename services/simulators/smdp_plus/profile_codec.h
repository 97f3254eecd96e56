// The journal's lines and the control API's view of a profile, as JSON.
#ifndef SHIMING_SERVICES_SIMULATORS_SMDP_PLUS_PROFILE_CODEC_H_
#define SHIMING_SERVICES_SIMULATORS_SMDP_PLUS_PROFILE_CODEC_H_

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "services/simulators/smdp_plus/profile_book.h"

namespace shiming::smdp_plus {

// One line of the journal.
struct JournalRecord {
  Changes changes;
  std::vector<std::string> delivered;  // ids of notices answered with 204
};

std::string EncodeRecord(const JournalRecord& record);

// kDataLoss if the line was not written by EncodeRecord.
absl::StatusOr<JournalRecord> DecodeRecord(std::string_view line);

nlohmann::json ToJson(const Profile& profile);

}  // namespace shiming::smdp_plus

#endif  // SHIMING_SERVICES_SIMULATORS_SMDP_PLUS_PROFILE_CODEC_H_
