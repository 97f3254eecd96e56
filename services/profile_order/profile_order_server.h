// profile_order put together: composition root.
#ifndef SHIMING_SERVICES_PROFILE_ORDER_PROFILE_ORDER_SERVER_H_
#define SHIMING_SERVICES_PROFILE_ORDER_PROFILE_ORDER_SERVER_H_

#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/process/room.h"
#include "shiming/config/v1/profile_order_config.pb.h"

namespace shiming::profile_order {

// Loads and checks the configuration of profile_order.
absl::StatusOr<process::RoomPlan> ProfileOrderRoom(
    const std::string& config_file);

class ProfileOrderServer final : public process::Room {
 public:
  // Opens the database, reads the keys. INVALID_ARGUMENT naming field or file;
  // errors of the database.
  static absl::StatusOr<std::unique_ptr<ProfileOrderServer>> Make(
      config::v1::ProfileOrderConfig config, const process::RoomDeps& deps);

  ~ProfileOrderServer() override;

  std::vector<grpc::Service*> services() override;
  absl::Status Start(std::stop_token stop) override;
  absl::Status Ready() override;
  void Stop() override;

 private:
  struct Parts;
  explicit ProfileOrderServer(std::unique_ptr<Parts> parts);

  const std::unique_ptr<Parts> parts_;
};

}  // namespace shiming::profile_order

#endif  // SHIMING_SERVICES_PROFILE_ORDER_PROFILE_ORDER_SERVER_H_
