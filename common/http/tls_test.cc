// Server and client over real TLS on loopback.
#include <gtest/gtest.h>

#include <atomic>
#include <boost/asio/thread_pool.hpp>
#include <mutex>
#include <string>

#include "common/crypto/x509.h"
#include "common/files/file.h"
#include "common/http/http_client.h"
#include "common/http/http_server.h"
#include "common/testing/test_pki.h"

namespace shiming::http {
namespace {

constexpr char kUri[] = "spiffe://shiming.test/svc/smdp";

class TlsTest : public ::testing::Test {
 protected:
  static TlsFiles ToFiles(const testing::TestPki::Files& files,
                          TlsFloor floor = TlsFloor::k12) {
    return {files.cert, files.key, files.ca, floor};
  }

  static std::string KeyHash(const TlsFiles& files) {
    return *crypto::PublicKeyHashOfCertificate(
        *ReadFile(files.certificate_file));
  }

  void StartServer(const TlsFiles& tls,
                   std::function<bool(const Peer&)> admit = nullptr) {
    HttpServer::Options options;
    options.executor = pool_.get_executor();
    options.listen = "127.0.0.1:0";
    options.tls = tls;
    options.admit = std::move(admit);
    options.on_handshake_failure = [this](std::string_view) { ++failures_; };
    options.handler =
        [this](const Request& request) -> asio::awaitable<Response> {
      std::lock_guard lock(mutex_);
      ++requests_;
      peer_ = request.peer;
      co_return TextResponse(200, request.body);
    };
    auto server = HttpServer::Start(std::move(options));
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
  }

  Outcome Call(const TlsFiles& tls, std::string host = "127.0.0.1") {
    HttpClient::Options options;
    options.executor = pool_.get_executor();
    options.base_url =
        "https://" + host + ":" + std::to_string(server_->port());
    options.tls = tls;
    auto client = HttpClient::Create(std::move(options));
    EXPECT_TRUE(client.ok()) << client.status();
    ClientRequest request;
    request.target = "/x";
    request.body = "hello";
    return (*client)->CallBlocking(std::move(request));
  }

  asio::thread_pool pool_{2};
  testing::TestPki pki_;
  testing::TestPki other_pki_;
  const TlsFiles server_files_ = ToFiles(pki_.Issue({}));
  const TlsFiles client_files_ = ToFiles(pki_.Issue({kUri}));
  std::mutex mutex_;
  Peer peer_;
  int requests_ = 0;
  std::atomic<int> failures_ = 0;
  std::unique_ptr<HttpServer> server_;
};

TEST_F(TlsTest, TellsThePeersUriKeyAndSubject) {
  StartServer(server_files_);
  for (TlsFloor floor : {TlsFloor::k12, TlsFloor::k13}) {
    TlsFiles files = client_files_;
    files.floor = floor;
    Outcome outcome = Call(files, "localhost");
    ASSERT_EQ(outcome.kind, Outcome::Kind::kResponse) << outcome.why;
    EXPECT_EQ(outcome.response.body, "hello");
    EXPECT_EQ(peer_.uri, kUri);
    EXPECT_EQ(peer_.key_hash, KeyHash(client_files_));
    EXPECT_EQ(peer_.subject, "CN=leaf");
  }
}

TEST_F(TlsTest, TwoUrisAreNone) {
  StartServer(server_files_);
  const auto two = ToFiles(pki_.Issue({kUri, "spiffe://shiming.test/svc/b"}));
  EXPECT_EQ(Call(two).kind, Outcome::Kind::kResponse);
  EXPECT_EQ(peer_.uri, "");
  EXPECT_EQ(peer_.key_hash, KeyHash(two));
}

TEST_F(TlsTest, ServerWithoutCaAsksForNoCertificate) {
  TlsFiles files = server_files_;
  files.ca_file.clear();
  StartServer(files);
  TlsFiles anonymous;
  anonymous.ca_file = pki_.ca();
  EXPECT_EQ(Call(anonymous).kind, Outcome::Kind::kResponse);
  EXPECT_EQ(peer_.key_hash, "");
}

// Refused clients learn that nothing of theirs was looked at, although under
// TLS 1.3 they had already written their request.
TEST_F(TlsTest, RefusedCertificateIsNotSentAndCounted) {
  StartServer(server_files_);
  TlsFiles none;
  none.ca_file = pki_.ca();
  Outcome outcome = Call(none);
  EXPECT_EQ(outcome.kind, Outcome::Kind::kNotSent) << outcome.why;
  TlsFiles foreign = ToFiles(other_pki_.Issue({kUri}));
  foreign.ca_file = pki_.ca();
  outcome = Call(foreign);
  EXPECT_EQ(outcome.kind, Outcome::Kind::kNotSent) << outcome.why;
  // Both ends see the failure, not at the same moment.
  server_->Stop(absl::Seconds(5));
  EXPECT_EQ(failures_, 2);
  EXPECT_EQ(requests_, 0);
}

TEST_F(TlsTest, PeerThatIsNotAdmittedFailsItsHandshake) {
  const std::string pinned = KeyHash(client_files_);
  StartServer(server_files_,
              [pinned](const Peer& peer) { return peer.key_hash == pinned; });
  EXPECT_EQ(Call(client_files_).kind, Outcome::Kind::kResponse);
  const auto unpinned = ToFiles(pki_.Issue({kUri}));
  const Outcome outcome = Call(unpinned);
  EXPECT_EQ(outcome.kind, Outcome::Kind::kNotSent) << outcome.why;
  server_->Stop(absl::Seconds(5));
  EXPECT_EQ(failures_, 1);
  EXPECT_EQ(requests_, 1);
}

TEST_F(TlsTest, ClientRefusesAServerOfAnotherCaOrName) {
  TlsFiles files = ToFiles(other_pki_.Issue({}));
  files.ca_file = pki_.ca();
  StartServer(files);
  EXPECT_EQ(Call(client_files_).kind, Outcome::Kind::kNotSent);
  server_.reset();
  StartServer(server_files_);
  EXPECT_EQ(Call(client_files_, "127.0.0.2").kind, Outcome::Kind::kNotSent);
  EXPECT_EQ(requests_, 0);
}

TEST_F(TlsTest, Tls12IsRefusedWhereTheFloorIs13) {
  TlsFiles files = server_files_;
  files.floor = TlsFloor::k13;
  StartServer(files);
  const std::string command = "openssl s_client -tls1_2 -connect 127.0.0.1:" +
                              std::to_string(server_->port()) +
                              " </dev/null >/dev/null 2>&1";
  EXPECT_NE(std::system(command.c_str()), 0);
}

TEST_F(TlsTest, UnusableFilesAreNamed) {
  TlsFiles files = server_files_;
  files.key_file = client_files_.key_file;
  HttpServer::Options options;
  options.executor = pool_.get_executor();
  options.listen = "127.0.0.1:0";
  options.tls = files;
  const absl::Status status = HttpServer::Start(std::move(options)).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_NE(status.ToString().find(files.key_file), std::string::npos);
  HttpClient::Options client;
  client.executor = pool_.get_executor();
  client.base_url = "https://127.0.0.1:1";
  client.tls = TlsFiles{};
  EXPECT_EQ(HttpClient::Create(std::move(client)).status().code(),
            absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace shiming::http
