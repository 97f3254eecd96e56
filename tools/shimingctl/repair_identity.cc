// identity_verification as a target of a repair. Its key database is not
// touched: keys of erased persons that came back with an older copy of it are
// destroyed by the service's start, which goes by the erasures that the repair
// stores.
#include <utility>

#include "common/status/status_macros.h"
#include "common/time/clock.h"
#include "services/identity_verification/identity_verification_config.h"
#include "services/identity_verification/store/migrations.h"
#include "services/identity_verification/store/repair.h"
#include "storage/sql/open_database.h"
#include "tools/shimingctl/repair_target.h"

namespace shiming::shimingctl {
namespace {

class IdentityTarget final : public RepairTarget {
 public:
  IdentityTarget(std::unique_ptr<sql::Database> database,
                 config::v1::Process process, bool accept_unlinked)
      : RepairTarget(std::move(database), std::move(process)),
        accept_unlinked_(accept_unlinked) {}

  absl::Status CheckKeys(const GapReport& /*report*/) const override {
    return absl::OkStatus();
  }

  absl::StatusOr<std::vector<std::string>> Repair(
      sql::Transaction& tx, const GapReport& report,
      const RepairRun& run) const override {
    const identity_verification::RepairContext context = {
        .now_us = ToMicros(run.now),
        .earlier_repairs = report.repairs,
        .accept_unlinked = accept_unlinked_};
    return identity_verification::RepairDatabase(tx, report.gap, context);
  }

 private:
  const bool accept_unlinked_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<RepairTarget>> OpenIdentityTarget(
    const std::string& config_file, bool accept_unlinked) {
  ASSIGN_OR_RETURN(
      const config::v1::IdentityVerificationConfig config,
      identity_verification::LoadIdentityVerificationConfig(config_file));
  ASSIGN_OR_RETURN(std::unique_ptr<sql::Database> database,
                   sql::OpenDatabase(config.database().url(), {}));
  RETURN_IF_ERROR(identity_verification::MigrateMain(*database));
  return std::make_unique<IdentityTarget>(std::move(database), config.process(),
                                          accept_unlinked);
}

}  // namespace shiming::shimingctl
