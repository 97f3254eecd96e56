#include "common/rpc/access_table.h"

namespace shiming::rpc {
namespace {

// Sets that recur below.
const std::set<Role> kTerminals = {Role::kTerminal};
const std::set<Role> kDisplays = {Role::kDisplay};
const std::set<Role> kServices = {Role::kService};
const std::set<Role> kAuditors = {Role::kAuditor};
const std::set<Role> kOfficers = {Role::kOfficer};
const std::set<Role> kAdmins = {Role::kAdmin};
const std::set<Role> kEveryone = {
    Role::kTerminal, Role::kDisplay, Role::kService, Role::kApp,
    Role::kAuditor,  Role::kOfficer, Role::kAdmin};
// Services that own sessions' consequences (DESIGN 2: calls run one way).
const std::set<std::string_view> kAboveTerminalSession = {
    "identity_verification", "profile_order", "appointment"};
const std::set<std::string_view> kEventSources = {
    "terminal_session", "identity_verification", "profile_order", "appointment",
    "issuance_ledger"};

std::vector<AccessRow> TerminalRows() {
  return {
      {.method = "/shiming.terminal.v1.TerminalSessionService/SignIn",
       .roles = kTerminals},
      {.method = "/shiming.terminal.v1.TerminalSessionService/SignOut",
       .roles = kTerminals,
       .clerk_role = ClerkRole::kClerk,
       .needs_shift = true},
      {.method = "/shiming.terminal.v1.TerminalSessionService/StartSession",
       .roles = kTerminals,
       .clerk_role = ClerkRole::kClerk,
       .needs_shift = true},
      {.method = "/shiming.terminal.v1.TerminalSessionService/IssueReadNonce",
       .roles = kTerminals,
       .clerk_role = ClerkRole::kClerk,
       .needs_shift = true,
       .needs_session = true},
      {.method = "/shiming.terminal.v1.TerminalSessionService/GetSession",
       .roles = kTerminals,
       .clerk_role = ClerkRole::kClerk,
       .needs_shift = true},
      {.method = "/shiming.terminal.v1.TerminalSessionService/CloseSession",
       .roles = kTerminals,
       .clerk_role = ClerkRole::kClerk,
       .needs_shift = true,
       .needs_session = true},
      {.method = "/shiming.terminal.v1.TerminalSessionService/WatchSession",
       .roles = kTerminals,
       .clerk_role = ClerkRole::kClerk,
       .needs_shift = true},

      {.method = "/shiming.terminal.v1.SessionAuthorityService/CheckSession",
       .roles = kServices,
       .services = kAboveTerminalSession},
      {.method =
           "/shiming.terminal.v1.SessionAuthorityService/ConsumeReadNonce",
       .roles = kServices,
       .services = {"identity_verification"}},
      {.method = "/shiming.terminal.v1.SessionAuthorityService/PermitReveal",
       .roles = kServices,
       .services = {"profile_order"}},
      {.method = "/shiming.terminal.v1.SessionAuthorityService/WatchEnds",
       .roles = kServices,
       .services = kAboveTerminalSession},
      {.method = "/shiming.terminal.v1.SessionAuthorityService/ListShops",
       .roles = kServices,
       .services = kAboveTerminalSession},

      {.method = "/shiming.terminal.v1.TerminalAdminService/Propose",
       .roles = kAdmins},
      {.method = "/shiming.terminal.v1.TerminalAdminService/Approve",
       .roles = kAdmins},
      {.method = "/shiming.terminal.v1.TerminalAdminService/Revoke",
       .roles = kAdmins},
      {.method = "/shiming.terminal.v1.TerminalAdminService/List",
       .roles = kAdmins},
  };
}

std::vector<AccessRow> IdentityRows() {
  return {
      {.method = "/shiming.identity.v1.IdentityVerificationService/"
                 "VerifyIdentity",
       .roles = kTerminals,
       .clerk_role = ClerkRole::kClerk,
       .needs_shift = true,
       .needs_session = true},
      {.method = "/shiming.identity.v1.IdentityVerificationService/"
                 "GetVerification",
       .roles = kTerminals,
       .clerk_role = ClerkRole::kClerk,
       .needs_shift = true,
       .needs_session = true},

      {.method = "/shiming.identity.v1.ErasureService/ProposeErasure",
       .roles = kOfficers},
      {.method = "/shiming.identity.v1.ErasureService/ApproveErasure",
       .roles = kOfficers},
      {.method = "/shiming.identity.v1.ErasureService/ListErasures",
       .roles = kOfficers},

      {.method = "/shiming.identity.v1.ErasureTaskService/ListErasureTasks",
       .roles = kServices,
       .services = {"profile_order"}},
      {.method = "/shiming.identity.v1.ErasureTaskService/ReportErasureTask",
       .roles = kServices,
       .services = {"profile_order"}},
  };
}

std::vector<AccessRow> OrderRows() {
  return {
      {.method = "/shiming.order.v1.ProfileOrderService/CheckDevice",
       .roles = kTerminals,
       .clerk_role = ClerkRole::kClerk,
       .needs_shift = true,
       .needs_session = true},
      {.method = "/shiming.order.v1.ProfileOrderService/ListNumbers",
       .roles = kTerminals,
       .clerk_role = ClerkRole::kClerk,
       .needs_shift = true,
       .needs_session = true},
      {.method = "/shiming.order.v1.ProfileOrderService/ReserveNumber",
       .roles = kTerminals,
       .clerk_role = ClerkRole::kClerk,
       .needs_shift = true,
       .needs_session = true},
      {.method = "/shiming.order.v1.ProfileOrderService/ReleaseNumber",
       .roles = kTerminals,
       .clerk_role = ClerkRole::kClerk,
       .needs_shift = true,
       .needs_session = true},
      {.method = "/shiming.order.v1.ProfileOrderService/CreateOrder",
       .roles = kTerminals,
       .clerk_role = ClerkRole::kClerk,
       .needs_shift = true,
       .needs_session = true},
      {.method = "/shiming.order.v1.ProfileOrderService/GetOrder",
       .roles = kTerminals,
       .clerk_role = ClerkRole::kClerk,
       .needs_shift = true,
       .needs_session = true},
      {.method = "/shiming.order.v1.ProfileOrderService/WatchOrder",
       .roles = kTerminals,
       .clerk_role = ClerkRole::kClerk,
       .needs_shift = true,
       .needs_session = true},
      {.method = "/shiming.order.v1.ProfileOrderService/CancelOrder",
       .roles = kTerminals,
       .clerk_role = ClerkRole::kClerk,
       .needs_shift = true,
       .needs_session = true},
      {.method = "/shiming.order.v1.ProfileOrderService/GetReceipt",
       .roles = kTerminals,
       .clerk_role = ClerkRole::kClerk,
       .needs_shift = true,
       .needs_session = true},

      {.method = "/shiming.order.v1.CustomerDisplayService/WatchDisplay",
       .roles = kDisplays},
      {.method = "/shiming.order.v1.CustomerDisplayService/"
                 "RevealActivationCode",
       .roles = kDisplays,
       .needs_session = true},

      {.method = "/shiming.order.v1.DownloadProgressService/"
                 "HandleDownloadProgress",
       .roles = kServices,
       .services = {"gateway"}},

      {.method = "/shiming.order.v1.InventoryService/ImportIccids",
       .roles = kAdmins},
      {.method = "/shiming.order.v1.InventoryService/ImportNumbers",
       .roles = kAdmins},
      {.method = "/shiming.order.v1.InventoryService/ImportDeviceModels",
       .roles = kAdmins},
      {.method = "/shiming.order.v1.InventoryService/GetStock",
       .roles = kAdmins},
  };
}

std::vector<AccessRow> LedgerRows() {
  return {
      {.method = "/shiming.ledger.v1.LedgerWriterService/AppendEntries",
       .roles = kServices,
       .services = kEventSources},
      {.method = "/shiming.ledger.v1.LedgerWriterService/ListOwnEntries",
       .roles = kServices,
       .services = kEventSources},
      {.method = "/shiming.ledger.v1.LedgerWriterService/GetOwnReceipt",
       .roles = kServices,
       .services = kEventSources},

      {.method = "/shiming.ledger.v1.LedgerAuditService/GetCheckpoint",
       .roles = kAuditors,
       .via_gateway = true},
      {.method = "/shiming.ledger.v1.LedgerAuditService/QueryEntries",
       .roles = kAuditors,
       .via_gateway = true},
      {.method = "/shiming.ledger.v1.LedgerAuditService/StreamEntries",
       .roles = kAuditors},
      {.method = "/shiming.ledger.v1.LedgerAuditService/ProveEntries",
       .roles = kAuditors},
      {.method = "/shiming.ledger.v1.LedgerAuditService/GetReceipt",
       .roles = kAuditors,
       .via_gateway = true},
      {.method = "/shiming.ledger.v1.LedgerAuditService/GetInclusionProof",
       .roles = kAuditors,
       .via_gateway = true},
      {.method = "/shiming.ledger.v1.LedgerAuditService/GetConsistencyProof",
       .roles = kAuditors,
       .via_gateway = true},
  };
}

// Served by the operator's own system; here by the simulator.
std::vector<AccessRow> OutsideRows() {
  return {
      {.method = "/shiming.outside.v1.IdentityAuthorityService/CheckIdentity",
       .roles = kServices,
       .services = {"identity_verification"}},
      {.method = "/shiming.outside.v1.IdentityAuthorityService/CountNumbers",
       .roles = kServices,
       .services = {"identity_verification"}},
  };
}

// Served by every server.
std::vector<AccessRow> CommonRows() {
  return {
      {.method = "/grpc.health.v1.Health/Check", .roles = kEveryone},
      {.method = "/grpc.health.v1.Health/Watch", .roles = kEveryone},
      {.method =
           "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
       .roles = {Role::kAdmin, Role::kService}},
  };
}

std::vector<AccessRow> AllRows() {
  std::vector<AccessRow> all;
  for (const auto& rows : {TerminalRows(), IdentityRows(), OrderRows(),
                           LedgerRows(), OutsideRows(), CommonRows()}) {
    all.insert(all.end(), rows.begin(), rows.end());
  }
  return all;
}

}  // namespace

const std::vector<AccessRow>& AccessTable() {
  static const auto& table = *new std::vector<AccessRow>(AllRows());
  return table;
}

bool Allows(const AccessRow& row, const Peer& peer) {
  if (!row.roles.contains(peer.role)) return false;
  if (peer.role != Role::kService || row.services.empty()) return true;
  return row.services.contains(peer.id);
}

}  // namespace shiming::rpc
