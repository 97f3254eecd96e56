// The listener on loopback: devices that download, and control for tests.
#ifndef SHIMING_SERVICES_SIMULATORS_SMDP_PLUS_CONTROL_API_H_
#define SHIMING_SERVICES_SIMULATORS_SMDP_PLUS_CONTROL_API_H_

#include <boost/asio/awaitable.hpp>
#include <string>

#include "common/http/message.h"
#include "common/time/clock.h"
#include "services/simulators/smdp_plus/faults.h"
#include "services/simulators/smdp_plus/notice_sender.h"
#include "services/simulators/smdp_plus/smdp.h"

namespace shiming::smdp_plus {

// Thread-safe. README.md lists paths and members.
class ControlApi {
 public:
  struct Options {
    std::string smdp_address;  // a code that names another one is refused
    Smdp* smdp = nullptr;      // all must outlive this
    FaultPlan* faults = nullptr;
    NoticeSender* notices = nullptr;
    const Clock* clock = nullptr;
  };

  explicit ControlApi(Options options);

  asio::awaitable<http::Response> Answer(const http::Request& request);

 private:
  asio::awaitable<http::Response> DeviceDownload(const std::string& body);
  asio::awaitable<http::Response> SendNotice(const std::string& body);
  http::Response SetFault(const std::string& body);
  http::Response State() const;
  http::Response OneProfile(std::string_view iccid) const;

  const Options options_;
};

}  // namespace shiming::smdp_plus

#endif  // SHIMING_SERVICES_SIMULATORS_SMDP_PLUS_CONTROL_API_H_
