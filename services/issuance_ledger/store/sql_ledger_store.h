// LedgerStore over the SQL port.
#ifndef SHIMING_SERVICES_ISSUANCE_LEDGER_STORE_SQL_LEDGER_STORE_H_
#define SHIMING_SERVICES_ISSUANCE_LEDGER_STORE_SQL_LEDGER_STORE_H_

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "services/issuance_ledger/core/ledger_store.h"
#include "services/issuance_ledger/store/sql_ledger_view.h"
#include "storage/sql/database.h"

namespace shiming::issuance_ledger {

// Thread-safe.
class SqlLedgerStore final : public LedgerStore {
 public:
  // Migrates, then finds the log of this origin or makes an empty one behind
  // those that are there, all of which are frozen. Blocks; for start-up.
  // LEDGER_LOG_ENDED when another log follows it; FAILED_PRECONDITION when the
  // last one is not frozen with its final checkpoint signed. `database` must
  // outlive the store.
  static absl::StatusOr<std::unique_ptr<SqlLedgerStore>> Open(
      sql::Database& database, const std::string& origin);

  asio::awaitable<absl::Status> Write(LedgerWriteFn fn) override;
  asio::awaitable<absl::Status> Read(LedgerReadFn fn) override;
  absl::Status WriteBlocking(LedgerWriteFn fn) override;
  absl::Status ReadBlocking(LedgerReadFn fn) override;

 private:
  SqlLedgerStore(sql::Database& database, std::shared_ptr<const LogScope> scope)
      : database_(database), scope_(std::move(scope)) {}

  sql::WriteFn Wrap(LedgerWriteFn fn) const;
  sql::ReadFn Wrap(LedgerReadFn fn) const;

  sql::Database& database_;
  const std::shared_ptr<const LogScope> scope_;
};

}  // namespace shiming::issuance_ledger

#endif  // SHIMING_SERVICES_ISSUANCE_LEDGER_STORE_SQL_LEDGER_STORE_H_
