#include "services/profile_order/core/order_hub.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace shiming::profile_order {
namespace {

std::string Topic(std::string_view kind, std::string_view id) {
  std::string topic(kind);
  topic.push_back('/');
  topic.append(id);
  return topic;
}

}  // namespace

OrderHub::Subscription::Subscription(Subscription&& other) noexcept
    : hub_(std::exchange(other.hub_, nullptr)), id_(other.id_) {}

OrderHub::Subscription& OrderHub::Subscription::operator=(
    Subscription&& other) noexcept {
  if (this != &other) {
    if (hub_ != nullptr) hub_->Remove(id_);
    hub_ = std::exchange(other.hub_, nullptr);
    id_ = other.id_;
  }
  return *this;
}

OrderHub::Subscription::~Subscription() {
  if (hub_ != nullptr) hub_->Remove(id_);
}

OrderHub::Subscription OrderHub::Subscribe(std::set<std::string> topics,
                                           Wake wake) {
  std::lock_guard lock(mutex_);
  const int64_t id = next_id_++;
  for (const std::string& topic : topics) topics_[topic].insert(id);
  subscribers_.emplace(
      id, Subscriber{.topics = std::move(topics),
                     .wake = std::make_shared<Wake>(std::move(wake))});
  return Subscription(this, id);
}

void OrderHub::Remove(int64_t id) {
  std::lock_guard lock(mutex_);
  const auto found = subscribers_.find(id);
  if (found == subscribers_.end()) return;
  for (const std::string& topic : found->second.topics) {
    const auto ids = topics_.find(topic);
    if (ids == topics_.end()) continue;
    ids->second.erase(id);
    if (ids->second.empty()) topics_.erase(ids);
  }
  subscribers_.erase(found);
}

void OrderHub::Call(std::string_view topic, bool ended) {
  std::vector<std::shared_ptr<Wake>> wakes;
  {
    std::lock_guard lock(mutex_);
    const auto ids = topics_.find(topic);
    if (ids == topics_.end()) return;
    for (int64_t id : ids->second) wakes.push_back(subscribers_.at(id).wake);
  }
  for (const auto& wake : wakes) (*wake)(ended);
}

void OrderHub::Publish(std::string_view topic) { Call(topic, false); }

void OrderHub::End(std::string_view topic) { Call(topic, true); }

void OrderHub::CallAll(bool ended) {
  std::vector<std::shared_ptr<Wake>> wakes;
  {
    std::lock_guard lock(mutex_);
    for (const auto& [id, subscriber] : subscribers_) {
      wakes.push_back(subscriber.wake);
    }
  }
  for (const auto& wake : wakes) (*wake)(ended);
}

void OrderHub::PublishAll() { CallAll(false); }

void OrderHub::EndAll() { CallAll(true); }

void OrderHub::Announce(const std::string& order_id, std::string_view display,
                        int64_t version) {
  {
    std::lock_guard lock(mutex_);
    if (has_feed_ && !subscribers_.empty()) {
      if (announced_.size() >= kMostAnnounced) announced_.clear();
      int64_t& announced = announced_[order_id];
      announced = std::max(announced, version);
    }
  }
  Publish(OrderTopic(order_id));
  Publish(DisplayTopic(display));
}

void OrderHub::Hear(const std::string& order_id, std::string_view display,
                    int64_t version) {
  {
    std::lock_guard lock(mutex_);
    const auto announced = announced_.find(order_id);
    if (announced != announced_.end()) {
      const int64_t known = announced->second;
      if (known <= version) announced_.erase(announced);
      if (known >= version) return;
    }
  }
  Publish(OrderTopic(order_id));
  Publish(DisplayTopic(display));
}

void OrderHub::ExpectFeed() {
  std::lock_guard lock(mutex_);
  has_feed_ = true;
}

size_t OrderHub::size() const {
  std::lock_guard lock(mutex_);
  return subscribers_.size();
}

std::string OrderTopic(std::string_view id) { return Topic("order", id); }
std::string SessionTopic(std::string_view id) { return Topic("session", id); }
std::string DisplayTopic(std::string_view id) { return Topic("display", id); }
std::string TerminalTopic(std::string_view id) { return Topic("terminal", id); }
std::string ClerkTopic(std::string_view id) { return Topic("clerk", id); }
std::string ShopTopic(std::string_view id) { return Topic("shop", id); }
std::string ShiftTopic(std::string_view id) { return Topic("shift", id); }

}  // namespace shiming::profile_order
