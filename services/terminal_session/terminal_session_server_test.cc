// The whole room over mTLS: real peers, keys and addresses, a real database and
// relay; only the ledger is one in memory and the clock stands still.
#include "services/terminal_session/terminal_session_server.h"

#include <gmock/gmock.h>
#include <grpcpp/client_context.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "common/crypto/keys.h"
#include "common/crypto/password.h"
#include "common/crypto/random.h"
#include "common/crypto/totp.h"
#include "common/files/file.h"
#include "common/ids/ids.h"
#include "common/rpc/channel.h"
#include "common/rpc/grpc_status.h"
#include "common/rpc/server.h"
#include "common/testing/status_matchers.h"
#include "common/testing/temp_dir.h"
#include "common/testing/test_pki.h"
#include "common/time/fake_clock.h"
#include "shiming/terminal/v1/terminal_service.grpc.pb.h"
#include "storage/outbox/fake_ledger.h"
#include "storage/testing/database_place.h"

namespace shiming::terminal_session {
namespace {

namespace v1 = terminal::v1;
using ::shiming::testing::FailsWith;
using ::shiming::testing::IsOk;
using ::testing::AnyOf;

constexpr char kTrustDomain[] = "shiming.test";
constexpr char kPassword[] = "correct horse battery staple";
// The one database and address space of a test; calls must never hang it.
constexpr std::chrono::seconds kCallTime(60);

std::string NewUuid() { return shiming::NewUuid(crypto::SystemRandom()); }

class ServerTest : public ::testing::Test {
 protected:
  ServerTest() {
    for (const char* id :
         {"svc/terminal_session", "svc/identity_verification",
          "svc/profile_order", "admin/a1", "admin/a2", "terminal/s1/t1",
          "terminal/s1/t2", "display/s1/d1"}) {
      files_.emplace(id, pki_.Issue({SpiffeId(id)}));
    }
    dir_.Write("shift.key", std::string(64, '1'));
    dir_.Write("credentials.key", std::string(64, '2'));
    config_.mutable_process()->set_trust_domain(kTrustDomain);
    config_.mutable_database()->set_url(place_.url());
    config_.mutable_database()->set_create(true);
    config_.set_shift_token_key_file(dir_.File("shift.key"));
    config_.set_credentials_key_file(dir_.File("credentials.key"));
    config_.set_shift_minutes(720);
    config_.set_session_minutes(30);
    config_.set_read_nonce_seconds(120);
    config_.set_failures_before_lock(5);
    config_.set_failure_window_minutes(15);
    config_.set_lock_minutes(15);
  }
  ~ServerTest() override { StopRoom(); }

  static std::string SpiffeId(const std::string& path) {
    return absl::StrCat("spiffe://", kTrustDomain, "/", path);
  }

  // Makes and starts the room on `ledger`.
  absl::Status StartRoom(
      std::unique_ptr<outbox::FakeLedger> ledger =
          std::make_unique<outbox::FakeLedger>("terminal_session")) {
    ledger_ = ledger.get();
    runtime_ = std::make_unique<rpc::Runtime>(2);
    metrics_ = std::make_unique<Metrics>();
    dispatcher_ = std::make_unique<rpc::Dispatcher>(
        rpc::Dispatcher::Options{.runtime = *runtime_,
                                 .metrics = *metrics_,
                                 .trust_domain = kTrustDomain});
    auto room = MakeTerminalSession(config_,
                                    {.runtime = *runtime_,
                                     .dispatcher = *dispatcher_,
                                     .clock = clock_,
                                     .random = crypto::SystemRandom(),
                                     .metrics = *metrics_},
                                    std::move(ledger));
    if (!room.ok()) return room.status();
    room_ = *std::move(room);
    std::stop_source stop;
    if (absl::Status status = room_->Start(stop.get_token()); !status.ok()) {
      return status;
    }
    auto server = rpc::Server::Start({.listen = "127.0.0.1:0",
                                      .tls = TlsOf("svc/terminal_session"),
                                      .dispatcher = *dispatcher_,
                                      .services = room_->services()});
    if (!server.ok()) return server.status();
    server_ = *std::move(server);
    return absl::OkStatus();
  }

