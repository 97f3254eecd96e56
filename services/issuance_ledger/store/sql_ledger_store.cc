#include "services/issuance_ledger/store/sql_ledger_store.h"

#include <algorithm>
#include <map>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/status/reason.h"
#include "common/status/status_macros.h"
#include "common/time/clock.h"
#include "ledger/entry.h"
#include "services/issuance_ledger/core/entry_query.h"
#include "services/issuance_ledger/store/entry_search.h"
#include "services/issuance_ledger/store/ledger_migrations.h"
#include "services/issuance_ledger/store/sql_ledger_view.h"

namespace shiming::issuance_ledger {
namespace {

using sql::Value;

int64_t MicrosOf(const ledger::v1::Event& event) {
  return event.time().seconds() * 1000000 + event.time().nanos() / 1000;
}

// The writing half.
class SqlLedgerTransaction final : public SqlLedgerView<LedgerTransaction> {
 public:
  SqlLedgerTransaction(sql::Transaction& tx, int64_t log)
      : SqlLedgerView(tx, log), tx_(tx), log_(log) {}

  absl::Status Fence(int64_t epoch) override {
    return tx_.ExecuteOne(
        "UPDATE ledger_heads SET epoch = $1 WHERE log = $2 AND epoch = $1",
        {Value::Int(epoch), Value::Int(log_)}, Reason::LEDGER_FENCED);
  }

  absl::StatusOr<bool> ClaimOnceKey(const std::string& once_key,
                                    int64_t index) override {
    ASSIGN_OR_RETURN(
        const int64_t inserted,
        tx_.InsertIgnore(
            "INSERT INTO ledger_once_keys (log, once_key, idx) "
            "VALUES ($1, $2, $3)",
            {Value::Int(log_), Value::Text(once_key), Value::Int(index)}));
    return inserted == 1;
  }

  absl::Status Append(const NewEntry& entry) override {
    const ledger::v1::Event& event = entry.event;
    const ledger::v1::EventId& id = event.id();
    RETURN_IF_ERROR(tx_.ExecuteOne(
        "INSERT INTO ledger_entries (log, idx, source, aggregate, version, "
        "kind, time_us, sha256, body) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        {Value::Int(log_), Value::Int(entry.index), Value::Text(id.source()),
         Value::Text(id.aggregate()), Value::Int(id.version()),
         Value::Int(event.kind()), Value::Int(MicrosOf(event)),
         Value::Bytes(entry.sha256), Value::Bytes(entry.bytes)}));
    RETURN_IF_ERROR(MoveAggregate(id));
    return AddTerms(entry.index, entry.terms, event);
  }

  absl::Status Freeze(const std::string& source,
                      const std::string& aggregate) override {
    ASSIGN_OR_RETURN(
        const int64_t updated,
        tx_.Execute(
            "UPDATE ledger_aggregates SET frozen = 1 "
            "WHERE log = $1 AND source = $2 AND aggregate = $3",
            {Value::Int(log_), Value::Text(source), Value::Text(aggregate)}));
    if (updated == 1) return absl::OkStatus();
    return InsertAggregate(source, aggregate, /*last_version=*/0,
                           /*frozen=*/1);
  }

  absl::Status PutHead(const ledger::TreeEdge& edge,
                       uint64_t old_size) override {
    RETURN_IF_ERROR(PutTimeBlocks());
    return tx_.ExecuteOne(
        "UPDATE ledger_heads SET size = $1, edge = $2, indexed = $1 "
        "WHERE log = $3 AND size = $4 AND indexed = $4",
        {Value::Int(static_cast<int64_t>(edge.size())),
         Value::Bytes(edge.EncodeNodes()), Value::Int(log_),
         Value::Int(static_cast<int64_t>(old_size))});
  }

  absl::StatusOr<int64_t> IndexEntries(int64_t limit) override {
    ASSIGN_OR_RETURN(
        const std::optional<sql::Row> row,
        tx_.QueryAtMostOne(
            "SELECT size, indexed FROM ledger_heads WHERE log = $1",
            {Value::Int(log_)}));
    if (!row.has_value()) {
      return MakeError(Reason::INTERNAL_ERROR, "the log has no head");
    }
    const int64_t size = row->Int(0);
    const int64_t indexed = row->OptionalInt(1).value_or(0);
    const int64_t end = std::min(size, indexed + limit);
    ASSIGN_OR_RETURN(const std::vector<StoredEntry> entries,
                     Entries(indexed, end, static_cast<int>(limit)));
    for (const StoredEntry& entry : entries) {
      ASSIGN_OR_RETURN(const ledger::v1::Event event,
                       ledger::ParseEntry(entry.bytes));
      RETURN_IF_ERROR(AddTerms(entry.index, TermsOf(event), event));
    }
    RETURN_IF_ERROR(PutTimeBlocks());
    RETURN_IF_ERROR(tx_.ExecuteOne(
        "UPDATE ledger_heads SET indexed = $1 WHERE log = $2 AND size = $3 "
        "AND COALESCE(indexed, 0) = $4",
        {Value::Int(end), Value::Int(log_), Value::Int(size),
         Value::Int(indexed)}));
    return size - end;
  }

