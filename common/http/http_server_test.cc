// The server and the client of this folder against each other, and against raw
// sockets where one of them must misbehave; loopback, port 0.
#include "common/http/http_server.h"

#include <gtest/gtest.h>

#include <atomic>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/write.hpp>
#include <future>
#include <stdexcept>
#include <string>

#include "absl/strings/match.h"
#include "common/http/http_client.h"

namespace shiming::http {
namespace {

using Tcp = asio::ip::tcp;

class HttpServerTest : public ::testing::Test {
 protected:
  // Echoes; /none and /cut give broken answers, /throw throws.
  static asio::awaitable<Response> Answer(const Request& request) {
    if (request.target == "/base/throw") throw std::runtime_error("x");
    Response response = TextResponse(200, request.body);
    response.headers.push_back({"X-Target", request.target});
    response.headers.push_back({"X-Method", request.method});
    if (request.target == "/base/none") response.delivery = Delivery::kNone;
    if (request.target == "/base/cut") {
      response.body = "0123456789";
      response.delivery = Delivery::kCutBody;
    }
    if (request.target == "/base/no-content") {
      response.status = 204;
      response.body.clear();
    }
    co_return response;
  }

  void StartServer(HttpServer::Limits limits = {}) {
    HttpServer::Options options;
    options.executor = pool_.get_executor();
    options.listen = "127.0.0.1:0";
    options.limits = limits;
    options.handler = Answer;
    options.on_over_limit = [this] { ++over_limit_; };
    auto server = HttpServer::Start(std::move(options));
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
    client_ = MakeClient(server_->port());
  }

  std::unique_ptr<HttpClient> MakeClient(int port,
                                         size_t max_connections = 16) {
    HttpClient::Options options;
    options.executor = pool_.get_executor();
    options.base_url = "http://127.0.0.1:" + std::to_string(port) + "/base";
    options.max_connections = max_connections;
    options.max_body_bytes = 4096;
    return *HttpClient::Create(std::move(options));
  }

  static Outcome Post(HttpClient& client, std::string target,
                      std::string body = "",
                      absl::Duration timeout = absl::Seconds(10)) {
    ClientRequest request;
    request.target = std::move(target);
    request.body = std::move(body);
    request.timeout = timeout;
    return client.CallBlocking(std::move(request));
  }

  // Sends `text` on a connection of its own and returns all that comes back
  // until the server closes.
  std::string Raw(const std::string& text) {
    Tcp::socket socket(pool_);
    socket.connect({asio::ip::make_address("127.0.0.1"),
                    static_cast<uint16_t>(server_->port())});
    asio::write(socket, asio::buffer(text));
    std::string answer;
    boost::system::error_code ec;
    asio::read(socket, asio::dynamic_buffer(answer), ec);
    return answer;
  }

  asio::thread_pool pool_{2};
  std::atomic<int> over_limit_ = 0;
  std::unique_ptr<HttpServer> server_;
  std::unique_ptr<HttpClient> client_;
};

// A server of one connection at a time whose every move the test makes.
class ScriptedServer {
 public:
  ScriptedServer() : acceptor_(io_, {asio::ip::make_address("127.0.0.1"), 0}) {}
  int port() const { return acceptor_.local_endpoint().port(); }
  Tcp::socket Accept() { return acceptor_.accept(); }
  // Reads one request (header and the body that the tests send).
  static std::string Read(Tcp::socket& socket) {
    std::string text;
    asio::read_until(socket, asio::dynamic_buffer(text), "\r\n\r\n");
    return text;
  }
  static void Write(Tcp::socket& socket, const std::string& text) {
    asio::write(socket, asio::buffer(text));
  }

