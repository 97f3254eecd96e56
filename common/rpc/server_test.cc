// A real server on loopback, real certificates, real channels.
#include "common/rpc/server.h"

#include <grpcpp/create_channel.h>
#include <grpcpp/security/tls_credentials_options.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/metrics/metrics.h"
#include "common/rpc/channel.h"
#include "common/rpc/client.h"
#include "common/rpc/metadata.h"
#include "common/rpc/runtime.h"
#include "common/rpc/testing/echo_service.h"
#include "common/status/reason.h"
#include "common/testing/run_awaitable.h"
#include "common/testing/status_matchers.h"
#include "common/testing/test_pki.h"
#include "grpc/health/v1/health.grpc.pb.h"
#include "grpc/reflection/v1alpha/reflection.grpc.pb.h"

namespace shiming::rpc {
namespace {

using shiming::testing::FailsWith;
using shiming::testing::IsOk;
using shiming::testing::RunAwaitable;
using shiming::testing::StatusIs;
using shiming::testing::TestPki;
using shiming::testing::v1::CountRequest;
using shiming::testing::v1::CountResponse;
using shiming::testing::v1::EchoRequest;
using shiming::testing::v1::EchoResponse;
using shiming::testing::v1::EchoService;
using EchoAsync = EchoService::Stub::async_interface;
using CountReader = StreamReader<CountRequest, CountResponse>;

constexpr char kDomain[] = "shiming.test";
constexpr char kServerId[] = "spiffe://shiming.test/svc/echo";
constexpr char kTerminalId[] = "spiffe://shiming.test/terminal/s1/t1";

TlsFiles Tls(const TestPki::Files& files) {
  return {.cert = files.cert, .key = files.key, .ca = files.ca};
}

// One CA and one server for all tests of this file that do not drain it.
class ServerTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    pki_ = new TestPki;
    server_files_ = new TestPki::Files(pki_->Issue({kServerId}));
    terminal_files_ = new TestPki::Files(pki_->Issue({kTerminalId}));
  }
  static void TearDownTestSuite() {
    delete terminal_files_;
    delete server_files_;
    delete pki_;
  }

  void SetUp() override { Start(); }

  void Start() {
    auto server = Server::Start({.listen = "127.0.0.1:0",
                                 .tls = Tls(*server_files_),
                                 .dispatcher = dispatcher_,
                                 .services = {&echo_}});
    ASSERT_THAT(server, IsOk());
    server_ = *std::move(server);
    ASSERT_GT(server_->port(), 0);
  }

  std::string Address() const {
    return absl::StrCat("127.0.0.1:", server_->port());
  }

  std::shared_ptr<grpc::Channel> ChannelWith(const TestPki::Files& files) {
    auto channel = Connect({.address = Address(),
                            .tls = Tls(files),
                            .server_spiffe_id = kServerId});
    EXPECT_THAT(channel, IsOk());
    return *channel;
  }

  std::shared_ptr<grpc::Channel> TerminalChannel() {
    return ChannelWith(*terminal_files_);
  }

  absl::StatusOr<EchoResponse> Echo(
      const std::shared_ptr<grpc::Channel>& channel, const EchoRequest& request,
      absl::Duration timeout = absl::Seconds(20)) {
    const auto stub = EchoService::NewStub(channel);
    return RunAwaitable(
        runtime_.executor(),
        Invoke<EchoResponse>(stub, &EchoAsync::Echo, request,
                             {.deadline = absl::Now() + timeout}));
  }

  absl::Status EchoStatus(const std::shared_ptr<grpc::Channel>& channel) {
    return Echo(channel, EchoRequest()).status();
  }

  // Blocks until `condition` holds; the deadline is only for a broken build.
  template <class Condition>
  static bool Eventually(Condition condition) {
    const absl::Time deadline = absl::Now() + absl::Seconds(20);
    while (!condition()) {
      if (absl::Now() > deadline) return false;
      std::this_thread::yield();
    }
    return true;
  }

