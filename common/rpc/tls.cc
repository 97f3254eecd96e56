#include "common/rpc/tls.h"

#include <grpcpp/security/tls_certificate_provider.h>
#include <grpcpp/security/tls_certificate_verifier.h>
#include <grpcpp/security/tls_credentials_options.h>

#include <cstdlib>
#include <fstream>
#include <functional>
#include <sstream>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/status/status_macros.h"

namespace shiming::rpc {
namespace {

using grpc::experimental::CertificateProviderInterface;
using grpc::experimental::ExternalCertificateVerifier;
using grpc::experimental::FileWatcherCertificateProvider;
using grpc::experimental::TlsChannelCredentialsOptions;
using grpc::experimental::TlsCustomVerificationCheckRequest;
using grpc::experimental::TlsServerCredentialsOptions;

constexpr unsigned kRefreshSeconds = 10;

// gRPC 1.51 has no setting for the lowest TLS version (grpc pull 34861 came
// later) and itself allows 1.2. Its list of TLS 1.2 cipher suites is a
// documented environment variable (grpc doc/environment_variables.md); with a
// suite that needs a pre-shared key, which nobody has, no TLS 1.2 handshake
// can succeed. TLS 1.3 has its own suites and is not touched. Set before main,
// while there is one thread, because setenv is not thread-safe.
const bool kOnlyTls13 = [] {
  return setenv("GRPC_SSL_CIPHER_SUITES", "PSK-AES256-GCM-SHA384", 1) == 0;
}();

absl::Status CheckPem(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  if (!in)
    return absl::InvalidArgumentError(absl::StrCat("cannot read ", path));
  if (text.str().find("-----BEGIN ") == std::string::npos) {
    return absl::InvalidArgumentError(absl::StrCat("no PEM in ", path));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::shared_ptr<CertificateProviderInterface>> Provider(
    const TlsFiles& files) {
  if (!kOnlyTls13) return absl::InternalError("cannot restrict TLS to 1.3");
  RETURN_IF_ERROR(CheckPem(files.cert));
  RETURN_IF_ERROR(CheckPem(files.key));
  RETURN_IF_ERROR(CheckPem(files.ca));
  return std::make_shared<FileWatcherCertificateProvider>(
      files.key, files.cert, files.ca, kRefreshSeconds);
}

// Accepts a server by the one URI SAN of its certificate; its chain has been
// verified before.
class SpiffeVerifier : public ExternalCertificateVerifier {
 public:
  explicit SpiffeVerifier(std::string expected)
      : expected_(std::move(expected)) {}

  bool Verify(TlsCustomVerificationCheckRequest* request,
              std::function<void(grpc::Status)> /*callback*/,
              grpc::Status* sync_status) override {
    const std::vector<grpc::string_ref> uris = request->uri_names();
    if (uris.size() != 1 || uris[0] != expected_) {
      *sync_status = grpc::Status(
          grpc::StatusCode::UNAUTHENTICATED,
          absl::StrCat("server's certificate is not of ", expected_));
    } else {
      *sync_status = grpc::Status::OK;
    }
    return true;
  }

  void Cancel(TlsCustomVerificationCheckRequest* /*request*/) override {}

 private:
  const std::string expected_;
};

}  // namespace

absl::StatusOr<std::shared_ptr<grpc::ServerCredentials>> ServerTls(
    const TlsFiles& files) {
  ASSIGN_OR_RETURN(auto provider, Provider(files));
  TlsServerCredentialsOptions options(std::move(provider));
  options.watch_root_certs();
  options.watch_identity_key_cert_pairs();
  options.set_cert_request_type(
      GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
  return grpc::experimental::TlsServerCredentials(options);
}

absl::StatusOr<std::shared_ptr<grpc::ChannelCredentials>> ChannelTls(
    const TlsFiles& files, const std::string& server_spiffe_id) {
  ASSIGN_OR_RETURN(auto provider, Provider(files));
  TlsChannelCredentialsOptions options;
  options.set_certificate_provider(std::move(provider));
  options.watch_root_certs();
  options.watch_identity_key_cert_pairs();
  options.set_verify_server_certs(true);
  // The call's host is an address, not what the certificate speaks of.
  options.set_check_call_host(false);
  options.set_certificate_verifier(
      ExternalCertificateVerifier::Create<SpiffeVerifier>(server_spiffe_id));
  return grpc::experimental::TlsCredentials(options);
}

}  // namespace shiming::rpc
