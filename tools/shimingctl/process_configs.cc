#include "tools/shimingctl/process_configs.h"

#include <google/protobuf/text_format.h>

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/crypto/commitment.h"
#include "common/crypto/encoding.h"
#include "common/crypto/x509.h"
#include "common/files/file.h"
#include "common/status/status_macros.h"
#include "shiming/config/v1/ctl_config.pb.h"
#include "shiming/config/v1/device_config.pb.h"
#include "shiming/config/v1/gateway_config.pb.h"
#include "shiming/config/v1/identity_verification_config.pb.h"
#include "shiming/config/v1/issuance_ledger_config.pb.h"
#include "shiming/config/v1/profile_order_config.pb.h"
#include "shiming/config/v1/shimingd_config.pb.h"
#include "shiming/config/v1/terminal_session_config.pb.h"
#include "tools/shimingctl/key_files.h"

namespace shiming::shimingctl {
namespace {

// The simulated SM-DP+ as everybody names it.
constexpr char kSmdpId[] = "smdp-1";
constexpr char kSmdpAddress[] = "SMDP.EXAMPLE.TEST";
// functionRequesterIdentifiers below the OID arc for examples.
constexpr char kOurRequester[] = "2.999.86.1";
constexpr char kSmdpRequester[] = "2.999.1.1";

// Label of ledger_resources.proto.
constexpr char kPseudonymKeyLabel[] = "shiming/pseudonym-key/v1";
constexpr char kAttestationKeyId[] = "attestation-1";

absl::Status WriteText(const Layout& layout, const std::string& name,
                       const google::protobuf::Message& message) {
  std::string text =
      "# Written by `shimingctl init`. The fields are explained in\n"
      "# protos/shiming/config/v1.\n";
  google::protobuf::TextFormat::Printer printer;
  printer.SetUseUtf8StringEscaping(true);
  std::string fields;
  if (!printer.PrintToString(message, &fields)) {
    return absl::InternalError(name);
  }
  return ReplaceFile(layout.Config(name + ".textproto"), text + fields,
                     FileAccess::kEveryone);
}

void FillTls(const Layout& layout, const std::string& stem,
             config::v1::TlsFiles& tls) {
  tls.set_certificate_file(absl::StrCat(layout.Pki(), "/", stem, ".crt"));
  tls.set_key_file(absl::StrCat(layout.Pki(), "/", stem, ".key"));
  tls.set_ca_file(layout.Pki() + "/ca.crt");
}

// One of the instances of a service.
struct Instance {
  int number;  // 1 or 2

