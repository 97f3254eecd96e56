#include "tests/e2e/cluster.h"

#include <signal.h>

#include <boost/asio/thread_pool.hpp>
#include <cstdlib>
#include <filesystem>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/crypto/encoding.h"
#include "common/crypto/password.h"
#include "common/crypto/random.h"
#include "common/files/file.h"
#include "common/http/http_client.h"
#include "common/ids/ids.h"
#include "common/rpc/channel.h"
#include "common/rpc/peer.h"
#include "common/status/status_macros.h"
#include "shiming/order/v1/order_service.grpc.pb.h"
#include "shiming/terminal/v1/terminal_service.grpc.pb.h"
#include "tests/e2e/free_ports.h"
#include "tools/shiming_terminal/synthetic_stock.h"
#include "tools/shimingctl/connection.h"
#include "tools/shimingctl/init.h"
#include "tools/shimingctl/pki.h"

namespace shiming::e2e {
namespace {

using shimingctl::CallBlocking;
using shimingctl::Port;
namespace tv1 = terminal::v1;
namespace ov1 = order::v1;
using AdminStub = tv1::TerminalAdminService::Stub;
using InventoryStub = ov1::InventoryService::Stub;

constexpr char kTrustDomain[] = "shiming.test";
// Imports stay below the message limit.
constexpr int kRowsAPart = 20'000;
// Five databases with sixteen connections each, of every instance, twice:
// PostgreSQL keeps those of a killed process until it notices.
constexpr int kConnections = 5 * 16 * 2;
constexpr int kSpareConnections = 40;
constexpr char kKeyDatabase[] = "shiming_keys";
// Behind the name of a second instance.
constexpr char kSecond[] = "-2";

bool IsSecond(const std::string& name) { return name.ends_with(kSecond); }

// "profile_order" of "profile_order-2" too.
std::string ServiceOf(const std::string& name) {
  return IsSecond(name) ? name.substr(0, name.rfind(kSecond)) : name;
}

Port AdminPortOf(const std::string& name) {
  if (IsSecond(name)) return shimingctl::SecondOf(AdminPortOf(ServiceOf(name)));
  if (name == "terminal_session") return Port::kTerminalSessionAdmin;
  if (name == "identity_verification") {
    return Port::kIdentityVerificationAdmin;
  }
  if (name == "profile_order") return Port::kProfileOrderAdmin;
  if (name == "issuance_ledger") return Port::kIssuanceLedgerAdmin;
  if (name == "gateway") return Port::kGatewayAdmin;
  if (name == "witness") return Port::kWitnessAdmin;
  return Port::kShimingdAdmin;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Cluster>> Cluster::Start(Options options) {
  auto cluster = std::unique_ptr<Cluster>(new Cluster());
  RETURN_IF_ERROR(cluster->Prepare(options));
  RETURN_IF_ERROR(cluster->StartAll());
  RETURN_IF_ERROR(cluster->EnrollShop("demo", "11"));
  ASSIGN_OR_RETURN(cluster->counter_, cluster->NewCounter());
  RETURN_IF_ERROR(cluster->Import(options.stock));
  return cluster;
}

Cluster::~Cluster() { KillAll(); }

absl::Status Cluster::Prepare(const Options& options) {
  mode_ = options.mode;
  std::string folder = options.folder;
  if (folder.empty()) {
    const char* tmp = getenv("TEST_TMPDIR");
    folder = absl::StrCat(tmp == nullptr ? "/tmp" : tmp, "/cluster-",
                          NewId(crypto::SystemRandom()).substr(0, 8));
  }
  layout_.data = folder;
  layout_.trust_domain = kTrustDomain;
  layout_.instances = options.instances;
  ASSIGN_OR_RETURN(layout_.port_base, ChoosePortBase());
  if (options.postgres) StartPostgres();
  RETURN_IF_ERROR(shimingctl::InitDataDirectory(layout_));
  if (options.configure) {
    RETURN_IF_ERROR(options.configure(layout_));
  }
  RETURN_IF_ERROR(MakeFolder(folder + "/run"));
  clock_file_ = folder + "/clock";
  const std::string stock_file = folder + "/simulators/stock.csv";
  RETURN_IF_ERROR(ReplaceFile(stock_file,
                              shiming_terminal::IccidsCsv(0, options.stock),
                              FileAccess::kEveryone));

  commands_["smdp_plus"] = {"services/simulators/smdp_plus/smdp_plus",
                            "--flagfile=" + layout_.Config("smdp_plus.flags"),
                            "--stock=" + stock_file};
  commands_["identity_authority"] = {
      "services/simulators/identity_authority/identity_authority",
      "--flagfile=" + layout_.Config("identity_authority.flags")};
  commands_["witness"] = {"tools/shimingctl/shimingctl", "witness",
                          "--config=" + layout_.Config("witness.textproto")};
  for (const std::string& name : ServiceNames()) {
    const std::string service = ServiceOf(name);
    const std::string binary =
        service == "shimingd"
            ? "services/all_in_one/shimingd"
            : absl::StrCat("services/", service, "/", service);
    commands_[name] = {binary,
                       "--config=" + layout_.Config(name + ".textproto"),
                       "--insecure_clock=" + clock_file_};
  }
  return absl::OkStatus();
}

void Cluster::StartPostgres() {
  sql::testing::PostgresServer::Options options;
  options.settings = {
      absl::StrCat("max_connections=",
                   kConnections * layout_.instances + kSpareConnections)};
  postgres_ =
      std::make_unique<sql::testing::PostgresServer>(std::move(options));
  postgres_->Ask(absl::StrCat("CREATE DATABASE ", kKeyDatabase));
  layout_.database_url = postgres_->Url("");
  layout_.key_database_url = postgres_->Url("", kKeyDatabase);
}

std::vector<std::string> Cluster::ServiceNames() const {
  if (mode_ == Mode::kAllInOne) return {"shimingd"};
  std::vector<std::string> names;
  for (const char* service : {"issuance_ledger", "terminal_session",
                              "identity_verification", "profile_order"}) {
    names.emplace_back(service);
    if (layout_.instances > 1) names.push_back(absl::StrCat(service, kSecond));
  }
  names.emplace_back("gateway");
  return names;
}

ChildProcess& Cluster::process(const std::string& name) {
  return *processes_.at(name);
}

std::string Cluster::OutputOf(const std::string& name) const {
  return ReadFile(absl::StrCat(layout_.data, "/run/", name, ".out"))
      .value_or("");
}

absl::Status Cluster::StartProcess(const std::string& name) {
  ASSIGN_OR_RETURN(
      processes_[name],
      ChildProcess::Start(commands_.at(name),
                          absl::StrCat(layout_.data, "/run/", name, ".out")));
  return absl::OkStatus();
}

absl::Status Cluster::StartAll() {
  if (postgres_ != nullptr && !postgres_->is_running()) postgres_->Start();
  for (const auto& [name, command] : commands_) {
    auto found = processes_.find(name);
    if (found != processes_.end() && found->second->running()) continue;
    RETURN_IF_ERROR(StartProcess(name));
  }
  return WaitReady();
}

void Cluster::KillAll() {
  // All at once, as a power loss would.
  for (auto& [name, process] : processes_) {
    if (process->running()) kill(process->pid(), SIGKILL);
  }
  if (postgres_ != nullptr && postgres_->is_running()) postgres_->Kill();
  for (auto& [name, process] : processes_) process->Kill();
}

absl::StatusOr<http::Response> Cluster::AdminGet(const std::string& name,
                                                 const std::string& path) {
  boost::asio::thread_pool pool(1);
  http::Outcome outcome;
  {
    ASSIGN_OR_RETURN(
        std::unique_ptr<http::HttpClient> client,
        http::HttpClient::Create(
            {.executor = pool.get_executor(),
             .base_url = "http://" + layout_.Address(AdminPortOf(name))}));
    outcome = client->CallBlocking(
        {.method = "GET", .target = path, .timeout = absl::Seconds(2)});
  }
  pool.join();
  if (outcome.kind != http::Outcome::Kind::kResponse) {
    return absl::UnavailableError(outcome.why);
  }
  return outcome.response;
}

absl::StatusOr<http::Response> Cluster::AskReady(const std::string& name) {
  absl::StatusOr<http::Response> ready = AdminGet(name, "/readyz");
  const bool is_ready = ready.ok() && ready->status == 200;
  const std::string ledger = "issuance_ledger";
  if (is_ready || layout_.instances == 1 || ServiceOf(name) != ledger) {
    return ready;
  }
  return AdminGet(IsSecond(name) ? ledger : ledger + kSecond, "/readyz");
}

absl::Status Cluster::WaitReady(absl::Duration limit) {
  const absl::Time deadline = absl::Now() + limit;
  for (const std::string& name : ServiceNames()) {
    while (true) {
      const absl::StatusOr<http::Response> ready = AskReady(name);
      if (ready.ok() && ready->status == 200) break;
      if (!process(name).running() || absl::Now() > deadline) {
        std::string output = OutputOf(name);
        if (output.size() > 3000) output = output.substr(output.size() - 3000);
        return absl::UnavailableError(absl::StrCat(
            name, " is not ready: ", ready.ok() ? ready->body : "no answer",
            "\n", output));
      }
      absl::SleepFor(absl::Milliseconds(20));
    }
  }
  return absl::OkStatus();
}

absl::Status Cluster::SetClockOffset(absl::Duration offset) {
  RETURN_IF_ERROR(ReplaceFile(clock_file_,
                              absl::StrCat(absl::ToDoubleSeconds(offset), "\n"),
                              FileAccess::kEveryone));
  // OffsetFileClock reads the file again after at most 50 ms.
  absl::SleepFor(absl::Milliseconds(100));
  return absl::OkStatus();
}

absl::StatusOr<std::shared_ptr<grpc::Channel>> Cluster::ChannelAs(
    const std::string& identity, Port port, const std::string& service) {
  const std::string stem = absl::StrCat(layout_.Pki(), "/", identity);
  return rpc::Connect({.address = layout_.Addresses(port),
                       .tls = {.cert = stem + ".crt",
                               .key = stem + ".key",
                               .ca = layout_.Pki() + "/ca.crt"},
                       .server_spiffe_id = rpc::ServiceSpiffeId(
                           layout_.trust_domain, service)});
}

absl::StatusOr<std::shared_ptr<grpc::Channel>> Cluster::ChannelOf(
    const DeviceFiles& device, Port port, const std::string& service) {
  return ChannelAt(device, layout_.Addresses(port), service);
}

absl::StatusOr<std::shared_ptr<grpc::Channel>> Cluster::ChannelAt(
    const DeviceFiles& device, const std::string& address,
    const std::string& service) {
  return rpc::Connect({.address = address,
                       .tls = {.cert = device.certificate_file,
                               .key = device.tls_key_file,
                               .ca = layout_.Pki() + "/ca.crt"},
                       .server_spiffe_id = rpc::ServiceSpiffeId(
                           layout_.trust_domain, service)});
}

absl::Status Cluster::MakeIdentity(const std::string& path) {
  ASSIGN_OR_RETURN(
      shimingctl::DevelopmentPki pki,
      shimingctl::DevelopmentPki::Open(layout_.Pki(), layout_.trust_domain));
  return pki.EnsureIdentity(path, path);
}

absl::StatusOr<std::string> Cluster::Propose(
    const tv1::ProposalContent& content) {
  ASSIGN_OR_RETURN(
      auto channel,
      ChannelAs("admin/admin-1", Port::kTerminalSession, "terminal_session"));
  AdminStub stub(channel);
  tv1::ProposeRequest request;
  request.set_request_id(NewUuid(crypto::SystemRandom()));
  *request.mutable_content() = content;
  ASSIGN_OR_RETURN(const tv1::ProposeResponse response,
                   CallBlocking(stub, &AdminStub::Propose, request));
  return response.subject().digest();
}

absl::Status Cluster::ProposeAndApprove(const tv1::ProposalContent& content) {
  tv1::ApproveRequest request;
  request.set_request_id(NewUuid(crypto::SystemRandom()));
  ASSIGN_OR_RETURN(*request.mutable_digest(), Propose(content));
  ASSIGN_OR_RETURN(
      auto channel,
      ChannelAs("admin/admin-2", Port::kTerminalSession, "terminal_session"));
  AdminStub stub(channel);
  return CallBlocking(stub, &AdminStub::Approve, request).status();
}

absl::Status Cluster::EnrollShop(const std::string& shop,
                                 const std::string& region) {
  tv1::ProposalContent content;
  content.mutable_shop()->set_shop_id(shop);
  content.mutable_shop()->set_name("测试营业厅");
  content.mutable_shop()->set_region(region);
  content.mutable_shop()->set_always_open(true);
  content.mutable_shop()->add_network_zones("127.0.0.0/8");
  return ProposeAndApprove(content);
}

absl::StatusOr<DeviceFiles> Cluster::MakeDevice(const std::string& kind,
                                                const std::string& id,
                                                bool with_evidence_key) {
  const std::string folder =
      absl::StrCat(layout_.data, "/devices/", kind, "/", id);
  RETURN_IF_ERROR(MakeFolder(folder, FileAccess::kOwner));
  DeviceFiles files;
  files.id = id;
  files.tls_key_file = folder + "/tls.key";
  files.certificate_file = folder + "/tls.crt";
  ASSIGN_OR_RETURN(const crypto::SigningKey key,
                   crypto::SigningKey::GenerateP256());
  RETURN_IF_ERROR(ReplaceFile(files.tls_key_file, key.ToPem().Reveal(),
                              FileAccess::kOwner));
  ASSIGN_OR_RETURN(
      shimingctl::DevelopmentPki pki,
      shimingctl::DevelopmentPki::Open(layout_.Pki(), layout_.trust_domain));
  ASSIGN_OR_RETURN(const std::string certificate,
                   pki.Certify(absl::StrCat(kind, "/", id), key.Public()));
  RETURN_IF_ERROR(
      ReplaceFile(files.certificate_file, certificate, FileAccess::kEveryone));
  if (with_evidence_key) {
    files.evidence_key_file = folder + "/evidence.key";
    ASSIGN_OR_RETURN(const crypto::SigningKey evidence,
                     crypto::SigningKey::GenerateP256());
    RETURN_IF_ERROR(ReplaceFile(files.evidence_key_file,
                                evidence.ToPem().Reveal(), FileAccess::kOwner));
  }
  return files;
}

namespace {

absl::StatusOr<std::string> PublicDerOf(const std::string& key_file) {
  ASSIGN_OR_RETURN(const std::string pem, ReadFile(key_file));
  ASSIGN_OR_RETURN(const crypto::SigningKey key,
                   crypto::SigningKey::FromPem(pem));
  return key.Public().Der();
}

}  // namespace

absl::StatusOr<DeviceFiles> Cluster::EnrollTerminal(const std::string& id) {
  ASSIGN_OR_RETURN(DeviceFiles files, MakeDevice("terminal", id, true));
  tv1::ProposalContent content;
  tv1::Terminal& terminal = *content.mutable_terminal();
  terminal.set_shop_id(id.substr(0, id.find('/')));
  terminal.set_terminal_id(id.substr(id.find('/') + 1));
  ASSIGN_OR_RETURN(*terminal.mutable_tls_public_key(),
                   PublicDerOf(files.tls_key_file));
  ASSIGN_OR_RETURN(*terminal.mutable_evidence_public_key(),
                   PublicDerOf(files.evidence_key_file));
  RETURN_IF_ERROR(ProposeAndApprove(content));
  return files;
}

absl::StatusOr<DeviceFiles> Cluster::EnrollDisplay(
    const std::string& id, const std::string& terminal_id) {
  ASSIGN_OR_RETURN(DeviceFiles files, MakeDevice("display", id, false));
  tv1::ProposalContent content;
  tv1::Display& display = *content.mutable_display();
  display.set_shop_id(id.substr(0, id.find('/')));
  display.set_display_id(id.substr(id.find('/') + 1));
  display.set_terminal_id(terminal_id);
  ASSIGN_OR_RETURN(*display.mutable_tls_public_key(),
                   PublicDerOf(files.tls_key_file));
  RETURN_IF_ERROR(ProposeAndApprove(content));
  return files;
}

absl::StatusOr<ClerkFiles> Cluster::EnrollClerk(const std::string& clerk_id,
                                                const std::string& shop) {
  crypto::Random& random = crypto::SystemRandom();
  const std::string seed = random.Bytes(20);
  ClerkFiles files{.clerk_id = clerk_id,
                   .password = crypto::Secret(crypto::Base32(random.Bytes(15))),
                   .totp_seed = crypto::Secret(seed)};
  tv1::ProposalContent content;
  tv1::Clerk& clerk = *content.mutable_clerk();
  clerk.set_clerk_id(clerk_id);
  clerk.set_shop_id(shop);
  clerk.set_role(tv1::CLERK_ROLE_CLERK);
  ASSIGN_OR_RETURN(*clerk.mutable_password_hash(),
                   crypto::HashPassword(files.password));
  clerk.set_totp_seed(seed);
  RETURN_IF_ERROR(ProposeAndApprove(content));
  return files;
}

absl::StatusOr<Counter> Cluster::NewCounter(const std::string& shop) {
  const int number = ++counters_;
  Counter counter;
  ASSIGN_OR_RETURN(counter.terminal,
                   EnrollTerminal(absl::StrCat(shop, "/t", number)));
  ASSIGN_OR_RETURN(counter.display,
                   EnrollDisplay(absl::StrCat(shop, "/d", number),
                                 absl::StrCat("t", number)));
  ASSIGN_OR_RETURN(counter.clerk,
                   EnrollClerk(absl::StrCat("clerk-", number), shop));
  return counter;
}

absl::Status Cluster::Revoke(tv1::SubjectKind kind, const std::string& id) {
  ASSIGN_OR_RETURN(
      auto channel,
      ChannelAs("admin/admin-1", Port::kTerminalSession, "terminal_session"));
  AdminStub stub(channel);
  tv1::RevokeRequest request;
  request.set_request_id(NewUuid(crypto::SystemRandom()));
  request.set_kind(kind);
  request.set_subject_id(id);
  request.set_why("test");
  return CallBlocking(stub, &AdminStub::Revoke, request).status();
}

absl::Status Cluster::Import(int stock) {
  ASSIGN_OR_RETURN(auto channel, ChannelAs("admin/admin-1", Port::kProfileOrder,
                                           "profile_order"));
  InventoryStub stub(channel);
  ov1::ImportDeviceModelsRequest models;
  models.set_request_id(NewUuid(crypto::SystemRandom()));
  models.set_csv(shiming_terminal::DeviceModelsCsv());
  RETURN_IF_ERROR(
      CallBlocking(stub, &InventoryStub::ImportDeviceModels, models).status());
  for (int first = 0; first < stock; first += kRowsAPart) {
    const int count = std::min(kRowsAPart, stock - first);
    ov1::ImportNumbersRequest numbers;
    numbers.set_request_id(NewUuid(crypto::SystemRandom()));
    numbers.set_csv(shiming_terminal::NumbersCsv(first, count, "11"));
    RETURN_IF_ERROR(
        CallBlocking(stub, &InventoryStub::ImportNumbers, numbers).status());
    ov1::ImportIccidsRequest iccids;
    iccids.set_request_id(NewUuid(crypto::SystemRandom()));
    iccids.set_csv(shiming_terminal::IccidsCsv(first, count));
    iccids.set_smdp("smdp-1");
    RETURN_IF_ERROR(
        CallBlocking(stub, &InventoryStub::ImportIccids, iccids).status());
  }
  return absl::OkStatus();
}

}  // namespace shiming::e2e
