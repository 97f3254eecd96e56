// The newest ends in memory, for all streams of this process.
#ifndef SHIMING_SERVICES_TERMINAL_SESSION_CORE_ENDS_FEED_H_
#define SHIMING_SERVICES_TERMINAL_SESSION_CORE_ENDS_FEED_H_

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/metrics/feed_metrics.h"
#include "common/metrics/metrics.h"
#include "services/terminal_session/core/end_store.h"
#include "services/terminal_session/core/periodic_task.h"
#include "services/terminal_session/core/records.h"

namespace shiming::terminal_session {

// Reads new ends from the store, every 100 ms and at once after Poke, and wakes
// its subscribers, however many, from one read: of what any instance has
// committed. One per process. Thread-safe.
class EndsFeed {
 public:
  // Ends the subscription when it goes.
  class Subscription {
   public:
    Subscription(EndsFeed& feed, int64_t key) : feed_(feed), key_(key) {}
    ~Subscription() { feed_.Unsubscribe(key_); }
    Subscription(const Subscription&) = delete;
    Subscription& operator=(const Subscription&) = delete;

   private:
    EndsFeed& feed_;
    int64_t key_;
  };

  // `store` and `metrics` must outlive this.
  EndsFeed(EndStore& store, Metrics& metrics,
           boost::asio::any_io_executor executor);

  // Reads where the record stands, then starts. Later, while it cannot read,
  // Age grows.
  boost::asio::awaitable<absl::Status> Start();
  // As PeriodicTask::Stop.
  void Stop() { task_.Stop(); }

  // This process has just committed an end.
  void Poke() { task_.Poke(); }

  // Ends with a cursor above `after`, at most 500. Empty when there are none.
  boost::asio::awaitable<absl::StatusOr<std::vector<EndRecord>>> Read(
      int64_t after);

  // Cursor of the newest end that was read.
  int64_t newest() const;

  // How long ago the database was last read: only while that is short is
  // silence news that nothing has ended.
  absl::Duration Age() const;

  // `wake` is called after each poll that found ends, on a thread of the
  // executor; it must not block nor call the feed.
  std::unique_ptr<Subscription> Subscribe(std::function<void()> wake);
  // The same, only for the end of this session.
  std::unique_ptr<Subscription> SubscribeSession(const std::string& session_id,
                                                 std::function<void()> wake);

 private:
  struct Subscriber {
    // Empty: all ends.
    std::string session_id;
    std::function<void()> wake;
  };

  boost::asio::awaitable<bool> Poll();
  std::unique_ptr<Subscription> Add(Subscriber subscriber);
  void Unsubscribe(int64_t key);
  // Wakes those whom the ends concern. Under mutex_.
  void Wake(const std::vector<EndRecord>& ends);

  EndStore& store_;
  const FeedMetrics metrics_;

  mutable std::mutex mutex_;
  // The newest ends without a gap, oldest first; all below guarded by mutex_.
  std::deque<EndRecord> recent_;
  int64_t newest_ = 0;
  std::chrono::steady_clock::time_point read_time_;
  std::map<int64_t, Subscriber> subscribers_;
  // Keys of subscribers by session; "" for those of all ends.
  std::map<std::string, std::set<int64_t>> keys_;
  int64_t next_key_ = 0;

  PeriodicTask task_;  // last: it uses all of the above
};

}  // namespace shiming::terminal_session

#endif  // SHIMING_SERVICES_TERMINAL_SESSION_CORE_ENDS_FEED_H_
