#include "common/http/tls.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/sha.h>
#include <openssl/sslerr.h>
#include <openssl/x509v3.h>

#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "common/status/status_macros.h"

namespace shiming::http {
namespace {

// TLS 1.2 suites: ECDHE with AEAD, and the CBC suite that SGP.22 v2.2 §2.6.6
// lets a conforming peer insist on.
constexpr char kTls12Ciphers[] =
    "ECDHE+AESGCM:ECDHE+CHACHA20:ECDHE-ECDSA-AES128-SHA256";

absl::Status Unusable(const char* what, const std::string& file) {
  char text[256] = "";
  const unsigned long error = ERR_get_error();
  if (error != 0) ERR_error_string_n(error, text, sizeof(text));
  ERR_clear_error();
  return absl::InvalidArgumentError(
      absl::StrCat(what, " \"", file, "\" cannot be used: ", text));
}

absl::Status LoadOwnCertificate(SSL_CTX* context, const TlsFiles& files) {
  if (SSL_CTX_use_certificate_chain_file(context,
                                         files.certificate_file.c_str()) != 1) {
    return Unusable("certificate", files.certificate_file);
  }
  if (SSL_CTX_use_PrivateKey_file(context, files.key_file.c_str(),
                                  SSL_FILETYPE_PEM) != 1 ||
      SSL_CTX_check_private_key(context) != 1) {
    return Unusable("private key", files.key_file);
  }
  return absl::OkStatus();
}

absl::StatusOr<SslContext> MakeContext(const SSL_METHOD* method,
                                       TlsFloor floor) {
  ERR_clear_error();
  SslContext context(SSL_CTX_new(method));
  if (context == nullptr) return absl::InternalError("SSL_CTX_new failed");
  SSL_CTX_set_min_proto_version(
      context.get(), floor == TlsFloor::k12 ? TLS1_2_VERSION : TLS1_3_VERSION);
  SSL_CTX_set_cipher_list(context.get(), kTls12Ciphers);
  SSL_CTX_set_options(context.get(), SSL_OP_NO_TICKET | SSL_OP_NO_COMPRESSION |
                                         SSL_OP_NO_RENEGOTIATION);
  SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
  SSL_CTX_set_num_tickets(context.get(), 0);
  SSL_CTX_set_mode(context.get(), SSL_MODE_RELEASE_BUFFERS);
  return context;
}

std::string OnlyUri(X509* certificate) {
  auto* names = static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr));
  if (names == nullptr) return "";
  std::string uri;
  int count = 0;
  for (int i = 0; i < sk_GENERAL_NAME_num(names); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(names, i);
    if (name->type != GEN_URI) continue;
    ++count;
    const ASN1_IA5STRING* text = name->d.uniformResourceIdentifier;
    uri.assign(reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
               ASN1_STRING_length(text));
  }
  GENERAL_NAMES_free(names);
  return count == 1 ? uri : "";
}

std::string KeyHash(X509* certificate) {
  unsigned char* der = nullptr;
  const int length = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &der);
  if (length <= 0) return "";
  unsigned char digest[SHA256_DIGEST_LENGTH];
  SHA256(der, length, digest);
  OPENSSL_free(der);
  return std::string(reinterpret_cast<char*>(digest), sizeof(digest));
}

std::string Subject(X509* certificate) {
  BIO* out = BIO_new(BIO_s_mem());
  if (out == nullptr) return "";
  X509_NAME_print_ex(out, X509_get_subject_name(certificate), 0,
                     XN_FLAG_RFC2253);
  char* data = nullptr;
  const long length = BIO_get_mem_data(out, &data);
  std::string text(data, length > 0 ? length : 0);
  BIO_free(out);
  return text;
}

}  // namespace

absl::StatusOr<SslContext> MakeServerContext(const TlsFiles& files) {
  ASSIGN_OR_RETURN(SslContext context,
                   MakeContext(TLS_server_method(), files.floor));
  RETURN_IF_ERROR(LoadOwnCertificate(context.get(), files));
  if (!files.ca_file.empty()) {
    if (SSL_CTX_load_verify_file(context.get(), files.ca_file.c_str()) != 1) {
      return Unusable("client CA", files.ca_file);
    }
    SSL_CTX_set_verify(context.get(),
                       SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT,
                       nullptr);
  }
  return context;
}

absl::StatusOr<SslContext> MakeClientContext(const TlsFiles& files) {
  ASSIGN_OR_RETURN(SslContext context,
                   MakeContext(TLS_client_method(), files.floor));
  if (!files.certificate_file.empty()) {
    RETURN_IF_ERROR(LoadOwnCertificate(context.get(), files));
  }
  if (SSL_CTX_load_verify_file(context.get(), files.ca_file.c_str()) != 1) {
    return Unusable("CA", files.ca_file);
  }
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
  return context;
}

Peer PeerOfCertificate(X509* certificate) {
  Peer peer;
  peer.uri = OnlyUri(certificate);
  peer.key_hash = KeyHash(certificate);
  peer.subject = Subject(certificate);
  return peer;
}

Peer PeerOfConnection(SSL* ssl) {
  X509* certificate = SSL_get1_peer_certificate(ssl);
  if (certificate == nullptr) return {};
  Peer peer = PeerOfCertificate(certificate);
  X509_free(certificate);
  return peer;
}

bool IsCertificateRefusal(unsigned long openssl_error) {
  if (ERR_GET_LIB(openssl_error) != ERR_LIB_SSL) return false;
  switch (ERR_GET_REASON(openssl_error)) {
    case SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED:
    case SSL_R_TLSV1_ALERT_UNKNOWN_CA:
    case SSL_R_TLSV1_ALERT_ACCESS_DENIED:
    case SSL_R_SSLV3_ALERT_BAD_CERTIFICATE:
    case SSL_R_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_REVOKED:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN:
    case SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE:
      return true;
    default:
      return false;
  }
}

}  // namespace shiming::http
