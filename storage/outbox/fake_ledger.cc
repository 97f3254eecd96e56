#include "storage/outbox/fake_ledger.h"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/crypto/digest.h"
#include "common/status/reason.h"

namespace shiming::outbox {

std::string FakeLedger::NameOf(const ledger::v1::EventId& id) {
  return absl::StrCat(id.source(), " ", id.aggregate());
}

boost::asio::awaitable<absl::StatusOr<std::vector<EventOutcome>>>
FakeLedger::Append(std::vector<std::string> entries, absl::Time /*deadline*/) {
  {
    std::lock_guard lock(mutex_);
    ++calls_started_;
  }
  changed_.notify_all();
  // A thread must not be blocked: looks again on the executor's timer.
  boost::asio::steady_timer timer(co_await boost::asio::this_coro::executor);
  for (;;) {
    {
      std::lock_guard lock(mutex_);
      if (!is_held_) break;
    }
    timer.expires_after(std::chrono::milliseconds(1));
    co_await timer.async_wait(boost::asio::use_awaitable);
  }
  std::vector<EventOutcome> outcomes;
  bool fails = false;
  {
    std::lock_guard lock(mutex_);
    fails = failing_calls_ > 0;
    if (fails) --failing_calls_;
    call_sizes_.push_back(entries.size());
    if (!fails || fail_after_effect_) {
      for (const std::string& entry : entries) {
        outcomes.push_back(AppendOne(entry));
      }
    }
  }
  changed_.notify_all();
  if (fails) {
    co_return MakeError(Reason::DEPENDENCY_UNAVAILABLE, "injected");
  }
  co_return outcomes;
}

EventOutcome FakeLedger::AppendOne(const std::string& entry) {
  ledger::v1::Event event;
  if (!event.ParseFromString(entry)) {
    return {.state = EventOutcome::State::kRejected,
            .reason = "LEDGER_MALFORMED_ENTRY"};
  }
  if (auto found = rejected_.find(event.id().aggregate());
      found != rejected_.end()) {
    return {.state = EventOutcome::State::kRejected, .reason = found->second};
  }
  const std::string name = NameOf(event.id());
  if (auto found = indexes_.find({name, event.id().version()});
      found != indexes_.end()) {
    if (entries_[found->second] == entry) {
      return {.state = EventOutcome::State::kSequenced, .index = found->second};
    }
    return {.state = EventOutcome::State::kRejected,
            .reason = "LEDGER_CONFLICT"};
  }
  EventOutcome waiting = {.state = EventOutcome::State::kWaiting};
  if (heads_[name] + 1 != event.id().version()) {
    waiting.missing.push_back(event.id());
    waiting.missing.back().set_version(event.id().version() - 1);
  }
  for (const ledger::v1::EventId& id : event.after()) {
    if (indexes_.count({NameOf(id), id.version()}) == 0) {
      waiting.missing.push_back(id);
    }
  }
  if (!waiting.missing.empty()) return waiting;
  if (!event.once_key().empty() &&
      !once_keys_.insert(event.once_key()).second) {
    return {.state = EventOutcome::State::kRejected,
            .reason = "LEDGER_CONFLICT"};
  }
  const int64_t index = static_cast<int64_t>(entries_.size());
  entries_.push_back(entry);
  indexes_[{name, event.id().version()}] = index;
  heads_[name] = event.id().version();
  return {.state = EventOutcome::State::kSequenced, .index = index};
}

boost::asio::awaitable<absl::StatusOr<std::vector<OwnEntry>>>
FakeLedger::ListOwnEntries(int64_t after_index, int limit) {
  std::unique_lock lock(mutex_);
  ++list_calls_;
  std::vector<OwnEntry> own;
  for (size_t i = after_index + 1;
       i < entries_.size() && own.size() < static_cast<size_t>(limit); ++i) {
    ledger::v1::Event event;
    event.ParseFromString(entries_[i]);
    if (event.id().source() != own_source_) continue;
    own.push_back({.index = static_cast<int64_t>(i),
                   .id = event.id(),
                   .sha256 = crypto::Sha256(entries_[i])});
  }
  lock.unlock();
  changed_.notify_all();
  co_return own;
}

void FakeLedger::FailCalls(int n, bool after_effect) {
  std::lock_guard lock(mutex_);
  failing_calls_ = n;
  fail_after_effect_ = after_effect;
}

void FakeLedger::Hold() {
  std::lock_guard lock(mutex_);
  is_held_ = true;
}

void FakeLedger::Release() {
  std::lock_guard lock(mutex_);
  is_held_ = false;
}

void FakeLedger::Reject(const std::string& aggregate,
                        const std::string& reason) {
  std::lock_guard lock(mutex_);
  if (reason.empty()) {
    rejected_.erase(aggregate);
  } else {
    rejected_[aggregate] = reason;
  }
}

int64_t FakeLedger::AppendDirectly(const ledger::v1::Event& event) {
  std::lock_guard lock(mutex_);
  return AppendOne(event.SerializeAsString()).index;
}

bool FakeLedger::WaitUntil(
    const std::function<bool(const FakeLedger&)>& condition) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, std::chrono::seconds(30),
                           [&] { return condition(*this); });
}

std::vector<ledger::v1::Event> FakeLedger::Events() const {
  std::lock_guard lock(mutex_);
  std::vector<ledger::v1::Event> events(entries_.size());
  for (size_t i = 0; i < entries_.size(); ++i) {
    events[i].ParseFromString(entries_[i]);
  }
  return events;
}

bool FakeLedger::Contains(const std::string& aggregate, int64_t version) const {
  std::lock_guard lock(mutex_);
  for (const auto& [key, index] : indexes_) {
    if (key.second == version &&
        absl::StrCat(key.first).ends_with(absl::StrCat(" ", aggregate))) {
      return true;
    }
  }
  return false;
}

std::vector<size_t> FakeLedger::CallSizes() const {
  std::lock_guard lock(mutex_);
  return call_sizes_;
}

size_t FakeLedger::ListCalls() const {
  std::lock_guard lock(mutex_);
  return list_calls_;
}

size_t FakeLedger::CallsStarted() const {
  std::lock_guard lock(mutex_);
  return calls_started_;
}

}  // namespace shiming::outbox