  static TestPki* pki_;
  static TestPki::Files* server_files_;
  static TestPki::Files* terminal_files_;

  Runtime runtime_{2};
  Metrics metrics_;
  Dispatcher dispatcher_{{.runtime = runtime_,
                          .metrics = metrics_,
                          .trust_domain = kDomain,
                          .access_table = EchoAccessTable()}};
  EchoServiceRpc echo_{dispatcher_};
  std::unique_ptr<Server> server_;
};

TestPki* ServerTest::pki_ = nullptr;
TestPki::Files* ServerTest::server_files_ = nullptr;
TestPki::Files* ServerTest::terminal_files_ = nullptr;

TEST_F(ServerTest, AHandlerKnowsWhoCalls) {
  EchoRequest request;
  request.set_text("hello");
  const auto stub = EchoService::NewStub(TerminalChannel());
  const std::string trace_id(32, 'a');
  const auto response = RunAwaitable(
      runtime_.executor(),
      Invoke<EchoResponse>(
          *stub, &EchoAsync::Echo, request,
          {.deadline = absl::Now() + absl::Seconds(20), .trace_id = trace_id}));
  ASSERT_THAT(response, IsOk());
  EXPECT_EQ(response->text(), "hello");
  EXPECT_EQ(response->peer_spiffe_id(), kTerminalId);
  EXPECT_EQ(response->peer_key_hash().size(), 32u);
  EXPECT_EQ(response->peer_address(), "127.0.0.1");
  EXPECT_EQ(response->trace_id(), trace_id);
}

TEST_F(ServerTest, TheKeyHashIsThatOfTheKeyNotOfTheCertificate) {
  const auto renewed = pki_->Reissue(*terminal_files_, {kTerminalId});
  const auto other = pki_->Issue({kTerminalId});
  const auto first = Echo(TerminalChannel(), EchoRequest());
  const auto second = Echo(ChannelWith(renewed), EchoRequest());
  const auto third = Echo(ChannelWith(other), EchoRequest());
  ASSERT_THAT(first, IsOk());
  ASSERT_THAT(second, IsOk());
  ASSERT_THAT(third, IsOk());
  EXPECT_EQ(first->peer_key_hash(), second->peer_key_hash());
  EXPECT_NE(first->peer_key_hash(), third->peer_key_hash());
}

TEST_F(ServerTest, NoClientCertificateIsRefused) {
  auto provider =
      std::make_shared<grpc::experimental::FileWatcherCertificateProvider>(
          pki_->ca(), 10);
  grpc::experimental::TlsChannelCredentialsOptions options;
  options.set_certificate_provider(provider);
  options.watch_root_certs();
  options.set_check_call_host(false);
  options.set_certificate_verifier(
      std::make_shared<grpc::experimental::NoOpCertificateVerifier>());
  const auto channel = grpc::CreateChannel(
      Address(), grpc::experimental::TlsCredentials(options));
  EXPECT_THAT(EchoStatus(channel), FailsWith(Reason::DEPENDENCY_UNAVAILABLE));
}

TEST_F(ServerTest, NoTlsIsRefused) {
  EXPECT_THAT(EchoStatus(grpc::CreateChannel(
                  Address(), grpc::InsecureChannelCredentials())),
              FailsWith(Reason::DEPENDENCY_UNAVAILABLE));
}

TEST_F(ServerTest, ACertificateOfAnotherCaIsRefused) {
  TestPki other;
  TestPki::Files files = other.Issue({kTerminalId});
  // It trusts our server, but our server does not trust it.
  files.ca = pki_->ca();
  EXPECT_THAT(EchoStatus(ChannelWith(files)),
              FailsWith(Reason::DEPENDENCY_UNAVAILABLE));
}

