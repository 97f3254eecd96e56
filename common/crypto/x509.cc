#include "common/crypto/x509.h"

#include <openssl/pem.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include <ctime>
#include <memory>
#include <utility>
#include <vector>

#include "common/crypto/digest.h"
#include "common/crypto/openssl.h"
#include "common/crypto/random.h"
#include "common/status/status_macros.h"

namespace shiming::crypto {
namespace {

// RFC 5280 appendix A.1: ub-common-name.
constexpr size_t kMostNameBytes = 64;
// RFC 5280 section 4.1.2.2: at most 20 octets, positive.
constexpr size_t kSerialBytes = 16;
constexpr std::string_view kSpiffeScheme = "spiffe://";

using UniqueNumber = std::unique_ptr<BIGNUM, OpensslFree<BN_free>>;
using UniqueExtension =
    std::unique_ptr<X509_EXTENSION, OpensslFree<X509_EXTENSION_free>>;
using UniqueStore = std::unique_ptr<X509_STORE, OpensslFree<X509_STORE_free>>;
using UniqueStoreContext =
    std::unique_ptr<X509_STORE_CTX, OpensslFree<X509_STORE_CTX_free>>;

// Frees the list, not what is in it.
struct StackFree {
  void operator()(STACK_OF(X509) * stack) const { sk_X509_free(stack); }
};
using UniqueStack = std::unique_ptr<STACK_OF(X509), StackFree>;

using UniqueNames =
    std::unique_ptr<GENERAL_NAMES, OpensslFree<GENERAL_NAMES_free>>;

std::string PemOf(X509* certificate) {
  const UniqueBio bio(BIO_new(BIO_s_mem()));
  OPENSSL_CHECK(bio != nullptr);
  OPENSSL_CHECK(PEM_write_bio_X509(bio.get(), certificate) == 1);
  return ContentOf(bio.get());
}

int NoPassphrase(char*, int, int, void*) { return 0; }

absl::StatusOr<UniqueCertificate> Parse(std::string_view pem) {
  const UniqueBio bio = ReadBio(pem);
  UniqueCertificate certificate(
      PEM_read_bio_X509(bio.get(), nullptr, NoPassphrase, nullptr));
  if (certificate == nullptr) {
    ERR_clear_error();
    return absl::InvalidArgumentError("malformed certificate");
  }
  return certificate;
}

// All certificates of a text, first to last; at least one.
absl::StatusOr<std::vector<UniqueCertificate>> ParseAll(std::string_view pem) {
  const UniqueBio bio = ReadBio(pem);
  std::vector<UniqueCertificate> certificates;
  for (;;) {
    UniqueCertificate next(
        PEM_read_bio_X509(bio.get(), nullptr, NoPassphrase, nullptr));
    if (next == nullptr) break;
    certificates.push_back(std::move(next));
  }
  ERR_clear_error();
  if (certificates.empty()) {
    return absl::InvalidArgumentError("malformed certificate");
  }
  return certificates;
}

std::string SpkiOf(X509* certificate) {
  unsigned char* data = nullptr;
  const int size = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &data);
  OPENSSL_CHECK(size > 0);
  std::string der(reinterpret_cast<char*>(data), static_cast<size_t>(size));
  OPENSSL_free(data);
  return der;
}

// One extension by OpenSSL's configuration syntax; `value` is a constant.
void AddExtension(X509* certificate, X509* issuer, int nid, const char* value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  const UniqueExtension extension(
      X509V3_EXT_conf_nid(nullptr, &context, nid, value));
  OPENSSL_CHECK(extension != nullptr);
  OPENSSL_CHECK(X509_add_ext(certificate, extension.get(), -1) == 1);
}

// Adds a name of type `type` whose text is ASCII. Built by hand: in the
// configuration syntax a comma in a value would add a second name.
absl::Status AddName(GENERAL_NAMES* names, int type, const std::string& text) {
  for (const char c : text) {
    if (c <= ' ' || c > '~') {
      return absl::InvalidArgumentError("alternative name is not ASCII");
    }
  }
  GENERAL_NAME* name = GENERAL_NAME_new();
  OPENSSL_CHECK(name != nullptr);
  OPENSSL_CHECK(sk_GENERAL_NAME_push(names, name) > 0);  // now owned by names
  if (type == GEN_IPADD) {
    ASN1_OCTET_STRING* address = a2i_IPADDRESS(text.c_str());
    if (address == nullptr) {
      ERR_clear_error();
      return absl::InvalidArgumentError("malformed IP address");
    }
    GENERAL_NAME_set0_value(name, type, address);
    return absl::OkStatus();
  }
  if (text.empty()) return absl::InvalidArgumentError("empty name");
  ASN1_IA5STRING* string = ASN1_IA5STRING_new();
  OPENSSL_CHECK(string != nullptr);
  OPENSSL_CHECK(
      ASN1_STRING_set(string, text.data(), static_cast<int>(text.size())) == 1);
  GENERAL_NAME_set0_value(name, type, string);
  return absl::OkStatus();
}

absl::Status AddAlternativeNames(X509* certificate,
                                 const CertificateSpec& spec) {
  const UniqueNames names(GENERAL_NAMES_new());
  OPENSSL_CHECK(names != nullptr);
  if (!spec.uri.empty()) {
    RETURN_IF_ERROR(AddName(names.get(), GEN_URI, spec.uri));
  }
  for (const std::string& name : spec.dns_names) {
    RETURN_IF_ERROR(AddName(names.get(), GEN_DNS, name));
  }
  for (const std::string& address : spec.ip_addresses) {
    RETURN_IF_ERROR(AddName(names.get(), GEN_IPADD, address));
  }
  if (sk_GENERAL_NAME_num(names.get()) == 0) return absl::OkStatus();
  OPENSSL_CHECK(X509_add1_ext_i2d(certificate, NID_subject_alt_name,
                                  names.get(), 0, X509V3_ADD_DEFAULT) == 1);
  return absl::OkStatus();
}

void SetSerialNumber(X509* certificate) {
  std::string serial = SystemRandom().Bytes(kSerialBytes);
  // Positive, and never zero.
  serial[0] = static_cast<char>((serial[0] & 0x7f) | 0x40);
  const UniqueNumber number(
      BN_bin2bn(Bytes(serial), static_cast<int>(serial.size()), nullptr));
  OPENSSL_CHECK(number != nullptr);
  OPENSSL_CHECK(BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(
                                                     certificate)) != nullptr);
}