  void StopRoom() {
    channels_.clear();
    if (server_ != nullptr) server_->Drain();
    if (room_ != nullptr) room_->Stop();
    room_.reset();
    server_.reset();
    dispatcher_.reset();
    runtime_.reset();
  }

  rpc::TlsFiles TlsOf(const std::string& id) {
    const auto& files = files_.at(id);
    return {.cert = files.cert, .key = files.key, .ca = files.ca};
  }
  crypto::SigningKey KeyOf(const std::string& id) {
    return *crypto::SigningKey::FromPem(*ReadFile(files_.at(id).key));
  }

  std::shared_ptr<grpc::Channel> ChannelAs(const std::string& id) {
    std::shared_ptr<grpc::Channel>& channel = channels_[id];
    if (channel == nullptr) {
      channel =
          *rpc::Connect({.address = absl::StrCat("127.0.0.1:", server_->port()),
                         .tls = TlsOf(id),
                         .server_spiffe_id = SpiffeId("svc/terminal_session")});
    }
    return channel;
  }
  std::unique_ptr<v1::TerminalSessionService::Stub> TerminalStub(
      const std::string& terminal = "t1") {
    return v1::TerminalSessionService::NewStub(
        ChannelAs("terminal/s1/" + terminal));
  }
  std::unique_ptr<v1::SessionAuthorityService::Stub> AuthorityStub(
      const std::string& service = "profile_order") {
    return v1::SessionAuthorityService::NewStub(ChannelAs("svc/" + service));
  }
  std::unique_ptr<v1::TerminalAdminService::Stub> AdminStub(
      const std::string& admin) {
    return v1::TerminalAdminService::NewStub(ChannelAs("admin/" + admin));
  }

  // One unary call with a deadline.
  template <class Response, class Stub, class Request>
  absl::StatusOr<Response> Call(
      Stub& stub,
      grpc::Status (Stub::element_type::*method)(grpc::ClientContext*,
                                                 const Request&, Response*),
      const std::type_identity_t<Request>& request) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + kCallTime);
    Response response;
    const grpc::Status status = ((*stub).*method)(&context, request, &response);
    if (!status.ok()) return rpc::FromGrpcStatus(status);
    return response;
  }

  absl::StatusOr<v1::ProposeResponse> Propose(
      const v1::ProposalContent& content) {
    auto stub = AdminStub("a1");
    v1::ProposeRequest request;
    request.set_request_id(NewUuid());
    *request.mutable_content() = content;
    return Call<v1::ProposeResponse>(
        stub, &v1::TerminalAdminService::Stub::Propose, request);
  }
  absl::StatusOr<v1::ApproveResponse> Approve(const std::string& admin,
                                              const std::string& digest) {
    auto stub = AdminStub(admin);
    v1::ApproveRequest request;
    request.set_request_id(NewUuid());
    request.set_digest(digest);
    return Call<v1::ApproveResponse>(
        stub, &v1::TerminalAdminService::Stub::Approve, request);
  }
  void Enroll(const v1::ProposalContent& content) {
    const auto proposed = Propose(content);
    ASSERT_THAT(proposed, IsOk());
    ASSERT_THAT(Approve("a2", proposed->subject().digest()), IsOk());
  }
  absl::StatusOr<v1::RevokeResponse> Revoke(v1::SubjectKind kind,
                                            const std::string& id) {
    auto stub = AdminStub("a1");
    v1::RevokeRequest request;
    request.set_request_id(NewUuid());
    request.set_kind(kind);
    request.set_subject_id(id);
    return Call<v1::RevokeResponse>(
        stub, &v1::TerminalAdminService::Stub::Revoke, request);
  }