TEST_F(ServerTest, TheClientRefusesAServerThatIsNotTheExpectedOne) {
  const auto channel = Connect(
      {.address = Address(),
       .tls = Tls(*terminal_files_),
       .server_spiffe_id = "spiffe://shiming.test/svc/terminal_session"});
  ASSERT_THAT(channel, IsOk());
  EXPECT_THAT(EchoStatus(*channel), FailsWith(Reason::DEPENDENCY_UNAVAILABLE));
}

TEST_F(ServerTest, OnlyOneUriSanOfTheTrustDomainIsAnIdentity) {
  EXPECT_THAT(EchoStatus(ChannelWith(pki_->Issue({}))),
              FailsWith(Reason::UNAUTHENTICATED_PEER));
  EXPECT_THAT(EchoStatus(ChannelWith(pki_->Issue(
                  {kTerminalId, "spiffe://shiming.test/terminal/s1/t2"}))),
              FailsWith(Reason::UNAUTHENTICATED_PEER));
  EXPECT_THAT(EchoStatus(ChannelWith(
                  pki_->Issue({"spiffe://other.test/terminal/s1/t1"}))),
              FailsWith(Reason::UNAUTHENTICATED_PEER));
  EXPECT_THAT(EchoStatus(ChannelWith(pki_->Issue({"https://shiming.test/t1"}))),
              FailsWith(Reason::UNAUTHENTICATED_PEER));
}

TEST_F(ServerTest, Tls12IsRefused) {
  const auto handshake = [&](const std::string& version) {
    return std::system(absl::StrCat("openssl s_client -connect ", Address(),
                                    " -cert ", terminal_files_->cert, " -key ",
                                    terminal_files_->key, " -CAfile ",
                                    pki_->ca(), " -alpn h2 -", version,
                                    " </dev/null >/dev/null 2>&1")
                           .c_str());
  };
  EXPECT_EQ(handshake("tls1_3"), 0);
  EXPECT_NE(handshake("tls1_2"), 0);
}

TEST_F(ServerTest, RolesThatAreNotInTheRowAreRefused) {
  for (const char* path : {"/display/s1/d1", "/svc/gateway", "/app/a1",
                           "/officer/o1", "/admin/a1"}) {
    const auto files =
        pki_->Issue({absl::StrCat("spiffe://shiming.test", path)});
    EXPECT_THAT(EchoStatus(ChannelWith(files)),
                FailsWith(Reason::ACCESS_DENIED))
        << path;
  }
  const auto allowed = pki_->Issue({"spiffe://shiming.test/svc/profile_order"});
  EXPECT_THAT(EchoStatus(ChannelWith(allowed)), IsOk());
}

TEST_F(ServerTest, AUnaryCallWithoutDeadlineIsRefused) {
  const auto stub = EchoService::NewStub(TerminalChannel());
  grpc::ClientContext context;
  EchoResponse response;
  EXPECT_THAT(FromGrpcStatus(stub->Echo(&context, EchoRequest(), &response)),
              FailsWith(Reason::DEADLINE_REQUIRED));
}

TEST_F(ServerTest, AMessageOverTheLimitIsRefusedWithAReason) {
  const auto channel = TerminalChannel();
  EchoRequest request;
  request.set_text(std::string(kMaxMessageBytes - 100, 'x'));
  EXPECT_THAT(Echo(channel, request), IsOk());
  request.set_text(std::string(kMaxMessageBytes + 1, 'x'));
  EXPECT_THAT(Echo(channel, request), FailsWith(Reason::MESSAGE_TOO_LARGE));
  // Above gRPC's own limit too.
  request.set_text(std::string(5 * kMaxMessageBytes, 'x'));
  EXPECT_THAT(Echo(channel, request), FailsWith(Reason::MESSAGE_TOO_LARGE));
  // The connection is as good as before.
  EXPECT_THAT(EchoStatus(channel), IsOk());
}

