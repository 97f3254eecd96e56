// Services behind the real dispatcher, without network and certificates.
#ifndef SHIMING_COMMON_TESTING_IN_PROCESS_SERVER_H_
#define SHIMING_COMMON_TESTING_IN_PROCESS_SERVER_H_

#include <grpcpp/channel.h>
#include <grpcpp/impl/service_type.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/metrics/metrics.h"
#include "common/rpc/access_table.h"
#include "common/rpc/dispatcher.h"
#include "common/rpc/peer.h"
#include "common/rpc/runtime.h"
#include "common/rpc/server.h"

namespace shiming::testing {

// Trust domain of the peers below.
inline constexpr std::string_view kTestTrustDomain = "shiming.test";

// Peers for tests. `key_hash` is what a real certificate would give; a made-up
// one will do.
rpc::Peer TerminalPeer(std::string_view shop, std::string_view terminal,
                       std::string_view key_hash = "");
rpc::Peer DisplayPeer(std::string_view shop, std::string_view display,
                      std::string_view key_hash = "");
rpc::Peer ServicePeer(std::string_view name);
rpc::Peer AdminPeer(std::string_view id);
rpc::Peer AuditorPeer(std::string_view id);

// Usage:
//   InProcessServer server;
//   MyServiceRpc service(server.dispatcher(), ...);
//   server.Serve({&service});
//   auto stub = MyService::NewStub(server.Channel(TerminalPeer("s1", "t1")));
// Declare it before the services, so that it outlives them; Stop() before
// they are destroyed.
class InProcessServer {
 public:
  explicit InProcessServer(
      const std::vector<rpc::AccessRow>& access_table = rpc::AccessTable());
  ~InProcessServer();
  InProcessServer(const InProcessServer&) = delete;
  InProcessServer& operator=(const InProcessServer&) = delete;

  rpc::Runtime& runtime() { return runtime_; }
  rpc::Dispatcher& dispatcher() { return dispatcher_; }
  Metrics& metrics() { return metrics_; }

  // Starts to serve; a failure ends the test program.
  void Serve(std::vector<grpc::Service*> services);

  // A channel on which calls come from `peer`. After Serve.
  std::shared_ptr<grpc::Channel> Channel(rpc::Peer peer);

  // Drains and ends the server; calls have ended when it returns, and none may
  // be begun on its channels.
  void Stop();

 private:
  rpc::Runtime runtime_;
  Metrics metrics_;
  rpc::Dispatcher dispatcher_;
  std::unique_ptr<rpc::Server> server_;
};

}  // namespace shiming::testing

#endif  // SHIMING_COMMON_TESTING_IN_PROCESS_SERVER_H_
