#include "common/http/http_server.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>
#include <chrono>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <set>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "common/http/address.h"
#include "common/http/tls.h"
#include "common/status/status_macros.h"

namespace shiming::http {
namespace {

namespace beast = boost::beast;
using boost::system::error_code;
using Tcp = asio::ip::tcp;

constexpr auto kTuple = asio::as_tuple(asio::use_awaitable);

// Pause after accept() failed (out of file descriptors): it cannot be waited
// for.
constexpr std::chrono::milliseconds kAcceptPause(20);
// How long a client that is turned away may take to read why, and how many
// reads of what it still sends are thrown away meanwhile.
constexpr absl::Duration kLingerTime = absl::Milliseconds(500);
constexpr int kLingerReads = 64;
// How long Stop waits for connections that it has closed.
constexpr absl::Duration kCloseTime = absl::Seconds(1);
// Read at once while waiting for a request's first byte.
constexpr size_t kFirstRead = 4096;

// One connection. `busy` belongs to the connection's strand.
struct Connection {
  explicit Connection(Tcp::socket socket) : tcp(std::move(socket)) {}
  beast::tcp_stream tcp;
  bool busy = false;      // a request has begun and is not answered yet
  bool stopping = false;  // answer what is in hand, then close
  bool linger = false;    // the client may still be sending
};

std::chrono::nanoseconds ToChrono(absl::Duration duration) {
  return absl::ToChronoNanoseconds(duration);
}

std::string ToText(beast::string_view text) {
  return std::string(text.data(), text.size());
}

Request TakeRequest(
    beast::http::request_parser<beast::http::string_body>& parser,
    const Peer& peer) {
  auto& message = parser.get();
  Request request;
  request.method = ToText(message.method_string());
  request.target = ToText(message.target());
  for (const auto& field : message) {
    request.headers.push_back(
        {ToText(field.name_string()), ToText(field.value())});
  }
  request.body = std::move(message.body());
  request.peer = peer;
  return request;
}

// The status that says which limit a message broke; 0: it is just broken off.
int StatusOfReadError(error_code ec) {
  namespace http = beast::http;
  if (ec == http::error::header_limit) return 431;
  if (ec == http::error::body_limit) return 413;
  if (ec == http::error::end_of_stream || ec == http::error::partial_message) {
    return 0;
  }
  if (ec.category() ==
      http::make_error_code(http::error::bad_method).category()) {
    return 400;
  }
  return 0;
}

template <class Body>
beast::http::response<Body> MakeHead(const Response& response,
                                     bool keep_alive) {
  beast::http::response<Body> message;
  message.version(11);
  message.result(static_cast<unsigned>(response.status));
  for (const Header& header : response.headers) {
    message.insert(header.name, header.value);
  }
  message.keep_alive(keep_alive);
  return message;
}

// A close with unread bytes would reset the connection and could take our last
// words with it: lets the client read them first.
asio::awaitable<void> Linger(beast::tcp_stream& tcp) {
  error_code error;
  tcp.socket().shutdown(Tcp::socket::shutdown_send, error);
  tcp.expires_after(ToChrono(kLingerTime));
  char sink[kFirstRead];
  for (int reads = 0; reads < kLingerReads && !error; ++reads) {
    auto [ec, size] = co_await tcp.async_read_some(asio::buffer(sink), kTuple);
    error = ec;
  }
}

bool HasNoBody(int status) {
  return status == 204 || status == 304 || (status >= 100 && status < 200);
}

}  // namespace

struct HttpServer::Impl : std::enable_shared_from_this<HttpServer::Impl> {
  explicit Impl(Options given)
      : options(std::move(given)),
        strand(asio::make_strand(options.executor)),
        acceptor(strand) {}

  absl::Status Listen();
  asio::awaitable<void> AcceptLoop();
  asio::awaitable<void> Run(std::shared_ptr<Connection> connection);
  asio::awaitable<void> RunTls(Connection& connection);
  template <class Stream>
  asio::awaitable<void> Serve(Connection& connection, Stream& stream,
                              const Peer& peer);
  template <class Stream>
  asio::awaitable<bool> ReadRequest(Stream& stream, Connection& connection,
                                    beast::flat_buffer& buffer,
                                    const Peer& peer, Request& request,
                                    bool& keep_alive);
  template <class Stream>
  asio::awaitable<bool> WriteResponse(Stream& stream, Connection& connection,
                                      bool is_head, bool keep_alive,
                                      Response& response);
  asio::awaitable<Response> Handle(const Request& request);
  // False if the limit is reached.
  bool Enter(const std::shared_ptr<Connection>& connection);
  void Leave(const std::shared_ptr<Connection>& connection);
  void CloseConnections(bool also_busy);

  const Options options;
  asio::any_io_executor strand;  // of the acceptor
  std::optional<asio::ssl::context> ssl;
  Tcp::acceptor acceptor;
  int port = 0;

