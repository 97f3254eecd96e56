#include "tools/shimingctl/storage_repair.h"

#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>

#include "common/status/status_macros.h"
#include "common/time/clock.h"
#include "ledger/audit_reader.h"
#include "ledger/log_mirror.h"
#include "services/issuance_ledger/core/lease_keeper.h"
#include "services/issuance_ledger/core/log_files.h"
#include "services/issuance_ledger/core/log_rebuild.h"
#include "services/issuance_ledger/store/sql_ledger_store.h"
#include "storage/sql/open_database.h"
#include "tools/shimingctl/backup_places.h"
#include "tools/shimingctl/log_source.h"
#include "tools/shimingctl/storage_service_repair.h"

namespace shiming::shimingctl {
namespace {

using config::v1::IssuanceLedgerConfig;

// What an instance is called in the lease when the configuration is silent.
constexpr char kDefaultInstance[] = "primary";

struct LedgerRepair {
  IssuanceLedgerConfig config;
  ledger::TrustPolicy log_key;
  std::string log;  // empty: the log's own folder as it is
  LogSourceTls tls;
  bool guard_lost = false;
};

// The log's folder, brought up to other files of the same log.
absl::Status BringUp(const LedgerRepair& repair) {
  if (repair.log.empty()) return absl::OkStatus();
  ASSIGN_OR_RETURN(const ledger::FileReader files,
                   OpenLogSource(repair.log, repair.tls));
  ASSIGN_OR_RETURN(
      const ledger::MirrorReport brought,
      ledger::MirrorLog(files, repair.log_key, repair.config.log_folder()));
  printf("log folder: %llu entries (%llu before)\n",
         static_cast<unsigned long long>(brought.checkpoint.size),
         static_cast<unsigned long long>(brought.old_size));
  return absl::OkStatus();
}

absl::Status RepairLedger(const LedgerRepair& repair) {
  const IssuanceLedgerConfig& config = repair.config;
  // The folder's lock first: a ledger that is at work keeps its lease.
  ASSIGN_OR_RETURN(
      const std::unique_ptr<issuance_ledger::LogFiles> files,
      issuance_ledger::LogFiles::Open({.directory = config.log_folder(),
                                       .guard_file = config.guard_file()}));
  RETURN_IF_ERROR(BringUp(repair));
  ASSIGN_OR_RETURN(const std::unique_ptr<sql::Database> database,
                   sql::OpenDatabase(config.database().url(),
                                     {.create = config.database().create()}));
  ASSIGN_OR_RETURN(
      const std::unique_ptr<issuance_ledger::SqlLedgerStore> store,
      issuance_ledger::SqlLedgerStore::Open(*database, config.origin()));
  const SystemClock clock{};
  const std::string holder =
      config.instance().empty() ? kDefaultInstance : config.instance();
  ASSIGN_OR_RETURN(const int64_t epoch,
                   issuance_ledger::TakeLease(*store, clock, holder));
  ASSIGN_OR_RETURN(
      const issuance_ledger::RebuiltLog rebuilt,
      issuance_ledger::RebuildFromFiles({.store = *store,
                                         .files = *files,
                                         .log_key = repair.log_key,
                                         .epoch = epoch,
                                         .make_guard = repair.guard_lost}));
  printf(
      "issuance_ledger: %lld entries in the database (%lld before), %lld "
      "published\n",
      static_cast<long long>(rebuilt.new_size),
      static_cast<long long>(rebuilt.old_size),
      static_cast<long long>(rebuilt.published_size));
  if (!rebuilt.guard_made) return absl::OkStatus();
  printf("a new guard file was made of the published checkpoint%s\n",
         config.has_witnesses()
             ? "; the witnesses are asked at the next start"
             : ". Nobody else knows whether a later one was published: there "
               "are no witnesses");
  return absl::OkStatus();
}

}  // namespace

absl::Status RunStorageRepair(Arguments& arguments) {
  ASSIGN_OR_RETURN(const std::string what, arguments.Word(2, "service"));
  if (what != "issuance_ledger") return RunServiceRepair(arguments, what);
  ASSIGN_OR_RETURN(const std::string data, arguments.Required("data"));
  const std::string log = arguments.Option("log");
  const LogSourceTls tls{.ca_file = arguments.Option("ca"),
                         .certificate_file = arguments.Option("client-cert"),
                         .key_file = arguments.Option("client-key")};
  const bool guard_lost = arguments.Option("guard-lost") == "true";
  RETURN_IF_ERROR(arguments.CheckAllUsed());
  ASSIGN_OR_RETURN(const BackupPlaces places, FindBackupPlaces(data));
  if (!places.ledger.has_value()) {
    return absl::NotFoundError("issuance_ledger is not configured here");
  }
  ASSIGN_OR_RETURN(const ledger::TrustPolicy log_key,
                   LogKeyOf(*places.ledger, data));
  return RepairLedger({.config = *places.ledger,
                       .log_key = log_key,
                       .log = log,
                       .tls = tls,
                       .guard_lost = guard_lost});
}

}  // namespace shiming::shimingctl
