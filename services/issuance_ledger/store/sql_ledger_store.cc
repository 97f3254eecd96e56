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
#include "services/issuance_ledger/store/redaction_rows.h"
#include "services/issuance_ledger/store/sql_ledger_view.h"

namespace shiming::issuance_ledger {
namespace {

using sql::Value;

int64_t MicrosOf(const ledger::v1::Event& event) {
  return event.time().seconds() * 1000000 + event.time().nanos() / 1000;
}

// How many more entries than terms are given at once get their time spans.
constexpr int64_t kTimesPerStep = 100;

// The writing half.
class SqlLedgerTransaction final : public SqlLedgerView<LedgerTransaction> {
 public:
  SqlLedgerTransaction(sql::Transaction& tx, const LogScope& scope)
      : SqlLedgerView(tx, scope), tx_(tx), scope_(scope), log_(scope.log) {}

  absl::Status Fence(int64_t epoch) override {
    return tx_.ExecuteOne(
        "UPDATE ledger_heads SET epoch = $1 WHERE log = $2 AND epoch = $1",
        {Value::Int(epoch), Value::Int(log_)}, Reason::LEDGER_FENCED);
  }

  absl::StatusOr<bool> ClaimOnceKey(const std::string& once_key,
                                    int64_t index) override {
    for (const int64_t log : scope_.earlier_logs) {
      ASSIGN_OR_RETURN(
          const std::optional<sql::Row> taken,
          tx_.QueryAtMostOne("SELECT 1 FROM ledger_once_keys "
                             "WHERE log = $1 AND once_key = $2",
                             {Value::Int(log), Value::Text(once_key)}));
      if (taken.has_value()) return false;
    }
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
    AddTime(entry.index, MicrosOf(event));
    return AddTerms(entry.index, entry.terms);
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
    ASSIGN_OR_RETURN(const AggregateState carried,
                     Aggregate(source, aggregate));
    return InsertAggregate(source, aggregate, carried.last_version,
                           /*frozen=*/1);
  }

  absl::Status PutHead(const ledger::TreeEdge& edge,
                       uint64_t old_size) override {
    RETURN_IF_ERROR(PutTimeSpans());
    return tx_.ExecuteOne(
        "UPDATE ledger_heads SET size = $1, edge = $2, indexed = $1, "
        "spanned = $1 WHERE log = $3 AND size = $4 AND indexed = $4 "
        "AND spanned = $4",
        {Value::Int(static_cast<int64_t>(edge.size())),
         Value::Bytes(edge.EncodeNodes()), Value::Int(log_),
         Value::Int(static_cast<int64_t>(old_size))});
  }

  absl::StatusOr<int64_t> IndexEntries(int64_t limit) override {
    ASSIGN_OR_RETURN(
        const std::optional<sql::Row> row,
        tx_.QueryAtMostOne(
            "SELECT size, indexed, spanned FROM ledger_heads WHERE log = $1",
            {Value::Int(log_)}));
    if (!row.has_value()) {
      return MakeError(Reason::INTERNAL_ERROR, "the log has no head");
    }
    const int64_t size = row->Int(0);
    const int64_t indexed = row->OptionalInt(1).value_or(0);
    const int64_t spanned = row->OptionalInt(2).value_or(0);
    const int64_t begin = std::min(indexed, spanned);
    // An entry that has its terms adds hardly any row.
    const int64_t step = begin < indexed ? limit * kTimesPerStep : limit;
    const int64_t end = std::min(size, begin + step);
    ASSIGN_OR_RETURN(const std::vector<StoredEntry> entries,
                     Entries(begin, end, static_cast<int>(step)));
    for (const StoredEntry& entry : entries) {
      ASSIGN_OR_RETURN(const ledger::v1::Event event,
                       ledger::ParseEntry(entry.bytes));
      if (entry.index >= indexed) {
        RETURN_IF_ERROR(AddTerms(entry.index, TermsOf(event)));
      }
      if (entry.index >= spanned) AddTime(entry.index, MicrosOf(event));
    }
    RETURN_IF_ERROR(PutTimeSpans());
    RETURN_IF_ERROR(tx_.ExecuteOne(
        "UPDATE ledger_heads SET indexed = $1, spanned = $2 "
        "WHERE log = $3 AND size = $4 AND COALESCE(indexed, 0) = $5 "
        "AND COALESCE(spanned, 0) = $6",
        {Value::Int(std::max(indexed, end)), Value::Int(std::max(spanned, end)),
         Value::Int(log_), Value::Int(size), Value::Int(indexed),
         Value::Int(spanned)}));
    return size - end;
  }

