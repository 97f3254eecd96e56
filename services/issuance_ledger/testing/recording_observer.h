// Observers that remember what was reported.
#ifndef SHIMING_SERVICES_ISSUANCE_LEDGER_TESTING_RECORDING_OBSERVER_H_
#define SHIMING_SERVICES_ISSUANCE_LEDGER_TESTING_RECORDING_OBSERVER_H_

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>

#include "absl/status/status.h"
#include "services/issuance_ledger/core/ledger_log.h"

namespace shiming::issuance_ledger {

class RecordingObserver final : public LedgerObserver {
 public:
  void OnSequenced(int64_t, absl::Duration) override {}
  void OnRejected(const ledger::v1::EventId&, Reason) override {}
  void OnWaiting(int64_t count,
                 const std::map<std::string, int64_t>& missing_from) override {
    {
      std::lock_guard lock(mutex_);
      missing_from_ = missing_from;
    }
    waiting = count;
  }
  void OnGrown(uint64_t) override {}
  void OnPublished(uint64_t, absl::Time) override {}
  void OnIndexSealed(uint64_t end) override {
    std::lock_guard lock(mutex_);
    sealed_end_ = end;
    sealed_.notify_all();
  }
  void OnRedacted(int64_t count) override { redacted += count; }
  void OnFailure(const absl::Status&) override { ++failures; }
  void OnHalted(const absl::Status& status) override {
    std::lock_guard lock(mutex_);
    halted_ = status;
  }

  absl::Status halted() const {
    std::lock_guard lock(mutex_);
    return halted_;
  }
  int64_t missing_from(const std::string& source) const {
    std::lock_guard lock(mutex_);
    const auto found = missing_from_.find(source);
    return found == missing_from_.end() ? 0 : found->second;
  }

  // Until the entries below `end` are sealed; false when that takes a minute.
  bool WaitSealed(uint64_t end) {
    std::unique_lock lock(mutex_);
    return sealed_.wait_for(lock, std::chrono::minutes(1),
                            [&] { return sealed_end_ >= end; });
  }
  uint64_t sealed_end() const {
    std::lock_guard lock(mutex_);
    return sealed_end_;
  }

  std::atomic<int64_t> waiting = 0;
  std::atomic<int> failures = 0;
  std::atomic<int64_t> redacted = 0;

 private:
  mutable std::mutex mutex_;
  std::condition_variable sealed_;
  uint64_t sealed_end_ = 0;
  absl::Status halted_;
  std::map<std::string, int64_t> missing_from_;
};

class RecordingCosigningObserver final : public CosigningObserver {
 public:
  void OnCosigned(const std::string&, absl::Time) override {}
  void OnWitnessFailed(const std::string&, const absl::Status&) override {
    ++failures;
  }
  void OnQuorum(bool) override {}

  std::atomic<int> failures = 0;
};

}  // namespace shiming::issuance_ledger

#endif  // SHIMING_SERVICES_ISSUANCE_LEDGER_TESTING_RECORDING_OBSERVER_H_
