// One ES2+ handleDownloadProgressInfo notice, parsed (sgp22 reference, 8.5).
#ifndef SHIMING_SERVICES_PROFILE_ORDER_CORE_NOTICE_H_
#define SHIMING_SERVICES_PROFILE_ORDER_CORE_NOTICE_H_

#include <cstdint>
#include <string>

namespace shiming::profile_order {

// Notification points of SGP.22 v2.2 tables 32a to 32c. Others are recorded
// and change nothing.
inline constexpr int kPointEligibility = 1;
inline constexpr int kPointConfirmation = 2;
inline constexpr int kPointDownload = 3;
inline constexpr int kPointInstallation = 4;

struct DownloadNotice {
  std::string smdp_peer;  // configured id of the SM-DP+ that sent it
  std::string iccid;      // without F
  std::string eid;        // empty when absent
  int point = 0;
  bool success = false;
  std::string status_code;  // "8.1.1/3.8"; empty without codes
  std::string timestamp;    // as sent
  // SHA-256 of (peer, iccid, point, status, timestamp), 64 hex digits: the
  // same notice sent again has the same one.
  std::string digest;
};

// The digest of a notice whose other fields are set.
std::string DigestOf(const DownloadNotice& notice);

}  // namespace shiming::profile_order

#endif  // SHIMING_SERVICES_PROFILE_ORDER_CORE_NOTICE_H_
