// The stable reasons of every refusal (DESIGN 10). All of them are listed in
// reasons.inc, one line each; docs/error_reasons.md is held against that file
// by a test.
#ifndef SHIMING_COMMON_STATUS_REASON_H_
#define SHIMING_COMMON_STATUS_REASON_H_

// Included first so that its macro NO_ADDRESS, which is a reason here, can be
// taken away for good whatever a file includes later (Asio includes it).
#include <netdb.h>
#undef NO_ADDRESS

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace shiming {

// kEidBadX in code is not used: the enumerator is the reason's own name, so
// that a search finds both.
enum class Reason {
#define REASON(name, code, zh, en) name,
#include "common/status/reasons.inc"
#undef REASON
};

// What is known of a reason. All texts live for ever.
struct ReasonInfo {
  Reason reason;
  std::string_view name;  // "BAD_CHECK_DIGIT"
  absl::StatusCode code;  // the status code it always comes with
  std::string_view zh;    // for the clerk: what happened, what to do next
  std::string_view en;    // the same in English
};

// All reasons in the order of reasons.inc.
const std::vector<ReasonInfo>& AllReasons();
const ReasonInfo& InfoOf(Reason reason);
std::string_view NameOf(Reason reason);
std::optional<Reason> ReasonByName(std::string_view name);

// Optional parts of an error; what is absent is not sent.
struct ErrorParts {
  // Path of the wrong field ("device.eid"); becomes BadRequest.
  std::string field;
  // Variables; keys lowerCamelCase. Never personal data, codes or keys.
  std::map<std::string, std::string> metadata;
  // How long to wait before a retry helps; becomes RetryInfo.
  std::optional<absl::Duration> retry_delay;
};

// A status with the reason's code. `message` is for engineers and never holds
// personal data, codes or keys.
absl::Status MakeError(Reason reason, std::string_view message,
                       const ErrorParts& parts = {});

// The reason of a status made by MakeError, else nullopt.
std::optional<Reason> ReasonOf(const absl::Status& status);

// True when `status` was made with `reason`.
bool HasReason(const absl::Status& status, Reason reason);

// The parts that MakeError stored (empty ones for a foreign status).
ErrorParts PartsOf(const absl::Status& status);

// The same error, with its field path prefixed: "eid" under "device" becomes
// "device.eid". A status without a reason comes back as it is.
absl::Status Under(std::string_view parent_field, const absl::Status& status);

}  // namespace shiming

#endif  // SHIMING_COMMON_STATUS_REASON_H_
