#include "common/http/http_client.h"

#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>
#include <chrono>
#include <deque>
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
using SteadyClock = std::chrono::steady_clock;
using Tcp = asio::ip::tcp;

constexpr auto kTuple = asio::as_tuple(asio::use_awaitable);

// A connection to the server; `stream` is null for plain HTTP. Used on the
// client's strand only.
struct Connection {
  Connection(const asio::any_io_executor& strand, asio::ssl::context* ssl)
      : tcp(strand) {
    if (ssl != nullptr) {
      stream =
          std::make_unique<asio::ssl::stream<beast::tcp_stream&>>(tcp, *ssl);
    }
  }
  beast::tcp_stream tcp;
  std::unique_ptr<asio::ssl::stream<beast::tcp_stream&>> stream;
  beast::flat_buffer buffer;
  bool reused = false;
  SteadyClock::time_point idle_since;
};

// A call that waits in line for a connection.
struct Waiter {
  explicit Waiter(const asio::any_io_executor& strand) : timer(strand) {}
  asio::steady_timer timer;
  bool granted = false;  // the place of a finished call is now this one's
};

// The addresses of a host, or an error.
struct Resolution {
  explicit Resolution(const asio::any_io_executor& strand)
      : resolver(strand), timer(strand) {}
  Tcp::resolver resolver;
  asio::steady_timer timer;
  error_code error = asio::error::timed_out;
  std::vector<Tcp::endpoint> endpoints;
};

Outcome NotSent(std::string why) {
  Outcome outcome;
  outcome.kind = Outcome::Kind::kNotSent;
  outcome.why = std::move(why);
  return outcome;
}

Outcome Unknown(std::string why) {
  Outcome outcome;
  outcome.kind = Outcome::Kind::kUnknown;
  outcome.why = std::move(why);
  return outcome;
}

// Whether `host` is an IP literal: server name indication is for names only
// (RFC 6066 section 3).
bool IsAddress(const std::string& host) {
  error_code ec;
  asio::ip::make_address(host, ec);
  return !ec;
}

// "host:port", an IPv6 literal in brackets (RFC 9110 section 7.2).
std::string HostHeader(const HostPort& address) {
  const bool brackets = address.host.find(':') != std::string::npos;
  return absl::StrCat(brackets ? "[" : "", address.host, brackets ? "]:" : ":",
                      address.port);
}

// Whether the other end has closed a kept connection, or sent what nobody
// asked for: neither can carry a request.
bool IsStale(Connection& connection) {
  if (connection.buffer.size() > 0) return true;
  char byte;
  const ssize_t peeked = recv(connection.tcp.socket().native_handle(), &byte, 1,
                              MSG_PEEK | MSG_DONTWAIT);
  return !(peeked < 0 && (errno == EAGAIN || errno == EWOULDBLOCK));
}

std::chrono::nanoseconds ToChrono(absl::Duration duration) {
  return absl::ToChronoNanoseconds(duration);
}

// The result of one exchange on one connection.
struct Exchanged {
  Outcome outcome;
  bool keep = false;   // the connection may serve further calls
  bool retry = false;  // nothing was written: a fresh connection may try
};

}  // namespace

struct HttpClient::Impl : std::enable_shared_from_this<HttpClient::Impl> {
  Impl(Options given, BaseUrl parsed)
      : options(std::move(given)),
        url(std::move(parsed)),
        strand(asio::make_strand(options.executor)) {}

  using Ready = std::unique_ptr<Connection>;

  asio::awaitable<Outcome> Run(ClientRequest request);
  // Takes one of max_connections places; false if the deadline came first.
  asio::awaitable<bool> EnterLine(SteadyClock::time_point deadline);
  void LeaveLine();
  Ready TakeIdle();
  // A new connection, or null with the reason in `why`.
  asio::awaitable<Ready> Connect(SteadyClock::time_point deadline,
                                 std::string& why);
  asio::awaitable<error_code> Resolve(SteadyClock::time_point deadline,
                                      std::vector<Tcp::endpoint>& endpoints);
  template <class Stream>
  asio::awaitable<Exchanged> Exchange(Connection& connection, Stream& stream,
                                      const ClientRequest& request,
                                      SteadyClock::time_point deadline);
  beast::http::request<beast::http::string_body> ToMessage(
      const ClientRequest& request) const;

