#include "common/rpc/access_table.h"

#include <google/protobuf/descriptor.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>

#include "shiming/identity/v1/erasure_service.pb.h"
#include "shiming/identity/v1/identity_service.pb.h"
#include "shiming/ledger/v1/ledger_service.pb.h"
#include "shiming/order/v1/order_service.pb.h"
#include "shiming/outside/v1/outside_service.pb.h"
#include "shiming/terminal/v1/terminal_service.pb.h"

namespace shiming::rpc {
namespace {

using google::protobuf::FileDescriptor;

const AccessRow* RowOf(const std::string& method) {
  const auto& table = AccessTable();
  const auto row = std::find_if(
      table.begin(), table.end(),
      [&](const AccessRow& candidate) { return candidate.method == method; });
  return row == table.end() ? nullptr : &*row;
}

Peer PeerOf(Role role, const std::string& id) {
  Peer peer;
  peer.role = role;
  peer.id = id;
  return peer;
}

TEST(AccessTableTest, EveryMethodOfEveryServiceHasOneRow) {
  std::set<std::string> methods;
  for (const FileDescriptor* file :
       {terminal::v1::SignInRequest::descriptor()->file(),
        identity::v1::VerifyIdentityRequest::descriptor()->file(),
        identity::v1::ProposeErasureRequest::descriptor()->file(),
        order::v1::CreateOrderRequest::descriptor()->file(),
        ledger::v1::AppendEntriesRequest::descriptor()->file(),
        outside::v1::CheckIdentityRequest::descriptor()->file()}) {
    for (int s = 0; s < file->service_count(); ++s) {
      for (int m = 0; m < file->service(s)->method_count(); ++m) {
        methods.insert("/" + file->service(s)->full_name() + "/" +
                       file->service(s)->method(m)->name());
      }
    }
  }
  for (const std::string& method : methods) {
    EXPECT_NE(RowOf(method), nullptr) << method;
  }
  // And no row for what is not there, none twice.
  std::set<std::string> rows;
  for (const AccessRow& row : AccessTable()) {
    const std::string method(row.method);
    EXPECT_TRUE(rows.insert(method).second) << method;
    if (!method.starts_with("/grpc.")) {
      EXPECT_TRUE(methods.contains(method)) << method;
    }
    EXPECT_FALSE(row.roles.empty()) << method;
    EXPECT_TRUE(row.services.empty() || row.roles.contains(Role::kService))
        << method;
  }
}

TEST(AccessTableTest, WhatAClerkDoesNeedsAShift) {
  for (const AccessRow& row : AccessTable()) {
    EXPECT_EQ(row.clerk_role != ClerkRole::kNone, row.needs_shift)
        << row.method;
  }
}

TEST(AccessTableTest, AServiceIsLetInByName) {
  const AccessRow& row =
      *RowOf("/shiming.terminal.v1.SessionAuthorityService/PermitReveal");
  EXPECT_TRUE(Allows(row, PeerOf(Role::kService, "profile_order")));
  EXPECT_FALSE(Allows(row, PeerOf(Role::kService, "identity_verification")));
  // The name alone is not enough.
  EXPECT_FALSE(Allows(row, PeerOf(Role::kAdmin, "profile_order")));
  const AccessRow& notices = *RowOf(
      "/shiming.order.v1.DownloadProgressService/HandleDownloadProgress");
  EXPECT_TRUE(Allows(notices, PeerOf(Role::kService, "gateway")));
  EXPECT_FALSE(Allows(notices, PeerOf(Role::kService, "profile_order")));
}

}  // namespace
}  // namespace shiming::rpc
