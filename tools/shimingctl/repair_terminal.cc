// terminal_session as a target of a repair.
#include <utility>

#include "common/crypto/secret.h"
#include "common/status/status_macros.h"
#include "services/terminal_session/core/clerk_guard.h"
#include "services/terminal_session/store/repair.h"
#include "services/terminal_session/store/schema.h"
#include "services/terminal_session/terminal_session_config.h"
#include "storage/requests/idempotency_keys.h"
#include "storage/sql/migration.h"
#include "storage/sql/open_database.h"
#include "tools/shimingctl/repair_target.h"

namespace shiming::shimingctl {
namespace {

absl::Status Migrate(sql::Database& database) {
  RETURN_IF_ERROR(sql::Migrate(database, outbox::Outbox::Migrations(),
                               outbox::Outbox::kSchema));
  RETURN_IF_ERROR(sql::Migrate(database,
                               requests::IdempotencyKeys::Migrations(),
                               requests::IdempotencyKeys::kSchema));
  return sql::Migrate(database, terminal_session::Migrations(),
                      terminal_session::kSchema);
}

class TerminalTarget final : public RepairTarget {
 public:
  TerminalTarget(std::unique_ptr<sql::Database> database,
                 config::v1::Process process,
                 terminal_session::ClerkGuards guards, absl::Duration lock_time)
      : RepairTarget(std::move(database), std::move(process)),
        guards_(std::move(guards)),
        lock_time_(lock_time) {}

  absl::Status CheckKeys(const GapReport& /*report*/) const override {
    return absl::OkStatus();
  }

  absl::StatusOr<std::vector<std::string>> Repair(
      sql::Transaction& tx, const GapReport& report,
      const RepairRun& run) const override {
    const terminal_session::RepairContext context = {
        .outbox = run.outbox,
        .guards = guards_,
        .lock_time = lock_time_,
        .now = run.now,
        .admin = run.admin,
        .earlier_repairs = report.repairs};
    return terminal_session::RepairDatabase(tx, report.gap, context);
  }

 private:
  const terminal_session::ClerkGuards guards_;
  const absl::Duration lock_time_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<RepairTarget>> OpenTerminalTarget(
    const std::string& config_file) {
  ASSIGN_OR_RETURN(const config::v1::TerminalSessionConfig config,
                   terminal_session::LoadTerminalSessionConfig(config_file));
  ASSIGN_OR_RETURN(const crypto::Secret secret,
                   terminal_session::ShiftTokenKeyOf(config));
  ASSIGN_OR_RETURN(std::unique_ptr<sql::Database> database,
                   sql::OpenDatabase(config.database().url(), {}));
  RETURN_IF_ERROR(Migrate(*database));
  return std::make_unique<TerminalTarget>(
      std::move(database), config.process(),
      terminal_session::ClerkGuards(terminal_session::ClerkGuardKeyOf(secret)),
      terminal_session::LockPolicyOf(config).lock_time);
}

}  // namespace shiming::shimingctl
