#include "services/gateway/gateway_config.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/config/config.h"
#include "common/crypto/encoding.h"
#include "common/http/address.h"
#include "common/process/run_main.h"
#include "common/process/target_check.h"
#include "common/status/status_macros.h"

namespace shiming::gateway {
namespace {

constexpr size_t kSha256Bytes = 32;

void Resolve(const std::string& config_path, std::string& path) {
  path = ResolvePath(config_path, path);
}

void Resolve(const std::string& config_path, config::v1::TlsFiles& tls) {
  Resolve(config_path, *tls.mutable_certificate_file());
  Resolve(config_path, *tls.mutable_key_file());
  Resolve(config_path, *tls.mutable_ca_file());
}

absl::Status CheckListen(const std::string& field, const std::string& listen) {
  const auto address = http::ParseHostPort(listen);
  if (address.ok()) return absl::OkStatus();
  return ConfigError(field, std::string(address.status().message()));
}

absl::Status CheckOwnCertificate(const std::string& field,
                                 const config::v1::TlsFiles& tls) {
  if (tls.certificate_file().empty()) {
    return ConfigError(field + ".certificate_file", "is missing");
  }
  if (tls.key_file().empty()) {
    return ConfigError(field + ".key_file", "is missing");
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<config::v1::GatewayConfig> LoadGatewayConfig(
    const std::string& path) {
  ASSIGN_OR_RETURN(auto config, LoadConfig<config::v1::GatewayConfig>(path));
  RETURN_IF_ERROR(process::PrepareProcess(path, *config.mutable_process()));
  Resolve(path, *config.mutable_notices()->mutable_tls());
  if (config.has_log()) {
    Resolve(path, *config.mutable_log()->mutable_tls());
    Resolve(path, *config.mutable_log()->mutable_folder());
  }
  return config;
}

absl::Status CheckGatewayConfig(const config::v1::GatewayConfig& config) {
  RETURN_IF_ERROR(
      process::CheckTargetAddress("profile_order", config.profile_order()));
  const auto& notices = config.notices();
  RETURN_IF_ERROR(CheckListen("notices.listen", notices.listen()));
  RETURN_IF_ERROR(CheckOwnCertificate("notices.tls", notices.tls()));
  if (notices.tls().ca_file().empty()) {
    return ConfigError("notices.tls.ca_file", "is missing");
  }
  RETURN_IF_ERROR(PinnedSmdpsOf(notices).status());
  if (config.has_log()) {
    RETURN_IF_ERROR(CheckListen("log.listen", config.log().listen()));
    RETURN_IF_ERROR(CheckOwnCertificate("log.tls", config.log().tls()));
    if (config.log().folder().empty()) {
      return ConfigError("log.folder", "is missing");
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<PinnedSmdps> PinnedSmdpsOf(
    const config::v1::NoticeListener& listener) {
  if (listener.peers().empty()) {
    return ConfigError("notices.peers", "at least one is needed");
  }
  PinnedSmdps pinned;
  for (int i = 0; i < listener.peers_size(); ++i) {
    const auto& peer = listener.peers(i);
    const std::string field = absl::StrCat("notices.peers[", i, "]");
    if (peer.smdp().empty()) return ConfigError(field + ".smdp", "is missing");
    if (peer.requester().empty()) {
      return ConfigError(field + ".requester", "is missing");
    }
    if (peer.key_sha256().empty()) {
      return ConfigError(field + ".key_sha256", "at least one is needed");
    }
    for (const std::string& text : peer.key_sha256()) {
      const absl::StatusOr<std::string> hash = crypto::FromHex(text);
      if (!hash.ok() || hash->size() != kSha256Bytes) {
        return ConfigError(field + ".key_sha256",
                           "is not 64 hexadecimal digits");
      }
      const bool added =
          pinned.emplace(*hash, PinnedSmdp{peer.smdp(), peer.requester()})
              .second;
      if (!added) return ConfigError(field + ".key_sha256", "is there twice");
    }
  }
  return pinned;
}

}  // namespace shiming::gateway