  absl::Status PutCheckpoint(const StoredCheckpoint& checkpoint,
                             std::optional<int64_t> old_size) override {
    if (!old_size.has_value()) {
      ASSIGN_OR_RETURN(
          const int64_t inserted,
          tx_.InsertIgnore(
              "INSERT INTO ledger_checkpoints (log, size, root, note) "
              "VALUES ($1, $2, $3, $4)",
              {Value::Int(log_), Value::Int(checkpoint.size),
               Value::Bytes(checkpoint.root), Value::Text(checkpoint.note)}));
      if (inserted == 1) return absl::OkStatus();
      return MakeError(Reason::LOST_RACE, "the log has a checkpoint already");
    }
    return tx_.ExecuteOne(
        "UPDATE ledger_checkpoints SET size = $1, root = $2, note = $3 "
        "WHERE log = $4 AND size = $5",
        {Value::Int(checkpoint.size), Value::Bytes(checkpoint.root),
         Value::Text(checkpoint.note), Value::Int(log_),
         Value::Int(*old_size)});
  }

  absl::StatusOr<Lease> ReadLease() override {
    ASSIGN_OR_RETURN(
        const std::optional<sql::Row> row,
        tx_.QueryAtMostOne("SELECT epoch, holder, lease_expires_us "
                           "FROM ledger_heads WHERE log = $1",
                           {Value::Int(log_)}));
    if (!row.has_value()) {
      return MakeError(Reason::INTERNAL_ERROR, "the log has no head");
    }
    return Lease{.epoch = row->Int(0),
                 .holder = row->TextOrEmpty(1),
                 .expire_time = FromMicros(row->Int(2))};
  }

  absl::Status PutLease(const Lease& lease, int64_t old_epoch) override {
    return tx_.ExecuteOne(
        "UPDATE ledger_heads SET epoch = $1, holder = $2, "
        "lease_expires_us = $3 WHERE log = $4 AND epoch = $5",
        {Value::Int(lease.epoch), Value::TextOrNull(lease.holder),
         Value::Int(ToMicros(lease.expire_time)), Value::Int(log_),
         Value::Int(old_epoch)});
  }

 private:
  absl::Status MoveAggregate(const ledger::v1::EventId& id) {
    if (id.version() == 1) {
      return InsertAggregate(id.source(), id.aggregate(), /*last_version=*/1,
                             /*frozen=*/0);
    }
    return tx_.ExecuteOne(
        "UPDATE ledger_aggregates SET last_version = $1 WHERE log = $2 "
        "AND source = $3 AND aggregate = $4 AND last_version = $5",
        {Value::Int(id.version()), Value::Int(log_), Value::Text(id.source()),
         Value::Text(id.aggregate()), Value::Int(id.version() - 1)});
  }

  absl::Status InsertAggregate(const std::string& source,
                               const std::string& aggregate,
                               int64_t last_version, int64_t frozen) {
    return tx_.ExecuteOne(
        "INSERT INTO ledger_aggregates (log, source, aggregate, "
        "last_version, frozen) VALUES ($1, $2, $3, $4, $5)",
        {Value::Int(log_), Value::Text(source), Value::Text(aggregate),
         Value::Int(last_version), Value::Int(frozen)});
  }

  absl::Status AddTerms(int64_t index, std::span<const int64_t> terms,
                        const ledger::v1::Event& event) {
    const int64_t time_us = MicrosOf(event);
    auto [block, is_new] =
        time_blocks_.try_emplace(index / kTimeBlockEntries, time_us, time_us);
    if (!is_new) {
      block->second.first = std::min(block->second.first, time_us);
      block->second.second = std::max(block->second.second, time_us);
    }
    std::string insert = "INSERT INTO ledger_terms (log, term, idx) VALUES ";
    sql::Params params = {Value::Int(log_), Value::Int(index)};
    for (const int64_t term : terms) {
      params.push_back(Value::Int(term));
      absl::StrAppend(&insert, params.size() == 3 ? "" : ", ", "($1, $",
                      params.size(), ", $2)");
    }
    ASSIGN_OR_RETURN(const int64_t inserted,
                     tx_.Execute(insert, std::move(params)));
    if (inserted == static_cast<int64_t>(terms.size())) return absl::OkStatus();
    return MakeError(Reason::INTERNAL_ERROR, "the terms were not stored");
  }

