#include "tools/shimingctl/pki.h"

#include <filesystem>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/files/file.h"
#include "common/status/status_macros.h"
#include "tools/shimingctl/connection.h"

namespace shiming::shimingctl {
namespace {

// Long enough for a demonstration's life; production certificates are short.
constexpr absl::Duration kLifetime = absl::Hours(24 * 365);
// For machines whose clocks differ a little.
constexpr absl::Duration kBackdate = absl::Hours(1);

bool Exists(const std::string& path) { return std::filesystem::exists(path); }

}  // namespace

absl::StatusOr<DevelopmentPki> DevelopmentPki::Open(std::string folder,
                                                    std::string trust_domain) {
  RETURN_IF_ERROR(MakeFolder(folder, FileAccess::kOwner));
  const std::string certificate = folder + "/ca.crt";
  const std::string key = folder + "/ca.key";
  if (!Exists(certificate)) {
    ASSIGN_OR_RETURN(crypto::CertificateAuthority fresh,
                     crypto::CertificateAuthority::Create(
                         "Shiming development CA", absl::Now() - kBackdate,
                         absl::Now() + kLifetime));
    RETURN_IF_ERROR(
        ReplaceFile(key, fresh.KeyPem().Reveal(), FileAccess::kOwner));
    RETURN_IF_ERROR(ReplaceFile(certificate, fresh.CertificatePem(),
                                FileAccess::kEveryone));
  }
  ASSIGN_OR_RETURN(const std::string certificate_pem, ReadFile(certificate));
  ASSIGN_OR_RETURN(std::string key_pem, ReadFile(key));
  ASSIGN_OR_RETURN(
      crypto::CertificateAuthority authority,
      crypto::CertificateAuthority::FromPem(certificate_pem, key_pem));
  crypto::WipeString(key_pem);
  return DevelopmentPki(std::move(folder), std::move(trust_domain),
                        std::move(authority));
}

absl::Status DevelopmentPki::EnsureIdentity(const std::string& path,
                                            const std::string& stem) {
  const std::string base = absl::StrCat(folder_, "/", stem);
  if (Exists(base + ".crt")) return absl::OkStatus();
  RETURN_IF_ERROR(
      MakeFolder(std::filesystem::path(base).parent_path().string()));
  ASSIGN_OR_RETURN(crypto::SigningKey key, crypto::SigningKey::GenerateP256());
  ASSIGN_OR_RETURN(const std::string certificate, Certify(path, key.Public()));
  RETURN_IF_ERROR(
      ReplaceFile(base + ".key", key.ToPem().Reveal(), FileAccess::kOwner));
  return ReplaceFile(base + ".crt", certificate, FileAccess::kEveryone);
}

absl::StatusOr<std::string> DevelopmentPki::Certify(
    const std::string& path, const crypto::VerifyKey& key) {
  return authority_.Issue(
      key, {.common_name = path.substr(0, 64),
            .uri = absl::StrCat("spiffe://", trust_domain_, "/", path),
            .dns_names = {"localhost"},
            .ip_addresses = {"127.0.0.1", "::1"},
            .not_before = absl::Now() - kBackdate,
            .not_after = absl::Now() + kLifetime});
}

absl::Status RunCertify(Arguments& arguments) {
  ASSIGN_OR_RETURN(const std::string kind, arguments.Word(1, "kind"));
  ASSIGN_OR_RETURN(const std::string id, arguments.Word(2, "id"));
  if (kind != "terminal" && kind != "display") {
    return absl::InvalidArgumentError("the kind is terminal or display");
  }
  ASSIGN_OR_RETURN(const std::string key_file, arguments.Required("tls-key"));
  ASSIGN_OR_RETURN(const std::string out, arguments.Required("out"));
  ASSIGN_OR_RETURN(const config::v1::CtlConfig config,
                   LoadCtlConfig(arguments));
  RETURN_IF_ERROR(arguments.CheckAllUsed());
  ASSIGN_OR_RETURN(const std::string pem, ReadFile(key_file));
  ASSIGN_OR_RETURN(const crypto::VerifyKey key,
                   crypto::VerifyKey::FromPem(pem));
  ASSIGN_OR_RETURN(
      DevelopmentPki pki,
      DevelopmentPki::Open(config.pki_dir(), config.trust_domain()));
  ASSIGN_OR_RETURN(const std::string certificate,
                   pki.Certify(absl::StrCat(kind, "/", id), key));
  return ReplaceFile(out, certificate, FileAccess::kEveryone);
}

}  // namespace shiming::shimingctl
