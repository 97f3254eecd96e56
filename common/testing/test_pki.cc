#include "common/testing/test_pki.h"

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/crypto/keys.h"

namespace shiming::testing {
namespace {

constexpr absl::Duration kLifetime = absl::Hours(24 * 30);

template <class T>
T OrDie(absl::StatusOr<T> value) {
  if (!value.ok()) {
    std::fprintf(stderr, "%s\n", value.status().ToString().c_str());
    std::abort();
  }
  return *std::move(value);
}

void Run(const std::string& command) {
  if (std::system(absl::StrCat(command, " 2>/dev/null").c_str()) != 0) {
    std::fprintf(stderr, "failed: %s\n", command.c_str());
    std::abort();
  }
}

std::string ReadFile(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

// A moment ago, so that clocks that differ a little do not matter.
absl::Time NotBefore() { return absl::Now() - absl::Minutes(5); }

}  // namespace

TestPki::TestPki()
    : authority_(OrDie(crypto::CertificateAuthority::Create(
          "test CA", NotBefore(), NotBefore() + kLifetime))) {
  dir_.Write("ca.pem", authority_.CertificatePem());
  dir_.Write("ca.key", authority_.KeyPem().Reveal());
}

TestPki::Files TestPki::Issue(const std::vector<std::string>& uris) {
  const crypto::SigningKey key = OrDie(crypto::SigningKey::GenerateP256());
  return Certify(dir_.Write(absl::StrCat("leaf", issued_ + 1, ".key"),
                            key.ToPem().Reveal()),
                 uris);
}

TestPki::Files TestPki::Reissue(const Files& files,
                                const std::vector<std::string>& uris) {
  return Certify(files.key, uris);
}

TestPki::Files TestPki::Certify(const std::string& key,
                                const std::vector<std::string>& uris) {
  const std::string cert = dir_.File(absl::StrCat("leaf", ++issued_, ".pem"));
  if (uris.size() == 1 && uris[0].starts_with("spiffe://")) {
    CertifyByLibrary(key, cert, uris[0]);
  } else {
    CertifyByCommand(key, cert, uris);
  }
  return {.cert = cert, .key = key, .ca = ca()};
}

void TestPki::CertifyByLibrary(const std::string& key, const std::string& cert,
                               const std::string& uri) {
  const crypto::SigningKey signing_key =
      OrDie(crypto::SigningKey::FromPem(ReadFile(key)));
  const std::string pem = OrDie(authority_.Issue(
      OrDie(crypto::VerifyKey::FromDer(signing_key.PublicDer())),
      {.common_name = "leaf",
       .uri = uri,
       .dns_names = {"localhost"},
       .ip_addresses = {"127.0.0.1"},
       .not_before = NotBefore(),
       .not_after = NotBefore() + kLifetime}));
  std::ofstream(cert, std::ios::binary) << pem;
}

void TestPki::CertifyByCommand(const std::string& key, const std::string& cert,
                               const std::vector<std::string>& uris) {
  std::string names = "DNS:localhost,IP:127.0.0.1";
  for (const std::string& uri : uris) absl::StrAppend(&names, ",URI:", uri);
  Run(absl::StrCat("openssl req -x509 -new -batch -days 30 -subj /CN=leaf",
                   " -CA ", ca(), " -CAkey ", dir_.File("ca.key"), " -key ",
                   key, " -addext basicConstraints=critical,CA:FALSE",
                   " -addext keyUsage=critical,digitalSignature",
                   " -addext extendedKeyUsage=serverAuth,clientAuth",
                   " -addext 'subjectAltName=", names, "' -out ", cert));
}

}  // namespace shiming::testing
