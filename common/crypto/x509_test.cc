#include "common/crypto/x509.h"

#include <gtest/gtest.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <string>

#include "absl/time/clock.h"
#include "common/crypto/openssl.h"

namespace shiming::crypto {
namespace {

constexpr char kUri[] = "spiffe://shiming.test/svc/profile_order";

UniqueCertificate Read(std::string_view pem) {
  const UniqueBio bio = ReadBio(pem);
  return UniqueCertificate(
      PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
}

// Whether OpenSSL's own verifier takes `pem` under `ca_pem` for `purpose`.
bool ChainHolds(std::string_view pem, std::string_view ca_pem, int purpose) {
  const UniqueCertificate leaf = Read(pem);
  const UniqueCertificate ca = Read(ca_pem);
  X509_STORE* store = X509_STORE_new();
  X509_STORE_add_cert(store, ca.get());
  X509_STORE_set_flags(store, X509_V_FLAG_X509_STRICT);
  X509_STORE_set_purpose(store, purpose);
  X509_STORE_CTX* context = X509_STORE_CTX_new();
  X509_STORE_CTX_init(context, store, leaf.get(), nullptr);
  const bool holds = X509_verify_cert(context) == 1;
  X509_STORE_CTX_free(context);
  X509_STORE_free(store);
  return holds;
}

class X509Test : public testing::Test {
 protected:
  CertificateSpec Spec() const {
    return {.common_name = "profile_order",
            .uri = kUri,
            .dns_names = {"localhost"},
            .ip_addresses = {"127.0.0.1", "::1"},
            .not_before = now_ - absl::Hours(1),
            .not_after = now_ + absl::Hours(24)};
  }

  const absl::Time now_ =
      absl::FromUnixSeconds(absl::ToUnixSeconds(absl::Now()));
  const CertificateAuthority ca_ = *CertificateAuthority::Create(
      "Test CA", now_ - absl::Hours(1), now_ + absl::Hours(48));
  const SigningKey key_ = *SigningKey::GenerateP256();
};

TEST_F(X509Test, AnIssuedCertificateVerifiesForServersAndClients) {
  const std::string pem = *ca_.Issue(key_.Public(), Spec());
  EXPECT_TRUE(ChainHolds(pem, ca_.CertificatePem(), X509_PURPOSE_SSL_SERVER));
  EXPECT_TRUE(ChainHolds(pem, ca_.CertificatePem(), X509_PURPOSE_SSL_CLIENT));
  const UniqueCertificate leaf = Read(pem);
  EXPECT_EQ(X509_check_host(leaf.get(), "localhost", 0, 0, nullptr), 1);
  EXPECT_NE(X509_check_host(leaf.get(), "example.test", 0, 0, nullptr), 1);
  EXPECT_EQ(X509_check_ip_asc(leaf.get(), "127.0.0.1", 0), 1);
  EXPECT_EQ(X509_check_ip_asc(leaf.get(), "::1", 0), 1);
}

TEST_F(X509Test, AnotherCaOfTheSameNameDoesNotVerifyIt) {
  const std::string pem = *ca_.Issue(key_.Public(), Spec());
  const CertificateAuthority other = *CertificateAuthority::Create(
      "Test CA", now_ - absl::Hours(1), now_ + absl::Hours(48));
  EXPECT_FALSE(
      ChainHolds(pem, other.CertificatePem(), X509_PURPOSE_SSL_SERVER));
}

TEST_F(X509Test, AnExpiredCertificateDoesNotVerify) {
  CertificateSpec spec = Spec();
  spec.not_after = now_ - absl::Minutes(1);
  EXPECT_FALSE(ChainHolds(*ca_.Issue(key_.Public(), spec), ca_.CertificatePem(),
                          X509_PURPOSE_SSL_SERVER));
}

TEST_F(X509Test, ClientChainIsCheckedAgainstAnchorsAndTime) {
  const std::string pem = *ca_.Issue(key_.Public(), Spec());
  const CertificateAuthority other = *CertificateAuthority::Create(
      "Test CA", now_ - absl::Hours(1), now_ + absl::Hours(48));
  const std::string& good = ca_.CertificatePem();
  EXPECT_TRUE(CheckClientChain(pem, good, now_).ok());
  EXPECT_TRUE(CheckClientChain(pem, other.CertificatePem() + good, now_).ok());
  EXPECT_TRUE(CheckClientChain(pem + good, good, now_).ok());
  const auto code = [&](const std::string& chain, const std::string& anchors,
                        absl::Time time) {
    return CheckClientChain(chain, anchors, time).code();
  };
  constexpr auto kDenied = absl::StatusCode::kPermissionDenied;
  constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;
  EXPECT_EQ(code(pem, other.CertificatePem(), now_), kDenied);
  EXPECT_EQ(code(pem, good, now_ + absl::Hours(25)), kDenied);
  EXPECT_EQ(code(pem, good, now_ - absl::Hours(2)), kDenied);
  // Its own issuer beside it makes nobody believe it.
  EXPECT_EQ(code(pem + good, other.CertificatePem(), now_), kDenied);
  EXPECT_EQ(code("", good, now_), kInvalid);
  EXPECT_EQ(code(pem, "no certificate", now_), kInvalid);
}

TEST_F(X509Test, ReadsBackIdentityKeyAndEnd) {
  for (const SigningKey& key : {key_, *SigningKey::GenerateEd25519()}) {
    const std::string pem = *ca_.Issue(key.Public(), Spec());
    EXPECT_EQ(*SpiffeIdOf(pem), kUri);
    EXPECT_EQ(*PublicKeyHashOfCertificate(pem), key.Public().Hash());
    EXPECT_EQ(*PublicKeyOfCertificate(pem), key.Public());
    EXPECT_EQ(*NotAfterOf(pem), now_ + absl::Hours(24));
  }
}

TEST_F(X509Test, ACaComesBackFromPemAndIssuesOn) {
  const auto again = CertificateAuthority::FromPem(ca_.CertificatePem(),
                                                   ca_.KeyPem().Reveal());
  ASSERT_TRUE(again.ok());
  EXPECT_TRUE(ChainHolds(*again->Issue(key_.Public(), Spec()),
                         ca_.CertificatePem(), X509_PURPOSE_SSL_CLIENT));
  EXPECT_EQ(
      CertificateAuthority::FromPem(ca_.CertificatePem(), key_.ToPem().Reveal())
          .status()
          .code(),
      absl::StatusCode::kInvalidArgument);
  EXPECT_FALSE(CertificateAuthority::FromPem("", ca_.KeyPem().Reveal()).ok());
}

TEST_F(X509Test, NoSpiffeIdWithoutExactlyOneUri) {
  CertificateSpec spec = Spec();
  spec.uri = "";
  EXPECT_FALSE(SpiffeIdOf(*ca_.Issue(key_.Public(), spec)).ok());
  spec.uri = "https://shiming.test/svc/x";
  EXPECT_FALSE(SpiffeIdOf(*ca_.Issue(key_.Public(), spec)).ok());
  EXPECT_FALSE(SpiffeIdOf(ca_.CertificatePem()).ok());
  EXPECT_FALSE(SpiffeIdOf("").ok());
  EXPECT_FALSE(SpiffeIdOf("-----BEGIN CERTIFICATE-----\nAAAA\n").ok());
  EXPECT_FALSE(PublicKeyHashOfCertificate("junk").ok());
  EXPECT_FALSE(NotAfterOf("junk").ok());
}

// In OpenSSL's configuration syntax this value would be two names.
TEST_F(X509Test, ACommaInANameAddsNoSecondName) {
  CertificateSpec spec = Spec();
  spec.uri = "spiffe://shiming.test/x,DNS:evil.test";
  const std::string pem = *ca_.Issue(key_.Public(), spec);
  EXPECT_EQ(*SpiffeIdOf(pem), spec.uri);
  EXPECT_NE(X509_check_host(Read(pem).get(), "evil.test", 0, 0, nullptr), 1);
}

TEST_F(X509Test, RefusesAMalformedSpec) {
  const auto refused = [this](const CertificateSpec& spec) {
    return ca_.Issue(key_.Public(), spec).status().code() ==
           absl::StatusCode::kInvalidArgument;
  };
  CertificateSpec spec = Spec();
  spec.common_name = "";
  EXPECT_TRUE(refused(spec));
  spec.common_name = std::string(65, 'x');
  EXPECT_TRUE(refused(spec));
  spec = Spec();
  spec.ip_addresses = {"localhost"};
  EXPECT_TRUE(refused(spec));
  spec = Spec();
  spec.dns_names = {""};
  EXPECT_TRUE(refused(spec));
  spec = Spec();
  spec.uri = "spiffe://a b";
  EXPECT_TRUE(refused(spec));
  spec = Spec();
  spec.not_after = spec.not_before;
  EXPECT_TRUE(refused(spec));
}

TEST_F(X509Test, SerialNumbersDiffer) {
  const UniqueCertificate a = Read(*ca_.Issue(key_.Public(), Spec()));
  const UniqueCertificate b = Read(*ca_.Issue(key_.Public(), Spec()));
  EXPECT_NE(ASN1_INTEGER_cmp(X509_get0_serialNumber(a.get()),
                             X509_get0_serialNumber(b.get())),
            0);
}

}  // namespace
}  // namespace shiming::crypto
