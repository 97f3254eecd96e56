// Channels to other services over the network.
#ifndef SHIMING_COMMON_RPC_CHANNEL_H_
#define SHIMING_COMMON_RPC_CHANNEL_H_

#include <grpcpp/channel.h>

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "common/rpc/tls.h"

namespace shiming::rpc {

// Whom to call, and as whom.
struct Target {
  std::string address;  // of one instance or several: see dial_address.h
  TlsFiles tls;         // our own identity, and the CA of the server
  // The one URI SAN that the server's certificate must hold:
  // ServiceSpiffeId(trust_domain, "terminal_session").
  std::string server_spiffe_id;
};

// Makes a channel; connecting is left to the first call, and a server that is
// away makes calls fail with UNAVAILABLE, not this. Unary methods (by name)
// are tried up to 4 times, 0.1 s to 1 s apart, on UNAVAILABLE only. Pings
// every 30 s, answer within 10 s, also without calls. Of several instances each
// attempt takes the next one that is connected and healthy (grpc.health.v1,
// watched all the time), so that a repeat goes to another one than the attempt
// that failed. INVALID_ARGUMENT naming a file that cannot be used, or what is
// wrong with the address.
absl::StatusOr<std::shared_ptr<grpc::Channel>> Connect(const Target& target);

// The service config with that retry policy for every unary method of the
// access table that is linked into this program (JSON, grpc
// doc/service_config.md), and with round robin for several instances.
// Streaming methods are not named in it: their callers open them again.
std::string ServiceConfig(bool is_several);

}  // namespace shiming::rpc

#endif  // SHIMING_COMMON_RPC_CHANNEL_H_
