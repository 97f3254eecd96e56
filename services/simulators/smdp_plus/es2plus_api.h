// ES2+ as the operator calls it: JSON over HTTP (SGP.22 v2.2 §6.5.2) around
// the profiles.
#ifndef SHIMING_SERVICES_SIMULATORS_SMDP_PLUS_ES2PLUS_API_H_
#define SHIMING_SERVICES_SIMULATORS_SMDP_PLUS_ES2PLUS_API_H_

#include <boost/asio/awaitable.hpp>
#include <string>

#include "common/http/message.h"
#include "services/simulators/smdp_plus/faults.h"
#include "services/simulators/smdp_plus/smdp.h"

namespace shiming::smdp_plus {

// Serves downloadOrder, confirmOrder, cancelOrder and releaseProfile. HTTP
// errors are for what is no ES2+ call at all: 404 path, 405 method, 415 type,
// 400 no JSON. Thread-safe.
class Es2PlusApi {
 public:
  struct Options {
    // The functionRequesterIdentifier of the only caller; others are refused
    // with 1.1/1.1.
    std::string requester;
    std::string smdp_address;  // named in confirmOrder's answer
  };

  // `smdp` and `faults` must outlive this.
  Es2PlusApi(Options options, Smdp& smdp, FaultPlan& faults);

  asio::awaitable<http::Response> Answer(const http::Request& request);

 private:
  struct Call;
  struct Executed;
  asio::awaitable<Executed> Execute(const Call& call);
  asio::awaitable<Executed> Download(const Call& call);
  asio::awaitable<Executed> Confirm(const Call& call);
  asio::awaitable<Executed> Cancel(const Call& call);
  asio::awaitable<Executed> Release(const Call& call);
  asio::awaitable<http::Response> AnswerWithFault(const Call& call,
                                                  const Fault& fault);

  const Options options_;
  Smdp& smdp_;
  FaultPlan& faults_;
};

}  // namespace shiming::smdp_plus

#endif  // SHIMING_SERVICES_SIMULATORS_SMDP_PLUS_ES2PLUS_API_H_
