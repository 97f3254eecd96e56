#include "common/rpc/peer_resolver.h"

#include <grpc/grpc_security_constants.h>

#include <mutex>
#include <utility>
#include <vector>

#include "common/crypto/encoding.h"
#include "common/crypto/random.h"
#include "common/crypto/x509.h"
#include "common/rpc/metadata.h"
#include "common/status/reason.h"
#include "common/status/status_macros.h"

namespace shiming::rpc {
namespace {

// Far more than terminals of one operator; when it is full it starts anew.
constexpr size_t kMaxCachedCertificates = 16384;
constexpr size_t kCredentialBytes = 32;

std::string_view View(const grpc::string_ref& text) {
  return {text.data(), text.size()};
}

absl::Status Refuse(std::string_view why) {
  return MakeError(Reason::UNAUTHENTICATED_PEER, why);
}

}  // namespace

PeerResolver::PeerResolver(std::string trust_domain)
    : trust_domain_(std::move(trust_domain)) {}

absl::StatusOr<std::shared_ptr<const Peer>> PeerResolver::Resolve(
    const grpc::ServerContextBase& context) {
  const std::shared_ptr<const grpc::AuthContext> auth = context.auth_context();
  const std::vector<grpc::string_ref> certificates =
      auth == nullptr
          ? std::vector<grpc::string_ref>()
          : auth->FindPropertyValues(GRPC_X509_PEM_CERT_PROPERTY_NAME);
  if (certificates.empty()) return ResolveInProcess(context);
  if (context.client_metadata().contains(kInProcessKey)) {
    return Refuse("in-process credential on a network call");
  }
  return ResolveCertificate(*auth, View(certificates[0]));
}

absl::StatusOr<std::shared_ptr<const Peer>> PeerResolver::ResolveCertificate(
    const grpc::AuthContext& auth, std::string_view pem) {
  {
    std::shared_lock lock(mutex_);
    if (auto found = by_certificate_.find(pem);
        found != by_certificate_.end()) {
      return found->second;
    }
  }
  const std::vector<grpc::string_ref> uris =
      auth.FindPropertyValues(GRPC_PEER_URI_PROPERTY_NAME);
  if (uris.size() != 1) return Refuse("certificate has not one URI SAN");
  ASSIGN_OR_RETURN(Peer peer, ParseSpiffeId(View(uris[0]), trust_domain_));
  ASSIGN_OR_RETURN(peer.key_hash, crypto::PublicKeyHashOfCertificate(pem));
  auto shared = std::make_shared<const Peer>(std::move(peer));
  std::unique_lock lock(mutex_);
  if (by_certificate_.size() >= kMaxCachedCertificates) by_certificate_.clear();
  by_certificate_.emplace(std::string(pem), shared);
  return shared;
}

absl::StatusOr<std::shared_ptr<const Peer>> PeerResolver::ResolveInProcess(
    const grpc::ServerContextBase& context) {
  // Only mTLS ports and the in-process transport exist; be sure all the same.
  // gRPC 1.51 calls the latter's peer "unknown", later ones "inproc".
  const std::string from = context.peer();
  if (from != "unknown" && from != "inproc") {
    return Refuse("no client certificate from " + from);
  }
  const auto found = context.client_metadata().find(kInProcessKey);
  if (found == context.client_metadata().end()) {
    return Refuse("in-process call without credential");
  }
  std::shared_lock lock(mutex_);
  const auto peer = by_credential_.find(View(found->second));
  if (peer == by_credential_.end()) {
    return Refuse("unknown in-process credential");
  }
  return peer->second;
}

std::string PeerResolver::AddInProcessPeer(Peer peer) {
  std::string credential =
      crypto::ToHex(crypto::SystemRandom().Bytes(kCredentialBytes));
  std::unique_lock lock(mutex_);
  by_credential_.emplace(credential,
                         std::make_shared<const Peer>(std::move(peer)));
  return credential;
}

}  // namespace shiming::rpc
