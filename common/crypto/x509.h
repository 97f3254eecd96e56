// Certificates: the development CA, and what is read from a peer's certificate.
#ifndef SHIMING_COMMON_CRYPTO_X509_H_
#define SHIMING_COMMON_CRYPTO_X509_H_

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/crypto/keys.h"
#include "common/crypto/secret.h"

struct x509_st;

namespace shiming::crypto {

// What a certificate says of its holder.
struct CertificateSpec {
  // Shown to people only; nothing is authorised by it. 1 to 64 characters.
  std::string common_name;
  // The one URI SAN, "spiffe://<trust-domain>/svc/<name>" and so on. Empty for
  // a plain server certificate.
  std::string uri;
  // Host names and IP addresses ("127.0.0.1", "::1") of a server.
  std::vector<std::string> dns_names;
  std::vector<std::string> ip_addresses;
  // By the system's clock: TLS does not follow --insecure_clock.
  absl::Time not_before;
  absl::Time not_after;
};

// A CA with an ECDSA P-256 key that issues end-entity certificates; for
// development (production: the operator's own). Thread-safe.
class CertificateAuthority {
 public:
  // A new key and a self-signed certificate that may issue no further CAs.
  // INVALID_ARGUMENT for a name of another length.
  static absl::StatusOr<CertificateAuthority> Create(
      const std::string& common_name, absl::Time not_before,
      absl::Time not_after);
  // From what CertificatePem and KeyPem gave. INVALID_ARGUMENT if one is
  // malformed or they do not belong together.
  static absl::StatusOr<CertificateAuthority> FromPem(
      std::string_view certificate_pem, std::string_view key_pem);

  const std::string& CertificatePem() const { return certificate_pem_; }
  Secret KeyPem() const { return key_.ToPem(); }

  // A certificate for `key`, in PEM, for TLS servers and clients alike, with a
  // random 127-bit serial number. INVALID_ARGUMENT for a malformed spec.
  absl::StatusOr<std::string> Issue(const VerifyKey& key,
                                    const CertificateSpec& spec) const;

 private:
  CertificateAuthority(SigningKey key, std::shared_ptr<x509_st> certificate,
                       std::string certificate_pem);

  SigningKey key_;
  std::shared_ptr<x509_st> certificate_;
  std::string certificate_pem_;
};

// OK when the first certificate of `chain_pem` leads, by the others of it where
// needed, to one of the certificates of `anchors_pem`, may authenticate a TLS
// client and is valid at `time`; PERMISSION_DENIED otherwise. INVALID_ARGUMENT
// for a text without a certificate. For signed files: the TLS library does it
// for connections. Thread-safe.
absl::Status CheckClientChain(std::string_view chain_pem,
                              std::string_view anchors_pem, absl::Time time);

// The functions below read the first certificate of a PEM text, and trust
// nothing: the TLS library has verified the chain. INVALID_ARGUMENT if there is
// none. Thread-safe.

// Its one URI SAN; INVALID_ARGUMENT if it has none, several, or one that does
// not begin with "spiffe://".
absl::StatusOr<std::string> SpiffeIdOf(std::string_view certificate_pem);

// SHA-256 of its SubjectPublicKeyInfo in DER, 32 raw bytes: equal to
// VerifyKey::Hash of its key.
absl::StatusOr<std::string> PublicKeyHashOfCertificate(
    std::string_view certificate_pem);

// Its key; INVALID_ARGUMENT if that is neither Ed25519 nor P-256.
absl::StatusOr<VerifyKey> PublicKeyOfCertificate(
    std::string_view certificate_pem);

// The last moment at which it is valid.
absl::StatusOr<absl::Time> NotAfterOf(std::string_view certificate_pem);

}  // namespace shiming::crypto

#endif  // SHIMING_COMMON_CRYPTO_X509_H_
