#include "services/profile_order/core/notice.h"

#include <string_view>

#include "common/crypto/digest.h"
#include "common/crypto/encoding.h"

namespace shiming::profile_order {

std::string DigestOf(const DownloadNotice& notice) {
  crypto::Sha256Hasher hasher;
  const std::string point = std::to_string(notice.point);
  const std::string_view status = notice.success ? "success" : "failed";
  for (std::string_view part :
       {std::string_view(notice.smdp_peer), std::string_view(notice.iccid),
        std::string_view(point), status, std::string_view(notice.status_code),
        std::string_view(notice.timestamp)}) {
    hasher.Update(part).Update(std::string_view("\0", 1));
  }
  return crypto::ToHex(hasher.Finish());
}

}  // namespace shiming::profile_order