  v1::ProposalContent ShopContent(const std::string& zone = "127.0.0.0/8") {
    v1::ProposalContent content;
    v1::Shop& shop = *content.mutable_shop();
    shop.set_shop_id("s1");
    shop.set_name("人民路营业厅");
    shop.set_region("31");
    shop.set_always_open(true);
    shop.add_network_zones(zone);
    return content;
  }
  v1::ProposalContent ClerkContent() {
    v1::ProposalContent content;
    v1::Clerk& clerk = *content.mutable_clerk();
    clerk.set_clerk_id("wang");
    clerk.set_shop_id("s1");
    clerk.set_role(v1::CLERK_ROLE_CLERK);
    clerk.set_password_hash(*crypto::HashPassword(crypto::Secret(kPassword)));
    clerk.set_totp_seed(std::string(20, 's'));
    return content;
  }
  void EnrollAll() {
    Enroll(ShopContent());
    v1::ProposalContent terminal;
    terminal.mutable_terminal()->set_shop_id("s1");
    terminal.mutable_terminal()->set_terminal_id("t1");
    terminal.mutable_terminal()->set_tls_public_key(
        KeyOf("terminal/s1/t1").PublicDer());
    terminal.mutable_terminal()->set_evidence_public_key(
        evidence_key_.PublicDer());
    Enroll(terminal);
    v1::ProposalContent display;
    display.mutable_display()->set_shop_id("s1");
    display.mutable_display()->set_display_id("d1");
    display.mutable_display()->set_terminal_id("t1");
    display.mutable_display()->set_tls_public_key(
        KeyOf("display/s1/d1").PublicDer());
    Enroll(display);
    Enroll(ClerkContent());
  }

  v1::SignInRequest SignInRequest() {
    v1::SignInRequest request;
    request.set_request_id(NewUuid());
    request.set_clerk_id("wang");
    request.set_password(kPassword);
    request.set_totp(crypto::Totp(crypto::Secret(std::string(20, 's')),
                                  crypto::TotpStep(clock_.Now())));
    return request;
  }
  absl::StatusOr<v1::SignInResponse> SignIn(
      const v1::SignInRequest& request, const std::string& terminal = "t1") {
    auto stub = TerminalStub(terminal);
    return Call<v1::SignInResponse>(
        stub, &v1::TerminalSessionService::Stub::SignIn, request);
  }
  absl::StatusOr<v1::StartSessionResponse> StartSession(
      const std::string& token) {
    auto stub = TerminalStub();
    v1::StartSessionRequest request;
    request.set_request_id(NewUuid());
    request.set_shift_token(token);
    return Call<v1::StartSessionResponse>(
        stub, &v1::TerminalSessionService::Stub::StartSession, request);
  }
  absl::StatusOr<v1::CheckSessionResponse> CheckSession(
      const std::string& peer, const std::string& token,
      const std::string& session) {
    auto stub = AuthorityStub();
    v1::CheckSessionRequest request;
    request.set_shift_token(token);
    request.set_session_id(session);
    request.set_peer_spiffe_id(SpiffeId(peer));
    request.set_peer_key_sha256(KeyOf(peer).Public().Hash());
    return Call<v1::CheckSessionResponse>(
        stub, &v1::SessionAuthorityService::Stub::CheckSession, request);
  }
  v1::PermitRevealRequest PermitRequest(const std::string& session,
                                        const std::string& order) {
    v1::PermitRevealRequest request;
    request.set_order_id(order);
    request.set_session_id(session);
    request.set_display_spiffe_id(SpiffeId("display/s1/d1"));
    request.set_display_key_sha256(KeyOf("display/s1/d1").Public().Hash());
    request.set_request_id(NewUuid());
    request.mutable_order_ready()->set_source("profile_order");
    request.mutable_order_ready()->set_aggregate("order/" + order);
    request.mutable_order_ready()->set_version(2);
    return request;
  }
  absl::StatusOr<v1::PermitRevealResponse> Permit(
      const v1::PermitRevealRequest& request) {
    auto stub = AuthorityStub();
    return Call<v1::PermitRevealResponse>(
        stub, &v1::SessionAuthorityService::Stub::PermitReveal, request);
  }
  // A signed-in clerk with an open session.
  void Open() {
    EnrollAll();
    const auto signed_in = SignIn(SignInRequest());
    ASSERT_THAT(signed_in, IsOk());
    token_ = signed_in->shift_token();
    const auto started = StartSession(token_);
    ASSERT_THAT(started, IsOk());
    session_ = started->session().session_id();
    nonce_ = started->read_nonce().nonce();
  }

