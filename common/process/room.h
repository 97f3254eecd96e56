// A room: one service's objects, put together, as a process hosts them. Every
// service has one; its own binary hosts one room, shimingd all of them.
#ifndef SHIMING_COMMON_PROCESS_ROOM_H_
#define SHIMING_COMMON_PROCESS_ROOM_H_

#include <grpcpp/channel.h>
#include <grpcpp/impl/service_type.h>

#include <functional>
#include <map>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/crypto/random.h"
#include "common/metrics/metrics.h"
#include "common/rpc/dispatcher.h"
#include "common/rpc/runtime.h"
#include "common/time/clock.h"
#include "shiming/config/v1/common_config.pb.h"

namespace shiming::process {

// What a process gives its rooms. All references outlive the room.
struct RoomDeps {
  rpc::Runtime& runtime;
  // The room's own; its services go through it.
  rpc::Dispatcher& dispatcher;
  const Clock& clock;
  crypto::Random& random;
  Metrics& metrics;
  // A channel on which this room's calls to `target` come from /svc/<room>:
  // inside the process where the target is hosted here, else over mTLS.
  std::function<absl::StatusOr<std::shared_ptr<grpc::Channel>>(
      const config::v1::Target& target)>
      channel_to;
};

// Thread-safe unless said otherwise.
class Room {
 public:
  virtual ~Room() = default;

  // What the room serves; owned by it, the same each time.
  virtual std::vector<grpc::Service*> services() = 0;

  // Makes ready to serve: migrations, the check against the ledger, workers.
  // Blocks until the room may serve, repeating while something it needs is
  // away; an error means that it never may (DATABASE_BEHIND_LEDGER, a broken
  // database). Returns CANCELLED soon after `stop` was requested. Called once,
  // from a thread of its own, before any of services() is called.
  virtual absl::Status Start(std::stop_token stop) = 0;

  // OK while the room can do its work, else why it cannot. Must not block. An
  // error with the reason DATABASE_BEHIND_LEDGER or LEDGER_FENCED ends the
  // process: whoever supervises it starts it again.
  virtual absl::Status Ready() = 0;

  // Ends workers and streams. Called once, after the last call of a service
  // has ended; also when Start failed or was never called.
  virtual void Stop() = 0;

  // Ports of listeners of its own, by name, once started: for the port file.
  virtual std::map<std::string, int> ports() { return {}; }
};

// A room that is not made yet.
struct RoomPlan {
  // "profile_order".
  std::string name;
  // From its configuration file; paths made whole.
  config::v1::Process process;
  // Checks what the schema cannot and puts the room together. Errors name the
  // field or file.
  std::function<absl::StatusOr<std::unique_ptr<Room>>(const RoomDeps&)> make;
};

// Reads a configuration file and says what would be hosted.
using RoomLoader =
    std::function<absl::StatusOr<RoomPlan>(const std::string& config_file)>;

}  // namespace shiming::process

#endif  // SHIMING_COMMON_PROCESS_ROOM_H_
