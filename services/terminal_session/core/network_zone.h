// A shop's networks: the addresses that its terminals call from.
#ifndef SHIMING_SERVICES_TERMINAL_SESSION_CORE_NETWORK_ZONE_H_
#define SHIMING_SERVICES_TERMINAL_SESSION_CORE_NETWORK_ZONE_H_

#include <array>
#include <cstdint>
#include <string_view>

#include "absl/status/statusor.h"

namespace shiming::terminal_session {

// One network in CIDR form (RFC 4632, RFC 4291 2.3). A plain value.
class NetworkZone {
 public:
  // "192.0.2.0/24", "2001:db8::/32". BAD_NETWORK_ZONE when the text is
  // anything else, a bit behind the prefix is set, or the zone is written as
  // IPv4 inside IPv6.
  static absl::StatusOr<NetworkZone> Parse(std::string_view text);

  // `address` without port ("192.0.2.7", "::1"). An IPv4 address that came as
  // ::ffff:a.b.c.d counts as IPv4. False for what is no address.
  bool Contains(std::string_view address) const;

 private:
  // IPv4 as ::ffff:a.b.c.d (RFC 4291 2.5.5.2).
  using Bytes = std::array<uint8_t, 16>;

  NetworkZone(const Bytes& network, int prefix_bits)
      : network_(network), prefix_bits_(prefix_bits) {}
  static bool ParseAddress(std::string_view text, Bytes& bytes, bool& is_v4);

  Bytes network_;
  int prefix_bits_;  // of the 128
};

}  // namespace shiming::terminal_session

#endif  // SHIMING_SERVICES_TERMINAL_SESSION_CORE_NETWORK_ZONE_H_
