#include "tests/e2e/other_smdp.h"

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/crypto/encoding.h"
#include "common/crypto/random.h"
#include "common/crypto/x509.h"
#include "common/files/file.h"
#include "common/ids/ids.h"
#include "common/status/status_macros.h"
#include "shiming/config/v1/gateway_config.pb.h"
#include "shiming/config/v1/profile_order_config.pb.h"
#include "tests/e2e/edit_config.h"
#include "tools/shiming_terminal/synthetic_stock.h"
#include "tools/shimingctl/pki.h"

namespace shiming::e2e {
namespace {

using shimingctl::Layout;
using shimingctl::Port;

constexpr char kBinary[] = "services/simulators/smdp_plus/smdp_plus";

std::string AddressAt(const Layout& layout, int port) {
  return layout.Address(static_cast<Port>(port));
}

std::string StemOf(const OtherSmdpIdentity& identity) {
  return "outside/" + identity.id;
}

absl::Status MakeCertificate(const Layout& layout,
                             const OtherSmdpIdentity& identity) {
  ASSIGN_OR_RETURN(
      shimingctl::DevelopmentPki pki,
      shimingctl::DevelopmentPki::Open(layout.Pki(), layout.trust_domain));
  return pki.EnsureIdentity("svc/" + identity.id, StemOf(identity));
}

}  // namespace

absl::Status PinOtherSmdp(const Layout& layout,
                          const OtherSmdpIdentity& identity) {
  RETURN_IF_ERROR(MakeCertificate(layout, identity));
  ASSIGN_OR_RETURN(
      const std::string certificate,
      ReadFile(absl::StrCat(layout.Pki(), "/", StemOf(identity), ".crt")));
  ASSIGN_OR_RETURN(const std::string key_hash,
                   crypto::PublicKeyHashOfCertificate(certificate));
  RETURN_IF_ERROR(EditConfig<config::v1::GatewayConfig>(
      layout.Config("gateway.textproto"),
      [&](config::v1::GatewayConfig& config) {
        config::v1::NoticePeer& peer = *config.mutable_notices()->add_peers();
        peer.set_smdp(identity.id);
        peer.add_key_sha256(crypto::ToHex(key_hash));
        peer.set_requester(identity.requester);
      }));
  return EditConfig<config::v1::ProfileOrderConfig>(
      layout.Config("profile_order.textproto"),
      [&](config::v1::ProfileOrderConfig& config) {
        config::v1::SmdpPlus smdp = config.smdps(0);
        smdp.set_id(identity.id);
        smdp.set_base_url("https://" + AddressAt(layout, identity.port));
        *config.add_smdps() = smdp;
      });
}

absl::StatusOr<std::unique_ptr<OtherSmdp>> OtherSmdp::Start(
    const Layout& layout, const OtherSmdpIdentity& identity) {
  RETURN_IF_ERROR(MakeCertificate(layout, identity));
  // Of this process alone: no notice of an earlier one is left in it.
  const std::string folder =
      absl::StrCat(layout.data, "/simulators/", identity.id, "-",
                   NewId(crypto::SystemRandom()).substr(0, 8));
  RETURN_IF_ERROR(MakeFolder(folder));
  RETURN_IF_ERROR(ReplaceFile(folder + "/stock.csv",
                              shiming_terminal::IccidsCsv(0, 1),
                              FileAccess::kEveryone));
  const std::string certificate =
      absl::StrCat(layout.Pki(), "/", StemOf(identity));
  const std::string device_address = AddressAt(layout, identity.port + 1);
  const std::string output = folder + "/output";
  auto smdp = std::unique_ptr<OtherSmdp>(new OtherSmdp());
  ASSIGN_OR_RETURN(
      smdp->process_,
      ChildProcess::Start(
          {kBinary, "--listen=" + AddressAt(layout, identity.port),
           "--device_listen=" + device_address,
           "--cert=" + certificate + ".crt", "--key=" + certificate + ".key",
           "--client_ca=" + layout.Pki() + "/ca.crt",
           "--stock=" + folder + "/stock.csv", "--state=" + folder + "/state",
           "--notice_url=https://" + layout.Address(Port::kGatewayNotices),
           "--own_requester=" + identity.requester},
          output));
  ASSIGN_OR_RETURN(smdp->control_, SmdpControl::Open(device_address));
  const absl::Time deadline = absl::Now() + absl::Seconds(20);
  while (!smdp->control_->Notices().ok()) {
    if (!smdp->process_->running() || absl::Now() > deadline) {
      return absl::UnavailableError(absl::StrCat(
          identity.id, " does not answer\n", ReadFile(output).value_or("")));
    }
    absl::SleepFor(absl::Milliseconds(20));
  }
  return smdp;
}

}  // namespace shiming::e2e