  absl::Status RedactPerson(const std::string& person_id) override {
    RETURN_IF_ERROR(RedactPersonIn(tx_, log_, person_id));
    for (const int64_t log : scope_.earlier_logs) {
      RETURN_IF_ERROR(RedactPersonIn(tx_, log, person_id));
    }
    return absl::OkStatus();
  }

  absl::Status FinishRedactions(const std::vector<int64_t>& indexes) override {
    return shiming::issuance_ledger::FinishRedactions(tx_, log_, indexes);
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
    ASSIGN_OR_RETURN(
        const int64_t updated,
        tx_.Execute(
            "UPDATE ledger_aggregates SET last_version = $1 WHERE log = $2 "
            "AND source = $3 AND aggregate = $4 AND last_version = $5",
            {Value::Int(id.version()), Value::Int(log_),
             Value::Text(id.source()), Value::Text(id.aggregate()),
             Value::Int(id.version() - 1)}));
    if (updated == 1) return absl::OkStatus();
    // The version before stands in an earlier log. The key refuses if not.
    return InsertAggregate(id.source(), id.aggregate(), id.version(),
                           /*frozen=*/0);
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

  void AddTime(int64_t index, int64_t time_us) {
    for (size_t level = 0; level < std::size(kSpanEntries); ++level) {
      auto [span, is_new] = time_spans_.try_emplace(
          std::pair(static_cast<int64_t>(level), index / kSpanEntries[level]),
          time_us, time_us);
      if (is_new) continue;
      span->second.first = std::min(span->second.first, time_us);
      span->second.second = std::max(span->second.second, time_us);
    }
  }

  absl::Status AddTerms(int64_t index, std::span<const int64_t> terms) {
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

  // Widens the stored times of the spans that entries were added to.
  absl::Status PutTimeSpans() {
    for (const auto& [place, times] : std::exchange(time_spans_, {})) {
      const auto& [level, span] = place;
      const sql::Params params = {Value::Int(times.first),
                                  Value::Int(times.second), Value::Int(log_),
                                  Value::Int(level), Value::Int(span)};
      ASSIGN_OR_RETURN(
          const int64_t updated,
          tx_.Execute("UPDATE ledger_time_spans SET "
                      "min_us = CASE WHEN min_us > $1 THEN $1 ELSE min_us END, "
                      "max_us = CASE WHEN max_us < $2 THEN $2 ELSE max_us END "
                      "WHERE log = $3 AND level = $4 AND span = $5",
                      params));
      if (updated == 1) continue;
      RETURN_IF_ERROR(tx_.ExecuteOne(
          "INSERT INTO ledger_time_spans (min_us, max_us, log, level, span) "
          "VALUES ($1, $2, $3, $4, $5)",
          params));
    }
    return absl::OkStatus();
  }

  sql::Transaction& tx_;
  const LogScope& scope_;
  const int64_t log_;
  // Level and span → earliest and latest time of the entries added to it, not
  // stored yet.
  std::map<std::pair<int64_t, int64_t>, std::pair<int64_t, int64_t>>
      time_spans_;
};

// A log of the database.
struct KnownLog {
  int64_t log = 0;
  std::string origin;
  int64_t size = 0;
  std::optional<StoredCheckpoint> checkpoint;
  bool is_frozen = false;
  std::string pseudonym_key_commitment;  // empty before LOG_OPENED
};

// What LOG_OPENED commits to.
absl::StatusOr<std::string> PseudonymKeyCommitmentOf(
    const std::vector<StoredEntry>& first) {
  if (first.empty()) return std::string();
  ASSIGN_OR_RETURN(const ledger::v1::Event opened,
                   ledger::ParseEntry(first[0].bytes));
  return opened.commitments_size() == 1 ? opened.commitments(0).sha256()
                                        : std::string();
}

// Oldest first.
absl::StatusOr<std::vector<KnownLog>> KnownLogs(sql::Transaction& tx) {
  ASSIGN_OR_RETURN(const sql::Rows rows,
                   tx.Query("SELECT log, origin, size FROM ledger_heads "
                            "ORDER BY log",
                            {}));
  std::vector<KnownLog> logs;
  for (const sql::Row& row : rows) {
    KnownLog& log = logs.emplace_back();
    log.log = row.Int(0);
    log.origin = row.Text(1);
    log.size = row.Int(2);
    const LogScope alone{.log = log.log, .origin = log.origin};
    LedgerReads reads(tx, alone);
    ASSIGN_OR_RETURN(log.checkpoint, reads.LastCheckpoint());
    ASSIGN_OR_RETURN(log.is_frozen, reads.IsFrozen());
    ASSIGN_OR_RETURN(const std::vector<StoredEntry> first,
                     reads.Entries(0, 1, 1));
    ASSIGN_OR_RETURN(log.pseudonym_key_commitment,
                     PseudonymKeyCommitmentOf(first));
  }
  return logs;
}

// `log` as one that another may follow.
absl::StatusOr<FrozenLog> FrozenLogOf(const KnownLog& log, int64_t base) {
  if (!log.is_frozen || !log.checkpoint.has_value() ||
      log.checkpoint->size != log.size) {
    return absl::FailedPreconditionError(
        absl::StrCat("config: origin: the database's log is ", log.origin,
                     "; freeze it before another is opened"));
  }
  return FrozenLog{.origin = log.origin,
                   .base = base,
                   .size = log.size,
                   .root = log.checkpoint->root,
                   .pseudonym_key_commitment = log.pseudonym_key_commitment};
}

absl::StatusOr<LogScope> FindOrMakeLog(sql::Transaction& tx,
                                       const std::string& origin) {
  ASSIGN_OR_RETURN(const std::vector<KnownLog> logs, KnownLogs(tx));
  LogScope scope{.log = 1, .origin = origin};
  for (const KnownLog& log : logs) {
    if (log.origin == origin) {
      if (&log == &logs.back()) {
        scope.log = log.log;
        return scope;
      }
      return MakeError(Reason::LEDGER_LOG_ENDED,
                       absl::StrCat("another log follows ", origin));
    }
    ASSIGN_OR_RETURN(FrozenLog frozen, FrozenLogOf(log, scope.base));
    scope.base += frozen.size;
    scope.earlier.push_back(std::move(frozen));
    scope.earlier_logs.push_back(log.log);
    scope.log = log.log + 1;
  }
  ASSIGN_OR_RETURN(
      const int64_t inserted,
      tx.InsertIgnore(
          "INSERT INTO ledger_heads (log, origin, size, edge, epoch, holder, "
          "lease_expires_us, indexed, spanned) "
          "VALUES ($1, $2, 0, $3, 0, $4, 0, 0, 0)",
          {Value::Int(scope.log), Value::Text(origin), Value::Bytes(""),
           Value::NullText()}));
  // Another instance makes it at this moment; the next run finds it.
  if (inserted != 1) return sql::RunAgain("the log is being made");
  return scope;
}

// To the core LOST_RACE says that a compare-and-swap of the log's own found
// another value, which is final. A transaction that only lost too often against
// others, as PostgreSQL has it, may be tried again.
absl::Status ForCore(const absl::Status& status) {
  if (!sql::IsRetryable(status)) return status;
  return sql::MakeSqlError(sql::SqlError::kUnavailable,
                           std::string(status.message()));
}

}  // namespace

absl::StatusOr<std::unique_ptr<SqlLedgerStore>> SqlLedgerStore::Open(
    sql::Database& database, const std::string& origin) {
  RETURN_IF_ERROR(sql::Migrate(database, LedgerMigrations(), kLedgerSchema));
  auto scope = std::make_shared<LogScope>();
  RETURN_IF_ERROR(database.WriteBlocking([&](sql::Transaction& tx) {
    ASSIGN_OR_RETURN(*scope, FindOrMakeLog(tx, origin));
    return absl::OkStatus();
  }));
  return std::unique_ptr<SqlLedgerStore>(
      new SqlLedgerStore(database, std::move(scope)));
}

sql::WriteFn SqlLedgerStore::Wrap(LedgerWriteFn fn) const {
  return [fn = std::move(fn), scope = scope_](sql::Transaction& tx) {
    SqlLedgerTransaction transaction(tx, *scope);
    return fn(transaction);
  };
}

sql::ReadFn SqlLedgerStore::Wrap(LedgerReadFn fn) const {
  return [fn = std::move(fn), scope = scope_](sql::Snapshot& snapshot) {
    SqlLedgerView<LedgerSnapshot> view(snapshot, *scope);
    return fn(view);
  };
}

asio::awaitable<absl::Status> SqlLedgerStore::Write(LedgerWriteFn fn) {
  sql::WriteFn wrapped = Wrap(std::move(fn));
  const absl::Status written = co_await database_.Write(std::move(wrapped));
  co_return ForCore(written);
}

asio::awaitable<absl::Status> SqlLedgerStore::Read(LedgerReadFn fn) {
  return database_.Read(Wrap(std::move(fn)));
}

absl::Status SqlLedgerStore::WriteBlocking(LedgerWriteFn fn) {
  return ForCore(database_.WriteBlocking(Wrap(std::move(fn))));
}

absl::Status SqlLedgerStore::ReadBlocking(LedgerReadFn fn) {
  return database_.ReadBlocking(Wrap(std::move(fn)));
}

}  // namespace shiming::issuance_ledger