  shiming::testing::TestPki pki_;
  shiming::testing::TempDir dir_;
  sql::testing::DatabasePlace place_;
  std::map<std::string, shiming::testing::TestPki::Files> files_;
  config::v1::TerminalSessionConfig config_;
  FakeClock clock_{absl::FromUnixSeconds(1'800'000'000)};
  crypto::SigningKey evidence_key_ = *crypto::SigningKey::GenerateP256();

  std::unique_ptr<rpc::Runtime> runtime_;
  std::unique_ptr<Metrics> metrics_;
  std::unique_ptr<rpc::Dispatcher> dispatcher_;
  std::unique_ptr<process::Room> room_;
  std::unique_ptr<rpc::Server> server_;
  outbox::FakeLedger* ledger_ = nullptr;  // owned by the room
  std::map<std::string, std::shared_ptr<grpc::Channel>> channels_;

  std::string token_;
  std::string session_;
  std::string nonce_;
};

TEST_F(ServerTest, AnswersThroughAWholeVisit) {
  ASSERT_THAT(StartRoom(), IsOk());
  ASSERT_NO_FATAL_FAILURE(Open());
  const auto standing = CheckSession("terminal/s1/t1", token_, session_);
  ASSERT_THAT(standing, IsOk());
  EXPECT_EQ(standing->terminal(), "s1/t1");
  EXPECT_EQ(standing->display(), "s1/d1");
  EXPECT_EQ(standing->region(), "31");
  EXPECT_EQ(standing->clerk_id(), "wang");
  EXPECT_EQ(standing->evidence_public_key(), evidence_key_.PublicDer());
  EXPECT_EQ(standing->session_opened().aggregate(), "session/" + session_);
  EXPECT_EQ(standing->session_opened().version(), 1);
  const auto display = CheckSession("display/s1/d1", "", "");
  ASSERT_THAT(display, IsOk());
  EXPECT_EQ(display->session_id(), session_);

  auto identity = AuthorityStub("identity_verification");
  v1::ConsumeReadNonceRequest consume;
  consume.set_session_id(session_);
  consume.set_nonce(nonce_);
  consume.set_evidence_sha256(std::string(32, 'e'));
  const auto consumed = [&] {
    return Call<v1::ConsumeReadNonceResponse>(
        identity, &v1::SessionAuthorityService::Stub::ConsumeReadNonce,
        consume);
  };
  EXPECT_THAT(consumed(), IsOk());
  EXPECT_THAT(consumed(), IsOk());
  consume.set_evidence_sha256(std::string(32, 'f'));
  EXPECT_THAT(consumed(), FailsWith(Reason::NONCE_USED));
  consume.set_nonce("short");
  EXPECT_THAT(consumed(), FailsWith(Reason::INVALID_REQUEST));

  const std::string order = NewId(crypto::SystemRandom());
  ledger::v1::Event ready;
  ready.mutable_id()->set_source("profile_order");
  ready.mutable_id()->set_aggregate("order/" + order);
  for (int version : {1, 2}) {
    ready.mutable_id()->set_version(version);
    ledger_->AppendDirectly(ready);
  }
  const v1::PermitRevealRequest reveal = PermitRequest(session_, order);
  const auto permit = Permit(reveal);
  ASSERT_THAT(permit, IsOk());
  EXPECT_EQ(permit->event_id().aggregate(), "session/" + session_);
  EXPECT_EQ(Permit(reveal)->permit_id(), permit->permit_id());
  EXPECT_THAT(Permit(PermitRequest(session_, order)),
              FailsWith(Reason::PERMIT_TAKEN));

  auto terminal = TerminalStub();
  v1::CloseSessionRequest close;
  close.set_request_id(NewUuid());
  close.set_shift_token(token_);
  close.set_session_id(session_);
  const auto closed = Call<v1::CloseSessionResponse>(
      terminal, &v1::TerminalSessionService::Stub::CloseSession, close);
  ASSERT_THAT(closed, IsOk());
  EXPECT_EQ(closed->session().state(), v1::SESSION_STATE_CLOSED);
  EXPECT_THAT(CheckSession("terminal/s1/t1", token_, session_),
              FailsWith(Reason::SESSION_NOT_OPEN));
  EXPECT_TRUE(ledger_->WaitUntil([&](const outbox::FakeLedger& ledger) {
    return ledger.Contains("session/" + session_, 3);
  }));
}

TEST_F(ServerTest, PlaceAndCredentialsAreThoseOfTheCall) {
  ASSERT_THAT(StartRoom(), IsOk());
  EnrollAll();
  EXPECT_THAT(SignIn(SignInRequest(), "t2"),
              FailsWith(Reason::TERMINAL_NOT_ENROLLED));
  v1::SignInRequest wrong = SignInRequest();
  wrong.set_password("wrong");
  EXPECT_THAT(SignIn(wrong), FailsWith(Reason::SIGN_IN_REFUSED));
  v1::SignInRequest unknown = SignInRequest();
  unknown.set_clerk_id("nobody");
  EXPECT_THAT(SignIn(unknown), FailsWith(Reason::SIGN_IN_REFUSED));
  Enroll(ShopContent("192.0.2.0/24"));
  EXPECT_THAT(SignIn(SignInRequest()), FailsWith(Reason::OUTSIDE_NETWORK_ZONE));
  Enroll(ShopContent());
  EXPECT_THAT(SignIn(SignInRequest()), IsOk());
  EXPECT_THAT(SignIn(SignInRequest()), FailsWith(Reason::TOTP_USED));
}

TEST_F(ServerTest, MalformedRequestsNameTheirField) {
  ASSERT_THAT(StartRoom(), IsOk());
  const auto field_of = [](const auto& result) {
    return PartsOf(result.status()).field;
  };
  v1::SignInRequest request = SignInRequest();
  request.set_totp("12345");
  EXPECT_EQ(field_of(SignIn(request)), "totp");
  request = SignInRequest();
  request.clear_password();
  EXPECT_EQ(field_of(SignIn(request)), "password");
  request = SignInRequest();
  request.set_password(std::string(600, 'p'));
  EXPECT_THAT(SignIn(request), FailsWith(Reason::FIELD_TOO_LONG));
  request = SignInRequest();
  request.set_clerk_id(std::string("w\0", 2));
  EXPECT_EQ(field_of(SignIn(request)), "clerk_id");
  request = SignInRequest();
  request.set_request_id("1");
  EXPECT_THAT(SignIn(request), FailsWith(Reason::REQUEST_ID_REQUIRED));
  EXPECT_THAT(StartSession(""), FailsWith(Reason::SHIFT_TOKEN_INVALID));
  EXPECT_EQ(field_of(Propose({})), "content");
  v1::PermitRevealRequest permit = PermitRequest(NewId(crypto::SystemRandom()),
                                                 NewId(crypto::SystemRandom()));
  permit.mutable_order_ready()->set_aggregate("order/other");
  EXPECT_EQ(field_of(Permit(permit)), "order_ready");
}

TEST_F(ServerTest, OneAdminIsNotTwo) {
  ASSERT_THAT(StartRoom(), IsOk());
  const auto proposed = Propose(ClerkContent());
  ASSERT_THAT(proposed, IsOk());
  const v1::Subject& subject = proposed->subject();
  EXPECT_EQ(subject.proposed_by(), "/admin/a1");
  EXPECT_EQ(subject.content().clerk().clerk_id(), "wang");
  EXPECT_EQ(subject.content().clerk().password_hash(), "");
  EXPECT_EQ(subject.content().clerk().totp_seed(), "");
  EXPECT_THAT(Approve("a1", subject.digest()), FailsWith(Reason::SAME_ADMIN));
  EXPECT_THAT(Approve("a2", subject.digest()),
              FailsWith(Reason::SHOP_NOT_IN_FORCE));
}

TEST_F(ServerTest, WatchSessionTellsTheEnd) {
  ASSERT_THAT(StartRoom(), IsOk());
  ASSERT_NO_FATAL_FAILURE(Open());
  auto terminal = TerminalStub();
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + kCallTime);
  v1::WatchSessionRequest request;
  request.set_shift_token(token_);
  request.set_session_id(session_);
  auto stream = terminal->WatchSession(&context, request);
  v1::WatchSessionResponse message;
  ASSERT_TRUE(stream->Read(&message));
  EXPECT_EQ(message.session().state(), v1::SESSION_STATE_OPEN);
  ASSERT_THAT(Revoke(v1::SUBJECT_KIND_DISPLAY, "s1/d1"), IsOk());
  ASSERT_TRUE(stream->Read(&message));
  EXPECT_EQ(message.session().state(), v1::SESSION_STATE_TERMINATED);
  EXPECT_EQ(message.session().end(), ledger::v1::SESSION_END_REVOKED);
  EXPECT_FALSE(stream->Read(&message));
  EXPECT_TRUE(stream->Finish().ok());
}

TEST_F(ServerTest, TimeEndsASessionByItself) {
  ASSERT_THAT(StartRoom(), IsOk());
  ASSERT_NO_FATAL_FAILURE(Open());
  auto terminal = TerminalStub();
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + kCallTime);
  v1::WatchSessionRequest request;
  request.set_shift_token(token_);
  request.set_session_id(session_);
  auto stream = terminal->WatchSession(&context, request);
  v1::WatchSessionResponse message;
  ASSERT_TRUE(stream->Read(&message));
  clock_.Advance(absl::Minutes(31));
  EXPECT_THAT(CheckSession("terminal/s1/t1", token_, session_),
              FailsWith(Reason::SESSION_NOT_OPEN));
  ASSERT_TRUE(stream->Read(&message));
  EXPECT_EQ(message.session().state(), v1::SESSION_STATE_TIMED_OUT);
}