TEST_F(ServerTest, AnErrorKeepsItsReasonAndParts) {
  EchoRequest request;
  request.set_fail_with("BAD_CHECK_DIGIT");
  const absl::Status status = Echo(TerminalChannel(), request).status();
  EXPECT_THAT(status, FailsWith(Reason::BAD_CHECK_DIGIT));
  EXPECT_EQ(PartsOf(status).field, "fail_with");
  EXPECT_EQ(PartsOf(status).metadata.at("name"), "BAD_CHECK_DIGIT");
  EXPECT_EQ(PartsOf(status).retry_delay, absl::Seconds(3));
}

TEST_F(ServerTest, WhatIsUnforeseenLeaksNothing) {
  for (const char* how : {"UNFORESEEN", "THROW"}) {
    EchoRequest request;
    request.set_fail_with(how);
    const absl::Status status = Echo(TerminalChannel(), request).status();
    EXPECT_THAT(status, FailsWith(Reason::INTERNAL_ERROR));
    EXPECT_EQ(status.ToString().find("secret"), std::string::npos);
  }
}

TEST_F(ServerTest, ACallersDeadlineDoesNotEndTheWork) {
  EchoRequest request;
  request.set_delay_ms(600);
  EXPECT_THAT(Echo(TerminalChannel(), request, absl::Milliseconds(250)),
              FailsWith(Reason::CALL_TIMED_OUT));
  EXPECT_EQ(echo_.unary_ended(), 0);
  EXPECT_TRUE(Eventually([&] { return echo_.unary_ended() == 1; }));
}

TEST_F(ServerTest, TooLittleTimeIsNotEvenTried) {
  EXPECT_THAT(Echo(TerminalChannel(), EchoRequest(), absl::Milliseconds(50)),
              FailsWith(Reason::CALL_TIMED_OUT));
  EXPECT_EQ(echo_.unary_ended(), 0);
}

TEST_F(ServerTest, AServerThatIsAwayIsUnavailable) {
  const auto channel = TerminalChannel();
  server_->Drain();
  server_.reset();
  EXPECT_THAT(EchoStatus(channel), FailsWith(Reason::DEPENDENCY_UNAVAILABLE));
}

TEST_F(ServerTest, APortIsListenedOnByOneServerOnly) {
  Dispatcher dispatcher({.runtime = runtime_,
                         .metrics = metrics_,
                         .trust_domain = kDomain,
                         .access_table = EchoAccessTable()});
  EchoServiceRpc echo(dispatcher);
  EXPECT_THAT(Server::Start({.listen = Address(),
                             .tls = Tls(*server_files_),
                             .dispatcher = dispatcher,
                             .services = {&echo}}),
              StatusIs(absl::StatusCode::kUnavailable));
}

TEST_F(ServerTest, AMethodWithoutRowKeepsTheServerFromStarting) {
  std::vector<AccessRow> table = EchoAccessTable();
  table.erase(table.begin() + 1);  // Count
  Dispatcher dispatcher({.runtime = runtime_,
                         .metrics = metrics_,
                         .trust_domain = kDomain,
                         .access_table = table});
  EchoServiceRpc echo(dispatcher);
  const auto server =
      Server::Start({.dispatcher = dispatcher, .services = {&echo}});
  ASSERT_THAT(server, StatusIs(absl::StatusCode::kFailedPrecondition));
  EXPECT_NE(
      server.status().ToString().find("/shiming.testing.v1.EchoService/Count"),
      std::string::npos);
}

