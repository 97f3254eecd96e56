// One whole issuance through the real binaries, in one process and in many, on
// SQLite and on PostgreSQL.
#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "common/files/file.h"
#include "ledger/audit_reader.h"
#include "ledger/note.h"
#include "ledger/policy.h"
#include "tests/e2e/cluster.h"
#include "tests/e2e/prove.h"
#include "tests/e2e/shop_floor.h"

namespace shiming::e2e {
namespace {

struct Form {
  Mode mode;
  bool postgres;
};

// Each service's tables are in a schema of its name, and keys of persons are in
// another database; there is no SQLite file.
void ExpectSchemasApart(Cluster& cluster) {
  const auto schemas_with = [&](const std::string& table) {
    return cluster.postgres()->Ask(
        "SELECT string_agg(schemaname, ' ' ORDER BY schemaname) "
        "FROM pg_tables WHERE tablename = '" +
        table + "'");
  };
  EXPECT_EQ(schemas_with("schema_migrations"),
            "identity_verification issuance_ledger profile_order "
            "terminal_session");
  EXPECT_EQ(schemas_with("orders"), "profile_order");
  EXPECT_EQ(schemas_with("persons"), "identity_verification");
  EXPECT_EQ(schemas_with("person_keys"), "");
  EXPECT_TRUE(std::filesystem::is_empty(cluster.layout().data + "/db"));
}

class HappyPathTest : public testing::TestWithParam<Form> {};

TEST_P(HappyPathTest, OneCodeForOnePhoneAndAReceiptThatVerifiesAlone) {
  auto cluster = Cluster::Start(
      {.mode = GetParam().mode, .postgres = GetParam().postgres});
  ASSERT_TRUE(cluster.ok()) << cluster.status();
  auto floor = ShopFloor::Open(**cluster, (*cluster)->counter());
  ASSERT_TRUE(floor.ok()) << floor.status();
  const auto customer = ShopFloor::NewCustomer();

  ASSERT_TRUE((*floor)->SignIn().ok());
  auto order_id = (*floor)->ReadyOrder(customer);
  ASSERT_TRUE(order_id.ok()) << order_id.status();

  // P2: an EID-bound order can be fetched by the EID alone once released, so
  // nothing may be there before the reveal.
  auto early = (*floor)->Download(customer.eid, "");
  ASSERT_TRUE(early.ok()) << early.status();
  EXPECT_EQ(early->subject_code + "/" + early->reason_code, "8.2/1.2");

  auto code = (*floor)->Reveal(*order_id);
  ASSERT_TRUE(code.ok()) << code.status();
  auto again = (*floor)->Reveal(*order_id);
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(*again, *code);

  auto download = (*floor)->Download(customer.eid, *code);
  ASSERT_TRUE(download.ok()) << download.status();
  EXPECT_EQ(download->result, "installed") << download->subject_code;
  auto order =
      (*floor)->WaitFor(*order_id, order::v1::PROFILE_ORDER_STATE_INSTALLED);
  ASSERT_TRUE(order.ok()) << order.status();
  EXPECT_EQ(order->state(), order::v1::PROFILE_ORDER_STATE_INSTALLED);

  auto receipt = (*floor)->Run((*floor)->terminal().GetReceipt(*order_id));
  ASSERT_TRUE(receipt.ok()) << receipt.status();
  std::string vkey = *ReadFile((*cluster)->layout().Key("ledger.vkey"));
  vkey.pop_back();
  const auto policy =
      ledger::TrustPolicy::ForLog(*ledger::NoteVerifier::Parse(vkey));
  const std::vector<ledger::v1::CommitmentOpening> openings(
      receipt->openings().begin(), receipt->openings().end());
  auto report =
      ledger::VerifyReceipt(receipt->receipt().entry(),
                            receipt->receipt().tlog_proof(), openings, policy);
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->event.kind(), ledger::v1::EVENT_KIND_CODE_REVEALED);
  EXPECT_EQ(report->event.order(), *order_id);

  EXPECT_TRUE((*floor)->Run((*floor)->terminal().CloseSession()).ok());
  auto log =
      ledger::VerifyLog(ledger::FilesBelow((*cluster)->layout().Log()), policy);
  EXPECT_TRUE(log.ok()) << log.status();
  const auto proven = ProveWhenRevealed(**cluster, 1);
  ASSERT_TRUE(proven.ok()) << proven.status();
  EXPECT_EQ(proven->exit_code, 0) << proven->report;
  EXPECT_EQ(proven->codes_proven, 1u);
  if (GetParam().postgres) ExpectSchemasApart(**cluster);

  for (const std::string& name : (*cluster)->ServiceNames()) {
    auto exit_code = (*cluster)->process(name).Terminate(absl::Seconds(30));
    ASSERT_TRUE(exit_code.ok()) << name << exit_code.status();
    EXPECT_EQ(*exit_code, 0) << name << (*cluster)->OutputOf(name);
  }
}

INSTANTIATE_TEST_SUITE_P(
    Forms, HappyPathTest,
    testing::Values(Form{Mode::kAllInOne, /*postgres=*/false},
                    Form{Mode::kSeparate, /*postgres=*/false},
                    Form{Mode::kAllInOne, /*postgres=*/true},
                    Form{Mode::kSeparate, /*postgres=*/true}),
    [](const auto& info) {
      return std::string(info.param.mode == Mode::kAllInOne ? "AllInOne"
                                                            : "Separate") +
             (info.param.postgres ? "OnPostgres" : "");
    });

}  // namespace
}  // namespace shiming::e2e
