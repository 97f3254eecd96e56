// What the ledger keeps in its database, in domain words. The SQL is in
// ../store; the rules are in acceptance.h.
#ifndef SHIMING_SERVICES_ISSUANCE_LEDGER_CORE_LEDGER_STORE_H_
#define SHIMING_SERVICES_ISSUANCE_LEDGER_CORE_LEDGER_STORE_H_

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "ledger/hasher.h"
#include "ledger/tree.h"
#include "services/issuance_ledger/core/entry_query.h"
#include "shiming/ledger/v1/ledger_resources.pb.h"

namespace shiming {
namespace asio = boost::asio;
}  // namespace shiming

namespace shiming::issuance_ledger {

// Our own source, and the one of the entries that we write ourselves.
inline constexpr char kLedgerSource[] = "issuance_ledger";

// Who sequences the log. The epoch decides; the rest says when another may
// take over.
struct Lease {
  int64_t epoch = 0;
  std::string holder;
  absl::Time expire_time;
};

// An aggregate as the ledger knows it; version 0 for an unknown one.
struct AggregateState {
  int64_t last_version = 0;
  bool frozen = false;
};

// Where an entry stands and what its bytes hash to.
struct EntryRef {
  int64_t index = 0;
  ledger::v1::EventId id;
  std::string sha256;
};

// An entry anywhere in this log or those before it.
struct EntryPlace {
  int64_t position = 0;  // base() of its log + its index there
  ledger::v1::EventId id;
  std::string sha256;
};

// A log that takes no more entries.
struct FrozenLog {
  std::string origin;
  int64_t base = 0;  // entries of the logs before it
  int64_t size = 0;
  ledger::Hash root;
  std::string pseudonym_key_commitment;  // of its LOG_OPENED, 32 bytes
};

struct StoredEntry {
  int64_t index = 0;
  std::string bytes;
};

// An entry with all that is kept of it.
struct NewEntry {
  int64_t index = 0;
  const std::string& bytes;
  const std::string& sha256;
  const ledger::v1::Event& event;
  std::span<const int64_t> terms;  // TermsOf(event)
};

// The newest signed checkpoint.
struct StoredCheckpoint {
  int64_t size = 0;
  ledger::Hash root;
  std::string note;
};

// Where a search looks and how much it may give.
struct ScanRange {
  int64_t begin = 0;
  int64_t end = 0;
  int limit = 0;          // entries
  size_t byte_limit = 0;  // of entries; the first one is given all the same
  // Counted for each entry in addition.
  size_t bytes_beside_entry = 0;
};

// What a search found.
struct EntryScan {
  std::vector<StoredEntry> entries;  // in order of index
  // Every match below this index has been given; the end of the range where
  // there are no more.
  int64_t next = 0;
  // Where the query asks by EID, ICCID or number: entries of erased persons,
  // which cannot be found by these.
  int64_t redacted_count = 0;
};

// One consistent view of one log. What the logs before it have left behind
// holds on in it: versions of aggregates, once_keys. Only our own events, those
// of kLedgerSource, begin anew with each log.
class LedgerSnapshot {
 public:
  virtual ~LedgerSnapshot() = default;

  // Frozen logs before this one, oldest first.
  virtual const std::vector<FrozenLog>& earlier() const = 0;
  // Their entries. Positions count them, indexes do not.
  virtual int64_t base() const = 0;
  // True when LOG_FROZEN stands in this log.
  virtual absl::StatusOr<bool> IsFrozen() = 0;

  // The edge of the tree of all sequenced entries.
  virtual absl::StatusOr<ledger::TreeEdge> Head() = 0;
  virtual absl::StatusOr<std::optional<StoredCheckpoint>> LastCheckpoint() = 0;
  virtual absl::StatusOr<AggregateState> Aggregate(
      const std::string& source, const std::string& aggregate) = 0;
  // In this log only.
  virtual absl::StatusOr<std::optional<EntryRef>> FindEntry(
      const ledger::v1::EventId& id) = 0;
  // In this log or one before it.
  virtual absl::StatusOr<std::optional<EntryPlace>> Locate(
      const ledger::v1::EventId& id) = 0;
  // Entries with begin <= index < end, in order, at most `limit`.
  virtual absl::StatusOr<std::vector<StoredEntry>> Entries(int64_t begin,
                                                           int64_t end,
                                                           int limit) = 0;
  // Matching entries in the range. Its work is bounded, so it may stop
  // anywhere; it always gets on by one index at least.
  virtual absl::StatusOr<EntryScan> Query(const EntryQuery& query,
                                          const ScanRange& range) = 0;
  // Entries of one source in all logs with position > after, in order, at most
  // `limit`.
  virtual absl::StatusOr<std::vector<EntryPlace>> EntriesOf(
      const std::string& source, int64_t after, int limit) = 0;