  // Widens the stored times of the blocks that entries were added to.
  absl::Status PutTimeBlocks() {
    for (const auto& [block, times] : std::exchange(time_blocks_, {})) {
      const sql::Params params = {Value::Int(times.first),
                                  Value::Int(times.second), Value::Int(log_),
                                  Value::Int(block)};
      ASSIGN_OR_RETURN(
          const int64_t updated,
          tx_.Execute("UPDATE ledger_time_blocks SET "
                      "min_us = CASE WHEN min_us > $1 THEN $1 ELSE min_us END, "
                      "max_us = CASE WHEN max_us < $2 THEN $2 ELSE max_us END "
                      "WHERE log = $3 AND block = $4",
                      params));
      if (updated == 1) continue;
      RETURN_IF_ERROR(tx_.ExecuteOne(
          "INSERT INTO ledger_time_blocks (min_us, max_us, log, block) "
          "VALUES ($1, $2, $3, $4)",
          params));
    }
    return absl::OkStatus();
  }

  sql::Transaction& tx_;
  const int64_t log_;
  // Block → earliest and latest time of the entries added to it, not stored
  // yet.
  std::map<int64_t, std::pair<int64_t, int64_t>> time_blocks_;
};

absl::StatusOr<int64_t> FindOrMakeLog(sql::Transaction& tx,
                                      const std::string& origin) {
  ASSIGN_OR_RETURN(const sql::Rows rows,
                   tx.Query("SELECT log, origin FROM ledger_heads "
                            "ORDER BY log",
                            {}));
  int64_t last = 0;
  for (const sql::Row& row : rows) {
    if (row.Text(1) == origin) return row.Int(0);
    last = row.Int(0);
  }
  RETURN_IF_ERROR(tx.ExecuteOne(
      "INSERT INTO ledger_heads (log, origin, size, edge, epoch, holder, "
      "lease_expires_us, indexed) VALUES ($1, $2, 0, $3, 0, $4, 0, 0)",
      {Value::Int(last + 1), Value::Text(origin), Value::Bytes(""),
       Value::NullText()}));
  return last + 1;
}

}  // namespace

absl::StatusOr<std::unique_ptr<SqlLedgerStore>> SqlLedgerStore::Open(
    sql::Database& database, const std::string& origin) {
  RETURN_IF_ERROR(sql::Migrate(database, LedgerMigrations(), kLedgerSchema));
  int64_t log = 0;
  RETURN_IF_ERROR(database.WriteBlocking([&](sql::Transaction& tx) {
    ASSIGN_OR_RETURN(log, FindOrMakeLog(tx, origin));
    return absl::OkStatus();
  }));
  return std::unique_ptr<SqlLedgerStore>(new SqlLedgerStore(database, log));
}

sql::WriteFn SqlLedgerStore::Wrap(LedgerWriteFn fn) const {
  return [fn = std::move(fn), log = log_](sql::Transaction& tx) {
    SqlLedgerTransaction transaction(tx, log);
    return fn(transaction);
  };
}

sql::ReadFn SqlLedgerStore::Wrap(LedgerReadFn fn) const {
  return [fn = std::move(fn), log = log_](sql::Snapshot& snapshot) {
    SqlLedgerView<LedgerSnapshot> view(snapshot, log);
    return fn(view);
  };
}

asio::awaitable<absl::Status> SqlLedgerStore::Write(LedgerWriteFn fn) {
  return database_.Write(Wrap(std::move(fn)));
}

asio::awaitable<absl::Status> SqlLedgerStore::Read(LedgerReadFn fn) {
  return database_.Read(Wrap(std::move(fn)));
}

absl::Status SqlLedgerStore::WriteBlocking(LedgerWriteFn fn) {
  return database_.WriteBlocking(Wrap(std::move(fn)));
}

absl::Status SqlLedgerStore::ReadBlocking(LedgerReadFn fn) {
  return database_.ReadBlocking(Wrap(std::move(fn)));
}

}  // namespace shiming::issuance_ledger