  std::mutex mutex;
  std::condition_variable left;
  bool stopping = false;
  std::set<std::shared_ptr<Connection>> connections;
};

absl::Status HttpServer::Impl::Listen() {
  ASSIGN_OR_RETURN(HostPort address, ParseHostPort(options.listen));
  if (address.host == "localhost") address.host = "127.0.0.1";
  error_code ec;
  const auto ip = asio::ip::make_address(address.host, ec);
  if (ec) {
    return absl::InvalidArgumentError(
        absl::StrCat("not an address to listen on: ", options.listen));
  }
  const Tcp::endpoint endpoint(ip, static_cast<uint16_t>(address.port));
  acceptor.open(endpoint.protocol(), ec);
  if (!ec) acceptor.set_option(Tcp::acceptor::reuse_address(true), ec);
  if (!ec) acceptor.bind(endpoint, ec);
  if (!ec) acceptor.listen(asio::socket_base::max_listen_connections, ec);
  if (ec) {
    return absl::UnavailableError(
        absl::StrCat("cannot listen on ", options.listen, ": ", ec.message()));
  }
  port = acceptor.local_endpoint().port();
  return absl::OkStatus();
}

bool HttpServer::Impl::Enter(const std::shared_ptr<Connection>& connection) {
  std::lock_guard lock(mutex);
  if (stopping || connections.size() >= options.limits.connections) {
    return false;
  }
  connections.insert(connection);
  return true;
}

void HttpServer::Impl::Leave(const std::shared_ptr<Connection>& connection) {
  std::lock_guard lock(mutex);
  connections.erase(connection);
  left.notify_all();
}

asio::awaitable<void> HttpServer::Impl::AcceptLoop() {
  asio::steady_timer pause(strand);
  for (;;) {
    const asio::any_io_executor own = asio::make_strand(options.executor);
    auto [ec, socket] = co_await acceptor.async_accept(own, kTuple);
    if (!acceptor.is_open()) co_return;
    if (ec) {
      pause.expires_after(kAcceptPause);
      co_await pause.async_wait(kTuple);
      continue;
    }
    error_code ignored;
    socket.set_option(Tcp::no_delay(true), ignored);
    auto connection = std::make_shared<Connection>(std::move(socket));
    if (!Enter(connection)) {
      if (options.on_over_limit) options.on_over_limit();
      continue;  // its destruction closes it
    }
    asio::co_spawn(own, Run(connection),
                   [self = shared_from_this(), connection](std::exception_ptr) {
                     self->Leave(connection);
                   });
  }
}

asio::awaitable<void> HttpServer::Impl::Run(
    std::shared_ptr<Connection> connection) {
  if (ssl.has_value()) {
    co_await RunTls(*connection);
  } else {
    const Peer nobody;
    co_await Serve(*connection, connection->tcp, nobody);
  }
  if (connection->linger) co_await Linger(connection->tcp);
  // First free the place: who sees the close may connect again at once.
  Leave(connection);
  error_code ignored;
  connection->tcp.socket().shutdown(Tcp::socket::shutdown_both, ignored);
  connection->tcp.close();
}

asio::awaitable<void> HttpServer::Impl::RunTls(Connection& connection) {
  beast::tcp_stream& tcp = connection.tcp;
  asio::ssl::stream<beast::tcp_stream&> stream(tcp, *ssl);
  tcp.expires_after(ToChrono(options.limits.handshake_time));
  auto [ec] =
      co_await stream.async_handshake(asio::ssl::stream_base::server, kTuple);
  if (ec) {
    if (options.on_handshake_failure) {
      options.on_handshake_failure(ec.message());
    }
    connection.linger = true;
    co_return;
  }
  const Peer peer = PeerOfConnection(stream.native_handle());
  co_await Serve(connection, stream, peer);
  tcp.expires_after(ToChrono(kLingerTime));
  co_await stream.async_shutdown(kTuple);
}

template <class Stream>
asio::awaitable<void> HttpServer::Impl::Serve(Connection& connection,
                                              Stream& stream,
                                              const Peer& peer) {
  beast::flat_buffer buffer;
  bool keep_alive = true;
  while (keep_alive && !connection.stopping) {
    Request request;
    const bool read = co_await ReadRequest(stream, connection, buffer, peer,
                                           request, keep_alive);
    if (!read) co_return;
    Response response = co_await Handle(request);
    if (connection.stopping) keep_alive = false;
    const bool is_head = request.method == "HEAD";
    const bool written = co_await WriteResponse(stream, connection, is_head,
                                                keep_alive, response);
    if (!written) co_return;
    connection.busy = false;
  }
}

// False: the connection is over, and an answer, if one was due, is given.
template <class Stream>
asio::awaitable<bool> HttpServer::Impl::ReadRequest(
    Stream& stream, Connection& connection, beast::flat_buffer& buffer,
    const Peer& peer, Request& request, bool& keep_alive) {
  namespace http = beast::http;
  const Limits& limits = options.limits;
  if (buffer.size() == 0) {
    connection.tcp.expires_after(ToChrono(limits.idle_time));
    auto [ec, size] =
        co_await stream.async_read_some(buffer.prepare(kFirstRead), kTuple);
    if (ec) co_return false;
    buffer.commit(size);
  }
  connection.busy = true;
  connection.tcp.expires_after(ToChrono(limits.transfer_time));
  http::request_parser<http::string_body> parser;
  parser.header_limit(static_cast<std::uint32_t>(limits.header_bytes));
  parser.body_limit(limits.body_bytes);
  auto [head_error, head_size] =
      co_await http::async_read_header(stream, buffer, parser, kTuple);
  error_code ec = head_error;
  if (!ec && parser.get()[http::field::expect] == "100-continue") {
    http::response<http::empty_body> go_on(http::status::continue_, 11);
    auto [error, size] = co_await http::async_write(stream, go_on, kTuple);
    ec = error;
  }
  if (!ec) {
    auto [error, size] =
        co_await http::async_read(stream, buffer, parser, kTuple);
    ec = error;
  }
  if (!ec) {
    keep_alive = parser.keep_alive();
    request = TakeRequest(parser, peer);
    co_return true;
  }
  if (const int status = StatusOfReadError(ec); status != 0) {
    Response refusal = TextResponse(status, ec.message() + "\n");
    co_await WriteResponse(stream, connection, false, false, refusal);
    connection.linger = true;
  }
  co_return false;
}

asio::awaitable<Response> HttpServer::Impl::Handle(const Request& request) {
  try {
    co_return co_await options.handler(request);
  } catch (const std::exception&) {
    // Falls through: what it says may hold data of the request.
  }
  co_return TextResponse(500, "internal error\n");
}

// False: the connection is over.
template <class Stream>
asio::awaitable<bool> HttpServer::Impl::WriteResponse(Stream& stream,
                                                      Connection& connection,
                                                      bool is_head,
                                                      bool keep_alive,
                                                      Response& response) {
  namespace http = beast::http;
  if (response.delivery == Delivery::kNone) co_return false;
  connection.tcp.expires_after(ToChrono(options.limits.transfer_time));
  if (is_head || HasNoBody(response.status)) {
    auto message = MakeHead<http::empty_body>(response, keep_alive);
    if (is_head) message.content_length(response.body.size());
    auto [ec, size] = co_await http::async_write(stream, message, kTuple);
    co_return !ec;
  }
  auto message = MakeHead<http::string_body>(response, keep_alive);
  message.content_length(response.body.size());
  message.body() = std::move(response.body);
  if (response.delivery == Delivery::kCutBody) {
    message.body().resize(message.body().size() / 2);
  }
  auto [ec, size] = co_await http::async_write(stream, message, kTuple);
  co_return !ec && response.delivery == Delivery::kWhole;
}

void HttpServer::Impl::CloseConnections(bool also_busy) {
  std::lock_guard lock(mutex);
  for (const auto& connection : connections) {
    asio::post(connection->tcp.get_executor(), [connection, also_busy] {
      connection->stopping = true;
      if (also_busy || !connection->busy) connection->tcp.close();
    });
  }
}

HttpServer::HttpServer(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}

HttpServer::~HttpServer() { Stop(absl::Seconds(5)); }

absl::StatusOr<std::unique_ptr<HttpServer>> HttpServer::Start(Options options) {
  std::optional<asio::ssl::context> ssl;
  if (options.tls.has_value()) {
    ASSIGN_OR_RETURN(SslContext context, MakeServerContext(*options.tls));
    ssl.emplace(context.release());
    if (options.admit) {
      ssl->set_verify_callback([admit = options.admit](
                                   bool verified,
                                   asio::ssl::verify_context& context) {
        X509_STORE_CTX* store = context.native_handle();
        if (!verified || X509_STORE_CTX_get_error_depth(store) != 0) {
          return verified;
        }
        if (admit(PeerOfCertificate(X509_STORE_CTX_get_current_cert(store)))) {
          return true;
        }
        // Becomes the alert that tells the client.
        X509_STORE_CTX_set_error(store, X509_V_ERR_CERT_REJECTED);
        return false;
      });
    }
  }
  auto impl = std::make_shared<Impl>(std::move(options));
  impl->ssl = std::move(ssl);
  RETURN_IF_ERROR(impl->Listen());
  asio::co_spawn(impl->strand, impl->AcceptLoop(),
                 [impl](std::exception_ptr) { /* only keeps it alive */ });
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(impl)));
}

int HttpServer::port() const { return impl_->port; }

void HttpServer::Stop(absl::Duration grace) {
  Impl& impl = *impl_;
  {
    std::lock_guard lock(impl.mutex);
    if (impl.stopping) return;
    impl.stopping = true;
  }
  asio::post(impl.strand, [self = impl_] {
    error_code ignored;
    self->acceptor.close(ignored);
  });
  impl.CloseConnections(/*also_busy=*/false);
  const auto wait = [&impl](absl::Duration time) {
    std::unique_lock lock(impl.mutex);
    return impl.left.wait_for(lock, ToChrono(time),
                              [&impl] { return impl.connections.empty(); });
  };
  if (wait(grace)) return;
  impl.CloseConnections(/*also_busy=*/true);
  wait(kCloseTime);
}

}  // namespace shiming::http
