#include "tools/shiming_terminal/device.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/config/config.h"
#include "common/files/file.h"
#include "common/rpc/channel.h"
#include "common/rpc/peer.h"
#include "common/status/status_macros.h"

namespace shiming::shiming_terminal {
namespace {

using config::v1::DeviceConfig;

// A clerk would rather wait than begin anew while services start again.
constexpr absl::Duration kPatience = absl::Seconds(60);

absl::StatusOr<DeviceConfig> Load(const std::string& config_file) {
  ASSIGN_OR_RETURN(DeviceConfig config, LoadConfig<DeviceConfig>(config_file));
  for (std::string* path : {config.mutable_tls()->mutable_certificate_file(),
                            config.mutable_tls()->mutable_key_file(),
                            config.mutable_tls()->mutable_ca_file(),
                            config.mutable_evidence_key_file(),
                            config.mutable_demo_face_engine_key_file(),
                            config.mutable_reveal_requests_file()}) {
    if (!path->empty()) *path = ResolvePath(config_file, *path);
  }
  return config;
}

absl::StatusOr<std::shared_ptr<grpc::Channel>> ConnectTo(
    const DeviceConfig& config, const config::v1::Target& target) {
  return rpc::Connect({
      .address = target.address(),
      .tls = {.cert = config.tls().certificate_file(),
              .key = config.tls().key_file(),
              .ca = config.tls().ca_file()},
      .server_spiffe_id =
          rpc::ServiceSpiffeId(config.trust_domain(), target.service()),
  });
}

}  // namespace

absl::StatusOr<crypto::SigningKey> ReadKey(const std::string& path) {
  ASSIGN_OR_RETURN(std::string pem, ReadFile(path));
  absl::StatusOr<crypto::SigningKey> key = crypto::SigningKey::FromPem(pem);
  crypto::WipeString(pem);
  if (!key.ok()) {
    return absl::InvalidArgumentError(absl::StrCat(path, ": no private key"));
  }
  return key;
}

absl::StatusOr<std::unique_ptr<TerminalDevice>> TerminalDevice::Open(
    const std::string& config_file, const Clock& clock,
    crypto::Random& random) {
  ASSIGN_OR_RETURN(DeviceConfig config, Load(config_file));
  ASSIGN_OR_RETURN(crypto::SigningKey evidence_key,
                   ReadKey(config.evidence_key_file()));
  ASSIGN_OR_RETURN(crypto::SigningKey face_key,
                   ReadKey(config.demo_face_engine_key_file()));
  auto device = std::unique_ptr<TerminalDevice>(new TerminalDevice(
      std::move(evidence_key),
      DemoFaceEngine(std::move(face_key), config.demo_face_engine_key_id())));
  TerminalChannels channels;
  ASSIGN_OR_RETURN(channels.terminal_session,
                   ConnectTo(config, config.terminal_session()));
  ASSIGN_OR_RETURN(channels.identity_verification,
                   ConnectTo(config, config.identity_verification()));
  ASSIGN_OR_RETURN(channels.profile_order,
                   ConnectTo(config, config.profile_order()));
  device->terminal_ = std::make_unique<ClerkTerminal>(ClerkTerminal::Options{
      .channels = std::move(channels),
      .terminal = config.id(),
      .sam_number = config.sam_number(),
      .evidence_key = &device->evidence_key_,
      .face_engine = &device->face_engine_,
      .clock = &clock,
      .random = &random,
      .patience = kPatience,
  });
  return device;
}

absl::StatusOr<std::unique_ptr<DisplayDevice>> DisplayDevice::Open(
    const std::string& config_file, crypto::Random& random) {
  ASSIGN_OR_RETURN(DeviceConfig config, Load(config_file));
  ASSIGN_OR_RETURN(std::unique_ptr<RevealRequests> requests,
                   RevealRequests::Open(config.reveal_requests_file(), random));
  ASSIGN_OR_RETURN(std::shared_ptr<grpc::Channel> channel,
                   ConnectTo(config, config.profile_order()));
  auto device =
      std::unique_ptr<DisplayDevice>(new DisplayDevice(std::move(requests)));
  device->display_ =
      std::make_unique<CustomerDisplay>(channel, *device->requests_);
  return device;
}

}  // namespace shiming::shiming_terminal
