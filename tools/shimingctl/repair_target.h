// A service whose database can be repaired: opened by its own configuration,
// brought up to the record by its own store.
#ifndef SHIMING_TOOLS_SHIMINGCTL_REPAIR_TARGET_H_
#define SHIMING_TOOLS_SHIMINGCTL_REPAIR_TARGET_H_

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "shiming/config/v1/common_config.pb.h"
#include "storage/outbox/outbox.h"
#include "storage/sql/database.h"
#include "tools/shimingctl/repair_gap.h"

namespace shiming::shimingctl {

// What a run of a repair knows beside the gap.
struct RepairRun {
  // Its clock tells a later time at each call.
  const outbox::Outbox& outbox;
  absl::Time now;
  // "/admin/<id>" of the second who signed; a placeholder in a dry run, which
  // is rolled back.
  std::string admin;
};

// Not thread-safe. All functions block.
class RepairTarget {
 public:
  // Opens the database of SERVICE as <data>/config/<service>.textproto names it
  // and brings its tables up to this program's migrations, as the service does
  // at its start. INVALID_ARGUMENT for another service; errors of its
  // configuration and of OpenDatabase: a missing database is not made.
  // `options` are those of the verb that only one service takes.
  struct Options {
    std::string data;
    bool accept_unlinked = false;
  };
  static absl::StatusOr<std::unique_ptr<RepairTarget>> Open(
      const std::string& service, const Options& options);

  virtual ~RepairTarget() = default;

  sql::Database& database() { return *database_; }
  // TLS identity and trust domain of the service.
  const config::v1::Process& process() const { return process_; }

  // Whether the keys that the repair needs are those of the record.
  virtual absl::Status CheckKeys(const GapReport& report) const = 0;

  // What the repair changes, in the transaction in which the gap's versions
  // were adopted. Gives the plan's lines.
  virtual absl::StatusOr<std::vector<std::string>> Repair(
      sql::Transaction& tx, const GapReport& report,
      const RepairRun& run) const = 0;

 protected:
  RepairTarget(std::unique_ptr<sql::Database> database,
               config::v1::Process process)
      : database_(std::move(database)), process_(std::move(process)) {}

 private:
  const std::unique_ptr<sql::Database> database_;
  const config::v1::Process process_;
};

// One for each service.
absl::StatusOr<std::unique_ptr<RepairTarget>> OpenTerminalTarget(
    const std::string& config_file);
absl::StatusOr<std::unique_ptr<RepairTarget>> OpenOrderTarget(
    const std::string& config_file);
absl::StatusOr<std::unique_ptr<RepairTarget>> OpenIdentityTarget(
    const std::string& config_file, bool accept_unlinked);

}  // namespace shiming::shimingctl

#endif  // SHIMING_TOOLS_SHIMINGCTL_REPAIR_TARGET_H_
