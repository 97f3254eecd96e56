// Every program says how it is used, and refuses what it does not understand.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/e2e/command.h"

namespace shiming::e2e {
namespace {

using testing::HasSubstr;

struct Program {
  std::string path;
  // What --help must name.
  std::vector<std::string> flags;
  // What it says without anything.
  std::string without;
};

void PrintTo(const Program& program, std::ostream* stream) {
  *stream << program.path;
}

const std::vector<std::string>& ServiceFlags() {
  static const auto& flags =
      *new std::vector<std::string>{"config", "check_config", "insecure_clock"};
  return flags;
}

Program Service(const std::string& path) {
  return {path, ServiceFlags(), "--config is missing"};
}

class CommandLineTest : public testing::TestWithParam<Program> {};

TEST_P(CommandLineTest, HelpListsTheFlags) {
  const CommandResult help = RunCommand({GetParam().path, "--help"});
  EXPECT_EQ(help.exit_code, 0) << help;
  EXPECT_EQ(help.err, "");
  for (const std::string& flag : GetParam().flags) {
    EXPECT_THAT(help.out, HasSubstr("--" + flag + " ")) << GetParam().path;
  }
}

TEST_P(CommandLineTest, WithoutAnythingItSaysWhatIsMissing) {
  const CommandResult result = RunCommand({GetParam().path});
  EXPECT_NE(result.exit_code, 0) << result;
  EXPECT_LT(result.exit_code, 128) << result;
  EXPECT_THAT(result.err, HasSubstr(GetParam().without));
}

TEST_P(CommandLineTest, AnUnknownFlagIsRefused) {
  const CommandResult result =
      RunCommand({GetParam().path, "--no_such_flag=1"});
  EXPECT_NE(result.exit_code, 0) << result;
  EXPECT_LT(result.exit_code, 128) << result;
  EXPECT_NE(result.err, "");
}

INSTANTIATE_TEST_SUITE_P(
    Programs, CommandLineTest,
    testing::Values(
        Service("services/all_in_one/shimingd"),
        Service("services/issuance_ledger/issuance_ledger"),
        Service("services/terminal_session/terminal_session"),
        Service("services/identity_verification/identity_verification"),
        Service("services/profile_order/profile_order"),
        Service("services/gateway/gateway"),
        Program{"services/simulators/smdp_plus/smdp_plus",
                {"listen",
                 "device_listen",
                 "cert",
                 "key",
                 "client_ca",
                 "notice_ca",
                 "notice_url",
                 "notice_points",
                 "stock",
                 "state",
                 "smdp_address",
                 "requester",
                 "own_requester",
                 "download_limit",
                 "confirmation_limit",
                 "port_file",
                 "log_file",
                 "threads",
                 "url",
                 "eid",
                 "activation_code",
                 "confirmation_code",
                 "outcome"},
                "--cert is missing"},
        Program{"services/simulators/identity_authority/identity_authority",
                {"listen", "control_listen", "cert", "key", "client_ca",
                 "trust_domain", "data", "port_file", "log_file", "threads"},
                "--cert is missing"},
        Program{"tools/shiming_terminal/shiming_terminal",
                {"config", "kind", "out", "counter", "count", "clerk",
                 "password_file", "totp_seed_file", "card_block", "eid", "imei",
                 "profile_type", "receipt", "json", "demo_out", "wait",
                 "insecure_clock"},
                "shiming_terminal COMMAND"},
        Program{"tools/shimingctl/shimingctl",
                {"data", "port-base", "as", "tls-key", "why", "key", "extends",
                 "proof-out", "kind", "as-of"},
                "shimingctl VERB"}),
    [](const auto& info) {
      return info.param.path.substr(info.param.path.rfind('/') + 1);
    });

}  // namespace
}  // namespace shiming::e2e
