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
  // Of the second instances; see Layout::instances.
  kTerminalSession2 = 11,
  kIdentityVerification2 = 12,
  kProfileOrder2 = 13,
  kIssuanceLedger2 = 14,
  // Admin ports.
  kShimingdAdmin = 20,
  kTerminalSessionAdmin = 21,
  kIdentityVerificationAdmin = 22,
  kProfileOrderAdmin = 23,
  kIssuanceLedgerAdmin = 24,
  kGatewayAdmin = 25,
  kWitnessAdmin = 26,
  kTerminalSessionAdmin2 = 35,
  kIdentityVerificationAdmin2 = 36,
  kProfileOrderAdmin2 = 37,
  kIssuanceLedgerAdmin2 = 38,
};

// The same port of the second instance; of what has none, the port itself.
constexpr Port SecondOf(Port port) {
  switch (port) {
    case Port::kTerminalSession:
      return Port::kTerminalSession2;
    case Port::kIdentityVerification:
      return Port::kIdentityVerification2;
    case Port::kProfileOrder:
      return Port::kProfileOrder2;
    case Port::kIssuanceLedger:
      return Port::kIssuanceLedger2;
    case Port::kTerminalSessionAdmin:
      return Port::kTerminalSessionAdmin2;
    case Port::kIdentityVerificationAdmin:
      return Port::kIdentityVerificationAdmin2;
    case Port::kProfileOrderAdmin:
      return Port::kProfileOrderAdmin2;
    case Port::kIssuanceLedgerAdmin:
      return Port::kIssuanceLedgerAdmin2;
    default:
      return port;
  }
}

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
  // Of each of the four services: 1, or 2 on one PostgreSQL, here on one host.
  // Files of the second ones are named "<service>-2".
  int instances = 1;

  std::string Address(Port port) const {
    return absl::StrCat("127.0.0.1:", port_base + static_cast<int>(port));
  }
  // The address as clients have it: of all instances, for rpc::Connect.
  std::string Addresses(Port port) const {
    const Port second = SecondOf(port);
    if (instances == 1 || second == port) return Address(port);
    return absl::StrCat(Address(port), ",", Address(second));
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
