#include "common/http/address.h"

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "common/status/status_macros.h"

namespace shiming::http {
namespace {

constexpr int kMaxPort = 65535;

absl::Status Bad(std::string_view text, const char* why) {
  return absl::InvalidArgumentError(
      absl::StrCat("\"", std::string(text), "\": ", why));
}

absl::StatusOr<int> ParsePort(std::string_view text, std::string_view port) {
  int number = 0;
  if (port.empty() || port.find_first_not_of("0123456789") != port.npos ||
      !absl::SimpleAtoi(absl::string_view(port.data(), port.size()), &number) ||
      number > kMaxPort) {
    return Bad(text, "the port is not a number from 0 to 65535");
  }
  return number;
}

}  // namespace

bool HostPort::IsLoopback() const {
  return host == "localhost" || host == "::1" || absl::StartsWith(host, "127.");
}

absl::StatusOr<HostPort> ParseHostPort(std::string_view text) {
  HostPort parsed;
  std::string_view rest = text;
  if (!rest.empty() && rest.front() == '[') {
    const size_t end = rest.find(']');
    if (end == rest.npos) return Bad(text, "a bracket is not closed");
    parsed.host = std::string(rest.substr(1, end - 1));
    rest.remove_prefix(end + 1);
  } else {
    const size_t colon = rest.find(':');
    if (colon == rest.npos) return Bad(text, "expected HOST:PORT");
    parsed.host = std::string(rest.substr(0, colon));
    rest.remove_prefix(colon);
  }
  if (parsed.host.empty()) return Bad(text, "the host is missing");
  if (rest.empty() || rest.front() != ':') {
    return Bad(text, "expected HOST:PORT");
  }
  ASSIGN_OR_RETURN(parsed.port, ParsePort(text, rest.substr(1)));
  return parsed;
}

absl::StatusOr<BaseUrl> ParseBaseUrl(std::string_view text) {
  BaseUrl url;
  std::string_view rest = text;
  constexpr std::string_view kHttps = "https://";
  constexpr std::string_view kHttp = "http://";
  if (rest.substr(0, kHttps.size()) == kHttps) {
    rest.remove_prefix(kHttps.size());
  } else if (rest.substr(0, kHttp.size()) == kHttp) {
    url.tls = false;
    rest.remove_prefix(kHttp.size());
  } else {
    return Bad(text, "expected https:// or http://");
  }
  if (rest.find_first_of("?#@ ") != rest.npos) {
    return Bad(text, "only scheme, host, port and path are allowed");
  }
  const size_t slash = rest.find('/');
  const std::string_view authority = rest.substr(0, slash);
  if (slash != rest.npos) url.prefix = std::string(rest.substr(slash));
  while (!url.prefix.empty() && url.prefix.back() == '/') {
    url.prefix.pop_back();
  }
  // A port is given if a colon stands behind the host; an IPv6 literal has
  // colons only within its brackets.
  const size_t bracket = authority.find(']');
  const size_t colon =
      authority.find(':', bracket == authority.npos ? 0 : bracket);
  std::string with_port(authority);
  if (colon == authority.npos) {
    absl::StrAppend(&with_port, url.tls ? ":443" : ":80");
  }
  ASSIGN_OR_RETURN(url.address, ParseHostPort(with_port));
  return url;
}

}  // namespace shiming::http