TEST_F(ServerTest, WatchEndsResumesAndBeats) {
  ASSERT_THAT(StartRoom(), IsOk());
  ASSERT_NO_FATAL_FAILURE(Open());
  auto authority = AuthorityStub();
  const auto watch = [&](grpc::ClientContext& context, int64_t after) {
    context.set_deadline(std::chrono::system_clock::now() + kCallTime);
    v1::WatchEndsRequest request;
    request.set_after(after);
    return authority->WatchEnds(&context, request);
  };
  grpc::ClientContext first_context;
  auto first = watch(first_context, 0);
  v1::WatchEndsResponse message;
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(first->Read(&message));
    EXPECT_EQ(message.kind(), v1::END_KIND_UNSPECIFIED);
    EXPECT_EQ(message.cursor(), 0);
  }
  ASSERT_THAT(Revoke(v1::SUBJECT_KIND_TERMINAL, "s1/t1"), IsOk());
  std::vector<std::string> ends;
  int64_t cursor = 0;
  while (ends.size() < 3) {
    ASSERT_TRUE(first->Read(&message));
    if (message.kind() == v1::END_KIND_UNSPECIFIED) continue;
    EXPECT_EQ(message.cursor(), ++cursor);
    ends.push_back(v1::EndKind_Name(message.kind()));
  }
  EXPECT_EQ(ends,
            (std::vector<std::string>{"END_KIND_SESSION", "END_KIND_SHIFT",
                                      "END_KIND_TERMINAL"}));
  first_context.TryCancel();

  StopRoom();
  ASSERT_THAT(StartRoom(), IsOk());
  authority = AuthorityStub();
  grpc::ClientContext second_context;
  auto second = watch(second_context, 2);
  ASSERT_TRUE(second->Read(&message));
  EXPECT_EQ(message.kind(), v1::END_KIND_TERMINAL);
  EXPECT_EQ(message.id(), "s1/t1");
  second_context.TryCancel();

  grpc::ClientContext third_context;
  auto third = watch(third_context, 99);
  EXPECT_FALSE(third->Read(&message));
  EXPECT_THAT(rpc::FromGrpcStatus(third->Finish()),
              FailsWith(Reason::ENDS_CURSOR_AHEAD));
}

