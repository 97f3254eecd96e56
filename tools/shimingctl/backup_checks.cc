#include "tools/shimingctl/backup_checks.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_future.hpp>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/status/reason.h"
#include "common/status/status_macros.h"
#include "services/identity_verification/store/key_store_check.h"
#include "services/identity_verification/store/migrations.h"
#include "services/issuance_ledger/store/sql_ledger_store.h"
#include "services/profile_order/store/migrations.h"
#include "services/terminal_session/store/schema.h"
#include "storage/outbox/event_sink.h"
#include "storage/outbox/outbox.h"
#include "storage/outbox/own_entry_check.h"
#include "storage/requests/idempotency_keys.h"
#include "storage/sql/migration.h"

namespace shiming::shimingctl {
namespace {

using issuance_ledger::EntryPlace;
using issuance_ledger::LedgerSnapshot;
using issuance_ledger::LedgerStore;
using issuance_ledger::SqlLedgerStore;
using Databases = std::map<std::string, std::unique_ptr<sql::Database>>;

// A ledger at rest, as one of its services sees it: what is there can be read.
class LedgerAtRest final : public outbox::EventSink {
 public:
  // `store` must outlive this.
  LedgerAtRest(LedgerStore& store, std::string source)
      : store_(store), source_(std::move(source)) {}

  boost::asio::awaitable<absl::StatusOr<std::vector<outbox::EventOutcome>>>
  Append(std::vector<std::string> /*entries*/,
         absl::Time /*deadline*/) override {
    co_return absl::UnavailableError("the ledger is at rest");
  }

  boost::asio::awaitable<absl::StatusOr<std::vector<outbox::OwnEntry>>>
  ListOwnEntries(int64_t after_index, int limit) override {
    std::vector<outbox::OwnEntry> entries;
    const absl::Status read =
        store_.ReadBlocking([&](LedgerSnapshot& db) -> absl::Status {
          entries.clear();
          ASSIGN_OR_RETURN(const std::vector<EntryPlace> places,
                           db.EntriesOf(source_, after_index, limit));
          for (const EntryPlace& place : places) {
            entries.push_back({.index = place.position,
                               .id = place.id,
                               .sha256 = place.sha256});
          }
          return absl::OkStatus();
        });
    if (!read.ok()) co_return read;
    co_return entries;
  }

 private:
  LedgerStore& store_;
  const std::string source_;
};

absl::Status MigrateTerminals(sql::Database& database) {
  RETURN_IF_ERROR(sql::Migrate(database, outbox::Outbox::Migrations(),
                               outbox::Outbox::kSchema));
  RETURN_IF_ERROR(sql::Migrate(database,
                               requests::IdempotencyKeys::Migrations(),
                               requests::IdempotencyKeys::kSchema));
  return sql::Migrate(database, terminal_session::Migrations(),
                      terminal_session::kSchema);
}

using MigrateFn = absl::Status (*)(sql::Database& database);
// The ledger's own is part of SqlLedgerStore::Open.
constexpr std::pair<const char*, MigrateFn> kMigrations[] = {
    {"profile_order", &profile_order::MigrateAll},
    {"identity_verification", &identity_verification::MigrateMain},
    {"identity_keys", &identity_verification::MigrateKeys},
    {"terminal_session", &MigrateTerminals}};
constexpr const char* kServices[] = {"profile_order", "identity_verification",
                                     "terminal_session"};

// States that do not fit may fit when they are taken again.
absl::Status AbortedIfBehind(const std::string& name,
                             const absl::Status& status) {
  if (!HasReason(status, Reason::DATABASE_BEHIND_LEDGER)) return status;
  return absl::AbortedError(
      absl::StrCat("the copies do not fit together: ", name, ": ",
                   std::string(status.message())));
}

absl::Status CheckService(const std::string& name, sql::Database& database,
                          LedgerStore& ledger, boost::asio::thread_pool& pool) {
  LedgerAtRest sink(ledger, name);
  outbox::OwnEntryCheck check(database, sink, name);
  return boost::asio::co_spawn(pool, check.Run(), boost::asio::use_future)
      .get();
}

absl::Status CheckOwnEntries(const Databases& databases,
                             const std::string& origin) {
  const auto ledger = databases.find("issuance_ledger");
  if (ledger == databases.end()) return absl::OkStatus();
  ASSIGN_OR_RETURN(const std::unique_ptr<SqlLedgerStore> store,
                   SqlLedgerStore::Open(*ledger->second, origin));
  for (const char* name : kServices) {
    const auto service = databases.find(name);
    if (service == databases.end()) continue;
    boost::asio::thread_pool pool(1);
    const absl::Status checked =
        CheckService(name, *service->second, *store, pool);
    pool.join();
    RETURN_IF_ERROR(AbortedIfBehind(name, checked));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckCopiesFit(
    const std::map<std::string, backup::RestoredCopy*>& copies,
    const std::string& origin) {
  Databases databases;
  for (const auto& [name, copy] : copies) {
    ASSIGN_OR_RETURN(databases[name], copy->Open());
  }
  for (const auto& [name, migrate] : kMigrations) {
    const auto database = databases.find(name);
    if (database == databases.end()) continue;
    RETURN_IF_ERROR(migrate(*database->second));
  }
  const auto persons = databases.find("identity_verification");
  const auto keys = databases.find("identity_keys");
  if (persons != databases.end() && keys != databases.end()) {
    RETURN_IF_ERROR(AbortedIfBehind("identity_keys",
                                    identity_verification::CheckKeysNotBehind(
                                        *persons->second, *keys->second)));
  }
  return CheckOwnEntries(databases, origin);
}

}  // namespace shiming::shimingctl
