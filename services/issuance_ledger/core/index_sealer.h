// Seals the indexes of the log, period by period: makes them from the entries,
// keeps them, and appends INDEX_SEALED with their roots. Takes what an erasure
// redacts out of those that were kept. Runs beside everything
// else; a ledger that cannot seal still sequences and publishes.
#ifndef SHIMING_SERVICES_ISSUANCE_LEDGER_CORE_INDEX_SEALER_H_
#define SHIMING_SERVICES_ISSUANCE_LEDGER_CORE_INDEX_SEALER_H_

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <cstdint>
#include <functional>
#include <future>
#include <memory>
#include <optional>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/time/clock.h"
#include "services/issuance_ledger/core/index_store.h"
#include "services/issuance_ledger/core/ledger_observer.h"
#include "shiming/ledger/v1/ledger_resources.pb.h"

namespace shiming::issuance_ledger {

// When a period is sealed.
struct SealPlan {
  int64_t entries = 16384;  // at most; that many are sealed at once
  // With fewer, when the first of them is so old ...
  absl::Duration age = absl::Hours(24);
  // ... and there are so many: fewer are looked through in no time.
  int64_t least_entries = 256;
  // How often the log is looked at.
  absl::Duration look = absl::Seconds(1);
};

// Thread-safe. Everything inside runs on one strand.
class IndexSealer : public std::enable_shared_from_this<IndexSealer> {
 public:
  // Appends an event of ours; OK when it is durable.
  using AppendEvent = std::function<asio::awaitable<absl::Status>(
      ledger::v1::Event event, absl::Time deadline)>;

  struct Options {
    asio::any_io_executor executor;
    LedgerStore& store;
    IndexStore& indexes;
    LedgerObserver& observer;
    const Clock& clock;  // of the events' times and the entries' age
    AppendEvent append;
    SealPlan plan;
  };

  static std::shared_ptr<IndexSealer> Start(Options options);

  // Ends the loop and waits for that: at most as long as a period's indexes
  // take to be made. Not on one of the executor's threads; before the executor
  // stops.
  void Stop();

 private:
  explicit IndexSealer(Options options);

  // A seal on its way into the log. Sent again as it is until the answer is
  // clear: other bytes under the same number would be a conflict.
  struct Pending {
    ledger::v1::Event event;
    int64_t end = 0;
  };

  asio::awaitable<void> Loop();
  // Seals the next period if it is due; whether it did.
  asio::awaitable<absl::StatusOr<bool>> SealOnce();
  // Makes the next period's indexes if it is due; then pending_ is set.
  asio::awaitable<absl::Status> Prepare();
  // Where the last seal's period ends, from the record.
  asio::awaitable<absl::Status> FindLast();
  // Entries that are sequenced.
  asio::awaitable<absl::StatusOr<int64_t>> Size();
  // Time of the first entry that is not sealed.
  asio::awaitable<absl::StatusOr<absl::Time>> FirstTime();

  const Options options_;
  asio::strand<asio::any_io_executor> strand_;
  std::promise<void> loop_ended_;
  std::future<void> ended_ = loop_ended_.get_future();
  // On strand_ only.
  asio::steady_timer wake_;
  bool is_known_ = false;  // the next two
  int64_t seal_count_ = 0;
  int64_t sealed_end_ = 0;
  std::optional<Pending> pending_;
  bool stopped_ = false;
};

}  // namespace shiming::issuance_ledger

#endif  // SHIMING_SERVICES_ISSUANCE_LEDGER_CORE_INDEX_SEALER_H_
