// From an address in a configuration file to what gRPC dials.
#ifndef SHIMING_COMMON_RPC_DIAL_ADDRESS_H_
#define SHIMING_COMMON_RPC_DIAL_ADDRESS_H_

#include <string>

#include "absl/status/statusor.h"

namespace shiming::rpc {

// A plain value.
struct DialAddress {
  // A gRPC target (grpc doc/naming.md).
  std::string target;
  // True where calls go round several instances.
  bool is_several = false;
};

// Reads an address, which is one of
//  - "host:port", or any gRPC target: one instance, dialled as it is;
//  - "10.0.0.1:17602,10.0.0.2:17602": several instances, IPv4 literals with
//    ports, or IPv6 ones as "[2001:db8::1]:17602"; "ipv4:" or "ipv6:" may stand
//    before the first;
//  - "dns:name:port" or "dns:///name:port": as many instances as the name has
//    addresses.
// INVALID_ARGUMENT saying what is wrong: empty, a list of names (gRPC resolves
// one name only: give that several addresses), of both families, of anything
// without a port, or of the same instance twice.
absl::StatusOr<DialAddress> ParseDialAddress(const std::string& address);

}  // namespace shiming::rpc

#endif  // SHIMING_COMMON_RPC_DIAL_ADDRESS_H_
