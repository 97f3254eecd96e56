// Listen addresses and base URLs, parsed once.
#ifndef SHIMING_COMMON_HTTP_ADDRESS_H_
#define SHIMING_COMMON_HTTP_ADDRESS_H_

#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace shiming::http {

// A host (name or IP literal, without brackets) and a port.
struct HostPort {
  std::string host;
  int port = 0;  // 0…65535; 0 asks the system for a free one

  // True for 127.0.0.0/8, ::1 and "localhost".
  bool IsLoopback() const;
};

// Parses "127.0.0.1:8443", "[::1]:0", "localhost:80". kInvalidArgument if a
// part is missing or the port is out of range.
absl::StatusOr<HostPort> ParseHostPort(std::string_view text);

// Where a server is reached: scheme, host, port and a path that goes in front
// of each request's own.
struct BaseUrl {
  bool tls = true;
  HostPort address;
  std::string prefix;  // "" or "/x/y", without a slash at the end
};

// Parses "https://host[:port][/prefix]" or "http://…". User info, query and
// fragment are refused with kInvalidArgument.
absl::StatusOr<BaseUrl> ParseBaseUrl(std::string_view text);

}  // namespace shiming::http

#endif  // SHIMING_COMMON_HTTP_ADDRESS_H_