// Everything but issuer, extensions and signature.
absl::StatusOr<UniqueCertificate> Draft(const std::string& common_name,
                                        absl::Time not_before,
                                        absl::Time not_after,
                                        const VerifyKey& key) {
  if (common_name.empty() || common_name.size() > kMostNameBytes) {
    return absl::InvalidArgumentError("a common name has 1 to 64 bytes");
  }
  if (not_after <= not_before) {
    return absl::InvalidArgumentError("certificate ends before it begins");
  }
  UniqueCertificate certificate(X509_new());
  OPENSSL_CHECK(certificate != nullptr);
  OPENSSL_CHECK(X509_set_version(certificate.get(), X509_VERSION_3) == 1);
  SetSerialNumber(certificate.get());
  if (X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate.get()), "CN",
                                 MBSTRING_UTF8, Bytes(common_name),
                                 static_cast<int>(common_name.size()), -1,
                                 0) != 1 ||
      ASN1_TIME_set(X509_getm_notBefore(certificate.get()),
                    absl::ToTimeT(not_before)) == nullptr ||
      ASN1_TIME_set(X509_getm_notAfter(certificate.get()),
                    absl::ToTimeT(not_after)) == nullptr) {
    ERR_clear_error();
    return absl::InvalidArgumentError("name or time cannot be encoded");
  }
  const std::string& der = key.Der();
  const unsigned char* cursor = Bytes(std::string_view(der));
  const UniqueKey public_key(
      d2i_PUBKEY(nullptr, &cursor, static_cast<long>(der.size())));
  OPENSSL_CHECK(public_key != nullptr);
  OPENSSL_CHECK(X509_set_pubkey(certificate.get(), public_key.get()) == 1);
  return certificate;
}

}  // namespace

