#include "services/profile_order/profile_order_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "common/testing/status_matchers.h"
#include "common/testing/temp_dir.h"

namespace shiming::profile_order {
namespace {

using ::shiming::testing::IsOk;
using ::testing::HasSubstr;

constexpr char kProcess[] =
    "process { trust_domain: 'shiming.test' admin_listen: '127.0.0.1:0' }\n";

class ProfileOrderConfigTest : public ::testing::Test {
 protected:
  absl::StatusOr<config::v1::ProfileOrderConfig> LoadWith(
      const std::string& url) {
    return LoadProfileOrderConfig(dir_.Write(
        "config.textproto", kProcess + ("database { url: '" + url + "' }\n")));
  }

  shiming::testing::TempDir dir_;
};

TEST_F(ProfileOrderConfigTest, TheDatabaseIsAFileOrAPostgresqlSchema) {
  const auto file = LoadWith("sqlite:orders.db");
  ASSERT_THAT(file, IsOk());
  EXPECT_EQ(file->database().url(), "sqlite:" + dir_.File("orders.db"));
  const std::string postgres = "postgres://u@h/d?schema=profile_order";
  const auto server = LoadWith(postgres);
  ASSERT_THAT(server, IsOk());
  EXPECT_EQ(server->database().url(), postgres);
  // The database is found good: what comes next is missing.
  for (const auto& config : {*file, *server}) {
    EXPECT_THAT(std::string(CheckProfileOrderConfig(config).message()),
                HasSubstr("attestation_keys"));
  }
}

TEST_F(ProfileOrderConfigTest, ABadDatabaseIsNamed) {
  for (const char* url :
       {"", "sqlite:", "mysql://h/d", "postgres://h/d?isolation=none",
        "postgres://h/d?passfile=pass"}) {
    const auto config = LoadWith(url);
    ASSERT_THAT(config, IsOk());
    const absl::Status status = CheckProfileOrderConfig(*config);
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << url;
    EXPECT_THAT(std::string(status.message()), HasSubstr("database.url"));
  }
}

TEST_F(ProfileOrderConfigTest, AnAddressThatCannotBeDialledIsNamed) {
  auto config = LoadWith("sqlite:orders.db");
  ASSERT_THAT(config, IsOk());
  config->mutable_issuance_ledger()->set_address("a.example:1,b.example:1");
  EXPECT_THAT(std::string(CheckProfileOrderConfig(*config).message()),
              HasSubstr("issuance_ledger.address"));
  config->mutable_issuance_ledger()->set_address("10.0.0.1:1,10.0.0.2:1");
  EXPECT_THAT(std::string(CheckProfileOrderConfig(*config).message()),
              HasSubstr("attestation_keys"));
}

}  // namespace
}  // namespace shiming::profile_order