 private:
  asio::io_context io_;
  Tcp::acceptor acceptor_;
};

TEST_F(HttpServerTest, AnswersManyRequestsAndKeepsThePrefix) {
  StartServer();
  for (int i = 0; i < 20; ++i) {
    Outcome outcome = Post(*client_, "/echo?x=1", std::string(i * 100, 'b'));
    ASSERT_EQ(outcome.kind, Outcome::Kind::kResponse) << outcome.why;
    EXPECT_EQ(outcome.response.status, 200);
    EXPECT_EQ(outcome.response.body, std::string(i * 100, 'b'));
    EXPECT_EQ(outcome.response.header("x-target"), "/base/echo?x=1");
  }
}

TEST_F(HttpServerTest, AnswersWithoutBodyAndAfterAnException) {
  StartServer();
  Outcome none = Post(*client_, "/no-content");
  ASSERT_EQ(none.kind, Outcome::Kind::kResponse) << none.why;
  EXPECT_EQ(none.response.status, 204);
  EXPECT_EQ(none.response.header("content-length"), "");
  EXPECT_EQ(Post(*client_, "/throw").response.status, 500);
}

TEST_F(HttpServerTest, LimitsHeaderAndBody) {
  HttpServer::Limits limits;
  limits.header_bytes = 1024;
  limits.body_bytes = 100;
  StartServer(limits);
  EXPECT_TRUE(absl::StartsWith(
      Raw("GET / HTTP/1.1\r\nX: " + std::string(2000, 'x') + "\r\n\r\n"),
      "HTTP/1.1 431 "));
  EXPECT_TRUE(absl::StartsWith(
      Raw("POST / HTTP/1.1\r\nContent-Length: 101\r\n\r\n"), "HTTP/1.1 413 "));
  EXPECT_TRUE(absl::StartsWith(Raw("nonsense\r\n\r\n"), "HTTP/1.1 400 "));
}

TEST_F(HttpServerTest, LimitsConnections) {
  HttpServer::Limits limits;
  limits.connections = 1;
  StartServer(limits);
  // The one place is taken by a kept connection: another one is closed.
  EXPECT_EQ(Post(*client_, "/echo").response.status, 200);
  EXPECT_EQ(Raw("GET / HTTP/1.1\r\n\r\n"), "");
  EXPECT_EQ(over_limit_, 1);
}

TEST_F(HttpServerTest, ClosesAnIdleConnection) {
  HttpServer::Limits limits;
  limits.idle_time = absl::Milliseconds(50);
  limits.transfer_time = absl::Milliseconds(50);
  StartServer(limits);
  EXPECT_EQ(Raw(""), "");
  EXPECT_EQ(Raw("GET / HTT"), "");
}

TEST_F(HttpServerTest, TellsAClientToGoOnThatAsksFirst) {
  StartServer();
  const std::string answer =
      Raw("POST / HTTP/1.1\r\nExpect: 100-continue\r\nConnection: close\r\n"
          "Content-Length: 2\r\n\r\nok");
  EXPECT_TRUE(absl::StartsWith(answer, "HTTP/1.1 100 ")) << answer;
  EXPECT_TRUE(absl::EndsWith(answer, "ok")) << answer;
}

TEST_F(HttpServerTest, RefusedConnectionIsNotSent) {
  int port = 0;
  {
    ScriptedServer gone;
    port = gone.port();
  }
  auto client = MakeClient(port);
  EXPECT_EQ(Post(*client, "/x").kind, Outcome::Kind::kNotSent);
}

TEST_F(HttpServerTest, MissingAnswerIsUnknown) {
  StartServer();
  EXPECT_EQ(Post(*client_, "/none").kind, Outcome::Kind::kUnknown);
  EXPECT_EQ(Post(*client_, "/cut").kind, Outcome::Kind::kUnknown);
  // And the client goes on.
  EXPECT_EQ(Post(*client_, "/echo").kind, Outcome::Kind::kResponse);
}

TEST_F(HttpServerTest, LateAnswerIsUnknown) {
  ScriptedServer server;
  auto client = MakeClient(server.port());
  auto call = std::async(std::launch::async, [&] {
    return Post(*client, "/x", "", absl::Milliseconds(100));
  });
  Tcp::socket socket = server.Accept();
  ScriptedServer::Read(socket);
  EXPECT_EQ(call.get().kind, Outcome::Kind::kUnknown);
}

TEST_F(HttpServerTest, MalformedOrOversizedAnswerIsUnknown) {
  for (const std::string& text :
       {std::string("HTTP/9 what\r\n\r\n"),
        std::string("HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n") +
            std::string(5000, 'x')}) {
    ScriptedServer server;
    auto client = MakeClient(server.port());
    auto call =
        std::async(std::launch::async, [&] { return Post(*client, "/x"); });
    Tcp::socket socket = server.Accept();
    ScriptedServer::Read(socket);
    ScriptedServer::Write(socket, text);
    EXPECT_EQ(call.get().kind, Outcome::Kind::kUnknown);
  }
}

TEST_F(HttpServerTest, RedirectIsAnAnswerLikeAnyOther) {
  ScriptedServer server;
  auto client = MakeClient(server.port());
  auto call =
      std::async(std::launch::async, [&] { return Post(*client, "/x"); });
  Tcp::socket socket = server.Accept();
  ScriptedServer::Read(socket);
  ScriptedServer::Write(socket,
                        "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/"
                        "\r\nContent-Length: 0\r\n\r\n");
  EXPECT_EQ(call.get().response.status, 302);
}

TEST_F(HttpServerTest, KeptConnectionThatWasClosedIsReplaced) {
  ScriptedServer server;
  auto client = MakeClient(server.port());
  const std::string ok = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
  for (int round = 0; round < 3; ++round) {
    auto call =
        std::async(std::launch::async, [&] { return Post(*client, "/x"); });
    Tcp::socket socket = server.Accept();
    ScriptedServer::Read(socket);
    ScriptedServer::Write(socket, ok);
    EXPECT_EQ(call.get().kind, Outcome::Kind::kResponse);
    // The socket is closed here, though the answer promised to keep it.
  }
}

TEST_F(HttpServerTest, CallsWaitInLineForAConnection) {
  ScriptedServer server;
  auto client = MakeClient(server.port(), /*max_connections=*/1);
  auto first =
      std::async(std::launch::async, [&] { return Post(*client, "/1"); });
  Tcp::socket socket = server.Accept();
  ScriptedServer::Read(socket);
  EXPECT_EQ(Post(*client, "/2", "", absl::Milliseconds(50)).kind,
            Outcome::Kind::kNotSent);
  auto third =
      std::async(std::launch::async, [&] { return Post(*client, "/3"); });
  const std::string ok = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
  ScriptedServer::Write(socket, ok);
  EXPECT_EQ(first.get().kind, Outcome::Kind::kResponse);
  EXPECT_TRUE(absl::StartsWith(ScriptedServer::Read(socket), "POST /base/3 "));
  ScriptedServer::Write(socket, ok);
  EXPECT_EQ(third.get().kind, Outcome::Kind::kResponse);
}

TEST_F(HttpServerTest, StopClosesIdleConnectionsAndTakesNoNewOnes) {
  StartServer();
  EXPECT_EQ(Post(*client_, "/echo").kind, Outcome::Kind::kResponse);
  const int port = server_->port();
  server_->Stop(absl::Seconds(5));
  server_.reset();
  EXPECT_EQ(Post(*client_, "/echo").kind, Outcome::Kind::kNotSent);
  auto again = MakeClient(port);
  EXPECT_EQ(Post(*again, "/echo").kind, Outcome::Kind::kNotSent);
}

TEST_F(HttpServerTest, AddressInUseIsUnavailable) {
  StartServer();
  HttpServer::Options options;
  options.executor = pool_.get_executor();
  options.listen = "127.0.0.1:" + std::to_string(server_->port());
  options.handler = Answer;
  EXPECT_EQ(HttpServer::Start(std::move(options)).status().code(),
            absl::StatusCode::kUnavailable);
}

}  // namespace
}  // namespace shiming::http
