// Carries events from the outbox to the ledger.
#ifndef SHIMING_STORAGE_OUTBOX_RELAY_H_
#define SHIMING_STORAGE_OUTBOX_RELAY_H_

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/metrics/metrics.h"
#include "common/time/clock.h"
#include "shiming/ledger/v1/ledger_resources.pb.h"
#include "storage/outbox/event_sink.h"
#include "storage/outbox/own_aggregates.h"
#include "storage/sql/database.h"

namespace shiming::outbox {

// Sends what is unsent, each aggregate in order, many in one call; several
// calls may be on their way, but never two with the same aggregate by the
// relay itself. What waits for another event is sent again and holds up
// nobody else. A rejected event is an alarm (log, metric): its aggregate
// stands still until Outbox::Resume. Nothing depends on any of this being
// done once: the ledger knows an event by its id and bytes.
//
// Thread-safe. One relay per process; where several processes write to one
// outbox each sends what its own process has added (Options::own), and what a
// process that is gone has left goes with whoever comes first. Both may send
// the same: see above.
class Relay {
 public:
  struct Options {
    // All must outlive the relay.
    sql::Database& database;
    EventSink& sink;
    const Clock& clock;  // for the age of events only
    Metrics& metrics;
    std::string source;  // as the Outbox's
    // Looks for events this often even when nobody pokes.
    absl::Duration poll_interval = absl::Seconds(1);
    // Of one call; so long the ledger may hold events that wait.
    absl::Duration call_deadline = absl::Seconds(2);
    // Pause before an event that waited, or a call that failed, is repeated.
    absl::Duration retry_delay = absl::Milliseconds(100);
    // How often own entries are checked while running.
    absl::Duration check_interval = absl::Seconds(60);
    // Where several processes write to the outbox: what this one has added; the
    // same as the Outbox's. Null: all events are its own. Must outlive the
    // relay.
    const OwnAggregates* own = nullptr;
    // So old an event of another process must be to be sent by this one: that
    // process has not got it through, or is gone.
    absl::Duration foreign_delay = absl::Seconds(2);
  };

  // WaitSequenced's answer for an event that was acknowledged earlier and is
  // no longer kept.
  static constexpr int64_t kIndexUnknown = -1;

  explicit Relay(Options options);
  // Stops.
  ~Relay();

  // Begins to work on `executor`. Once.
  void Start(boost::asio::any_io_executor executor);

  // There is something to send: call it after a commit with an event. Cheap.
  void Poke();

  // Ends the work; waits for calls that are on their way (at most
  // call_deadline), so never call it on a thread of the executor. All calls
  // of WaitSequenced and CheckNotBehind have returned by then.
  void Stop();

  // Compares this database with the ledger: DATABASE_BEHIND_LEDGER when the
  // ledger holds an own event that this database never made; then the relay
  // sends nothing any more and the service must not serve. Other errors: try
  // again. A service serves only after an OK. Runs again every check_interval.
  boost::asio::awaitable<absl::Status> CheckNotBehind();

  // True since a check found DATABASE_BEHIND_LEDGER: for readiness.
  bool is_behind() const;

  // Sends the stored bytes of the event, with what precedes it in its
  // aggregate, and returns its index once the ledger has said that they are
  // sequenced: never by a local mark. Only when the row is gone, which takes
  // an earlier acknowledgement, the answer is kIndexUnknown at once; who
  // needs the ledger's word every time keeps the aggregate (KeepUntilEnded).
  // `deadline` is of the system's clock.
  //
  // NOT_FOUND for an event that was never made; the ledger's reason when it
  // was rejected; LEDGER_AGGREGATE_FROZEN when the aggregate stands still;
  // DATABASE_BEHIND_LEDGER; DEPENDENCY_UNAVAILABLE at the deadline.
  boost::asio::awaitable<absl::StatusOr<int64_t>> WaitSequenced(
      ledger::v1::EventId id, absl::Time deadline);

 private:
  class Work;
  const std::unique_ptr<Work> work_;
};

}  // namespace shiming::outbox

#endif  // SHIMING_STORAGE_OUTBOX_RELAY_H_
