// profile_order as a target of a repair.
#include <utility>

#include "common/crypto/secret.h"
#include "common/status/status_macros.h"
#include "common/time/clock.h"
#include "services/profile_order/core/order_events.h"
#include "services/profile_order/profile_order_config.h"
#include "services/profile_order/store/migrations.h"
#include "services/profile_order/store/repair.h"
#include "storage/sql/open_database.h"
#include "tools/shimingctl/pseudonym_key.h"
#include "tools/shimingctl/repair_target.h"

namespace shiming::shimingctl {
namespace {

class OrderTarget final : public RepairTarget {
 public:
  OrderTarget(std::unique_ptr<sql::Database> database,
              config::v1::Process process, PseudonymKey key)
      : RepairTarget(std::move(database), std::move(process)),
        key_(std::move(key)),
        events_(key_.key.Copy()) {}

  // With another K nothing would be found, and everything be given again.
  absl::Status CheckKeys(const GapReport& report) const override {
    return CheckPseudonymKey(key_, report.pseudonym_key_commitment);
  }

  absl::StatusOr<std::vector<std::string>> Repair(
      sql::Transaction& tx, const GapReport& report,
      const RepairRun& run) const override {
    const profile_order::RepairContext context = {
        .outbox = run.outbox, .events = events_, .now_us = ToMicros(run.now)};
    return profile_order::RepairDatabase(tx, report.gap, context);
  }

 private:
  const PseudonymKey key_;
  const profile_order::OrderEvents events_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<RepairTarget>> OpenOrderTarget(
    const std::string& config_file) {
  ASSIGN_OR_RETURN(const config::v1::ProfileOrderConfig config,
                   profile_order::LoadProfileOrderConfig(config_file));
  ASSIGN_OR_RETURN(PseudonymKey key,
                   ReadPseudonymKey(config.pseudonym_key_file(), ""));
  ASSIGN_OR_RETURN(std::unique_ptr<sql::Database> database,
                   sql::OpenDatabase(config.database().url(), {}));
  RETURN_IF_ERROR(profile_order::MigrateAll(*database));
  return std::make_unique<OrderTarget>(std::move(database), config.process(),
                                       std::move(key));
}

}  // namespace shiming::shimingctl
