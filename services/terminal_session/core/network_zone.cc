#include "services/terminal_session/core/network_zone.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <string>

#include "common/status/reason.h"

namespace shiming::terminal_session {
namespace {

// ::ffff:0:0/96, the prefix of IPv4 addresses in IPv6 form.
constexpr std::array<uint8_t, 12> kV4Prefix = {0, 0, 0, 0, 0,    0,
                                               0, 0, 0, 0, 0xff, 0xff};
constexpr int kV4PrefixBits = 96;

absl::Status BadZone() {
  return MakeError(Reason::BAD_NETWORK_ZONE, "no network in CIDR form");
}

// True when the first `bits` bits of both are the same.
bool SamePrefix(const std::array<uint8_t, 16>& a,
                const std::array<uint8_t, 16>& b, int bits) {
  const size_t whole = static_cast<size_t>(bits / 8);
  if (std::memcmp(a.data(), b.data(), whole) != 0) return false;
  const int rest = bits % 8;
  if (rest == 0) return true;
  return ((a[whole] ^ b[whole]) >> (8 - rest)) == 0;
}

}  // namespace

bool NetworkZone::ParseAddress(std::string_view text, Bytes& bytes,
                               bool& is_v4) {
  const std::string terminated(text);
  if (terminated.find('\0') != std::string::npos) return false;
  is_v4 = inet_pton(AF_INET, terminated.c_str(), bytes.data() + 12) == 1;
  if (is_v4) {
    std::copy(kV4Prefix.begin(), kV4Prefix.end(), bytes.begin());
    return true;
  }
  return inet_pton(AF_INET6, terminated.c_str(), bytes.data()) == 1;
}

absl::StatusOr<NetworkZone> NetworkZone::Parse(std::string_view text) {
  const size_t slash = text.find('/');
  if (slash == std::string_view::npos) return BadZone();
  Bytes bytes{};
  bool is_v4 = false;
  if (!ParseAddress(text.substr(0, slash), bytes, is_v4)) return BadZone();
  const std::string_view digits = text.substr(slash + 1);
  int bits = 0;
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), bits);
  if (error != std::errc() || end != digits.data() + digits.size() ||
      bits < 0 || bits > (is_v4 ? 32 : 128)) {
    return BadZone();
  }
  if (is_v4) bits += kV4PrefixBits;
  // An IPv6 network that holds IPv4 addresses would let them all in.
  if (!is_v4 && std::equal(kV4Prefix.begin(), kV4Prefix.end(), bytes.begin())) {
    return BadZone();
  }
  Bytes masked{};
  for (int bit = 0; bit < bits; ++bit) {
    masked[static_cast<size_t>(bit / 8)] = static_cast<uint8_t>(
        masked[static_cast<size_t>(bit / 8)] |
        (bytes[static_cast<size_t>(bit / 8)] & (0x80 >> (bit % 8))));
  }
  if (masked != bytes) return BadZone();
  return NetworkZone(bytes, bits);
}

bool NetworkZone::Contains(std::string_view address) const {
  Bytes bytes{};
  bool is_v4 = false;
  if (!ParseAddress(address, bytes, is_v4)) return false;
  const bool mapped =
      std::equal(kV4Prefix.begin(), kV4Prefix.end(), bytes.begin());
  // A short IPv6 prefix such as ::/0 is a statement about IPv6 only.
  if (mapped && prefix_bits_ < kV4PrefixBits) return false;
  return SamePrefix(network_, bytes, prefix_bits_);
}

}  // namespace shiming::terminal_session
