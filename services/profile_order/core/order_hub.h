// Wakes whoever waits for a change: streams, reveals. Holds no state of
// orders: who is woken reads the row.
#ifndef SHIMING_SERVICES_PROFILE_ORDER_CORE_ORDER_HUB_H_
#define SHIMING_SERVICES_PROFILE_ORDER_CORE_ORDER_HUB_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>

namespace shiming::profile_order {

// Topics are "order/<id>", "display/<shop>/<display>" and so on. Thread-safe.
class OrderHub {
 public:
  // Called at each change of a subscribed topic, from any thread: must not
  // block. `ended` tells that the stream has to end now.
  using Wake = std::function<void(bool ended)>;

  // Unsubscribes when it dies; the callback may still be running then.
  class Subscription {
   public:
    Subscription() = default;
    Subscription(OrderHub* hub, int64_t id) : hub_(hub), id_(id) {}
    Subscription(Subscription&& other) noexcept;
    Subscription& operator=(Subscription&& other) noexcept;
    ~Subscription();

   private:
    OrderHub* hub_ = nullptr;
    int64_t id_ = 0;
  };

  // The hub must outlive the subscription.
  [[nodiscard]] Subscription Subscribe(std::set<std::string> topics, Wake wake);

  // Something of the topic has changed.
  void Publish(std::string_view topic);
  // The streams of the topic must end.
  void End(std::string_view topic);
  // All streams must end.
  void EndAll();

 private:
  struct Subscriber {
    std::set<std::string> topics;
    std::shared_ptr<Wake> wake;
  };

  void Remove(int64_t id);
  void Call(std::string_view topic, bool ended);

  std::mutex mutex_;
  int64_t next_id_ = 1;                        // guarded by mutex_
  std::map<int64_t, Subscriber> subscribers_;  // guarded by mutex_
  std::map<std::string, std::set<int64_t>, std::less<>> topics_;  // likewise
};

std::string OrderTopic(std::string_view order_id);
std::string SessionTopic(std::string_view session_id);
std::string DisplayTopic(std::string_view display);
std::string TerminalTopic(std::string_view terminal);
std::string ClerkTopic(std::string_view clerk);
std::string ShopTopic(std::string_view shop);
std::string ShiftTopic(std::string_view shift);

}  // namespace shiming::profile_order

#endif  // SHIMING_SERVICES_PROFILE_ORDER_CORE_ORDER_HUB_H_
