// What the order worker asks of an SM-DP+ (SGP.22 v2.2 section 5.3, ES2+), and
// what can come back.
#ifndef SHIMING_SERVICES_PROFILE_ORDER_SMDP_SMDP_PORT_H_
#define SHIMING_SERVICES_PROFILE_ORDER_SMDP_SMDP_PORT_H_

#include <boost/asio/awaitable.hpp>
#include <string>
#include <string_view>

#include "common/crypto/secret.h"

namespace shiming::profile_order::smdp {

// The stored numbers never change.
enum class Function : int {
  kDownloadOrder = 1,
  kConfirmOrder = 2,
  kReleaseProfile = 3,
  kCancelOrder = 4,
};

// "downloadOrder": the path's last segment and the metric's label.
std::string_view NameOf(Function function);

// One call. What a function does not take is ignored.
struct Request {
  Function function = Function::kDownloadOrder;
  std::string call_id;  // functionCallIdentifier
  std::string iccid;    // without F
  std::string eid;
  crypto::Secret matching_id;    // confirmOrder; cancelOrder if there is one
  bool final_available = false;  // cancelOrder: back to stock, or never again
};

// What became of a call. "Unknown" is an outcome of its own: a timeout, a 5xx,
// a cut body and a 200 that is no JSON all mean that it may have taken effect
// (sgp22 reference, section 12).
struct Answer {
  enum class Kind { kDone, kRefused, kNotSent, kUnknown };
  Kind kind = Kind::kUnknown;

  // kRefused: both codes, empty if the SM-DP+ gave none.
  std::string subject_code;
  std::string reason_code;
  // kDone, where the function answers them; empty when absent.
  std::string iccid;  // without F
  std::string eid;
  std::string smdp_address;
  crypto::Secret matching_id;
  // For logs: never holds a value of the message.
  std::string why;

  // "8.2.1/3.9", or "" without codes.
  std::string StatusCode() const;
};

// One SM-DP+. Thread-safe. A call sends exactly one request and has its own
// deadline; it does not retry.
class SmdpPort {
 public:
  virtual ~SmdpPort() = default;
  virtual boost::asio::awaitable<Answer> Call(Request request) = 0;
};

}  // namespace shiming::profile_order::smdp

#endif  // SHIMING_SERVICES_PROFILE_ORDER_SMDP_SMDP_PORT_H_
