// From a call's transport to its Peer.
#ifndef SHIMING_COMMON_RPC_PEER_RESOLVER_H_
#define SHIMING_COMMON_RPC_PEER_RESOLVER_H_

#include <grpcpp/server_context.h>

#include <memory>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "absl/status/statusor.h"
#include "common/rpc/peer.h"

namespace shiming::rpc {

// Proves who calls. Thread-safe.
//
// A network call: the TLS handshake has verified a client certificate; it must
// hold exactly one URI SAN, of our trust domain. An in-process call (no
// certificate, no network address): it must carry a credential that
// AddInProcessPeer made. A network call that carries one is refused.
class PeerResolver {
 public:
  explicit PeerResolver(std::string trust_domain);

  // The peer of a call. UNAUTHENTICATED_PEER if it cannot be proven.
  absl::StatusOr<std::shared_ptr<const Peer>> Resolve(
      const grpc::ServerContextBase& context);

  // A fresh random credential (64 hex digits) that stands for `peer` on
  // in-process calls, as long as this object lives.
  std::string AddInProcessPeer(Peer peer);

  const std::string& trust_domain() const { return trust_domain_; }

 private:
  struct TextHash {
    using is_transparent = void;
    size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>()(text);
    }
  };
  using PeerMap = std::unordered_map<std::string, std::shared_ptr<const Peer>,
                                     TextHash, std::equal_to<>>;

  absl::StatusOr<std::shared_ptr<const Peer>> ResolveCertificate(
      const grpc::AuthContext& auth, std::string_view pem);
  absl::StatusOr<std::shared_ptr<const Peer>> ResolveInProcess(
      const grpc::ServerContextBase& context);

  const std::string trust_domain_;
  std::shared_mutex mutex_;
  PeerMap by_certificate_;  // PEM -> peer; guarded by mutex_
  PeerMap by_credential_;   // guarded by mutex_
};

}  // namespace shiming::rpc

#endif  // SHIMING_COMMON_RPC_PEER_RESOLVER_H_
