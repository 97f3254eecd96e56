#include "tests/bench/null/order_board.h"

#include <utility>

#include "absl/strings/str_format.h"
#include "tools/shiming_terminal/check_digits.h"

namespace shiming::bench {

order::v1::ProfileOrder NullOrderBoard::Add(order::v1::ProfileOrder draft) {
  std::lock_guard<std::mutex> lock(mutex_);
  draft.set_order_id(
      shiming_terminal::WithLuhnDigit(absl::StrFormat("898601%012d", next_++)));
  draft.set_iccid(draft.order_id());
  draft.set_state(order::v1::PROFILE_ORDER_STATE_ORDERING);
  draft.set_version(1);
  orders_[draft.order_id()] = draft;
  shown_[draft.display()] = draft.order_id();
  return draft;
}

void NullOrderBoard::Advance(const std::string& order_id,
                             order::v1::ProfileOrderState state) {
  std::lock_guard<std::mutex> lock(mutex_);
  const auto found = orders_.find(order_id);
  if (found == orders_.end()) return;
  found->second.set_state(state);
  found->second.set_version(found->second.version() + 1);
  Wake(order_id);
  Wake(found->second.display());
}

std::optional<order::v1::ProfileOrder> NullOrderBoard::Find(
    const std::string& order_id) {
  std::lock_guard<std::mutex> lock(mutex_);
  const auto found = orders_.find(order_id);
  if (found == orders_.end()) return std::nullopt;
  return found->second;
}

std::optional<order::v1::ProfileOrder> NullOrderBoard::ShownOn(
    const std::string& display) {
  std::lock_guard<std::mutex> lock(mutex_);
  const auto shown = shown_.find(display);
  if (shown == shown_.end()) return std::nullopt;
  const auto found = orders_.find(shown->second);
  if (found == orders_.end()) return std::nullopt;
  return found->second;
}

void NullOrderBoard::Watch(const std::string& order_id_or_display,
                           const std::shared_ptr<rpc::StreamSignal>& signal) {
  std::lock_guard<std::mutex> lock(mutex_);
  watchers_[order_id_or_display].push_back(signal);
}

void NullOrderBoard::Remove(const std::string& order_id) {
  std::lock_guard<std::mutex> lock(mutex_);
  orders_.erase(order_id);
  watchers_.erase(order_id);
}

void NullOrderBoard::Wake(const std::string& key) {
  const auto found = watchers_.find(key);
  if (found == watchers_.end()) return;
  Signals& signals = found->second;
  std::erase_if(signals, [](const std::weak_ptr<rpc::StreamSignal>& weak) {
    const std::shared_ptr<rpc::StreamSignal> signal = weak.lock();
    if (signal == nullptr || signal->cancelled()) return true;
    signal->Wake();
    return false;
  });
}

}  // namespace shiming::bench
