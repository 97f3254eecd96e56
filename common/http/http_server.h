// An HTTP/1.1 server on Boost.Beast, plain or over TLS. Beast stays in the .cc.
#ifndef SHIMING_COMMON_HTTP_HTTP_SERVER_H_
#define SHIMING_COMMON_HTTP_HTTP_SERVER_H_

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/http/message.h"
#include "common/http/tls_files.h"

namespace shiming::http {

namespace asio = boost::asio;

// Listens on one address and gives each request to one handler. All methods
// are thread-safe.
class HttpServer {
 public:
  // Answers a request. The request lives until the coroutine ends. Runs on the
  // connection's strand of the executor; an exception becomes a 500.
  using Handler = std::function<asio::awaitable<Response>(const Request&)>;

  // What one peer may take up. Beyond a size the answer is 431 or 413, beyond
  // a time or count the connection is closed.
  struct Limits {
    size_t header_bytes = 16 * 1024;
    size_t body_bytes = 1024 * 1024;
    size_t connections = 1024;
    absl::Duration handshake_time = absl::Seconds(10);
    absl::Duration idle_time = absl::Seconds(75);      // between two requests
    absl::Duration transfer_time = absl::Seconds(30);  // of one message
  };

  struct Options {
    asio::any_io_executor executor;  // its threads run everything
    std::string listen;              // "127.0.0.1:0"
    std::optional<TlsFiles> tls;     // absent: plain HTTP
    // Says whether a client whose certificate has been verified may connect;
    // called within the handshake, from any thread. Absent: all may.
    std::function<bool(const Peer&)> admit;
    Limits limits;
    Handler handler;
    // Told of each failed handshake (with a text for logs) and of each
    // connection over the limit. May be absent; called from any thread.
    std::function<void(std::string_view why)> on_handshake_failure;
    std::function<void()> on_over_limit;
  };

  // Binds, listens and begins to serve. kInvalidArgument: address or TLS files;
  // kUnavailable: the address is taken.
  static absl::StatusOr<std::unique_ptr<HttpServer>> Start(Options options);

  // Stop(5 s).
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  // The port that is listened on, also if 0 was asked for.
  int port() const;

  // Takes no new connection, closes the idle ones, lets requests in hand end
  // for at most `grace` and closes what is left. Blocks: not from a thread of
  // the executor. A second call does nothing.
  void Stop(absl::Duration grace);

 private:
  struct Impl;
  explicit HttpServer(std::shared_ptr<Impl> impl);
  std::shared_ptr<Impl> impl_;
};

}  // namespace shiming::http

#endif  // SHIMING_COMMON_HTTP_HTTP_SERVER_H_
