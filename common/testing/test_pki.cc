#include "common/testing/test_pki.h"

#include <cstdio>
#include <cstdlib>

#include "absl/strings/str_cat.h"

namespace shiming::testing {
namespace {

void Run(const std::string& command) {
  if (std::system(absl::StrCat(command, " 2>/dev/null").c_str()) != 0) {
    std::fprintf(stderr, "failed: %s\n", command.c_str());
    std::abort();
  }
}

}  // namespace

TestPki::TestPki() {
  const std::string key = MakeKey("ca.key");
  Run(absl::StrCat("openssl req -x509 -new -batch -days 30 -subj '/CN=test CA'",
                   " -addext keyUsage=critical,keyCertSign -key ", key,
                   " -out ", ca()));
}

TestPki::Files TestPki::Issue(const std::vector<std::string>& uris) {
  return Certify(MakeKey(absl::StrCat("leaf", issued_ + 1, ".key")), uris);
}

TestPki::Files TestPki::Reissue(const Files& files,
                                const std::vector<std::string>& uris) {
  return Certify(files.key, uris);
}

std::string TestPki::MakeKey(std::string_view name) {
  const std::string path = dir_.File(name);
  Run(absl::StrCat("openssl genpkey -algorithm EC -pkeyopt ",
                   "ec_paramgen_curve:P-256 -out ", path));
  return path;
}

TestPki::Files TestPki::Certify(const std::string& key,
                                const std::vector<std::string>& uris) {
  const std::string cert = dir_.File(absl::StrCat("leaf", ++issued_, ".pem"));
  std::string names = "DNS:localhost,IP:127.0.0.1";
  for (const std::string& uri : uris) absl::StrAppend(&names, ",URI:", uri);
  Run(absl::StrCat("openssl req -x509 -new -batch -days 30 -subj /CN=leaf",
                   " -CA ", ca(), " -CAkey ", dir_.File("ca.key"), " -key ",
                   key, " -addext basicConstraints=critical,CA:FALSE",
                   " -addext keyUsage=critical,digitalSignature",
                   " -addext extendedKeyUsage=serverAuth,clientAuth",
                   " -addext 'subjectAltName=", names, "' -out ", cert));
  return {.cert = cert, .key = key, .ca = ca()};
}

}  // namespace shiming::testing
