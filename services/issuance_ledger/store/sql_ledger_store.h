// LedgerStore over the SQL port.
#ifndef SHIMING_SERVICES_ISSUANCE_LEDGER_STORE_SQL_LEDGER_STORE_H_
#define SHIMING_SERVICES_ISSUANCE_LEDGER_STORE_SQL_LEDGER_STORE_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "services/issuance_ledger/core/ledger_store.h"
#include "storage/sql/database.h"

namespace shiming::issuance_ledger {

// Thread-safe.
class SqlLedgerStore final : public LedgerStore {
 public:
  // Migrates, then finds the log of this origin or makes an empty one. Blocks;
  // for start-up. `database` must outlive the store.
  static absl::StatusOr<std::unique_ptr<SqlLedgerStore>> Open(
      sql::Database& database, const std::string& origin);

  asio::awaitable<absl::Status> Write(LedgerWriteFn fn) override;
  asio::awaitable<absl::Status> Read(LedgerReadFn fn) override;
  absl::Status WriteBlocking(LedgerWriteFn fn) override;
  absl::Status ReadBlocking(LedgerReadFn fn) override;

 private:
  SqlLedgerStore(sql::Database& database, int64_t log)
      : database_(database), log_(log) {}

  sql::WriteFn Wrap(LedgerWriteFn fn) const;
  sql::ReadFn Wrap(LedgerReadFn fn) const;

  sql::Database& database_;
  const int64_t log_;
};

}  // namespace shiming::issuance_ledger

#endif  // SHIMING_SERVICES_ISSUANCE_LEDGER_STORE_SQL_LEDGER_STORE_H_
