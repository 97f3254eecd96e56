// A witness put together: state, endpoint and listener.
#ifndef SHIMING_TOOLS_WITNESS_WITNESS_SERVER_H_
#define SHIMING_TOOLS_WITNESS_WITNESS_SERVER_H_

#include <memory>

#include "absl/status/statusor.h"
#include "common/http/http_server.h"
#include "common/metrics/metrics.h"
#include "common/rpc/runtime.h"
#include "common/time/clock.h"
#include "tools/witness/witness_endpoint.h"
#include "tools/witness/witness_settings.h"
#include "tools/witness/witness_state.h"

namespace shiming::witness {

// Serves from construction to Stop. Thread-safe.
class WitnessServer {
 public:
  // `clock` and `metrics` outlive the server. Errors of WitnessState::Open;
  // INVALID_ARGUMENT: TLS files; UNAVAILABLE: the address is taken.
  static absl::StatusOr<std::unique_ptr<WitnessServer>> Start(
      WitnessSettings settings, const Clock& clock, Metrics& metrics);

  // Stops.
  ~WitnessServer();
  WitnessServer(const WitnessServer&) = delete;
  WitnessServer& operator=(const WitnessServer&) = delete;

  // Where the protocol is served.
  int port() const { return http_->port(); }

  // Takes no new connection; requests in hand may end within 5 s. Once.
  void Stop();

 private:
  explicit WitnessServer(WitnessSettings settings);
  absl::Status Listen(Metrics& metrics);

  const WitnessSettings settings_;
  // Its threads may block on the disk.
  rpc::Runtime runtime_;
  std::unique_ptr<WitnessState> state_;
  std::unique_ptr<WitnessEndpoint> endpoint_;
  std::unique_ptr<http::HttpServer> http_;
};

}  // namespace shiming::witness

#endif  // SHIMING_TOOLS_WITNESS_WITNESS_SERVER_H_
