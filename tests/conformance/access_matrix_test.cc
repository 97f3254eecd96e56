// Holds the access table against a second one, written by hand from DESIGN 2:
// every served method × every role. A method without a row on either side
// fails. The end-to-end access test asks the running servers the same.
#include <google/protobuf/descriptor.h>
#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>
#include <vector>

#include "common/rpc/access_table.h"
#include "shiming/identity/v1/erasure_service.pb.h"
#include "shiming/identity/v1/identity_service.pb.h"
#include "shiming/ledger/v1/ledger_service.pb.h"
#include "shiming/order/v1/order_service.pb.h"
#include "shiming/outside/v1/outside_service.pb.h"
#include "shiming/terminal/v1/terminal_service.pb.h"
#include "tests/conformance/csv.h"

namespace shiming {
namespace {

constexpr char kMatrixFile[] = "tests/testdata/access_matrix.csv";

// Every method of every service in the product's protos.
std::set<std::string> ServedMethods() {
  std::set<std::string> methods;
  for (const google::protobuf::FileDescriptor* file :
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
  return methods;
}

// "admin", "svc/gateway" as a peer of that kind.
rpc::Peer PeerOf(const std::string& column) {
  rpc::Peer peer;
  const size_t slash = column.find('/');
  const std::string role = column.substr(0, slash);
  for (rpc::Role candidate :
       {rpc::Role::kTerminal, rpc::Role::kDisplay, rpc::Role::kService,
        rpc::Role::kApp, rpc::Role::kAuditor, rpc::Role::kOfficer,
        rpc::Role::kAdmin}) {
    if (rpc::NameOf(candidate) == role) peer.role = candidate;
  }
  peer.id = slash == std::string::npos ? "x" : column.substr(slash + 1);
  return peer;
}

TEST(AccessMatrixTest, TableAndMatrixSayTheSameForEveryMethodAndRole) {
  const auto rows = conformance::ReadCsv(kMatrixFile);
  ASSERT_TRUE(rows.ok()) << rows.status();
  ASSERT_FALSE(rows->empty());
  std::map<std::string, const rpc::AccessRow*> table;
  for (const rpc::AccessRow& row : rpc::AccessTable()) {
    EXPECT_TRUE(table.emplace(std::string(row.method), &row).second)
        << "twice in the table: " << row.method;
  }
  std::set<std::string> seen;
  for (const conformance::CsvRow& row : *rows) {
    const std::string& method = row.at("method");
    EXPECT_TRUE(seen.insert(method).second) << "twice: " << method;
    auto found = table.find(method);
    ASSERT_NE(found, table.end()) << "not in the table: " << method;
    for (const auto& [column, expected] : row) {
      if (column == "method") continue;
      ASSERT_TRUE(expected == "yes" || expected == "no") << method;
      EXPECT_EQ(rpc::Allows(*found->second, PeerOf(column)), expected == "yes")
          << method << " as " << column;
    }
  }
  EXPECT_EQ(seen, ServedMethods());
}

}  // namespace
}  // namespace shiming