  // Of its configuration file, without ending.
  std::string FileOf(const std::string& service) const {
    return number == 1 ? service : absl::StrCat(service, "-", number);
  }
  Port PortOf(Port port) const { return number == 1 ? port : SecondOf(port); }
};

constexpr Instance kFirst{1};
constexpr Instance kSecond{2};

void FillProcess(const Layout& layout, const std::string& service,
                 Instance instance, Port grpc, Port admin,
                 config::v1::Process& process) {
  process.set_trust_domain(layout.trust_domain);
  process.set_listen(layout.Address(instance.PortOf(grpc)));
  process.set_admin_listen(layout.Address(instance.PortOf(admin)));
  FillTls(layout, "svc/" + service, *process.mutable_tls());
}

void FillTarget(const Layout& layout, const std::string& service, Port port,
                config::v1::Target& target) {
  target.set_address(layout.Addresses(port));
  target.set_service(service);
}

void FillDatabase(const Layout& layout, const std::string& name,
                  config::v1::Database& database) {
  database.set_url(layout.Database(name));
  // A lost database must not come back empty: the ledger check at start
  // refuses that too, as soon as anything is on the record.
  database.set_create(true);
}

// SHA-256(label || 0x00 || salt || K), as LOG_OPENED holds it.
absl::StatusOr<std::string> PseudonymKeyCommitment(const Layout& layout) {
  ASSIGN_OR_RETURN(const std::string salt_hex,
                   ReadFile(layout.Key("pseudonym.salt")));
  ASSIGN_OR_RETURN(const std::string key_hex,
                   ReadFile(layout.Key("pseudonym.key")));
  ASSIGN_OR_RETURN(const std::string salt,
                   crypto::FromHex(salt_hex.substr(0, 64)));
  ASSIGN_OR_RETURN(const std::string key,
                   crypto::FromHex(key_hex.substr(0, 64)));
  return crypto::ToHex(crypto::Commit(kPseudonymKeyLabel, salt, key));
}

absl::Status WriteIssuanceLedger(const Layout& layout, Instance instance) {
  config::v1::IssuanceLedgerConfig config;
  FillProcess(layout, "issuance_ledger", instance, Port::kIssuanceLedger,
              Port::kIssuanceLedgerAdmin, *config.mutable_process());
  if (instance.number != 1) config.set_instance(absl::StrCat(instance.number));
  FillDatabase(layout, "issuance_ledger", *config.mutable_database());
  config.set_origin(LogOrigin(layout));
  config.set_signing_key_file(layout.Key("ledger.key"));
  config.set_log_folder(layout.Log());
  config.set_guard_file(layout.data + "/guard/issuance_ledger.guard");
  ASSIGN_OR_RETURN(*config.mutable_pseudonym_key_commitment(),
                   PseudonymKeyCommitment(layout));
  config.mutable_witnesses()->set_policy_file(layout.Policy());
  config.mutable_witnesses()->set_ca_file(layout.Pki() + "/ca.crt");
  return WriteText(layout, instance.FileOf("issuance_ledger"), config);
}

absl::Status WriteTerminalSession(const Layout& layout, Instance instance) {
  config::v1::TerminalSessionConfig config;
  FillProcess(layout, "terminal_session", instance, Port::kTerminalSession,
              Port::kTerminalSessionAdmin, *config.mutable_process());
  FillDatabase(layout, "terminal_session", *config.mutable_database());
  FillTarget(layout, "issuance_ledger", Port::kIssuanceLedger,
             *config.mutable_issuance_ledger());
  config.set_shift_token_key_file(layout.Key("shift_token.key"));
  config.set_credentials_key_file(layout.Key("credentials.key"));
  return WriteText(layout, instance.FileOf("terminal_session"), config);
}

absl::Status WriteIdentityVerification(const Layout& layout,
                                       Instance instance) {
  config::v1::IdentityVerificationConfig config;
  FillProcess(layout, "identity_verification", instance,
              Port::kIdentityVerification, Port::kIdentityVerificationAdmin,
              *config.mutable_process());
  FillDatabase(layout, "identity_verification", *config.mutable_database());
  FillDatabase(layout, kKeyDatabase, *config.mutable_key_database());
  config.set_keyring_file(layout.Key("identity.keyring"));
  config.set_index_key_file(layout.Key("identity_index.key"));
  config.set_attestation_key_file(layout.Key("attestation.key"));
  config.set_attestation_key_id(kAttestationKeyId);
  FillTarget(layout, "terminal_session", Port::kTerminalSession,
             *config.mutable_terminal_session());
  FillTarget(layout, "issuance_ledger", Port::kIssuanceLedger,
             *config.mutable_issuance_ledger());
  FillTarget(layout, "identity_authority", Port::kIdentityAuthority,
             *config.mutable_identity_authority());
  config::v1::FaceEngine& engine = *config.add_face_engines();
  engine.set_key_id(kFaceEngineKeyId);
  engine.set_public_key_file(layout.Key("demo_face_engine.pub"));
  config.add_sam_numbers(kDemoSamNumber);
  config::v1::IdentityPolicy& policy = *config.add_policies();
  policy.set_version("demo-1");
  policy.set_effective_from("2025-10-13");
  for (const char* kind : {"RESIDENT_ID", "HMT_RESIDENCE_PERMIT",
                           "FOREIGN_PR_2017", "FOREIGN_PR_2023"}) {
    policy.add_accepted_documents(kind);
  }
  policy.set_face_min_score_millionths(800'000);
  return WriteText(layout, instance.FileOf("identity_verification"), config);
}

absl::Status WriteProfileOrder(const Layout& layout, Instance instance) {
  config::v1::ProfileOrderConfig config;
  FillProcess(layout, "profile_order", instance, Port::kProfileOrder,
              Port::kProfileOrderAdmin, *config.mutable_process());
  if (instance.number != 1) config.set_instance(absl::StrCat(instance.number));
  FillDatabase(layout, "profile_order", *config.mutable_database());
  FillTarget(layout, "terminal_session", Port::kTerminalSession,
             *config.mutable_terminal_session());
  FillTarget(layout, "issuance_ledger", Port::kIssuanceLedger,
             *config.mutable_issuance_ledger());
  FillTarget(layout, "identity_verification", Port::kIdentityVerification,
             *config.mutable_identity_verification());
  config::v1::AttestationKey& key = *config.add_attestation_keys();
  key.set_key_id(kAttestationKeyId);
  key.set_public_key_file(layout.Key("attestation.pub"));
  config.set_keyring_file(layout.Key("order.keyring"));
  config.set_pseudonym_key_file(layout.Key("pseudonym.key"));
  config::v1::SmdpPlus& smdp = *config.add_smdps();
  smdp.set_id(kSmdpId);
  smdp.set_base_url(
      absl::StrCat("https://", layout.Address(Port::kSmdpEs2Plus)));
  FillTls(layout, "svc/profile_order", *smdp.mutable_tls());
  smdp.set_requester(kOurRequester);
  smdp.set_address(kSmdpAddress);
  return WriteText(layout, instance.FileOf("profile_order"), config);
}

absl::Status WriteGateway(const Layout& layout) {
  config::v1::GatewayConfig config;
  FillProcess(layout, "gateway", kFirst, Port::kGatewayNotices,
              Port::kGatewayAdmin, *config.mutable_process());
  config.mutable_process()->clear_listen();
  FillTarget(layout, "profile_order", Port::kProfileOrder,
             *config.mutable_profile_order());
  config::v1::NoticeListener& notices = *config.mutable_notices();
  notices.set_listen(layout.Address(Port::kGatewayNotices));
  FillTls(layout, "svc/gateway", *notices.mutable_tls());
  config::v1::NoticePeer& peer = *notices.add_peers();
  peer.set_smdp(kSmdpId);
  ASSIGN_OR_RETURN(const std::string certificate,
                   ReadFile(layout.Pki() + "/outside/smdp_plus.crt"));
  ASSIGN_OR_RETURN(const std::string key_hash,
                   crypto::PublicKeyHashOfCertificate(certificate));
  peer.add_key_sha256(crypto::ToHex(key_hash));
  peer.set_requester(kSmdpRequester);
  config::v1::LogListener& log = *config.mutable_log();
  log.set_listen(layout.Address(Port::kGatewayLog));
  FillTls(layout, "svc/gateway", *log.mutable_tls());
  log.mutable_tls()->clear_ca_file();
  log.set_folder(layout.Log());
  return WriteText(layout, "gateway", config);
}

absl::Status WriteShimingd(const Layout& layout) {
  config::v1::ShimingdConfig config;
  config.mutable_process()->set_trust_domain(layout.trust_domain);
  config.mutable_process()->set_admin_listen(
      layout.Address(Port::kShimingdAdmin));
  config.set_issuance_ledger("issuance_ledger.textproto");
  config.set_terminal_session("terminal_session.textproto");
  config.set_identity_verification("identity_verification.textproto");
  config.set_profile_order("profile_order.textproto");
  config.set_gateway("gateway.textproto");
  return WriteText(layout, "shimingd", config);
}

// Whose readiness `shimingctl status` asks for, with their admin ports: of one
// instance all run in shimingd, of two each by itself.
std::vector<std::pair<std::string, Port>> ProcessesOf(const Layout& layout) {
  if (layout.instances == 1) {
    return {{"shimingd", Port::kShimingdAdmin},
            {"witness", Port::kWitnessAdmin}};
  }
  const std::pair<const char*, Port> services[] = {
      {"issuance_ledger", Port::kIssuanceLedgerAdmin},
      {"terminal_session", Port::kTerminalSessionAdmin},
      {"identity_verification", Port::kIdentityVerificationAdmin},
      {"profile_order", Port::kProfileOrderAdmin}};
  std::vector<std::pair<std::string, Port>> processes;
  for (const auto& [service, admin] : services) {
    for (const Instance& instance : {kFirst, kSecond}) {
      processes.emplace_back(instance.FileOf(service), instance.PortOf(admin));
    }
  }
  processes.emplace_back("gateway", Port::kGatewayAdmin);
  processes.emplace_back("witness", Port::kWitnessAdmin);
  return processes;
}

absl::Status WriteCtl(const Layout& layout) {
  config::v1::CtlConfig config;
  config.set_trust_domain(layout.trust_domain);
  config.set_pki_dir("../pki");
  FillTarget(layout, "terminal_session", Port::kTerminalSession,
             *config.mutable_terminal_session());
  FillTarget(layout, "identity_verification", Port::kIdentityVerification,
             *config.mutable_identity_verification());
  FillTarget(layout, "profile_order", Port::kProfileOrder,
             *config.mutable_profile_order());
  FillTarget(layout, "issuance_ledger", Port::kIssuanceLedger,
             *config.mutable_issuance_ledger());
  for (const auto& [process, admin] : ProcessesOf(layout)) {
    config::v1::AdminPort& port = *config.add_admin_ports();
    port.set_process(process);
    port.set_address(layout.Address(admin));
  }
  return WriteText(layout, "shimingctl", config);
}

// The demo shop's devices; their keys are theirs (shiming_terminal keys).
absl::Status WriteDevices(const Layout& layout) {
  config::v1::DeviceConfig terminal;
  terminal.set_trust_domain(layout.trust_domain);
  terminal.set_id("demo/t1");
  terminal.mutable_tls()->set_certificate_file("../demo/terminal/tls.crt");
  terminal.mutable_tls()->set_key_file("../demo/terminal/tls.key");
  terminal.mutable_tls()->set_ca_file("../pki/ca.crt");
  FillTarget(layout, "terminal_session", Port::kTerminalSession,
             *terminal.mutable_terminal_session());
  FillTarget(layout, "identity_verification", Port::kIdentityVerification,
             *terminal.mutable_identity_verification());
  FillTarget(layout, "profile_order", Port::kProfileOrder,
             *terminal.mutable_profile_order());
  terminal.set_evidence_key_file("../demo/terminal/evidence.key");
  terminal.set_sam_number(kDemoSamNumber);
  terminal.set_demo_face_engine_key_file("../keys/demo_face_engine.key");
  terminal.set_demo_face_engine_key_id(kFaceEngineKeyId);
  RETURN_IF_ERROR(WriteText(layout, "terminal", terminal));

  config::v1::DeviceConfig display;
  display.set_trust_domain(layout.trust_domain);
  display.set_id("demo/d1");
  display.mutable_tls()->set_certificate_file("../demo/display/tls.crt");
  display.mutable_tls()->set_key_file("../demo/display/tls.key");
  display.mutable_tls()->set_ca_file("../pki/ca.crt");
  FillTarget(layout, "profile_order", Port::kProfileOrder,
             *display.mutable_profile_order());
  display.set_reveal_requests_file("../demo/display/reveal_requests");
  return WriteText(layout, "display", display);
}

absl::Status WriteSimulators(const Layout& layout) {
  RETURN_IF_ERROR(ReplaceFile(
      layout.Config("smdp_plus.flags"),
      absl::StrCat(
          "--listen=", layout.Address(Port::kSmdpEs2Plus), "\n--device_listen=",
          layout.Address(Port::kSmdpDevice), "\n--cert=", layout.Pki(),
          "/outside/smdp_plus.crt", "\n--key=", layout.Pki(),
          "/outside/smdp_plus.key", "\n--client_ca=", layout.Pki(), "/ca.crt",
          "\n--notice_url=https://", layout.Address(Port::kGatewayNotices),
          "\n--state=", layout.data, "/simulators/smdp_plus.state",
          "\n--smdp_address=", kSmdpAddress, "\n--requester=", kOurRequester,
          "\n--own_requester=", kSmdpRequester, "\n"),
      FileAccess::kEveryone));
  return ReplaceFile(
      layout.Config("identity_authority.flags"),
      absl::StrCat("--listen=", layout.Address(Port::kIdentityAuthority),
                   "\n--control_listen=",
                   layout.Address(Port::kIdentityAuthorityControl),
                   "\n--cert=", layout.Pki(), "/outside/identity_authority.crt",
                   "\n--key=", layout.Pki(), "/outside/identity_authority.key",
                   "\n--client_ca=", layout.Pki(), "/ca.crt",
                   "\n--trust_domain=", layout.trust_domain, "\n"),
      FileAccess::kEveryone);
}

absl::Status WriteAddresses(const Layout& layout) {
  return ReplaceFile(
      layout.Config("addresses.sh"),
      absl::StrCat(
          "# Written by `shimingctl init`; may be sourced by a shell.\n",
          "TERMINAL_SESSION_ADDRESS=", layout.Addresses(Port::kTerminalSession),
          "\nIDENTITY_VERIFICATION_ADDRESS=",
          layout.Addresses(Port::kIdentityVerification),
          "\nPROFILE_ORDER_ADDRESS=", layout.Addresses(Port::kProfileOrder),
          "\nISSUANCE_LEDGER_ADDRESS=", layout.Addresses(Port::kIssuanceLedger),
          "\nNOTICE_ADDRESS=", layout.Address(Port::kGatewayNotices),
          "\nLOG_ADDRESS=", layout.Address(Port::kGatewayLog),
          "\nSMDP_ES2PLUS_ADDRESS=", layout.Address(Port::kSmdpEs2Plus),
          "\nSMDP_DEVICE_ADDRESS=", layout.Address(Port::kSmdpDevice),
          "\nIDENTITY_AUTHORITY_ADDRESS=",
          layout.Address(Port::kIdentityAuthority),
          "\nIDENTITY_AUTHORITY_CONTROL_ADDRESS=",
          layout.Address(Port::kIdentityAuthorityControl),
          "\nWITNESS_ADDRESS=", layout.Address(Port::kWitness),
          "\nADMIN_ADDRESS=", layout.Address(Port::kShimingdAdmin), "\n"),
      FileAccess::kEveryone);
}

// The four services; the gateway and what is beside them have one instance.
absl::Status WriteServices(const Layout& layout, Instance instance) {
  RETURN_IF_ERROR(WriteIssuanceLedger(layout, instance));
  RETURN_IF_ERROR(WriteTerminalSession(layout, instance));
  RETURN_IF_ERROR(WriteIdentityVerification(layout, instance));
  return WriteProfileOrder(layout, instance);
}

}  // namespace

absl::Status WriteConfigs(const Layout& layout) {
  RETURN_IF_ERROR(MakeFolder(layout.data + "/config"));
  RETURN_IF_ERROR(WriteServices(layout, kFirst));
  if (layout.instances > 1) {
    RETURN_IF_ERROR(WriteServices(layout, kSecond));
  }
  RETURN_IF_ERROR(WriteText(layout, "witness", WitnessConfigOf(layout)));
  RETURN_IF_ERROR(WriteGateway(layout));
  RETURN_IF_ERROR(WriteShimingd(layout));
  RETURN_IF_ERROR(WriteCtl(layout));
  RETURN_IF_ERROR(WriteDevices(layout));
  RETURN_IF_ERROR(WriteSimulators(layout));
  return WriteAddresses(layout);
}

}  // namespace shiming::shimingctl