  const Options options;
  const BaseUrl url;
  const asio::any_io_executor strand;  // all that follows belongs to it
  std::optional<asio::ssl::context> ssl;
  size_t in_use = 0;
  std::vector<Ready> idle;  // oldest first
  std::deque<std::shared_ptr<Waiter>> line;
};

asio::awaitable<bool> HttpClient::Impl::EnterLine(
    SteadyClock::time_point deadline) {
  if (in_use < options.max_connections) {
    ++in_use;
    co_return true;
  }
  auto waiter = std::make_shared<Waiter>(strand);
  line.push_back(waiter);
  waiter->timer.expires_at(deadline);
  co_await waiter->timer.async_wait(kTuple);
  if (!waiter->granted) {
    line.erase(std::remove(line.begin(), line.end(), waiter), line.end());
  }
  co_return waiter->granted;
}

void HttpClient::Impl::LeaveLine() {
  if (line.empty()) {
    --in_use;
    return;
  }
  line.front()->granted = true;
  line.front()->timer.cancel();
  line.pop_front();
}

HttpClient::Impl::Ready HttpClient::Impl::TakeIdle() {
  const auto too_old = SteadyClock::now() - ToChrono(options.idle_time);
  while (!idle.empty()) {
    Ready connection = std::move(idle.back());
    idle.pop_back();
    if (connection->idle_since < too_old) {
      idle.clear();  // all others are older still
      break;
    }
    if (IsStale(*connection)) continue;
    connection->reused = true;
    return connection;
  }
  return nullptr;
}

asio::awaitable<error_code> HttpClient::Impl::Resolve(
    SteadyClock::time_point deadline, std::vector<Tcp::endpoint>& endpoints) {
  error_code ec;
  const auto literal = asio::ip::make_address(url.address.host, ec);
  if (!ec) {
    endpoints.emplace_back(literal, static_cast<uint16_t>(url.address.port));
    co_return error_code();
  }
  // getaddrinfo cannot be interrupted: at the deadline it is left behind.
  auto resolution = std::make_shared<Resolution>(strand);
  resolution->timer.expires_at(deadline);
  resolution->resolver.async_resolve(
      url.address.host, std::to_string(url.address.port),
      [resolution](error_code error, Tcp::resolver::results_type results) {
        resolution->error = error;
        for (const auto& result : results) {
          resolution->endpoints.push_back(result.endpoint());
        }
        resolution->timer.cancel();
      });
  co_await resolution->timer.async_wait(kTuple);
  endpoints = resolution->endpoints;
  co_return resolution->error;
}

asio::awaitable<HttpClient::Impl::Ready> HttpClient::Impl::Connect(
    SteadyClock::time_point deadline, std::string& why) {
  deadline =
      std::min(deadline, SteadyClock::now() + ToChrono(options.connect_time));
  std::vector<Tcp::endpoint> endpoints;
  error_code ec = co_await Resolve(deadline, endpoints);
  if (ec) {
    why = absl::StrCat("cannot resolve: ", ec.message());
    co_return nullptr;
  }
  auto connection = std::make_unique<Connection>(strand, ssl ? &*ssl : nullptr);
  connection->tcp.expires_at(deadline);
  auto [connect_error, endpoint] =
      co_await connection->tcp.async_connect(endpoints, kTuple);
  if (connect_error) {
    why = absl::StrCat("cannot connect: ", connect_error.message());
    co_return nullptr;
  }
  connection->tcp.socket().set_option(Tcp::no_delay(true), ec);
  if (connection->stream == nullptr) co_return connection;
  auto& stream = *connection->stream;
  if (!IsAddress(url.address.host)) {
    SSL_set_tlsext_host_name(stream.native_handle(), url.address.host.c_str());
  }
  stream.set_verify_callback(
      asio::ssl::host_name_verification(url.address.host), ec);
  auto [handshake_error] =
      co_await stream.async_handshake(asio::ssl::stream_base::client, kTuple);
  if (handshake_error) {
    why = absl::StrCat("TLS handshake failed: ", handshake_error.message());
    co_return nullptr;
  }
  co_return connection;
}

beast::http::request<beast::http::string_body> HttpClient::Impl::ToMessage(
    const ClientRequest& request) const {
  namespace http = beast::http;
  http::request<http::string_body> message;
  message.version(11);
  message.method_string(request.method);
  message.target(url.prefix + request.target);
  message.set(http::field::host, HostHeader(url.address));
  for (const Header& header : request.headers) {
    message.insert(header.name, header.value);
  }
  message.body() = request.body;
  if (!request.body.empty() || request.method == "POST") {
    message.content_length(request.body.size());
  }
  return message;
}

