#include "services/terminal_session/terminal_session_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "common/testing/status_matchers.h"
#include "common/testing/temp_dir.h"

namespace shiming::terminal_session {
namespace {

using ::shiming::testing::IsOk;
using ::shiming::testing::StatusIs;
using ::testing::HasSubstr;

constexpr char kGood[] = R"(
  process {
    trust_domain: "shiming.test"
    listen: "127.0.0.1:0"
    admin_listen: "127.0.0.1:0"
    tls { certificate_file: "a.crt" key_file: "a.key" ca_file: "ca.crt" }
  }
  database { url: "sqlite:db/terminal.db" }
  issuance_ledger { address: "127.0.0.1:1" service: "issuance_ledger" }
  shift_token_key_file: "shift.key"
  credentials_key_file: "credentials.key"
)";

class ConfigTest : public ::testing::Test {
 protected:
  absl::StatusOr<config::v1::TerminalSessionConfig> Load(
      const std::string& text) {
    return LoadTerminalSessionConfig(dir_.Write("config.textproto", text));
  }

  shiming::testing::TempDir dir_;
};

TEST_F(ConfigTest, FillsDefaultsAndMakesPathsWhole) {
  const auto config = Load(kGood);
  ASSERT_THAT(config, IsOk());
  EXPECT_EQ(config->shift_minutes(), 720);
  EXPECT_EQ(config->session_minutes(), 30);
  EXPECT_EQ(config->read_nonce_seconds(), 120);
  EXPECT_EQ(LockPolicyOf(*config).failure_limit, 5);
  EXPECT_EQ(LockPolicyOf(*config).lock_time, absl::Minutes(15));
  EXPECT_EQ(config->database().url(), "sqlite:" + dir_.File("db/terminal.db"));
  EXPECT_EQ(config->shift_token_key_file(), dir_.File("shift.key"));
}

TEST_F(ConfigTest, NamesTheFieldThatIsWrong) {
  const auto negative = Load(std::string(kGood) + "session_minutes: -1");
  EXPECT_THAT(negative, StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(std::string(negative.status().message()),
              HasSubstr("session_minutes"));
  const auto long_shift = Load(std::string(kGood) + "shift_minutes: 100000");
  EXPECT_THAT(std::string(long_shift.status().message()),
              HasSubstr("shift_minutes"));
  std::string without_key = kGood;
  without_key.erase(without_key.find("shift_token_key_file"),
                    sizeof("shift_token_key_file: \"shift.key\"") - 1);
  EXPECT_THAT(std::string(Load(without_key).status().message()),
              HasSubstr("shift_token_key_file"));
}

TEST_F(ConfigTest, TheDatabaseIsAFileOrAPostgresqlSchema) {
  const auto with = [this](const std::string& url) {
    std::string text = kGood;
    const std::string file = "sqlite:db/terminal.db";
    text.replace(text.find(file), file.size(), url);
    return Load(text);
  };
  const std::string postgres = "postgres://u@h/d?schema=terminal_session";
  const auto config = with(postgres);
  ASSERT_THAT(config, IsOk());
  EXPECT_EQ(config->database().url(), postgres);
  for (const char* url :
       {"", "sqlite:", "mysql://h/d", "postgres://h/d?isolation=none"}) {
    const auto refused = with(url);
    EXPECT_THAT(refused, StatusIs(absl::StatusCode::kInvalidArgument)) << url;
    EXPECT_THAT(std::string(refused.status().message()),
                HasSubstr("database.url"));
  }
}

TEST_F(ConfigTest, KeysAreSixtyFourHexDigits) {
  const auto config = Load(kGood);
  ASSERT_THAT(config, IsOk());
  EXPECT_THAT(ShiftTokenKeyOf(*config), StatusIs(absl::StatusCode::kNotFound));
  dir_.Write("shift.key", std::string(64, 'a') + "\n");
  dir_.Write("credentials.key", std::string(62, 'a'));
  const auto key = ShiftTokenKeyOf(*config);
  ASSERT_THAT(key, IsOk());
  EXPECT_EQ(key->Reveal(), std::string(32, '\xaa'));
  EXPECT_THAT(CredentialsKeyOf(*config),
              StatusIs(absl::StatusCode::kInvalidArgument));
}

}  // namespace
}  // namespace shiming::terminal_session
