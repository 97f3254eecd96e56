// The one sequencer of a log: takes what is queued as a batch, has it judged
// and written in one transaction, and answers when that is durable.
#ifndef SHIMING_SERVICES_ISSUANCE_LEDGER_CORE_SEQUENCER_H_
#define SHIMING_SERVICES_ISSUANCE_LEDGER_CORE_SEQUENCER_H_

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <future>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "services/issuance_ledger/core/acceptance.h"
#include "services/issuance_ledger/core/ledger_observer.h"
#include "services/issuance_ledger/core/ledger_store.h"

namespace shiming::issuance_ledger {

// Thread-safe. Everything inside runs on one strand.
class Sequencer : public std::enable_shared_from_this<Sequencer> {
 public:
  struct Options {
    asio::any_io_executor executor;
    LedgerStore& store;
    LedgerObserver& observer;
    int64_t epoch = 0;
    // Entries in one transaction.
    size_t batch_limit = 512;
    // Entries queued or waiting; a call above it is refused with OVERLOADED.
    size_t queue_limit = 16384;
    // In a call of which some entries are settled, how long those that wait
    // for others hold up its answer.
    absl::Duration mixed_call_hold = absl::Milliseconds(50);
    // Called on the strand with the log's size after each batch that found it
    // grown.
    std::function<void(uint64_t size)> on_grown;
    // Asked on the strand before each batch; an error halts the sequencer: what
    // can never be published must not be acknowledged. Null: never.
    std::function<absl::Status()> may_append;
  };

  // Starts the loop.
  static std::shared_ptr<Sequencer> Start(Options options);

  // Queues entries; the verdicts come in their order. An entry that Inspect
  // refused is passed on as its status and comes back rejected. One that waits
  // for others is held up to shortly before `deadline` (real time), then
  // answered kWaiting and forgotten. Errors, of no entry is then known whether
  // it was sequenced: LEDGER_FENCED, SHUTTING_DOWN, OVERLOADED, those of the
  // database. Resumes on the awaiting coroutine's executor.
  asio::awaitable<absl::StatusOr<std::vector<Verdict>>> Append(
      std::vector<absl::StatusOr<Candidate>> entries, absl::Time deadline);

  // Refuses what is queued, ends the loop and waits for that. Not on one of
  // the executor's threads; before the executor stops.
  void Stop();

 private:
  // The entries of one call.
  struct Submission {
    explicit Submission(const asio::strand<asio::any_io_executor>& strand)
        : wake(strand) {}
    std::vector<absl::StatusOr<Candidate>> entries;
    std::vector<std::optional<Verdict>> verdicts;
    size_t settled = 0;  // verdicts that will not change
    bool answered = false;
    absl::Status error;
    std::chrono::steady_clock::time_point expiry;
    asio::steady_timer wake;
  };
  // One entry of a submission.
  struct Item {
    std::shared_ptr<Submission> submission;
    size_t at = 0;
    const Candidate& candidate() const { return *submission->entries[at]; }
  };
  using Waiting = std::multimap<std::string, Item>;

  explicit Sequencer(Options options);

  asio::awaitable<absl::StatusOr<std::vector<Verdict>>> AppendOnStrand(
      std::vector<absl::StatusOr<Candidate>> entries, absl::Time deadline);
  void Enqueue(const std::shared_ptr<Submission>& submission);
  static bool IsDone(const Submission& submission);
  absl::StatusOr<std::vector<Verdict>> Answer(
      const std::shared_ptr<Submission>& submission);

  asio::awaitable<void> Loop();
  asio::awaitable<void> RunBatch(std::vector<Item> batch);
  void Apply(const std::vector<Item>& batch, const BatchOutcome& outcome);
  void Settle(const Item& item, Verdict verdict);
  void Hold(const Item& item, Verdict verdict);
  // Takes the entry out of waiting_ wherever it stands there.
  void Unhold(const Item& item);
  void ShortenMixedCalls(const std::vector<Item>& batch);
  void Fail(const std::vector<Item>& batch, const absl::Status& status);
  void Forget(const std::shared_ptr<Submission>& submission);
  void Halt(const absl::Status& status);

  const Options options_;
  asio::strand<asio::any_io_executor> strand_;
  std::promise<void> loop_ended_;
  std::future<void> ended_ = loop_ended_.get_future();
  // The rest is touched on strand_ only.
  asio::steady_timer wake_;
  std::deque<Item> queue_;
  // The log's size as last told to on_grown; 0 at first.
  uint64_t grown_to_ = 0;
  // EventIdText of what is missing → what waits for it.
  Waiting waiting_;
  // How many of them, by source of what is missing.
  std::map<std::string, int64_t> missing_from_;
  absl::Status halted_;
};

}  // namespace shiming::issuance_ledger

#endif  // SHIMING_SERVICES_ISSUANCE_LEDGER_CORE_SEQUENCER_H_