template <class Stream>
asio::awaitable<Exchanged> HttpClient::Impl::Exchange(
    Connection& connection, Stream& stream, const ClientRequest& request,
    SteadyClock::time_point deadline) {
  namespace http = beast::http;
  Exchanged result;
  const auto message = ToMessage(request);
  connection.tcp.expires_at(deadline);
  auto [write_error, written] =
      co_await http::async_write(stream, message, kTuple);
  if (write_error) {
    // A time-out may strike while bytes are on their way.
    if (written == 0 && write_error != beast::error::timeout) {
      result.retry = connection.reused;
      result.outcome =
          NotSent(absl::StrCat("cannot write: ", write_error.message()));
    } else {
      result.outcome =
          Unknown(absl::StrCat("write broken off: ", write_error.message()));
    }
    co_return result;
  }
  http::response_parser<http::string_body> parser;
  parser.header_limit(static_cast<std::uint32_t>(options.max_header_bytes));
  parser.body_limit(options.max_body_bytes);
  parser.skip(request.method == "HEAD");
  auto [read_error, read] =
      co_await http::async_read(stream, connection.buffer, parser, kTuple);
  if (read_error) {
    const bool refused =
        !connection.reused &&
        read_error.category() == asio::error::get_ssl_category() &&
        IsCertificateRefusal(static_cast<unsigned long>(read_error.value()));
    const std::string why =
        absl::StrCat("no whole answer: ", read_error.message());
    result.outcome = refused ? NotSent(why) : Unknown(why);
    co_return result;
  }
  result.keep = parser.keep_alive();
  result.outcome.kind = Outcome::Kind::kResponse;
  Response& response = result.outcome.response;
  auto& answer = parser.get();
  response.status = static_cast<int>(answer.result_int());
  for (const auto& field : answer) {
    response.headers.push_back(
        {std::string(field.name_string().data(), field.name_string().size()),
         std::string(field.value().data(), field.value().size())});
  }
  response.body = std::move(answer.body());
  co_return result;
}

asio::awaitable<Outcome> HttpClient::Impl::Run(ClientRequest request) {
  const auto deadline = SteadyClock::now() + ToChrono(request.timeout);
  const bool entered = co_await EnterLine(deadline);
  if (!entered) co_return NotSent("no free connection in time");
  Exchanged result;
  // At most every kept connection once, then a fresh one.
  for (;;) {
    std::string why;
    Ready connection = TakeIdle();
    if (connection == nullptr) connection = co_await Connect(deadline, why);
    if (connection == nullptr) {
      result.outcome = NotSent(std::move(why));
      break;
    }
    if (connection->stream != nullptr) {
      result = co_await Exchange(*connection, *connection->stream, request,
                                 deadline);
    } else {
      result =
          co_await Exchange(*connection, connection->tcp, request, deadline);
    }
    if (result.keep) {
      connection->idle_since = SteadyClock::now();
      connection->tcp.expires_never();
      idle.push_back(std::move(connection));
    }
    if (!result.retry) break;
  }
  LeaveLine();
  co_return std::move(result.outcome);
}

HttpClient::HttpClient(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}
HttpClient::~HttpClient() = default;

absl::StatusOr<std::unique_ptr<HttpClient>> HttpClient::Create(
    Options options) {
  ASSIGN_OR_RETURN(BaseUrl url, ParseBaseUrl(options.base_url));
  if (url.tls != options.tls.has_value()) {
    return absl::InvalidArgumentError(absl::StrCat(
        options.base_url, url.tls ? ": TLS files are missing"
                                  : ": TLS files are given for plain HTTP"));
  }
  auto impl = std::make_shared<Impl>(std::move(options), std::move(url));
  if (impl->options.tls.has_value()) {
    ASSIGN_OR_RETURN(SslContext context, MakeClientContext(*impl->options.tls));
    impl->ssl.emplace(context.release());
  }
  return std::unique_ptr<HttpClient>(new HttpClient(std::move(impl)));
}

asio::awaitable<Outcome> HttpClient::Call(ClientRequest request) {
  auto impl = impl_;
  co_return co_await asio::co_spawn(impl->strand, impl->Run(std::move(request)),
                                    asio::use_awaitable);
}

Outcome HttpClient::CallBlocking(ClientRequest request) {
  return asio::co_spawn(impl_->strand, impl_->Run(std::move(request)),
                        asio::use_future)
      .get();
}

}  // namespace shiming::http
