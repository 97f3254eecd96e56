// Who may call what (DESIGN 2 and 5): one row for each served method. A server
// with a method that has no row does not start.
#ifndef SHIMING_COMMON_RPC_ACCESS_TABLE_H_
#define SHIMING_COMMON_RPC_ACCESS_TABLE_H_

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "common/rpc/peer.h"

namespace shiming::rpc {

// Which clerk must have signed in on the terminal. Checked by the service,
// through CheckSession; the dispatcher cannot know.
enum class ClerkRole { kNone, kClerk, kSupervisor };

struct AccessRow {
  // "/shiming.order.v1.ProfileOrderService/CreateOrder"
  std::string_view method;
  // Certificates that may call.
  std::set<Role> roles;
  // Where roles has kService: which /svc/<name> may call; empty means any.
  std::set<std::string_view> services = {};
  ClerkRole clerk_role = ClerkRole::kNone;
  // The request carries a shift token (an open session) that the service must
  // have checked by terminal_session before it does anything.
  bool needs_shift = false;
  bool needs_session = false;
  // /svc/gateway may call for an app or (reading only) an auditor that it
  // names in metadata.
  bool via_gateway = false;
};

// All rows, in the order of DESIGN 2.
const std::vector<AccessRow>& AccessTable();

// Whether `row` lets `peer` in.
bool Allows(const AccessRow& row, const Peer& peer);

}  // namespace shiming::rpc

#endif  // SHIMING_COMMON_RPC_ACCESS_TABLE_H_
