// The log's files over HTTP (C2SP tlog-tiles), read-only.
#ifndef SHIMING_SERVICES_GATEWAY_LOG_ENDPOINT_H_
#define SHIMING_SERVICES_GATEWAY_LOG_ENDPOINT_H_

#include <boost/asio/awaitable.hpp>
#include <string>
#include <string_view>

#include "common/http/message.h"

namespace shiming::gateway {

namespace asio = boost::asio;

// True for the paths that C2SP tlog-tiles defines, and no others:
// "checkpoint", "tile/<L>/<N>[.p/<W>]", "tile/entries/<N>[.p/<W>]" with
// N = "x001/x234/067". So a path can never lead out of the folder.
bool IsLogPath(std::string_view path);

// Answers GET and HEAD of those paths from a folder; 404 for all else. Tiles
// never change and may be cached for ever, the checkpoint never. Reads files:
// give it threads of its own. Thread-safe.
class LogEndpoint {
 public:
  explicit LogEndpoint(std::string folder);

  asio::awaitable<http::Response> Answer(const http::Request& request);

 private:
  const std::string folder_;
};

}  // namespace shiming::gateway

#endif  // SHIMING_SERVICES_GATEWAY_LOG_ENDPOINT_H_