TEST_F(ServerTest, BadTlsFilesAreNamed) {
  TlsFiles files = Tls(*server_files_);
  files.key = "/nonexistent/key.pem";
  const auto server = Server::Start(
      {.listen = "127.0.0.1:0", .tls = files, .dispatcher = dispatcher_});
  ASSERT_THAT(server, StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_NE(server.status().ToString().find("/nonexistent/key.pem"),
            std::string::npos);
}

// --- streams

boost::asio::awaitable<std::vector<int>> ReadAll(CountReader& reader) {
  std::vector<int> numbers;
  while (true) {
    std::optional<CountResponse> message = co_await reader.Next();
    if (!message.has_value()) co_return numbers;
    numbers.push_back(message->number());
  }
}

TEST_F(ServerTest, AStreamIsReadToItsEnd) {
  const auto stub = EchoService::NewStub(TerminalChannel());
  CountRequest request;
  request.set_count(5);
  auto reader = CountReader::Open(stub, &EchoAsync::Count, request,
                                  {.deadline = absl::InfiniteFuture()});
  EXPECT_EQ(RunAwaitable(runtime_.executor(), ReadAll(reader)),
            (std::vector<int>{1, 2, 3, 4, 5}));
  EXPECT_THAT(RunAwaitable(runtime_.executor(), reader.Finish()), IsOk());
}

TEST_F(ServerTest, CancellingAStreamEndsItsHandler) {
  const auto stub = EchoService::NewStub(TerminalChannel());
  auto reader = CountReader::Open(stub, &EchoAsync::Count, CountRequest(),
                                  {.deadline = absl::InfiniteFuture()});
  const auto first = RunAwaitable(runtime_.executor(), reader.Next());
  ASSERT_TRUE(first.has_value());
  EXPECT_EQ(echo_.streams_ended(), 0);
  reader.Cancel();
  EXPECT_FALSE(RunAwaitable(runtime_.executor(), reader.Next()).has_value());
  EXPECT_THAT(RunAwaitable(runtime_.executor(), reader.Finish()),
              FailsWith(Reason::CALL_CANCELLED));
  EXPECT_TRUE(Eventually([&] { return echo_.streams_ended() == 1; }));
}

TEST_F(ServerTest, DroppingAReaderEndsTheHandler) {
  const auto stub = EchoService::NewStub(TerminalChannel());
  {
    auto reader = CountReader::Open(stub, &EchoAsync::Count, CountRequest(),
                                    {.deadline = absl::InfiniteFuture()});
    ASSERT_TRUE(RunAwaitable(runtime_.executor(), reader.Next()).has_value());
  }
  EXPECT_TRUE(Eventually([&] { return echo_.streams_ended() == 1; }));
}

TEST_F(ServerTest, FinishingAnUnreadStreamCancelsIt) {
  const auto stub = EchoService::NewStub(TerminalChannel());
  CountRequest request;
  request.set_count(1000);
  auto reader = CountReader::Open(stub, &EchoAsync::Count, request,
                                  {.deadline = absl::InfiniteFuture()});
  ASSERT_TRUE(RunAwaitable(runtime_.executor(), reader.Next()).has_value());
  EXPECT_THAT(RunAwaitable(runtime_.executor(), reader.Finish()),
              FailsWith(Reason::CALL_CANCELLED));
}

TEST_F(ServerTest, AStreamOfAnotherRoleIsRefused) {
  const auto files = pki_->Issue({"spiffe://shiming.test/display/s1/d1"});
  const auto stub = EchoService::NewStub(ChannelWith(files));
  auto reader = CountReader::Open(stub, &EchoAsync::Count, CountRequest(),
                                  {.deadline = absl::InfiniteFuture()});
  EXPECT_FALSE(RunAwaitable(runtime_.executor(), reader.Next()).has_value());
  EXPECT_THAT(RunAwaitable(runtime_.executor(), reader.Finish()),
              FailsWith(Reason::ACCESS_DENIED));
}

// --- drain

TEST_F(ServerTest, DrainEndsStreamsAndLetsCallsFinish) {
  const auto stub = EchoService::NewStub(TerminalChannel());
  auto reader = CountReader::Open(stub, &EchoAsync::Count, CountRequest(),
                                  {.deadline = absl::InfiniteFuture()});
  ASSERT_TRUE(RunAwaitable(runtime_.executor(), reader.Next()).has_value());
  const auto health = grpc::health::v1::Health::NewStub(TerminalChannel());
  using HealthReader = StreamReader<grpc::health::v1::HealthCheckRequest,
                                    grpc::health::v1::HealthCheckResponse>;
  auto watch = HealthReader::Open(
      health, &grpc::health::v1::Health::Stub::async_interface::Watch, {},
      {.deadline = absl::InfiniteFuture()});
  auto state = RunAwaitable(runtime_.executor(), watch.Next());
  ASSERT_TRUE(state.has_value());
  EXPECT_EQ(state->status(), grpc::health::v1::HealthCheckResponse::SERVING);

  EchoRequest slow;
  slow.set_text("slow");
  slow.set_delay_ms(300);
  const auto channel = TerminalChannel();
  auto answer =
      std::async(std::launch::async, [&] { return Echo(channel, slow); });
  ASSERT_TRUE(Eventually([&] { return echo_.unary_started() == 1; }));

  const absl::Time start = absl::Now();
  server_->Drain(absl::Seconds(20));
  EXPECT_LT(absl::Now() - start, absl::Seconds(10));
  EXPECT_EQ(echo_.streams_ended(), 1);
  EXPECT_EQ(echo_.unary_ended(), 1);
  EXPECT_THAT(answer.get(), IsOk());
  EXPECT_FALSE(RunAwaitable(runtime_.executor(), reader.Next()).has_value());
  EXPECT_THAT(RunAwaitable(runtime_.executor(), reader.Finish()),
              FailsWith(Reason::SHUTTING_DOWN));
  // NOT_SERVING may or may not have been sent before the end.
  while (RunAwaitable(runtime_.executor(), watch.Next()).has_value()) {
  }
  EXPECT_THAT(RunAwaitable(runtime_.executor(), watch.Finish()),
              FailsWith(Reason::SHUTTING_DOWN));
}

// A handler that is still at work when the drain's time is over keeps the
// server until it has ended: its request and response belong to gRPC.
TEST_F(ServerTest, DrainWaitsForHandlersEvenWhenTheirCallersAreCutOff) {
  EchoRequest slow;
  slow.set_delay_ms(800);
  const auto channel = TerminalChannel();
  auto answer = std::async(std::launch::async,
                           [&] { return Echo(channel, slow).status(); });
  ASSERT_TRUE(Eventually([&] { return echo_.unary_started() == 1; }));
  server_->Drain(absl::Milliseconds(50));
  EXPECT_EQ(echo_.unary_ended(), 1);
  EXPECT_FALSE(answer.get().ok());
}

// --- health, reflection, metrics

TEST_F(ServerTest, HealthIsPerServiceAndFollowsSetServing) {
  const auto stub = grpc::health::v1::Health::NewStub(TerminalChannel());
  const auto check = [&](const std::string& service) {
    grpc::health::v1::HealthCheckRequest request;
    request.set_service(service);
    return RunAwaitable(
        runtime_.executor(),
        Invoke<grpc::health::v1::HealthCheckResponse>(
            stub, &grpc::health::v1::Health::Stub::async_interface::Check,
            request, {.deadline = absl::Now() + absl::Seconds(20)}));
  };
  for (const char* service : {"", "shiming.testing.v1.EchoService"}) {
    const auto response = check(service);
    ASSERT_THAT(response, IsOk());
    EXPECT_EQ(response->status(),
              grpc::health::v1::HealthCheckResponse::SERVING);
  }
  EXPECT_THAT(check("no.such.Service"), FailsWith(Reason::NOT_FOUND));
  server_->SetServing(false);
  EXPECT_EQ(check("")->status(),
            grpc::health::v1::HealthCheckResponse::NOT_SERVING);
}

TEST_F(ServerTest, ReflectionIsForAdminsAndListsServices) {
  using grpc::reflection::v1alpha::ServerReflection;
  using grpc::reflection::v1alpha::ServerReflectionRequest;
  using grpc::reflection::v1alpha::ServerReflectionResponse;
  const auto ask = [&](const TestPki::Files& files,
                       const ServerReflectionRequest& request,
                       ServerReflectionResponse& response) {
    const auto stub = ServerReflection::NewStub(ChannelWith(files));
    grpc::ClientContext context;
    const auto stream = stub->ServerReflectionInfo(&context);
    stream->Write(request);
    stream->WritesDone();
    stream->Read(&response);
    return FromGrpcStatus(stream->Finish());
  };
  ServerReflectionRequest request;
  request.set_list_services("");
  ServerReflectionResponse response;
  EXPECT_THAT(ask(*terminal_files_, request, response),
              FailsWith(Reason::ACCESS_DENIED));
  const auto admin = pki_->Issue({"spiffe://shiming.test/admin/a1"});
  ASSERT_THAT(ask(admin, request, response), IsOk());
  EXPECT_EQ(response.list_services_response().service_size(), 3);

  request.set_file_containing_symbol("shiming.testing.v1.EchoService");
  ASSERT_THAT(ask(admin, request, response), IsOk());
  EXPECT_EQ(response.file_descriptor_response().file_descriptor_proto_size(),
            1);
  request.set_file_by_filename("no/such.proto");
  ASSERT_THAT(ask(admin, request, response), IsOk());
  EXPECT_EQ(response.error_response().error_code(),
            static_cast<int>(grpc::StatusCode::NOT_FOUND));
}

TEST_F(ServerTest, CallsAreCountedUnderTheUsualNames) {
  const auto channel = TerminalChannel();
  ASSERT_THAT(EchoStatus(channel), IsOk());
  EchoRequest request;
  request.set_fail_with("EMPTY");
  ASSERT_THAT(Echo(channel, request), FailsWith(Reason::EMPTY));
  const std::string text = metrics_.Text();
  for (const char* code : {"OK", "INVALID_ARGUMENT"}) {
    EXPECT_NE(text.find(absl::StrCat(
                  "grpc_server_handled_total{grpc_code=\"", code,
                  "\",grpc_method=\"Echo\",grpc_service=\"shiming.testing.v1."
                  "EchoService\",grpc_type=\"unary\"} 1")),
              std::string::npos)
        << code;
  }
  EXPECT_NE(
      text.find("grpc_server_handling_seconds_count{grpc_method=\"Echo\""),
      std::string::npos);
}

// --- inside the process

TEST_F(ServerTest, AnInProcessChannelSpeaksForItsServiceOnly) {
  const auto response =
      Echo(server_->InProcessChannel("profile_order"), EchoRequest());
  ASSERT_THAT(response, IsOk());
  EXPECT_EQ(response->peer_spiffe_id(),
            "spiffe://shiming.test/svc/profile_order");
  EXPECT_EQ(response->peer_key_hash(), "");
  EXPECT_EQ(response->peer_address(), "");
  EXPECT_THAT(EchoStatus(server_->InProcessChannel("gateway")),
              FailsWith(Reason::ACCESS_DENIED));
}

TEST_F(ServerTest, AnInProcessCredentialIsWorthlessOnTheNetwork) {
  Peer peer;
  peer.role = Role::kTerminal;
  peer.spiffe_id = kTerminalId;
  const std::string credential =
      dispatcher_.peers().AddInProcessPeer(std::move(peer));
  const auto stub = EchoService::NewStub(TerminalChannel());
  for (const std::string& value : {credential, std::string("made-up")}) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() +
                         std::chrono::seconds(20));
    context.AddMetadata(kInProcessKey, value);
    EchoResponse response;
    EXPECT_THAT(FromGrpcStatus(stub->Echo(&context, EchoRequest(), &response)),
                FailsWith(Reason::UNAUTHENTICATED_PEER));
  }
}

