// Certificates for tests that speak real TLS.
#ifndef SHIMING_COMMON_TESTING_TEST_PKI_H_
#define SHIMING_COMMON_TESTING_TEST_PKI_H_

#include <string>
#include <vector>

#include "common/crypto/x509.h"
#include "common/testing/temp_dir.h"

namespace shiming::testing {

// A certificate authority in a folder of its own. Certificates with one URI SAN
// come from common/crypto, as those of `shimingctl init` do; the openssl
// command makes the others, which our own tools never make. A failure ends the
// test program.
class TestPki {
 public:
  // Paths of PEM files; they live as long as the TestPki.
  struct Files {
    std::string cert;
    std::string key;
    std::string ca;
  };

  TestPki();

  // A fresh P-256 key with a certificate that has these URI SANs and the DNS
  // and IP SANs localhost and 127.0.0.1, for client and server, for 30 days.
  Files Issue(const std::vector<std::string>& uris);

  // Another certificate for the key of `files`.
  Files Reissue(const Files& files, const std::vector<std::string>& uris);

  // The CA's certificate.
  std::string ca() const { return dir_.File("ca.pem"); }

 private:
  Files Certify(const std::string& key, const std::vector<std::string>& uris);
  // Writes a certificate for the key in file `key` to file `cert`.
  void CertifyByLibrary(const std::string& key, const std::string& cert,
                        const std::string& uri);
  void CertifyByCommand(const std::string& key, const std::string& cert,
                        const std::vector<std::string>& uris);

  TempDir dir_;
  const crypto::CertificateAuthority authority_;
  int issued_ = 0;
};

}  // namespace shiming::testing

#endif  // SHIMING_COMMON_TESTING_TEST_PKI_H_
