// The relay's inside: one loop on a strand, and the calls that it starts.
#ifndef SHIMING_STORAGE_OUTBOX_RELAY_WORK_H_
#define SHIMING_STORAGE_OUTBOX_RELAY_WORK_H_

#include <atomic>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "storage/outbox/own_entry_check.h"
#include "storage/outbox/relay.h"
#include "storage/outbox/relay_batch.h"
#include "storage/outbox/relay_metrics.h"

namespace shiming::outbox {

namespace asio = boost::asio;

class Relay::Work {
 public:
  explicit Work(Options options);

  void Start(asio::any_io_executor executor);
  void Poke();
  void Stop();
  bool is_behind() const { return is_behind_; }
  asio::awaitable<absl::Status> CheckNotBehind();
  asio::awaitable<absl::StatusOr<int64_t>> WaitSequenced(ledger::v1::EventId id,
                                                         absl::Time deadline);

 private:
  using Time = std::chrono::steady_clock::time_point;

  // Limits of what is on its way at once.
  static constexpr size_t kMaxFreshCalls = 16;
  static constexpr int kMaxRetryCalls = 2;
  // While a fresh call is younger than this no further one starts: what comes
  // meanwhile shares the next. Older ones have met an event that waits.
  static constexpr std::chrono::milliseconds kYoungCall{20};
  // Rows read at once, and pages at most, when looking for unsent events.
  static constexpr int64_t kPageSize = 512;
  static constexpr int kMaxPages = 64;
  // Rows changed in one transaction.
  static constexpr size_t kMaxStored = 250;

  // --- on the strand
  asio::awaitable<void> Loop();
  asio::awaitable<void> Sleep(Time until);
  Time NextTime() const;
  asio::awaitable<void> StoreSettled();
  asio::awaitable<absl::Status> StoreInDatabase(
      const std::vector<Settled>& settled);
  void Apply(const Settled& settled);
  asio::awaitable<void> SendUnsent();
  bool HasYoungCall() const;
  // False for what another process's relay is left to send.
  bool IsToSend(const EventRow& row) const;
  bool IsRetryDue() const;
  asio::awaitable<absl::Status> Collect(bool may_send_fresh, bool may_retry,
                                        RelayBatch& fresh, RelayBatch& retry);
  void Launch(RelayBatch batch, bool is_retry);
  asio::awaitable<void> Call(RelayBatch batch, bool is_retry, int call_id);
  void CallFailed(const absl::Status& status);
  void StartCheckIfDue();
  asio::awaitable<void> CheckInBackground();
  asio::awaitable<void> CountIfDue();

  // --- on any thread
  void Wake();
  void AddSettled(Settled settled);
  asio::awaitable<absl::StatusOr<RelayBatch>> FindForWait(
      ledger::v1::EventId id);
  asio::awaitable<absl::StatusOr<std::vector<EventOutcome>>> SendDirectly(
      RelayBatch batch, absl::Time deadline);

  const Options options_;
  RelayMetrics metrics_;
  OwnEntryCheck own_entry_check_;
  BusyAggregates busy_;

  std::atomic<bool> is_behind_{false};
  std::atomic<bool> started_{false};  // strand_ and timer_ are set
  std::atomic<bool> stopping_{false};
  std::atomic<bool> has_ended_{false};
  std::atomic<bool> woken_{false};

  std::mutex mutex_;
  std::vector<Settled> settled_;  // guarded by mutex_

  // Set by Start; the rest is used on the strand only.
  asio::any_io_executor strand_;
  std::shared_ptr<asio::steady_timer> timer_;
  std::future<void> ended_;
  std::map<int, Time> fresh_calls_;  // call id to start
  int retry_calls_ = 0;
  int next_call_id_ = 1;
  bool is_checking_ = false;
  bool is_deferred_ = false;  // events may be waiting for a young call
  bool is_unstored_ = false;  // storing answers failed
  std::map<std::string, Time> waiting_;  // aggregate to its next try
  Time backoff_until_{};
  std::chrono::milliseconds backoff_{0};
  Time next_check_{};
  Time next_count_{};
};

}  // namespace shiming::outbox

#endif  // SHIMING_STORAGE_OUTBOX_RELAY_WORK_H_