TEST_F(ServerTest, OnlyTheGatewayMayNameAPrincipal) {
  const auto echo_for = [&](const std::shared_ptr<grpc::Channel>& channel,
                            const std::string& principal) {
    const auto stub = EchoService::NewStub(channel);
    return RunAwaitable(
        runtime_.executor(),
        Invoke<EchoResponse>(stub, &EchoAsync::Echo, EchoRequest(),
                             {.deadline = absl::Now() + absl::Seconds(20),
                              .principal = principal}));
  };
  const auto gateway = server_->InProcessChannel("gateway");
  const auto response = echo_for(gateway, "auditor/a1");
  ASSERT_THAT(response, IsOk());
  EXPECT_EQ(response->peer_spiffe_id(), "spiffe://shiming.test/auditor/a1");
  // An app is a principal, but not in the row; a terminal is no principal.
  EXPECT_THAT(echo_for(gateway, "app/a1"), FailsWith(Reason::ACCESS_DENIED));
  EXPECT_THAT(echo_for(gateway, "terminal/s1/t1"),
              FailsWith(Reason::ACCESS_DENIED));
  EXPECT_THAT(
      echo_for(server_->InProcessChannel("profile_order"), "auditor/a1"),
      FailsWith(Reason::ACCESS_DENIED));
  EXPECT_THAT(echo_for(TerminalChannel(), "auditor/a1"),
              FailsWith(Reason::ACCESS_DENIED));
}

