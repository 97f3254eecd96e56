// The development PKI: one CA and what it has certified, as files below
// <data>/pki. In production the operator's own CA takes its place.
#ifndef SHIMING_TOOLS_SHIMINGCTL_PKI_H_
#define SHIMING_TOOLS_SHIMINGCTL_PKI_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/crypto/keys.h"
#include "common/crypto/x509.h"
#include "tools/shimingctl/arguments.h"

namespace shiming::shimingctl {

// One CA in a folder: ca.crt and ca.key. Not thread-safe.
class DevelopmentPki {
 public:
  // Makes the CA, or opens the one that is there.
  static absl::StatusOr<DevelopmentPki> Open(std::string folder,
                                             std::string trust_domain);

  // A fresh key with a certificate for "spiffe://<trust domain>/<path>" as
  // <folder>/<stem>.key and .crt; keeps what is there. With DNS name
  // localhost and addresses 127.0.0.1 and ::1, so that it serves too.
  absl::Status EnsureIdentity(const std::string& path, const std::string& stem);

  // A certificate for a key that somebody else made and keeps.
  absl::StatusOr<std::string> Certify(const std::string& path,
                                      const crypto::VerifyKey& key);

  // Where ca.crt is.
  std::string CaFile() const { return folder_ + "/ca.crt"; }

 private:
  DevelopmentPki(std::string folder, std::string trust_domain,
                 crypto::CertificateAuthority authority)
      : folder_(std::move(folder)),
        trust_domain_(std::move(trust_domain)),
        authority_(std::move(authority)) {}

  const std::string folder_;
  const std::string trust_domain_;
  const crypto::CertificateAuthority authority_;
};

// certify terminal|display SHOP/ID --tls-key PUB --out FILE --data DIR:
// a certificate of the development CA for a device's own key.
absl::Status RunCertify(Arguments& arguments);

}  // namespace shiming::shimingctl

#endif  // SHIMING_TOOLS_SHIMINGCTL_PKI_H_
