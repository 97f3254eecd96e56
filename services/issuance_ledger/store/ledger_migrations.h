// The tables of the issuance ledger.
#ifndef SHIMING_SERVICES_ISSUANCE_LEDGER_STORE_LEDGER_MIGRATIONS_H_
#define SHIMING_SERVICES_ISSUANCE_LEDGER_STORE_LEDGER_MIGRATIONS_H_

#include <span>

#include "storage/sql/migration.h"

namespace shiming::issuance_ledger {

inline constexpr char kLedgerSchema[] = "issuance_ledger";

// All steps, in order. Every key begins with `log`, the number of the log.
std::span<const sql::Migration> LedgerMigrations();

}  // namespace shiming::issuance_ledger

#endif  // SHIMING_SERVICES_ISSUANCE_LEDGER_STORE_LEDGER_MIGRATIONS_H_