TEST_F(ServerTest, AnInProcessStreamEndsWithItsReaderAndWithTheServer) {
  const auto stub = EchoService::NewStub(
      server_->InProcessChannelAs(Peer{.role = Role::kTerminal}));
  {
    auto reader = CountReader::Open(stub, &EchoAsync::Count, CountRequest(),
                                    {.deadline = absl::InfiniteFuture()});
    ASSERT_TRUE(RunAwaitable(runtime_.executor(), reader.Next()).has_value());
  }
  EXPECT_TRUE(Eventually([&] { return echo_.streams_ended() == 1; }));
  auto reader = CountReader::Open(stub, &EchoAsync::Count, CountRequest(),
                                  {.deadline = absl::InfiniteFuture()});
  ASSERT_TRUE(RunAwaitable(runtime_.executor(), reader.Next()).has_value());
  server_->Drain();
  EXPECT_FALSE(RunAwaitable(runtime_.executor(), reader.Next()).has_value());
  EXPECT_THAT(RunAwaitable(runtime_.executor(), reader.Finish()),
              FailsWith(Reason::SHUTTING_DOWN));
}

// gRPC itself crashes when a call is begun on the in-process channel of a
// server that has shut down; so a drained one stays up and refuses.
TEST_F(ServerTest, ADrainedServerRefusesInProcessCalls) {
  const auto channel = server_->InProcessChannel("profile_order");
  ASSERT_THAT(EchoStatus(channel), IsOk());
  server_->Drain();
  EXPECT_THAT(EchoStatus(channel), FailsWith(Reason::SHUTTING_DOWN));
  EXPECT_THAT(EchoStatus(TerminalChannel()), FailsWith(Reason::SHUTTING_DOWN));
}