  // Entries with begin <= index < end whose person was erased: their tokens of
  // the fields of ledger::IsRedactedByErasure are in no index of the database,
  // and must not be shown out of a sealed one.
  virtual absl::StatusOr<std::vector<StoredEntry>> RedactedEntries(
      int64_t begin, int64_t end) = 0;
  // Of these, at most `limit` whose tokens may still stand in the file of a
  // sealed index, in order.
  virtual absl::StatusOr<std::vector<int64_t>> UnfinishedRedactions(
      int limit) = 0;
};

// A view that may change the log. Nothing but what these methods say is ever
// changed or deleted.
class LedgerTransaction : public LedgerSnapshot {
 public:
  // Refuses (LEDGER_FENCED) unless `epoch` is still in force, and keeps it so
  // until the end of the transaction. First of all calls that write.
  virtual absl::Status Fence(int64_t epoch) = 0;

  // True when no event had this key; it is then this entry's for ever.
  virtual absl::StatusOr<bool> ClaimOnceKey(const std::string& once_key,
                                            int64_t index) = 0;
  // Stores the entry, its aggregate's version and its search keys.
  virtual absl::Status Append(const NewEntry& entry) = 0;
  // Gives entries that an older version stored without terms theirs, at most
  // `limit` of them (more where only their times are missing); how many are
  // left. PutHead refuses (LOST_RACE) as long as there are any.
  virtual absl::StatusOr<int64_t> IndexEntries(int64_t limit) = 0;
  // No further event of this aggregate is accepted.
  virtual absl::Status Freeze(const std::string& source,
                              const std::string& aggregate) = 0;
  // Redacts the entries of a person in all logs.
  virtual absl::Status RedactPerson(const std::string& person_id) = 0;
  // The files do not hold these entries' tokens any more.
  virtual absl::Status FinishRedactions(
      const std::vector<int64_t>& indexes) = 0;
  // Moves the head on from `old_size`. LOST_RACE if it is not there.
  virtual absl::Status PutHead(const ledger::TreeEdge& edge,
                               uint64_t old_size) = 0;
  // Moves the checkpoint on from the one of `old_size`; nullopt: it is the
  // first. LOST_RACE if another stands there.
  virtual absl::Status PutCheckpoint(const StoredCheckpoint& checkpoint,
                                     std::optional<int64_t> old_size) = 0;

  // The lease; epoch 0 in a log that nobody has sequenced.
  virtual absl::StatusOr<Lease> ReadLease() = 0;
  // Replaces a lease of `old_epoch`. LOST_RACE if another took it.
  virtual absl::Status PutLease(const Lease& lease, int64_t old_epoch) = 0;
};

using LedgerWriteFn = std::function<absl::Status(LedgerTransaction&)>;
using LedgerReadFn = std::function<absl::Status(LedgerSnapshot&)>;

// The database of one log. Thread-safe. As sql::Database: `fn` may run again
// and does no I/O; Write returns when durable.
class LedgerStore {
 public:
  virtual ~LedgerStore() = default;

  virtual asio::awaitable<absl::Status> Write(LedgerWriteFn fn) = 0;
  virtual asio::awaitable<absl::Status> Read(LedgerReadFn fn) = 0;
  // For start-up and tests only.
  virtual absl::Status WriteBlocking(LedgerWriteFn fn) = 0;
  virtual absl::Status ReadBlocking(LedgerReadFn fn) = 0;
};

}  // namespace shiming::issuance_ledger

#endif  // SHIMING_SERVICES_ISSUANCE_LEDGER_CORE_LEDGER_STORE_H_
