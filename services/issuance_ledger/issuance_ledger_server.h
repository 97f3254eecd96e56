// issuance_ledger put together: composition root.
#ifndef SHIMING_SERVICES_ISSUANCE_LEDGER_ISSUANCE_LEDGER_SERVER_H_
#define SHIMING_SERVICES_ISSUANCE_LEDGER_ISSUANCE_LEDGER_SERVER_H_

#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/process/room.h"
#include "common/rpc/runtime.h"
#include "ledger/note.h"
#include "services/issuance_ledger/core/cosignature_collector.h"
#include "services/issuance_ledger/core/ledger_log.h"
#include "services/issuance_ledger/core/log_files.h"
#include "services/issuance_ledger/issuance_ledger_config.h"
#include "services/issuance_ledger/ledger_audit_service.h"
#include "services/issuance_ledger/ledger_metrics.h"
#include "services/issuance_ledger/ledger_writer_service.h"
#include "services/issuance_ledger/store/sql_ledger_store.h"
#include "services/issuance_ledger/witness_metrics.h"
#include "storage/sql/database.h"

namespace shiming::issuance_ledger {

// Loads and checks the configuration of an issuance ledger.
absl::StatusOr<process::RoomPlan> IssuanceLedgerRoom(
    const std::string& config_file);

// One log with its two services.
class IssuanceLedgerServer final : public process::Room {
 public:
  // Reads the signing key. INVALID_ARGUMENT naming the field or file.
  static absl::StatusOr<std::unique_ptr<IssuanceLedgerServer>> Make(
      LedgerSettings settings, const process::RoomDeps& deps);

  ~IssuanceLedgerServer() override;

  std::vector<grpc::Service*> services() override;
  // Opens database, files and log. Waits while another instance holds the
  // lease and, in strict mode, while too few witnesses answer.
  // LEDGER_GUARD_MISMATCH, LEDGER_WITNESS_MISMATCH: the database is older than
  // what was published or cosigned; never serve it.
  absl::Status Start(std::stop_token stop) override;
  absl::Status Ready() override;
  void Stop() override;

 private:
  IssuanceLedgerServer(LedgerSettings settings, ledger::NoteSigner signer,
                       std::string page_token_key,
                       std::optional<CosigningPlan> cosigning,
                       const process::RoomDeps& deps);
  absl::Status OpenLog();

  const LedgerSettings settings_;
  const ledger::NoteSigner signer_;
  const std::string page_token_key_;
  const std::optional<CosigningPlan> cosigning_;
  rpc::Runtime& runtime_;
  rpc::Dispatcher& dispatcher_;
  const Clock& clock_;
  crypto::Random& random_;
  Metrics& metrics_;
  LedgerMetrics observer_;
  WitnessMetrics witness_observer_;
  // Its threads may block on the disk: tiles are written and read there.
  rpc::Runtime file_runtime_;
  // In the order in which they use each other.
  std::unique_ptr<sql::Database> database_;
  std::unique_ptr<SqlLedgerStore> store_;
  std::unique_ptr<LogFiles> files_;
  std::unique_ptr<LedgerLog> log_;
  std::unique_ptr<LedgerWriterServiceRpc> writer_;
  std::unique_ptr<LedgerAuditServiceRpc> audit_;
};

}  // namespace shiming::issuance_ledger

#endif  // SHIMING_SERVICES_ISSUANCE_LEDGER_ISSUANCE_LEDGER_SERVER_H_