// --- under load

class ServerLoadTest : public ServerTest,
                       public ::testing::WithParamInterface<bool> {};

TEST_P(ServerLoadTest, ManyCallsAtOnceAllGetTheirOwnAnswer) {
  const auto channel = GetParam() ? server_->InProcessChannel("profile_order")
                                  : TerminalChannel();
  const auto stub = EchoService::NewStub(channel);
  std::vector<std::future<absl::StatusOr<EchoResponse>>> answers;
  for (int i = 0; i < 500; ++i) {
    EchoRequest request;
    request.set_text(absl::StrCat(i));
    request.set_delay_ms(i % 5);
    answers.push_back(boost::asio::co_spawn(
        runtime_.executor(),
        Invoke<EchoResponse>(*stub, &EchoAsync::Echo, request,
                             {.deadline = absl::Now() + absl::Seconds(60)}),
        boost::asio::use_future));
  }
  for (int i = 0; i < 500; ++i) {
    const auto answer = answers[i].get();
    ASSERT_THAT(answer, IsOk());
    EXPECT_EQ(answer->text(), absl::StrCat(i));
  }
}

INSTANTIATE_TEST_SUITE_P(NetworkAndInProcess, ServerLoadTest,
                         ::testing::Bool());

}  // namespace
}  // namespace shiming::rpc