CertificateAuthority::CertificateAuthority(SigningKey key,
                                           std::shared_ptr<x509_st> certificate,
                                           std::string certificate_pem)
    : key_(std::move(key)),
      certificate_(std::move(certificate)),
      certificate_pem_(std::move(certificate_pem)) {}

absl::StatusOr<CertificateAuthority> CertificateAuthority::Create(
    const std::string& common_name, absl::Time not_before,
    absl::Time not_after) {
  ASSIGN_OR_RETURN(SigningKey key, SigningKey::GenerateP256());
  ASSIGN_OR_RETURN(UniqueCertificate certificate,
                   Draft(common_name, not_before, not_after, key.Public()));
  X509* const raw = certificate.get();
  OPENSSL_CHECK(X509_set_issuer_name(raw, X509_get_subject_name(raw)) == 1);
  AddExtension(raw, raw, NID_basic_constraints, "critical,CA:TRUE,pathlen:0");
  AddExtension(raw, raw, NID_key_usage, "critical,keyCertSign,cRLSign");
  AddExtension(raw, raw, NID_subject_key_identifier, "hash");
  OPENSSL_CHECK(X509_sign(raw, key.key_.get(), EVP_sha256()) > 0);
  std::string pem = PemOf(raw);
  return CertificateAuthority(
      std::move(key), std::shared_ptr<X509>(certificate.release(), X509_free),
      std::move(pem));
}

absl::StatusOr<CertificateAuthority> CertificateAuthority::FromPem(
    std::string_view certificate_pem, std::string_view key_pem) {
  ASSIGN_OR_RETURN(UniqueCertificate certificate, Parse(certificate_pem));
  ASSIGN_OR_RETURN(SigningKey key, SigningKey::FromPem(key_pem));
  if (X509_check_private_key(certificate.get(), key.key_.get()) != 1) {
    ERR_clear_error();
    return absl::InvalidArgumentError("CA key does not fit its certificate");
  }
  if (key.algorithm() != KeyAlgorithm::kEcdsaP256) {
    return absl::InvalidArgumentError("CA key is not P-256");
  }
  std::string pem = PemOf(certificate.get());
  return CertificateAuthority(
      std::move(key), std::shared_ptr<X509>(certificate.release(), X509_free),
      std::move(pem));
}

absl::StatusOr<std::string> CertificateAuthority::Issue(
    const VerifyKey& key, const CertificateSpec& spec) const {
  ASSIGN_OR_RETURN(
      const UniqueCertificate certificate,
      Draft(spec.common_name, spec.not_before, spec.not_after, key));
  X509* const raw = certificate.get();
  X509* const issuer = certificate_.get();
  OPENSSL_CHECK(X509_set_issuer_name(raw, X509_get_subject_name(issuer)) == 1);
  AddExtension(raw, issuer, NID_basic_constraints, "critical,CA:FALSE");
  AddExtension(raw, issuer, NID_key_usage, "critical,digitalSignature");
  AddExtension(raw, issuer, NID_ext_key_usage, "serverAuth,clientAuth");
  AddExtension(raw, issuer, NID_subject_key_identifier, "hash");
  AddExtension(raw, issuer, NID_authority_key_identifier, "keyid:always");
  RETURN_IF_ERROR(AddAlternativeNames(raw, spec));
  OPENSSL_CHECK(X509_sign(raw, key_.key_.get(), EVP_sha256()) > 0);
  return PemOf(raw);
}