TEST_F(ServerTest, ATokenFromAnotherTerminalsCallEndsTheShift) {
  ASSERT_THAT(StartRoom(), IsOk());
  ASSERT_NO_FATAL_FAILURE(Open());
  auto other = TerminalStub("t2");
  v1::GetSessionRequest request;
  request.set_shift_token(token_);
  request.set_session_id(session_);
  const auto get = [&](auto& stub) {
    return Call<v1::GetSessionResponse>(
        stub, &v1::TerminalSessionService::Stub::GetSession, request);
  };
  EXPECT_THAT(get(other), FailsWith(Reason::SHIFT_TOKEN_MISUSED));
  auto own = TerminalStub();
  EXPECT_THAT(get(own), FailsWith(Reason::SHIFT_NOT_OPEN));
}

TEST_F(ServerTest, ListsShopsAndSubjects) {
  ASSERT_THAT(StartRoom(), IsOk());
  EnrollAll();
  auto authority = AuthorityStub();
  const auto shops = Call<v1::ListShopsResponse>(
      authority, &v1::SessionAuthorityService::Stub::ListShops, {});
  ASSERT_THAT(shops, IsOk());
  ASSERT_EQ(shops->shops_size(), 1);
  EXPECT_EQ(shops->shops(0).shop_id(), "s1");
  auto admin = AdminStub("a1");
  v1::ListRequest request;
  request.set_kind(v1::SUBJECT_KIND_TERMINAL);
  const auto list = Call<v1::ListResponse>(
      admin, &v1::TerminalAdminService::Stub::List, request);
  ASSERT_THAT(list, IsOk());
  ASSERT_EQ(list->subjects_size(), 1);
  EXPECT_EQ(list->subjects(0).subject_id(), "s1/t1");
  EXPECT_EQ(list->subjects(0).state(), v1::SUBJECT_STATE_APPROVED);
  EXPECT_EQ(list->subjects(0).approved_by(), "/admin/a2");
}

TEST_F(ServerTest, RefusesToServeBehindTheLedger) {
  auto ledger = std::make_unique<outbox::FakeLedger>("terminal_session");
  ledger::v1::Event event;
  event.mutable_id()->set_source("terminal_session");
  event.mutable_id()->set_aggregate("shop/s9");
  event.mutable_id()->set_version(1);
  ledger->AppendDirectly(event);
  EXPECT_THAT(StartRoom(std::move(ledger)),
              FailsWith(Reason::DATABASE_BEHIND_LEDGER));
}

TEST_F(ServerTest, RefusesAMissingDatabase) {
  config_.mutable_database()->set_create(false);
  EXPECT_FALSE(StartRoom().ok());
}

TEST_F(ServerTest, IsReadyWhileItsDatabaseIsRead) {
  ASSERT_THAT(StartRoom(), IsOk());
  EXPECT_THAT(room_->Ready(), IsOk());
}

}  // namespace
}  // namespace shiming::terminal_session
