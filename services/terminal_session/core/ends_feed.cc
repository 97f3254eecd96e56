#include "services/terminal_session/core/ends_feed.h"

#include <algorithm>
#include <string>
#include <utility>

#include "common/log/log.h"
#include "common/status/status_macros.h"

namespace shiming::terminal_session {
namespace {

constexpr absl::Duration kPollPeriod = absl::Milliseconds(100);
constexpr int kReadLimit = 500;
// Ends kept in memory; readers further behind go to the store.
constexpr size_t kRecentLimit = 4096;

}  // namespace

EndsFeed::EndsFeed(EndStore& store, boost::asio::any_io_executor executor)
    : store_(store),
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
  absl::StatusOr<std::vector<EndRecord>> ends =
      co_await store_.ReadEnds(newest(), kReadLimit);
  if (!ends.ok()) {
    Log(Severity::kWarning, "ends cannot be read",
        {{"reason", std::string(ends.status().message())}});
    co_return false;
  }
  std::lock_guard lock(mutex_);
  read_time_ = start;
  for (EndRecord& end : *ends) {
    newest_ = end.cursor;
    recent_.push_back(std::move(end));
  }
  while (recent_.size() > kRecentLimit) recent_.pop_front();
  if (!ends->empty()) {
    for (const auto& [key, wake] : subscribers_) wake();
  }
  co_return static_cast<int>(ends->size()) == kReadLimit;
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
  std::lock_guard lock(mutex_);
  const int64_t key = ++next_key_;
  subscribers_[key] = std::move(wake);
  return std::make_unique<Subscription>(*this, key);
}

void EndsFeed::Unsubscribe(int64_t key) {
  std::lock_guard lock(mutex_);
  subscribers_.erase(key);
}

}  // namespace shiming::terminal_session
