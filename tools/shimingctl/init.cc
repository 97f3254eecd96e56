#include "tools/shimingctl/init.h"

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>

#include "common/config/config.h"
#include "common/files/file.h"
#include "common/status/status_macros.h"
#include "shiming/config/v1/issuance_ledger_config.pb.h"
#include "storage/sql/configured_database.h"
#include "storage/sql/postgres_options.h"
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

// Of what an earlier init has written.
absl::Status CheckEngineStays(const Layout& layout) {
  const auto before = LoadConfig<config::v1::IssuanceLedgerConfig>(
      layout.Config("issuance_ledger.textproto"));
  if (!before.ok()) return absl::OkStatus();  // none yet
  const bool was_postgres = sql::IsPostgresUrl(before->database().url());
  if (was_postgres != layout.database_url.empty()) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat(
      layout.data, was_postgres
                       ? " is on PostgreSQL; --database-url is missing"
                       : " is on SQLite; another directory for PostgreSQL"));
}

absl::Status BadOption(const std::string& option, const std::string& why) {
  return absl::InvalidArgumentError(absl::StrCat("--", option, ": ", why));
}

// The option's URL, or "" where it is not given.
absl::StatusOr<std::string> PostgresUrlOf(Arguments& arguments,
                                          const std::string& option) {
  const std::string url = arguments.Option(option);
  if (url.empty()) return url;
  if (!sql::IsPostgresUrl(url)) {
    return BadOption(option, "is not postgres://...");
  }
  RETURN_IF_ERROR(sql::CheckDatabaseUrl("--" + option, url));
  ASSIGN_OR_RETURN(const sql::PostgresOptions options,
                   sql::ParsePostgresUrl(url));
  if (!options.schema.empty()) {
    return BadOption(option, "names a schema; each service gets its own");
  }
  for (const auto& [keyword, unused] : options.hosts.front()) {
    if (keyword == "password" || keyword == "sslpassword") {
      return BadOption(option, "holds a password; name a passfile instead");
    }
  }
  return url;
}

}  // namespace

absl::Status InitDataDirectory(const Layout& layout) {
  RETURN_IF_ERROR(CheckEngineStays(layout));
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
  ASSIGN_OR_RETURN(layout.database_url,
                   PostgresUrlOf(arguments, "database-url"));
  ASSIGN_OR_RETURN(layout.key_database_url,
                   PostgresUrlOf(arguments, "key-database-url"));
  const std::string instances = arguments.Option("instances", "1");
  RETURN_IF_ERROR(arguments.CheckAllUsed());
  if (instances != "1" && instances != "2") {
    return BadOption("instances", "1 or 2");
  }
  layout.instances = instances == "2" ? 2 : 1;
  if (layout.database_url.empty() && layout.instances > 1) {
    return BadOption("instances", "2 need --database-url");
  }
  if (layout.database_url.empty() && !layout.key_database_url.empty()) {
    return BadOption("key-database-url", "needs --database-url");
  }
  if (layout.port_base < 1024 || layout.port_base > 65535 - kPorts) {
    return absl::InvalidArgumentError("--port-base: 1024 to 65495");
  }
  RETURN_IF_ERROR(InitDataDirectory(layout));
  printf("development PKI, keys and configuration are in %s\n",
         layout.data.c_str());
  return absl::OkStatus();
}

}  // namespace shiming::shimingctl