absl::Status CheckClientChain(std::string_view chain_pem,
                              std::string_view anchors_pem, absl::Time time) {
  ASSIGN_OR_RETURN(const std::vector<UniqueCertificate> chain,
                   ParseAll(chain_pem));
  ASSIGN_OR_RETURN(const std::vector<UniqueCertificate> anchors,
                   ParseAll(anchors_pem));
  const UniqueStore store(X509_STORE_new());
  OPENSSL_CHECK(store != nullptr);
  for (const UniqueCertificate& anchor : anchors) {
    OPENSSL_CHECK(X509_STORE_add_cert(store.get(), anchor.get()) == 1);
  }
  // Borrows the certificates of `chain`.
  const UniqueStack others(sk_X509_new_null());
  OPENSSL_CHECK(others != nullptr);
  for (size_t i = 1; i < chain.size(); ++i) {
    OPENSSL_CHECK(sk_X509_push(others.get(), chain[i].get()) > 0);
  }
  const UniqueStoreContext context(X509_STORE_CTX_new());
  OPENSSL_CHECK(context != nullptr);
  OPENSSL_CHECK(X509_STORE_CTX_init(context.get(), store.get(), chain[0].get(),
                                    others.get()) == 1);
  OPENSSL_CHECK(X509_STORE_CTX_set_default(context.get(), "ssl_client") == 1);
  X509_STORE_CTX_set_time(context.get(), 0, absl::ToTimeT(time));
  const bool holds = X509_verify_cert(context.get()) == 1;
  ERR_clear_error();
  if (holds) return absl::OkStatus();
  return absl::PermissionDeniedError(
      X509_verify_cert_error_string(X509_STORE_CTX_get_error(context.get())));
}

absl::StatusOr<std::string> SpiffeIdOf(std::string_view certificate_pem) {
  ASSIGN_OR_RETURN(const UniqueCertificate certificate, Parse(certificate_pem));
  const UniqueNames names(static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(
      certificate.get(), NID_subject_alt_name, nullptr, nullptr)));
  std::string found;
  int count = 0;
  for (int i = 0; names != nullptr && i < sk_GENERAL_NAME_num(names.get());
       ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(names.get(), i);
    if (name->type != GEN_URI) continue;
    const ASN1_IA5STRING* uri = name->d.uniformResourceIdentifier;
    found.assign(reinterpret_cast<const char*>(ASN1_STRING_get0_data(uri)),
                 static_cast<size_t>(ASN1_STRING_length(uri)));
    ++count;
  }
  ERR_clear_error();
  if (count != 1 ||
      found.compare(0, kSpiffeScheme.size(), kSpiffeScheme) != 0 ||
      found.find('\0') != std::string::npos) {
    return absl::InvalidArgumentError("certificate names no one SPIFFE id");
  }
  return found;
}

absl::StatusOr<std::string> PublicKeyHashOfCertificate(
    std::string_view certificate_pem) {
  ASSIGN_OR_RETURN(const UniqueCertificate certificate, Parse(certificate_pem));
  return Sha256(SpkiOf(certificate.get()));
}

absl::StatusOr<VerifyKey> PublicKeyOfCertificate(
    std::string_view certificate_pem) {
  ASSIGN_OR_RETURN(const UniqueCertificate certificate, Parse(certificate_pem));
  return VerifyKey::FromDer(SpkiOf(certificate.get()));
}

absl::StatusOr<absl::Time> NotAfterOf(std::string_view certificate_pem) {
  ASSIGN_OR_RETURN(const UniqueCertificate certificate, Parse(certificate_pem));
  std::tm civil{};
  if (ASN1_TIME_to_tm(X509_get0_notAfter(certificate.get()), &civil) != 1) {
    ERR_clear_error();
    return absl::InvalidArgumentError("malformed time in certificate");
  }
  return absl::FromTM(civil, absl::UTCTimeZone());
}

}  // namespace shiming::crypto
