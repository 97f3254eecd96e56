// ES2+ handleDownloadProgressInfo as it arrives: JSON, parsed liberally
// (SGP.22 v2.2 §5.3.5, §6.5.2.5; deviations met in the field).
#ifndef SHIMING_COMMON_ES2PLUS_NOTICE_H_
#define SHIMING_COMMON_ES2PLUS_NOTICE_H_

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace shiming::es2plus {

// The path behind a base URL.
inline constexpr std::string_view kNoticePath =
    "/gsma/rsp2/es2plus/handleDownloadProgressInfo";

// A larger body is no notice.
inline constexpr size_t kMaxNoticeBytes = 64 * 1024;

// One notice. Nothing in it is proven but by the TLS peer that sent it.
struct Notice {
  std::string requester;     // functionRequesterIdentifier
  std::string call_id;       // functionCallIdentifier; may repeat or be ""
  std::string iccid;         // without F; its check digit may be wrong
  std::string eid;           // "" when absent or not well-formed
  std::string profile_type;  // "" when absent
  // 1 eligibility, 2 confirmation, 3 download, 4 installation; others may come
  // (0…99 the specification's, from 100 private).
  int point = 0;
  // Executed-Success or Executed-WithWarning.
  bool success = false;
  std::string subject_code;  // "8.1.1", "" when absent
  std::string reason_code;   // "3.8", "" when absent
  std::string timestamp;     // as sent, "" when absent
  // The same as a time; nullopt when absent or in no known form.
  std::optional<absl::Time> time;
  std::string result_data;  // base64 as sent, "" when absent
};

// Parses a body. Tolerated: the point as a string, `timeStamp`, epoch seconds,
// an ICCID with F, members more or less than those below. INVALID_ARGUMENT
// (INVALID_REQUEST, naming the field) unless it is a JSON object with iccid,
// notificationPointId and notificationPointStatus.status. Thread-safe.
absl::StatusOr<Notice> ParseNotice(std::string_view body);

// Its functionRequesterIdentifier alone, "" if there is none.
// INVALID_ARGUMENT (INVALID_REQUEST) if the body is no JSON object.
absl::StatusOr<std::string> RequesterOfNotice(std::string_view body);

}  // namespace shiming::es2plus

#endif  // SHIMING_COMMON_ES2PLUS_NOTICE_H_
