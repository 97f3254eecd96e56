// The reading half of the ledger's SQL, shared by snapshots and transactions.
#ifndef SHIMING_SERVICES_ISSUANCE_LEDGER_STORE_SQL_LEDGER_VIEW_H_
#define SHIMING_SERVICES_ISSUANCE_LEDGER_STORE_SQL_LEDGER_VIEW_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "services/issuance_ledger/core/ledger_store.h"
#include "storage/sql/database.h"

namespace shiming::issuance_ledger {

// A log and those before it.
struct LogScope {
  int64_t log = 0;  // number in the database
  std::string origin;
  int64_t base = 0;
  std::vector<FrozenLog> earlier;     // oldest first
  std::vector<int64_t> earlier_logs;  // their numbers
};

// The SELECTs. Lives as long as the snapshot.
class LedgerReads {
 public:
  LedgerReads(sql::Snapshot& db, const LogScope& scope)
      : db_(db), scope_(scope), log_(scope.log) {}

  const LogScope& scope() const { return scope_; }
  absl::StatusOr<bool> IsFrozen();
  absl::StatusOr<std::optional<EntryPlace>> Locate(
      const ledger::v1::EventId& id);

  absl::StatusOr<ledger::TreeEdge> Head();
  absl::StatusOr<std::optional<StoredCheckpoint>> LastCheckpoint();
  absl::StatusOr<AggregateState> Aggregate(const std::string& source,
                                           const std::string& aggregate);
  absl::StatusOr<std::optional<EntryRef>> FindEntry(
      const ledger::v1::EventId& id);
  absl::StatusOr<std::vector<StoredEntry>> Entries(int64_t begin, int64_t end,
                                                   int limit);
  absl::StatusOr<EntryScan> Query(const EntryQuery& query,
                                  const ScanRange& range);
  absl::StatusOr<std::vector<EntryPlace>> EntriesOf(const std::string& source,
                                                    int64_t after, int limit);
  absl::StatusOr<std::vector<StoredEntry>> RedactedEntries(int64_t begin,
                                                           int64_t end);
  absl::StatusOr<std::vector<int64_t>> UnfinishedRedactions(int limit);

 private:
  absl::StatusOr<std::optional<AggregateState>> AggregateIn(
      int64_t log, const std::string& source, const std::string& aggregate);
  absl::StatusOr<std::optional<EntryRef>> FindEntryIn(
      int64_t log, const ledger::v1::EventId& id);
  absl::Status AddEntriesOf(const std::string& source, int64_t log,
                            int64_t base, int64_t after, int limit,
                            std::vector<EntryPlace>* entries);

  sql::Snapshot& db_;
  const LogScope& scope_;
  const int64_t log_;
};

// LedgerSnapshot, or LedgerTransaction without its writing methods, by these.
template <class Base>
class SqlLedgerView : public Base {
 public:
  SqlLedgerView(sql::Snapshot& db, const LogScope& scope) : reads_(db, scope) {}

  const std::vector<FrozenLog>& earlier() const override {
    return reads_.scope().earlier;
  }
  int64_t base() const override { return reads_.scope().base; }
  absl::StatusOr<bool> IsFrozen() override { return reads_.IsFrozen(); }
  absl::StatusOr<std::optional<EntryPlace>> Locate(
      const ledger::v1::EventId& id) override {
    return reads_.Locate(id);
  }

  absl::StatusOr<ledger::TreeEdge> Head() override { return reads_.Head(); }
  absl::StatusOr<std::optional<StoredCheckpoint>> LastCheckpoint() override {
    return reads_.LastCheckpoint();
  }
  absl::StatusOr<AggregateState> Aggregate(
      const std::string& source, const std::string& aggregate) override {
    return reads_.Aggregate(source, aggregate);
  }
  absl::StatusOr<std::optional<EntryRef>> FindEntry(
      const ledger::v1::EventId& id) override {
    return reads_.FindEntry(id);
  }
  absl::StatusOr<std::vector<StoredEntry>> Entries(int64_t begin, int64_t end,
                                                   int limit) override {
    return reads_.Entries(begin, end, limit);
  }
  absl::StatusOr<EntryScan> Query(const EntryQuery& query,
                                  const ScanRange& range) override {
    return reads_.Query(query, range);
  }
  absl::StatusOr<std::vector<EntryPlace>> EntriesOf(const std::string& source,
                                                    int64_t after,
                                                    int limit) override {
    return reads_.EntriesOf(source, after, limit);
  }
  absl::StatusOr<std::vector<StoredEntry>> RedactedEntries(
      int64_t begin, int64_t end) override {
    return reads_.RedactedEntries(begin, end);
  }
  absl::StatusOr<std::vector<int64_t>> UnfinishedRedactions(
      int limit) override {
    return reads_.UnfinishedRedactions(limit);
  }

 private:
  LedgerReads reads_;
};

}  // namespace shiming::issuance_ledger

#endif  // SHIMING_SERVICES_ISSUANCE_LEDGER_STORE_SQL_LEDGER_VIEW_H_
