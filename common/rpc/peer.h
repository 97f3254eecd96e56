// Who is calling: the identity in a client's certificate (DESIGN 5).
#ifndef SHIMING_COMMON_RPC_PEER_H_
#define SHIMING_COMMON_RPC_PEER_H_

#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace shiming::rpc {

// The kinds of identity that a certificate can carry. Values are stable: the
// access table keeps sets of them as bits.
enum class Role {
  kTerminal = 0,
  kDisplay = 1,
  kService = 2,
  kApp = 3,
  kAuditor = 4,
  kOfficer = 5,
  kAdmin = 6,
};

// "terminal", "display", "svc", "app", "auditor", "officer", "admin": the
// first path segment of the SPIFFE id, also used in logs and tests.
std::string_view NameOf(Role role);

// A caller whose identity has been proven, by its certificate or by the
// in-process credential of a service. A plain value.
struct Peer {
  Role role = Role::kTerminal;
  // "spiffe://<trust-domain>/terminal/<shop>/<terminal>", as in the certificate
  std::string spiffe_id;
  // Shop of a terminal or display; empty for all others.
  std::string shop;
  // Last path segment: terminal, display, service, app ... id.
  std::string id;
  // SHA-256 of the certificate's SubjectPublicKeyInfo (DER), 32 raw bytes;
  // empty for a call inside the process and for a principal named by the
  // gateway.
  std::string key_hash;
  // True when the gateway made the call for this app or auditor and named it
  // in metadata; only on methods marked via_gateway.
  bool via_gateway = false;
};

// Parses the URI SAN of a certificate. Segments are 1 to 64 characters of
// [A-Za-z0-9._-], the whole at most 255. UNAUTHENTICATED_PEER when it is not
// one of the seven forms or names another trust domain. key_hash stays empty.
absl::StatusOr<Peer> ParseSpiffeId(std::string_view uri,
                                   std::string_view trust_domain);

// "spiffe://<trust_domain>/svc/<name>".
std::string ServiceSpiffeId(std::string_view trust_domain,
                            std::string_view name);

}  // namespace shiming::rpc

#endif  // SHIMING_COMMON_RPC_PEER_H_
