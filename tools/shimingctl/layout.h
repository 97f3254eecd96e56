// Where everything of a data directory is, and on which port it listens.
#ifndef SHIMING_TOOLS_SHIMINGCTL_LAYOUT_H_
#define SHIMING_TOOLS_SHIMINGCTL_LAYOUT_H_

#include <string>

#include "absl/strings/str_cat.h"

namespace shiming::shimingctl {

// Ports from the base on; all on 127.0.0.1. Part of the interface of
// `shimingctl init`: 40 ports belong to a data directory.
enum class Port {
  kTerminalSession = 0,
  kIdentityVerification = 1,
  kProfileOrder = 2,
  kIssuanceLedger = 3,
  kGatewayNotices = 4,
  kGatewayLog = 5,
  kSmdpEs2Plus = 6,
  kSmdpDevice = 7,
  kIdentityAuthority = 8,
  kIdentityAuthorityControl = 9,
  kWitness = 10,
  // Admin ports.
  kShimingdAdmin = 20,
  kTerminalSessionAdmin = 21,
  kIdentityVerificationAdmin = 22,
  kProfileOrderAdmin = 23,
  kIssuanceLedgerAdmin = 24,
  kGatewayAdmin = 25,
  kWitnessAdmin = 26,
};

// The database of persons' keys, which stays apart from all others.
inline constexpr char kKeyDatabase[] = "identity_keys";

// A data directory. A plain value.
struct Layout {
  std::string data;  // absolute
  int port_base = 0;
  std::string trust_domain;
  // postgres:// of the database in which each service gets a schema of its
  // name, without `schema`; empty: each gets a SQLite file.
  std::string database_url;
  // The same for kKeyDatabase alone; empty: it is in database_url, too.
  std::string key_database_url;

  std::string Address(Port port) const {
    return absl::StrCat("127.0.0.1:", port_base + static_cast<int>(port));
  }
  std::string Pki() const { return data + "/pki"; }
  std::string Key(const std::string& name) const {
    return absl::StrCat(data, "/keys/", name);
  }
  std::string Config(const std::string& name) const {
    return absl::StrCat(data, "/config/", name);
  }
  // URL of the database of that name: a service's, or kKeyDatabase.
  std::string Database(const std::string& name) const {
    const bool is_apart = name == kKeyDatabase && !key_database_url.empty();
    const std::string& url = is_apart ? key_database_url : database_url;
    if (url.empty()) return absl::StrCat("sqlite:", data, "/db/", name, ".db");
    const char* join = url.find('?') == std::string::npos ? "?" : "&";
    return absl::StrCat(url, join, "schema=", name);
  }
  std::string Log() const { return data + "/log"; }
  // Key and state of the demonstration's witness: in earnest somebody else's.
  std::string Witness() const { return data + "/witness"; }
  // The tlog-policy by which log and witness are verified.
  std::string Policy() const { return Key("ledger.policy"); }
};

}  // namespace shiming::shimingctl

#endif  // SHIMING_TOOLS_SHIMINGCTL_LAYOUT_H_
