// Makes checkpoints: at most once an interval the tree's growth is written as
// files, signed, stored, cosigned and published, in an order that survives a
// crash between any two steps.
#ifndef SHIMING_SERVICES_ISSUANCE_LEDGER_CORE_PUBLISHER_H_
#define SHIMING_SERVICES_ISSUANCE_LEDGER_CORE_PUBLISHER_H_

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <future>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/time/clock.h"
#include "ledger/note.h"
#include "ledger/tiles.h"
#include "services/issuance_ledger/core/cosignature_collector.h"
#include "services/issuance_ledger/core/ledger_observer.h"
#include "services/issuance_ledger/core/ledger_store.h"
#include "services/issuance_ledger/core/log_edge.h"
#include "services/issuance_ledger/core/log_files.h"
#include "services/issuance_ledger/core/recovery.h"

namespace shiming::issuance_ledger {

// Steps of a checkpoint, in order.
enum class PublishStep {
  kTilesWritten,  // durable, named by no checkpoint yet
  kSigned,        // nobody has seen the signature
  kStored,        // compare-and-swapped into the database
  kGuarded,       // the guard file says its size and root
  kCosigned,      // by the witnesses, where there are any
  kPublished,     // renamed to where readers look
};

// Too few witnesses: in strict mode nothing is published, and ever larger
// checkpoints are tried, less and less often, until there are enough. Else the
// checkpoint is published as it is, and published again when more have come.
// Thread-safe.
class Publisher : public std::enable_shared_from_this<Publisher> {
 public:
  struct Options {
    asio::any_io_executor executor;
    // May block on the disk.
    asio::any_io_executor file_executor;
    LedgerStore& store;
    LogFiles& files;
    LedgerObserver& observer;
    const Clock& clock;
    ledger::NoteSigner signer;  // its name is the log's origin
    int64_t epoch = 0;
    // Least time between two checkpoints.
    absl::Duration interval = absl::Seconds(1);
    // Asks the witnesses; null: there are none.
    std::shared_ptr<CosignatureCollector> collector = nullptr;
    // For tests: called after each step; an error ends the attempt there, as
    // a crash would.
    std::function<absl::Status(PublishStep)> after_step;
  };

  // Goes on from what RecoverLog found.
  static std::shared_ptr<Publisher> Start(Options options, RecoveredLog log);

  // The log has grown to `size`.
  void OnGrown(uint64_t size);
  // Ends the loop, answers who waits with SHUTTING_DOWN, and waits for the
  // loop's end. Not on one of the executor's threads; before the executor
  // stops.
  void Stop();

  // The published checkpoint; nullopt before the first.
  std::optional<StoredCheckpoint> Latest() const;
  // Why no checkpoint is made any more; OK while they are.
  absl::Status halted() const;

  // The published checkpoint as soon as it covers the entry at `index`.
  // LEDGER_UNPUBLISHED when `deadline` (real time) comes first.
  asio::awaitable<absl::StatusOr<StoredCheckpoint>> WaitCovering(
      int64_t index, absl::Time deadline);

 private:
  Publisher(Options options, RecoveredLog log);

  asio::awaitable<absl::StatusOr<StoredCheckpoint>> WaitOnStrand(
      int64_t index, absl::Time deadline);
  asio::awaitable<void> Loop();
  asio::awaitable<absl::Status> PublishOnce();
  asio::awaitable<absl::Status> WriteGrowth(LogEdge* edge, uint64_t end,
                                            std::vector<ledger::TileId>* full);
  asio::awaitable<absl::Status> WriteFiles(std::vector<TileFile> files);
  // Runs `fn` where it may block on the disk.
  asio::awaitable<absl::Status> OnFiles(std::function<absl::Status()> fn);
  asio::awaitable<absl::Status> Store(LogEdge edge,
                                      StoredCheckpoint checkpoint);
  asio::awaitable<absl::Status> SettleAttempt();
  // attempt_ is what the database holds now.
  void TakeAttempt();
  asio::awaitable<absl::Status> FinishStored();
  asio::awaitable<absl::Status> Cosign();
  asio::awaitable<absl::Status> Publish();
  // When the next attempt is due; nullopt: when the log has grown.
  std::optional<std::chrono::steady_clock::time_point> DueAt() const;
  void Schedule(const absl::Status& attempt);
  asio::awaitable<absl::StatusOr<ledger::TreeEdge>> ReadHead();
  absl::Status After(PublishStep step) const;
  void Announce(const StoredCheckpoint& checkpoint);
  void WakeWaiters();

  const Options options_;
  asio::strand<asio::any_io_executor> strand_;
  std::promise<void> loop_ended_;
  std::future<void> ended_ = loop_ended_.get_future();
  // On strand_ only.
  asio::steady_timer wake_;
  std::list<asio::steady_timer*> waiters_;
  LogEdge edge_;  // at stored_
  std::optional<StoredCheckpoint> stored_;
  bool stored_is_published_ = true;
  // stored_'s note with what witnesses have added so far.
  std::string cosigned_;
  bool quorum_met_ = true;
  // Strict mode kept stored_ back: a larger one may take its place.
  bool kept_back_ = false;
  // Full tiles of checkpoints that are not published yet.
  std::vector<ledger::TileId> filled_;
  std::chrono::steady_clock::time_point not_before_;
  std::chrono::steady_clock::time_point ask_again_at_;
  absl::Duration backoff_;
  // What the database was last asked to store, until it said how that ended.
  std::optional<std::pair<LogEdge, StoredCheckpoint>> attempt_;
  uint64_t grown_to_ = 0;
  bool stopped_ = false;
  // Read by anybody.
  mutable std::mutex mutex_;
  std::optional<StoredCheckpoint> published_;
  absl::Status halted_;
};

}  // namespace shiming::issuance_ledger

#endif  // SHIMING_SERVICES_ISSUANCE_LEDGER_CORE_PUBLISHER_H_
