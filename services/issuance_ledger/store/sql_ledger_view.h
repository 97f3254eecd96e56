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

// The SELECTs. Lives as long as the snapshot.
class LedgerReads {
 public:
  LedgerReads(sql::Snapshot& db, int64_t log) : db_(db), log_(log) {}

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
  absl::StatusOr<std::vector<EntryRef>> EntriesOf(const std::string& source,
                                                  int64_t after, int limit);

 private:
  sql::Snapshot& db_;
  const int64_t log_;
};

// LedgerSnapshot, or LedgerTransaction without its writing methods, by these.
template <class Base>
class SqlLedgerView : public Base {
 public:
  SqlLedgerView(sql::Snapshot& db, int64_t log) : reads_(db, log) {}

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
  absl::StatusOr<std::vector<EntryRef>> EntriesOf(const std::string& source,
                                                  int64_t after,
                                                  int limit) override {
    return reads_.EntriesOf(source, after, limit);
  }

 private:
  LedgerReads reads_;
};

}  // namespace shiming::issuance_ledger

#endif  // SHIMING_SERVICES_ISSUANCE_LEDGER_STORE_SQL_LEDGER_VIEW_H_
