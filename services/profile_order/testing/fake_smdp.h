// An SM-DP+ in memory behind SmdpPort, honest unless told otherwise.
#ifndef SHIMING_SERVICES_PROFILE_ORDER_TESTING_FAKE_SMDP_H_
#define SHIMING_SERVICES_PROFILE_ORDER_TESTING_FAKE_SMDP_H_

#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "services/profile_order/smdp/smdp_port.h"

namespace shiming::profile_order::testing {

// Keeps the state table of the sgp22 reference, section 9; repeats get the
// unkind answers of section 12 (8.2.1/3.3, 8.2.6/3.3, 8.2.1/3.9). Thread-safe.
class FakeSmdp final : public smdp::SmdpPort {
 public:
  enum class State {
    kAvailable,
    kLinked,
    kConfirmed,
    kReleased,
    kDownloaded,
    kInstalled,
    kError,
    kUnavailable,
  };
  enum class Fault {
    kNone,
    kNotSent,
    kLoseRequest,  // unknown, without effect
    kLoseAnswer,   // unknown, with effect
    kRefuse,       // `code`, without effect
  };

  boost::asio::awaitable<smdp::Answer> Call(smdp::Request request) override;

  // The next call of the function meets this. Several line up.
  void Next(smdp::Function function, Fault fault, std::string code = "");
  // Called before each call is looked at, from the worker's coroutine.
  void OnCall(std::function<void(smdp::Function)> hook);

  State StateOf(const std::string& iccid) const;
  void SetState(const std::string& iccid, State state);
  std::string EidOf(const std::string& iccid) const;
  std::string MatchingIdOf(const std::string& iccid) const;
  // Calls that reached it, in order, with faults.
  std::vector<smdp::Function> Calls() const;
  // functionCallIdentifiers of the calls of one function, in order.
  std::vector<std::string> CallIds(smdp::Function function) const;
  // The final status of the last cancelOrder that took effect.
  bool last_cancel_was_available() const;
  // smdpAddress of confirmOrder; empty: none.
  void set_address(std::string address);

 private:
  struct Profile {
    State state = State::kAvailable;
    std::string eid;
    std::string matching_id;
  };
  struct Planned {
    Fault fault = Fault::kNone;
    std::string code;
  };

  smdp::Answer Execute(const smdp::Request& request);

  mutable std::mutex mutex_;
  std::map<std::string, Profile> profiles_;
  std::map<smdp::Function, std::deque<Planned>> faults_;
  std::vector<smdp::Function> calls_;
  std::map<smdp::Function, std::vector<std::string>> call_ids_;
  std::function<void(smdp::Function)> hook_;
  std::string address_;
  bool last_cancel_was_available_ = false;
};

}  // namespace shiming::profile_order::testing

#endif  // SHIMING_SERVICES_PROFILE_ORDER_TESTING_FAKE_SMDP_H_
