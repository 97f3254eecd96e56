// mTLS of every gRPC connection (DESIGN 5): TLS 1.3, both sides show a
// certificate of the CA, replaced files are taken up without a restart.
#ifndef SHIMING_COMMON_RPC_TLS_H_
#define SHIMING_COMMON_RPC_TLS_H_

#include <grpcpp/security/credentials.h>
#include <grpcpp/security/server_credentials.h>

#include <memory>
#include <string>

#include "absl/status/statusor.h"

namespace shiming::rpc {

// Paths of PEM files. Re-read every 10 s.
struct TlsFiles {
  std::string cert;  // our certificate, followed by intermediates if any
  std::string key;   // its private key, unencrypted
  std::string ca;    // roots that the other side's certificate must lead to
};

// Server side: a client without a certificate of `ca` fails the handshake.
// INVALID_ARGUMENT naming the file that cannot be read or holds no PEM.
absl::StatusOr<std::shared_ptr<grpc::ServerCredentials>> ServerTls(
    const TlsFiles& files);

// Client side: the server's certificate must lead to `ca` and hold exactly one
// URI SAN, which is `server_spiffe_id`; host names are not looked at. Errors
// as ServerTls.
absl::StatusOr<std::shared_ptr<grpc::ChannelCredentials>> ChannelTls(
    const TlsFiles& files, const std::string& server_spiffe_id);

}  // namespace shiming::rpc

#endif  // SHIMING_COMMON_RPC_TLS_H_
