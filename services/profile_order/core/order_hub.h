// Wakes whoever waits for a change: streams, reveals. Holds no state of
// orders: who is woken reads the row.
#ifndef SHIMING_SERVICES_PROFILE_ORDER_CORE_ORDER_HUB_H_
#define SHIMING_SERVICES_PROFILE_ORDER_CORE_ORDER_HUB_H_

#include <cstddef>
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
  // Anything may have changed.
  void PublishAll();

  // An order was changed by this process: its topic and its display's.
  void Announce(const std::string& order_id, std::string_view display,
                int64_t version);
  // The same, as a feed has read it from the database, whoever changed it;
  // nobody is woken again for what was announced.
  void Hear(const std::string& order_id, std::string_view display,
            int64_t version);
  // There is a feed: announced versions are kept until it has read them.
  void ExpectFeed();

  // The streams of the topic must end.
  void End(std::string_view topic);
  // All streams must end.
  void EndAll();

  // Subscriptions at this moment.
  size_t size() const;

 private:
  struct Subscriber {
    std::set<std::string> topics;
    std::shared_ptr<Wake> wake;
  };

  // More than these are forgotten: then somebody is woken once too often.
  static constexpr size_t kMostAnnounced = 10'000;

  void Remove(int64_t id);
  void Call(std::string_view topic, bool ended);
  void CallAll(bool ended);

  mutable std::mutex mutex_;
  int64_t next_id_ = 1;                        // guarded by mutex_
  std::map<int64_t, Subscriber> subscribers_;  // guarded by mutex_
  std::map<std::string, std::set<int64_t>, std::less<>> topics_;  // likewise
  bool has_feed_ = false;                                         // likewise
  // Guarded by mutex_: versions announced that no feed has read yet, while
  // anybody is subscribed.
  std::map<std::string, int64_t> announced_;
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
