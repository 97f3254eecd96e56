// An HTTP/1.1 client for one base URL on Boost.Beast, with a pool of kept
// connections. Beast stays in the .cc.
#ifndef SHIMING_COMMON_HTTP_HTTP_CLIENT_H_
#define SHIMING_COMMON_HTTP_HTTP_CLIENT_H_

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/http/message.h"
#include "common/http/tls_files.h"

namespace shiming::http {

namespace asio = boost::asio;

// What became of a call. The difference between the last two decides whether
// the other end may have acted (sgp22-es2plus 12).
struct Outcome {
  enum class Kind {
    // A whole answer was read, whatever its status.
    kResponse,
    // The other end has not seen the request: no connection, a failed TLS
    // handshake, or our certificate refused.
    kNotSent,
    // It may or may not have acted: no answer in time, connection lost, answer
    // cut short, malformed or over the limit.
    kUnknown,
  };
  Kind kind = Kind::kUnknown;
  Response response;  // set with kResponse
  std::string why;    // for logs, set with the other two
};

// One request to send. Host, Content-Length and Connection are added.
struct ClientRequest {
  std::string method = "POST";
  std::string target;  // "/path?query", put behind the base URL's prefix
  std::vector<Header> headers;
  std::string body;
  // From now until the whole answer is read, waiting for a connection included.
  absl::Duration timeout = absl::Seconds(10);
};

// Follows no redirect and repeats nothing, but for one case: a kept connection
// that the other end had closed before anything of the request was written is
// replaced by a fresh one. Thread-safe. May be destroyed while calls are in
// flight; they end by themselves as long as the executor runs.
class HttpClient {
 public:
  struct Options {
    asio::any_io_executor executor;  // its threads run everything
    std::string base_url;            // "https://smdp.example:8443[/prefix]"
    // Required with https, refused with http. The server's certificate must
    // name the URL's host.
    std::optional<TlsFiles> tls;
    size_t max_connections = 16;  // at once; further calls wait in line
    size_t max_header_bytes = 16 * 1024;
    size_t max_body_bytes = 1024 * 1024;
    absl::Duration connect_time = absl::Seconds(5);  // TLS handshake included
    absl::Duration idle_time = absl::Seconds(30);    // kept no longer than this
  };

  // kInvalidArgument: URL or TLS files. Connects to nobody yet.
  static absl::StatusOr<std::unique_ptr<HttpClient>> Create(Options options);

  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  // Sends one request. Resumes on the caller's own executor.
  asio::awaitable<Outcome> Call(ClientRequest request);

  // The same for callers without coroutines (tools, tests): waits. Not from a
  // thread of the executor.
  Outcome CallBlocking(ClientRequest request);

 private:
  struct Impl;
  explicit HttpClient(std::shared_ptr<Impl> impl);
  std::shared_ptr<Impl> impl_;
};

}  // namespace shiming::http

#endif  // SHIMING_COMMON_HTTP_HTTP_CLIENT_H_
