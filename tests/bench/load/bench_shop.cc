#include "tests/bench/load/bench_shop.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_future.hpp>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/crypto/password.h"
#include "common/crypto/random.h"
#include "common/crypto/totp.h"
#include "common/crypto/x509.h"
#include "common/files/file.h"
#include "common/ids/ids.h"
#include "common/rpc/channel.h"
#include "common/rpc/peer.h"
#include "common/status/status_macros.h"
#include "tools/shiming_terminal/device.h"
#include "tools/shimingctl/connection.h"
#include "tools/shimingctl/process_configs.h"

namespace shiming::bench {
namespace {

using shimingctl::Port;

constexpr char kShop[] = "bench";
// Region of the synthetic numbers (shiming_terminal stock).
constexpr char kRegion[] = "11";
constexpr char kPassword[] = "a password for the bench only";
// Phones of all places share these connections to the SM-DP+.
constexpr size_t kPhoneConnections = 64;

// SHA-256 of a subject's content is what the second admin approves.
absl::StatusOr<std::string> Propose(
    terminal::v1::TerminalAdminService::Stub& stub,
    const terminal::v1::ProposalContent& content) {
  terminal::v1::ProposeRequest request;
  request.set_request_id(NewUuid(crypto::SystemRandom()));
  *request.mutable_content() = content;
  ASSIGN_OR_RETURN(
      const terminal::v1::ProposeResponse response,
      shimingctl::CallBlocking(
          stub, &terminal::v1::TerminalAdminService::Stub::Propose, request));
  return response.subject().digest();
}

}  // namespace

absl::StatusOr<std::unique_ptr<BenchShop>> BenchShop::Open(Options options) {
  RETURN_IF_ERROR(MakeFolder(options.folder, FileAccess::kOwner));
  const shimingctl::Layout& layout = options.layout;
  ASSIGN_OR_RETURN(
      shimingctl::DevelopmentPki pki,
      shimingctl::DevelopmentPki::Open(layout.Pki(), layout.trust_domain));
  ASSIGN_OR_RETURN(
      crypto::SigningKey face_key,
      shiming_terminal::ReadKey(layout.Key("demo_face_engine.key")));
  std::unique_ptr<BenchShop> shop(
      new BenchShop(std::move(options), std::move(pki),
                    shiming_terminal::DemoFaceEngine(
                        std::move(face_key), shimingctl::kFaceEngineKeyId)));
  const Options& kept = shop->options_;
  ASSIGN_OR_RETURN(
      shop->reveal_requests_,
      shiming_terminal::RevealRequests::Open(kept.folder + "/reveal_requests",
                                             crypto::SystemRandom()));
  ASSIGN_OR_RETURN(
      shop->phones_,
      http::HttpClient::Create(
          {.executor = kept.executor,
           .base_url = "http://" + kept.layout.Address(Port::kSmdpDevice),
           .max_connections = kPhoneConnections}));
  shop->password_ = std::make_unique<crypto::Secret>(kPassword);
  shop->totp_seed_ = std::make_unique<crypto::Secret>(
      std::string(crypto::kTotpSeedBytes, 't'));
  if (kept.enroll) {
    ASSIGN_OR_RETURN(shop->password_hash_,
                     crypto::HashPassword(*shop->password_));
    RETURN_IF_ERROR(shop->ConnectAdmins());
    RETURN_IF_ERROR(shop->EnrollShop());
  }
  return shop;
}

absl::StatusOr<std::vector<std::unique_ptr<Place>>> BenchShop::MakePlaces(
    int count) {
  std::vector<std::unique_ptr<Place>> places;
  for (int i = 1; i <= count; ++i) {
    ASSIGN_OR_RETURN(std::unique_ptr<Place> place,
                     MakePlace(absl::StrCat("p", i)));
    places.push_back(std::move(place));
  }
  return places;
}

absl::StatusOr<std::unique_ptr<Place>> BenchShop::MakePlace(
    const std::string& name) {
  const std::string terminal = absl::StrCat("terminal/", kShop, "/", name);
  const std::string display = absl::StrCat("display/", kShop, "/", name);
  RETURN_IF_ERROR(pki_.EnsureIdentity(terminal, terminal));
  RETURN_IF_ERROR(pki_.EnsureIdentity(display, display));
  ASSIGN_OR_RETURN(crypto::SigningKey evidence_key,
                   crypto::SigningKey::GenerateP256());
  if (options_.enroll) {
    RETURN_IF_ERROR(EnrollPlace(name, evidence_key));
  }

  shiming_terminal::TerminalChannels channels;
  ASSIGN_OR_RETURN(
      channels.terminal_session,
      Connect(terminal, Port::kTerminalSession, "terminal_session"));
  ASSIGN_OR_RETURN(
      channels.identity_verification,
      Connect(terminal, Port::kIdentityVerification, "identity_verification"));
  ASSIGN_OR_RETURN(channels.profile_order,
                   Connect(terminal, Port::kProfileOrder, "profile_order"));
  ASSIGN_OR_RETURN(std::shared_ptr<grpc::Channel> display_channel,
                   Connect(display, Port::kProfileOrder, "profile_order"));
  auto place = std::make_unique<Place>(Place::Options{
      .name = name,
      .terminal = {.channels = std::move(channels),
                   .terminal = absl::StrCat(kShop, "/", name),
                   .sam_number = shimingctl::kDemoSamNumber,
                   .evidence_key = nullptr,  // the place fills it in
                   .face_engine = &face_engine_,
                   .clock = &clock_,
                   .random = &crypto::SystemRandom()},
      .evidence_key = std::move(evidence_key),
      .display_channel = std::move(display_channel),
      .reveal_requests = *reveal_requests_,
      .phones = *phones_,
      .executor = options_.executor});

  const shiming_terminal::ClerkCredentials clerk{
      .clerk_id = name,
      .password = password_->Copy(),
      .totp_seed = totp_seed_->Copy()};
  RETURN_IF_ERROR(boost::asio::co_spawn(options_.executor,
                                        shiming_terminal::SignInWithTotp(
                                            place->terminal(), clerk, clock_),
                                        boost::asio::use_future)
                      .get()
                      .status());
  return place;
}

absl::Status BenchShop::ConnectAdmins() {
  for (auto& [stub, id] : {std::pair(&proposer_, "admin/admin-1"),
                           std::pair(&approver_, "admin/admin-2")}) {
    ASSIGN_OR_RETURN(std::shared_ptr<grpc::Channel> channel,
                     Connect(id, Port::kTerminalSession, "terminal_session"));
    *stub = terminal::v1::TerminalAdminService::NewStub(channel);
  }
  return absl::OkStatus();
}

absl::Status BenchShop::EnrollShop() {
  terminal::v1::ProposalContent content;
  terminal::v1::Shop& shop = *content.mutable_shop();
  shop.set_shop_id(kShop);
  shop.set_name(kShop);
  shop.set_region(kRegion);
  shop.set_always_open(true);
  shop.add_network_zones("127.0.0.0/8");
  return ProposeAndApprove(content);
}

absl::Status BenchShop::EnrollPlace(const std::string& name,
                                    const crypto::SigningKey& evidence_key) {
  terminal::v1::ProposalContent content;
  terminal::v1::Terminal& terminal = *content.mutable_terminal();
  terminal.set_shop_id(kShop);
  terminal.set_terminal_id(name);
  terminal.set_tls_public_key(
      PublicKeyDer(absl::StrCat("terminal/", kShop, "/", name)));
  terminal.set_evidence_public_key(evidence_key.PublicDer());
  RETURN_IF_ERROR(ProposeAndApprove(content));

  terminal::v1::Display& display = *content.mutable_display();
  display.set_shop_id(kShop);
  display.set_display_id(name);
  display.set_terminal_id(name);
  display.set_tls_public_key(
      PublicKeyDer(absl::StrCat("display/", kShop, "/", name)));
  RETURN_IF_ERROR(ProposeAndApprove(content));

  terminal::v1::Clerk& clerk = *content.mutable_clerk();
  clerk.set_clerk_id(name);
  clerk.set_shop_id(kShop);
  clerk.set_role(terminal::v1::CLERK_ROLE_CLERK);
  clerk.set_password_hash(password_hash_);
  clerk.set_totp_seed(std::string(totp_seed_->Reveal()));
  return ProposeAndApprove(content);
}

absl::Status BenchShop::ProposeAndApprove(
    const terminal::v1::ProposalContent& content) {
  terminal::v1::ApproveRequest request;
  request.set_request_id(NewUuid(crypto::SystemRandom()));
  ASSIGN_OR_RETURN(*request.mutable_digest(), Propose(*proposer_, content));
  return shimingctl::CallBlocking<terminal::v1::ApproveResponse>(
             *approver_, &AdminStub::Approve, request)
      .status();
}

absl::StatusOr<std::shared_ptr<grpc::Channel>> BenchShop::Connect(
    const std::string& identity, Port port, const std::string& service) const {
  const std::string stem = absl::StrCat(options_.layout.Pki(), "/", identity);
  return rpc::Connect({.address = options_.layout.Address(port),
                       .tls = {.cert = stem + ".crt",
                               .key = stem + ".key",
                               .ca = pki_.CaFile()},
                       .server_spiffe_id = rpc::ServiceSpiffeId(
                           options_.layout.trust_domain, service)});
}

std::string BenchShop::PublicKeyDer(const std::string& identity) const {
  const absl::StatusOr<std::string> pem =
      ReadFile(absl::StrCat(options_.layout.Pki(), "/", identity, ".crt"));
  if (!pem.ok()) return "";
  const absl::StatusOr<crypto::VerifyKey> key =
      crypto::PublicKeyOfCertificate(*pem);
  return key.ok() ? key->Der() : "";
}

}  // namespace shiming::bench
