#include "services/profile_order/smdp/smdp_port.h"

namespace shiming::profile_order::smdp {

std::string_view NameOf(Function function) {
  switch (function) {
    case Function::kDownloadOrder:
      return "downloadOrder";
    case Function::kConfirmOrder:
      return "confirmOrder";
    case Function::kReleaseProfile:
      return "releaseProfile";
    case Function::kCancelOrder:
      return "cancelOrder";
  }
  return "unknown";
}

std::string Answer::StatusCode() const {
  if (subject_code.empty() && reason_code.empty()) return "";
  return subject_code + "/" + reason_code;
}

}  // namespace shiming::profile_order::smdp
