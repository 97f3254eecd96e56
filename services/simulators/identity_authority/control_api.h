// Control of the simulated authority for tests, on loopback.
#ifndef SHIMING_SERVICES_SIMULATORS_IDENTITY_AUTHORITY_CONTROL_API_H_
#define SHIMING_SERVICES_SIMULATORS_IDENTITY_AUTHORITY_CONTROL_API_H_

#include <boost/asio/awaitable.hpp>

#include "common/http/message.h"
#include "services/simulators/identity_authority/rule_book.h"

namespace shiming::identity_authority {

namespace asio = boost::asio;

// Thread-safe. README.md lists paths and members.
class ControlApi {
 public:
  // `rules` must outlive this.
  explicit ControlApi(RuleBook& rules) : rules_(rules) {}

  asio::awaitable<http::Response> Answer(const http::Request& request);

 private:
  http::Response SetRule(const http::Request& request);
  http::Response SetDelay(const http::Request& request);

  RuleBook& rules_;
};

}  // namespace shiming::identity_authority

#endif  // SHIMING_SERVICES_SIMULATORS_IDENTITY_AUTHORITY_CONTROL_API_H_
