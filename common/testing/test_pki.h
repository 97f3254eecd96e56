// Certificates for tests that speak real TLS.
#ifndef SHIMING_COMMON_TESTING_TEST_PKI_H_
#define SHIMING_COMMON_TESTING_TEST_PKI_H_

#include <string>
#include <string_view>
#include <vector>

#include "common/testing/temp_dir.h"

namespace shiming::testing {

// A certificate authority with a P-256 key, in a folder of its own. Made with
// the openssl command, so that certificates which our own tools never make
// (no URI SAN, two of them) can be had too. A failure ends the test program.
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
  std::string MakeKey(std::string_view name);
  Files Certify(const std::string& key, const std::vector<std::string>& uris);

  TempDir dir_;
  int issued_ = 0;
};

}  // namespace shiming::testing

#endif  // SHIMING_COMMON_TESTING_TEST_PKI_H_
