#include "services/profile_order/testing/fake_smdp.h"

#include <utility>

namespace shiming::profile_order::testing {
namespace {

using smdp::Answer;
using smdp::Function;

Answer Done() {
  Answer answer;
  answer.kind = Answer::Kind::kDone;
  return answer;
}

Answer Refused(const std::string& code) {
  Answer answer;
  answer.kind = Answer::Kind::kRefused;
  const size_t slash = code.find('/');
  answer.subject_code = code.substr(0, slash);
  answer.reason_code = slash == code.npos ? "" : code.substr(slash + 1);
  return answer;
}

}  // namespace

boost::asio::awaitable<Answer> FakeSmdp::Call(smdp::Request request) {
  std::function<void(Function)> hook;
  {
    std::lock_guard lock(mutex_);
    hook = hook_;
  }
  if (hook) hook(request.function);
  std::lock_guard lock(mutex_);
  Planned planned;
  std::deque<Planned>& queue = faults_[request.function];
  if (!queue.empty()) {
    planned = queue.front();
    queue.pop_front();
  }
  calls_.push_back(request.function);
  call_ids_[request.function].push_back(request.call_id);
  Answer unknown;
  switch (planned.fault) {
    case Fault::kNone:
      co_return Execute(request);
    case Fault::kNotSent:
      unknown.kind = Answer::Kind::kNotSent;
      co_return unknown;
    case Fault::kLoseRequest:
      co_return unknown;
    case Fault::kLoseAnswer:
      Execute(request);
      co_return unknown;
    case Fault::kRefuse:
      co_return Refused(planned.code);
  }
  co_return unknown;
}

Answer FakeSmdp::Execute(const smdp::Request& request) {
  Profile& profile = profiles_[request.iccid];
  switch (request.function) {
    case Function::kDownloadOrder: {
      if (profile.state != State::kAvailable) return Refused("8.2.1/3.3");
      profile.state = State::kLinked;
      profile.eid = request.eid;
      Answer answer = Done();
      answer.iccid = request.iccid;
      return answer;
    }
    case Function::kConfirmOrder: {
      if (profile.eid != request.eid) return Refused("8.1.1/3.10");
      if (profile.matching_id == request.matching_id.Reveal()) {
        return Refused("8.2.6/3.3");
      }
      if (profile.state != State::kLinked) return Refused("8.2.1/3.5");
      profile.state = State::kConfirmed;
      profile.matching_id = std::string(request.matching_id.Reveal());
      Answer answer = Done();
      answer.eid = profile.eid;
      answer.matching_id = request.matching_id.Copy();
      answer.smdp_address = address_;
      return answer;
    }
    case Function::kReleaseProfile:
      if (profile.state == State::kReleased) return Done();
      if (profile.state != State::kConfirmed) return Refused("8.2.1/3.5");
      profile.state = State::kReleased;
      return Done();
    case Function::kCancelOrder:
      if (profile.state == State::kAvailable ||
          profile.state == State::kUnavailable) {
        return Refused("8.2.1/3.9");
      }
      if (profile.state == State::kDownloaded ||
          profile.state == State::kInstalled) {
        return Refused("8.2.1/3.3");
      }
      if (profile.eid != request.eid) return Refused("8.2.1/3.10");
      if (profile.matching_id != request.matching_id.Reveal()) {
        return Refused("8.2.6/3.10");
      }
      profile = Profile{.state = request.final_available ? State::kAvailable
                                                         : State::kUnavailable};
      last_cancel_was_available_ = request.final_available;
      return Done();
  }
  return Refused("1.6/2.1");
}

void FakeSmdp::Next(Function function, Fault fault, std::string code) {
  std::lock_guard lock(mutex_);
  faults_[function].push_back({.fault = fault, .code = std::move(code)});
}

void FakeSmdp::OnCall(std::function<void(Function)> hook) {
  std::lock_guard lock(mutex_);
  hook_ = std::move(hook);
}

FakeSmdp::State FakeSmdp::StateOf(const std::string& iccid) const {
  std::lock_guard lock(mutex_);
  const auto found = profiles_.find(iccid);
  return found == profiles_.end() ? State::kAvailable : found->second.state;
}

void FakeSmdp::SetState(const std::string& iccid, State state) {
  std::lock_guard lock(mutex_);
  profiles_[iccid].state = state;
}

std::string FakeSmdp::EidOf(const std::string& iccid) const {
  std::lock_guard lock(mutex_);
  const auto found = profiles_.find(iccid);
  return found == profiles_.end() ? "" : found->second.eid;
}

std::string FakeSmdp::MatchingIdOf(const std::string& iccid) const {
  std::lock_guard lock(mutex_);
  const auto found = profiles_.find(iccid);
  return found == profiles_.end() ? "" : found->second.matching_id;
}

std::vector<Function> FakeSmdp::Calls() const {
  std::lock_guard lock(mutex_);
  return calls_;
}

std::vector<std::string> FakeSmdp::CallIds(Function function) const {
  std::lock_guard lock(mutex_);
  const auto found = call_ids_.find(function);
  return found == call_ids_.end() ? std::vector<std::string>() : found->second;
}

bool FakeSmdp::last_cancel_was_available() const {
  std::lock_guard lock(mutex_);
  return last_cancel_was_available_;
}

void FakeSmdp::set_address(std::string address) {
  std::lock_guard lock(mutex_);
  address_ = std::move(address);
}

}  // namespace shiming::profile_order::testing
