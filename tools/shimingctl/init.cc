#include "tools/shimingctl/init.h"

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>

#include "common/files/file.h"
#include "common/status/status_macros.h"
#include "tools/shimingctl/key_files.h"
#include "tools/shimingctl/pki.h"
#include "tools/shimingctl/process_configs.h"

namespace shiming::shimingctl {
namespace {

constexpr int kDefaultPortBase = 17600;
// Ports that belong to one data directory.
constexpr int kPorts = 40;
constexpr char kDefaultTrustDomain[] = "shiming.example";

// Certificates of DESIGN 5, of the two simulators and the witness. Paths of
// outside parties are not ours to name; theirs are services of the operator
// here.
absl::Status MakeCertificates(const Layout& layout) {
  ASSIGN_OR_RETURN(DevelopmentPki pki,
                   DevelopmentPki::Open(layout.Pki(), layout.trust_domain));
  for (const char* service : {"terminal_session", "identity_verification",
                              "profile_order", "issuance_ledger", "gateway"}) {
    const std::string path = absl::StrCat("svc/", service);
    RETURN_IF_ERROR(pki.EnsureIdentity(path, path));
  }
  for (const char* path :
       {"admin/admin-1", "admin/admin-2", "auditor/auditor-1",
        "officer/officer-1", "officer/officer-2"}) {
    RETURN_IF_ERROR(pki.EnsureIdentity(path, path));
  }
  for (const char* party : {"smdp_plus", "identity_authority", "witness"}) {
    RETURN_IF_ERROR(pki.EnsureIdentity(absl::StrCat("svc/", party),
                                       absl::StrCat("outside/", party)));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status InitDataDirectory(const Layout& layout) {
  RETURN_IF_ERROR(MakeFolder(layout.data));
  RETURN_IF_ERROR(MakeFolder(layout.data + "/db", FileAccess::kOwner));
  RETURN_IF_ERROR(MakeFolder(layout.data + "/guard", FileAccess::kOwner));
  RETURN_IF_ERROR(MakeFolder(layout.data + "/simulators"));
  RETURN_IF_ERROR(MakeFolder(layout.Log()));
  RETURN_IF_ERROR(MakeCertificates(layout));
  RETURN_IF_ERROR(MakeKeyFiles(layout));
  return WriteConfigs(layout);
}

absl::Status RunInit(Arguments& arguments) {
  Layout layout;
  ASSIGN_OR_RETURN(const std::string data, arguments.Required("data"));
  layout.data = std::filesystem::absolute(data).lexically_normal().string();
  layout.port_base = atoi(
      arguments.Option("port-base", absl::StrCat(kDefaultPortBase)).c_str());
  layout.trust_domain = arguments.Option("trust-domain", kDefaultTrustDomain);
  RETURN_IF_ERROR(arguments.CheckAllUsed());
  if (layout.port_base < 1024 || layout.port_base > 65535 - kPorts) {
    return absl::InvalidArgumentError("--port-base: 1024 to 65495");
  }
  RETURN_IF_ERROR(InitDataDirectory(layout));
  printf("development PKI, keys and configuration are in %s\n",
         layout.data.c_str());
  return absl::OkStatus();
}

}  // namespace shiming::shimingctl
