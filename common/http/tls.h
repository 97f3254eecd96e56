// TLS for the HTTP server and client: contexts from files, and what a
// certificate says of its holder. Private to common/http: the OpenSSL types
// here go no further.
#ifndef SHIMING_COMMON_HTTP_TLS_H_
#define SHIMING_COMMON_HTTP_TLS_H_

#include <openssl/ssl.h>

#include <memory>

#include "absl/status/statusor.h"
#include "common/http/message.h"
#include "common/http/tls_files.h"

namespace shiming::http {

struct FreeSslContext {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};
using SslContext = std::unique_ptr<SSL_CTX, FreeSslContext>;

// A server's context. A client certificate is demanded and verified if
// files.ca_file is set. kInvalidArgument names the file that cannot be used.
// No tickets and no session cache: every connection verifies its peer anew.
absl::StatusOr<SslContext> MakeServerContext(const TlsFiles& files);

// A client's context: trusts files.ca_file alone, presents the certificate if
// one is given.
absl::StatusOr<SslContext> MakeClientContext(const TlsFiles& files);

// What `certificate` says; never null.
Peer PeerOfCertificate(X509* certificate);

// The other end of an established connection; an empty Peer without one.
Peer PeerOfConnection(SSL* ssl);

// True for the alert with which a server refuses our certificate. Under TLS
// 1.3 a client meets it only when it reads its answer, but a server sends it
// before it looks at any request.
bool IsCertificateRefusal(unsigned long openssl_error);

}  // namespace shiming::http

#endif  // SHIMING_COMMON_HTTP_TLS_H_
