// Where the outbox sends its events: the issuance ledger, seen from a service.
#ifndef SHIMING_STORAGE_OUTBOX_EVENT_SINK_H_
#define SHIMING_STORAGE_OUTBOX_EVENT_SINK_H_

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "shiming/ledger/v1/ledger_resources.pb.h"

namespace shiming::outbox {

// What became of one entry.
struct EventOutcome {
  enum class State {
    kSequenced,  // it stands in the ledger, durably, at `index`
    kWaiting,    // events that it names are not there yet: send it again
    kRejected,   // never acceptable as it is: `reason`
  };
  State state = State::kWaiting;
  int64_t index = -1;
  std::vector<ledger::v1::EventId> missing;
  std::string reason;  // name of a Reason, such as "LEDGER_CONFLICT"
};

// An entry of this service that stands in the ledger.
struct OwnEntry {
  int64_t index = 0;
  ledger::v1::EventId id;
  std::string sha256;  // of its bytes, 32 bytes
};

// Thread-safe. Coroutines resume on the caller's executor.
class EventSink {
 public:
  // Entries of one call, at most (AppendEntriesRequest).
  static constexpr size_t kMaxEntries = 256;
  // Bytes of one call, at most: below the 1 MiB limit of a message.
  static constexpr size_t kMaxBytes = 768 * 1024;

  virtual ~EventSink() = default;

  // Appends finished entries; one outcome each, in their order. The same
  // bytes again give the same index again. An error says nothing about any of
  // them: send them again. `deadline` is of the system's clock.
  virtual boost::asio::awaitable<absl::StatusOr<std::vector<EventOutcome>>>
  Append(std::vector<std::string> entries, absl::Time deadline) = 0;

  // Own entries with an index above `after_index` (-1: all) in order of index;
  // fewer than `limit` means the end.
  virtual boost::asio::awaitable<absl::StatusOr<std::vector<OwnEntry>>>
  ListOwnEntries(int64_t after_index, int limit) = 0;
};

}  // namespace shiming::outbox

#endif  // SHIMING_STORAGE_OUTBOX_EVENT_SINK_H_
