#include "common/rpc/dial_address.h"

#include <arpa/inet.h>

#include <algorithm>
#include <cctype>
#include <set>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/status/status_macros.h"

namespace shiming::rpc {
namespace {

constexpr std::string_view kDns = "dns:";
constexpr std::string_view kIpv4 = "ipv4:";
constexpr std::string_view kIpv6 = "ipv6:";
constexpr int kMaxPort = 65535;

bool StartsWith(std::string_view text, std::string_view prefix) {
  return text.substr(0, prefix.size()) == prefix;
}

absl::Status Bad(std::string_view part, std::string_view why) {
  return absl::InvalidArgumentError(
      absl::StrCat("\"", std::string(part), "\" ", std::string(why)));
}

bool IsPort(std::string_view text) {
  if (text.empty() || text.size() > 5 ||
      !std::all_of(text.begin(), text.end(),
                   [](unsigned char c) { return std::isdigit(c) != 0; })) {
    return false;
  }
  const int port = std::stoi(std::string(text));
  return port >= 1 && port <= kMaxPort;
}

// AF_INET or AF_INET6.
absl::StatusOr<int> FamilyOf(std::string_view instance) {
  const size_t colon = instance.rfind(':');
  if (colon == std::string_view::npos || !IsPort(instance.substr(colon + 1))) {
    return Bad(instance, "has no port from 1 to 65535");
  }
  std::string host(instance.substr(0, colon));
  const bool has_brackets =
      host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (has_brackets) host = host.substr(1, host.size() - 2);
  const int family = has_brackets ? AF_INET6 : AF_INET;
  in6_addr address = {};  // as large as both
  if (inet_pton(family, host.c_str(), &address) == 1) return family;
  return Bad(instance,
             "is no IP address with a port; of several instances behind one "
             "name say dns:///name:port");
}

std::vector<std::string_view> Split(std::string_view list) {
  std::vector<std::string_view> parts;
  while (true) {
    const size_t comma = list.find(',');
    parts.push_back(list.substr(0, comma));
    if (comma == std::string_view::npos) return parts;
    list.remove_prefix(comma + 1);
  }
}

}  // namespace

absl::StatusOr<DialAddress> ParseDialAddress(const std::string& address) {
  if (address.empty()) return absl::InvalidArgumentError("is missing");
  if (StartsWith(address, kDns)) {
    return DialAddress{.target = address, .is_several = true};
  }
  if (address.find(',') == std::string::npos) {
    return DialAddress{.target = address, .is_several = false};
  }
  std::string_view list = address;
  if (StartsWith(list, kIpv4) || StartsWith(list, kIpv6)) {
    list.remove_prefix(kIpv4.size());
  }
  std::set<std::string_view> seen;
  std::set<int> families;
  for (const std::string_view instance : Split(list)) {
    ASSIGN_OR_RETURN(const int family, FamilyOf(instance));
    families.insert(family);
    if (!seen.insert(instance).second) return Bad(instance, "stands twice");
  }
  if (families.size() != 1) {
    return absl::InvalidArgumentError(
        "IPv4 and IPv6 addresses do not go together");
  }
  const std::string_view scheme = *families.begin() == AF_INET ? kIpv4 : kIpv6;
  return DialAddress{
      .target = absl::StrCat(std::string(scheme), std::string(list)),
      .is_several = true};
}

}  // namespace shiming::rpc
