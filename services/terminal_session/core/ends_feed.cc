#include "services/terminal_session/core/ends_feed.h"

#include <algorithm>
#include <string>
#include <utility>

#include "common/log/log.h"
#include "common/status/status_macros.h"
#include "shiming/terminal/v1/terminal_service.pb.h"

namespace shiming::terminal_session {
namespace {

constexpr absl::Duration kPollPeriod = absl::Milliseconds(100);
constexpr int kReadLimit = 500;
// Ends kept in memory; readers further behind go to the store.
constexpr size_t kRecentLimit = 4096;

}  // namespace

EndsFeed::EndsFeed(EndStore& store, Metrics& metrics,
                   boost::asio::any_io_executor executor)
    : store_(store),
      metrics_(metrics, "ends"),
      task_(std::move(executor), kPollPeriod, [this] { return Poll(); }) {}

boost::asio::awaitable<absl::Status> EndsFeed::Start() {
  CO_ASSIGN_OR_RETURN(const int64_t newest, co_await store_.NewestCursor());
  {
    std::lock_guard lock(mutex_);
    newest_ = newest;
    read_time_ = std::chrono::steady_clock::now();
  }
  task_.Start();
  co_return absl::OkStatus();
}

boost::asio::awaitable<bool> EndsFeed::Poll() {
  // The moment before reading: what is read is at least that new.
  const auto start = std::chrono::steady_clock::now();
  metrics_.reads.Increment();
  absl::StatusOr<std::vector<EndRecord>> ends =
      co_await store_.ReadEnds(newest(), kReadLimit);
  if (!ends.ok()) {
    Log(Severity::kWarning, "ends cannot be read",
        {{"reason", std::string(ends.status().message())}});
    co_return false;
  }
  std::lock_guard lock(mutex_);
  for (const EndRecord& end : *ends) {
    newest_ = end.cursor;
    recent_.push_back(end);
  }
  while (recent_.size() > kRecentLimit) recent_.pop_front();
  if (!ends->empty()) Wake(*ends);
  const auto now = std::chrono::steady_clock::now();
  metrics_.changes.Increment(static_cast<double>(ends->size()));
  metrics_.lag.Observe(std::chrono::duration<double>(now - read_time_).count());
  metrics_.subscriptions.Set(static_cast<double>(subscribers_.size()));
  read_time_ = start;
  co_return static_cast<int>(ends->size()) == kReadLimit;
}

void EndsFeed::Wake(const std::vector<EndRecord>& ends) {
  std::set<std::string> concerned = {""};
  for (const EndRecord& end : ends) {
    if (end.kind == terminal::v1::END_KIND_SESSION) concerned.insert(end.id);
  }
  for (const std::string& session_id : concerned) {
    const auto keys = keys_.find(session_id);
    if (keys == keys_.end()) continue;
    for (int64_t key : keys->second) subscribers_.at(key).wake();
  }
}

boost::asio::awaitable<absl::StatusOr<std::vector<EndRecord>>> EndsFeed::Read(
    int64_t after) {
  {
    std::lock_guard lock(mutex_);
    if (after >= newest_) co_return std::vector<EndRecord>();
    if (!recent_.empty() && after >= recent_.front().cursor - 1) {
      auto from = std::upper_bound(recent_.begin(), recent_.end(), after,
                                   [](int64_t cursor, const EndRecord& end) {
                                     return cursor < end.cursor;
                                   });
      std::vector<EndRecord> ends;
      while (from != recent_.end() &&
             static_cast<int>(ends.size()) < kReadLimit) {
        ends.push_back(*from++);
      }
      co_return ends;
    }
  }
  co_return co_await store_.ReadEnds(after, kReadLimit);
}

int64_t EndsFeed::newest() const {
  std::lock_guard lock(mutex_);
  return newest_;
}

absl::Duration EndsFeed::Age() const {
  std::lock_guard lock(mutex_);
  return absl::FromChrono(std::chrono::steady_clock::now() - read_time_);
}

std::unique_ptr<EndsFeed::Subscription> EndsFeed::Subscribe(
    std::function<void()> wake) {
  return Add({.session_id = "", .wake = std::move(wake)});
}

std::unique_ptr<EndsFeed::Subscription> EndsFeed::SubscribeSession(
    const std::string& session_id, std::function<void()> wake) {
  return Add({.session_id = session_id, .wake = std::move(wake)});
}

std::unique_ptr<EndsFeed::Subscription> EndsFeed::Add(Subscriber subscriber) {
  std::lock_guard lock(mutex_);
  const int64_t key = ++next_key_;
  keys_[subscriber.session_id].insert(key);
  subscribers_.emplace(key, std::move(subscriber));
  return std::make_unique<Subscription>(*this, key);
}

void EndsFeed::Unsubscribe(int64_t key) {
  std::lock_guard lock(mutex_);
  const auto subscriber = subscribers_.find(key);
  if (subscriber == subscribers_.end()) return;
  const auto keys = keys_.find(subscriber->second.session_id);
  keys->second.erase(key);
  if (keys->second.empty()) keys_.erase(keys);
  subscribers_.erase(subscriber);
}

}  // namespace shiming::terminal_session
