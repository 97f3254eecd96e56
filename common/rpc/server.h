// A gRPC server: mTLS, limits, health, reflection, drain.
#ifndef SHIMING_COMMON_RPC_SERVER_H_
#define SHIMING_COMMON_RPC_SERVER_H_

#include <grpcpp/channel.h>
#include <grpcpp/impl/service_type.h>
#include <grpcpp/server.h>

#include <atomic>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/rpc/dispatcher.h"
#include "common/rpc/health_service.h"
#include "common/rpc/reflection_service.h"
#include "common/rpc/tls.h"

namespace shiming::rpc {

// One listening port, any number of services. Limits (ecosystem 5): 1 MiB a
// message, 64 calls at a time on a connection, connections closed in order
// after 30 minutes, pings at most every 20 s.
class Server {
 public:
  struct Options {
    // "127.0.0.1:0" chooses a free port; empty: in-process channels only.
    std::string listen;
    TlsFiles tls;  // not looked at without `listen`
    Dispatcher& dispatcher;
    // Not owned; must outlive the server. Generated CallbackServices whose
    // methods go through `dispatcher`.
    std::vector<grpc::Service*> services;
    // How long to go on serving after health has turned NOT_SERVING, so that
    // balancers notice; 5 s behind one, none needed otherwise.
    absl::Duration drain_delay = absl::ZeroDuration();
  };

  // Starts to serve; health says SERVING. Errors: INVALID_ARGUMENT for TLS
  // files, FAILED_PRECONDITION when a method of a service has no row in the
  // access table (all are named), UNAVAILABLE when the port cannot be had.
  static absl::StatusOr<std::unique_ptr<Server>> Start(Options options);

  // Drains if that has not happened, and closes all channels.
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // The port that is listened on; 0 without `listen`.
  int port() const { return port_; }

  // A channel inside the process on which calls come from /svc/<name>, by a
  // random credential made here. After Drain its calls fail with SHUTTING_DOWN.
  // Nobody may begin a call on it once the destructor runs: gRPC 1.51 then
  // crashes (a call on a closed in-process transport jumps to a null pointer).
  std::shared_ptr<grpc::Channel> InProcessChannel(std::string_view name);

  // The same for any peer: for tests and for the tools inside a process.
  std::shared_ptr<grpc::Channel> InProcessChannelAs(Peer peer);

  // Readiness for health checks: whether this server should get calls.
  void SetServing(bool serving);

  // Health NOT_SERVING -> drain_delay -> streams end with SHUTTING_DOWN, new
  // calls are refused with it -> calls under way end; after `limit` their
  // callers are cut off, but this still waits until the handlers have ended.
  // Then the port is closed, unless there are in-process channels: for their
  // sake that is left to the destructor, and calls go on being refused. Once;
  // blocks.
  void Drain(absl::Duration limit = absl::Seconds(20));

 private:
  explicit Server(const Options& options);

  absl::Status Listen(const Options& options);
  // Closes port and connections; calls of others than ours are cut off.
  void Close();

  Dispatcher& dispatcher_;
  const absl::Duration drain_delay_;
  HealthService health_;
  ReflectionService reflection_;
  std::unique_ptr<grpc::Server> server_;
  int port_ = 0;
  bool drained_ = false;
  std::atomic<bool> has_in_process_channel_ = false;
};

}  // namespace shiming::rpc

#endif  // SHIMING_COMMON_RPC_SERVER_H_
