#include "tests/e2e/installation.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/files/file.h"
#include "tests/e2e/free_ports.h"

namespace shiming::e2e {
namespace {

using nlohmann::json;

constexpr char kAuthority[] =
    "services/simulators/identity_authority/identity_authority";
constexpr char kShimingd[] = "services/all_in_one/shimingd";

}  // namespace

CommandResult Ctl(Words words) {
  words.insert(words.begin(), kShimingctl);
  return RunCommand(words);
}

std::string FirstLine(const std::string& text) {
  return text.substr(0, text.find('\n'));
}

Installation::Installation(const std::string& name, Words options)
    : options_(std::move(options)) {
  const char* tmp = getenv("TEST_TMPDIR");
  data_ = absl::StrCat(tmp == nullptr ? "/tmp" : tmp, "/", name);
  const auto port_base = ChoosePortBase();
  EXPECT_TRUE(port_base.ok()) << port_base.status();
  port_base_ = port_base.value_or(0);
  EXPECT_EQ(Init().exit_code, 0);
}

std::string Installation::File(const std::string& path) const {
  return absl::StrCat(data_, "/", path);
}

std::string Installation::PhoneUrl() const {
  // Port::kSmdpDevice.
  return absl::StrCat("http://127.0.0.1:", port_base_ + 7);
}

CommandResult Installation::Init() {
  Words words = {"init",
                 "--data",
                 data_,
                 "--port-base",
                 absl::StrCat(port_base_),
                 "--trust-domain",
                 "ctl.test"};
  words.insert(words.end(), options_.begin(), options_.end());
  return Ctl(std::move(words));
}

CommandResult Installation::As(const std::string& admin, Words words) {
  words.insert(words.end(), {"--data", data_, "--as", admin});
  return Ctl(std::move(words));
}

void Installation::Start() {
  ASSERT_TRUE(MakeFolder(File("run")).ok());
  ASSERT_EQ(RunCommand({kTerminal, "stock", "--count=20",
                        "--out=" + File("demo/stock")})
                .exit_code,
            0);
  Run("smdp_plus", {kSmdpPlus, "--flagfile=" + File("config/smdp_plus.flags"),
                    "--stock=" + File("demo/stock/iccids.csv")});
  Run("identity_authority",
      {kAuthority, "--flagfile=" + File("config/identity_authority.flags")});
  Run("witness",
      {kShimingctl, "witness", "--config=" + File("config/witness.textproto")});
  Run("shimingd", {kShimingd, "--config=" + File("config/shimingd.textproto")});
  const absl::Time deadline = absl::Now() + kStartLimit;
  CommandResult status = Status();
  while (status.exit_code != 0 && absl::Now() < deadline) status = Status();
  ASSERT_EQ(status.exit_code, 0)
      << status << ReadFile(File("run/shimingd")).value_or("");
}

CommandResult Installation::Status(Words words) {
  words.insert(words.begin(), {"status", "--data", data_});
  return Ctl(std::move(words));
}

void Installation::Enroll(Words words) {
  words.insert(words.begin(), "enroll");
  const CommandResult proposed = As("admin-1", std::move(words));
  ASSERT_EQ(proposed.exit_code, 0) << proposed;
  const CommandResult approved =
      As("admin-2", {"approve", FirstLine(proposed.out)});
  ASSERT_EQ(approved.exit_code, 0) << approved;
}

void Installation::EnrollDevice(const std::string& kind, const std::string& id,
                                const std::string& folder,
                                const Words& further) {
  const std::string out = File("demo/" + folder);
  ASSERT_EQ(RunCommand({kTerminal, "keys", "--kind=" + kind, "--out=" + out})
                .exit_code,
            0);
  const CommandResult certified =
      Ctl({"certify", kind, id, "--tls-key", out + "/tls.pub", "--out",
           out + "/tls.crt", "--data", data_});
  ASSERT_EQ(certified.exit_code, 0) << certified;
  Words words = {kind, id, "--tls-key", out + "/tls.pub"};
  words.insert(words.end(), further.begin(), further.end());
  Enroll(std::move(words));
}

void Installation::EnrollCounter(int n) {
  const std::string suffix = n == 1 ? "" : absl::StrCat(n);
  const std::string terminal = "terminal" + suffix;
  EnrollDevice("terminal", absl::StrCat("demo/t", n), terminal,
               {"--evidence-key", File("demo/" + terminal + "/evidence.pub")});
  EnrollDevice("display", absl::StrCat("demo/d", n), "display" + suffix,
               {"--terminal", absl::StrCat("t", n)});
  Enroll({"clerk", absl::StrCat("clerk-", n), "--shop", "demo", "--out",
          File("demo/clerk" + suffix)});
}

Words Installation::IssueCommand(const std::string& visit,
                                 const std::string& config, int clerk) {
  const std::string folder =
      File("demo/clerk" + (clerk == 1 ? "" : absl::StrCat(clerk)));
  const json phone = json::parse(*ReadFile(visit + "/phone.json"));
  return {kTerminal,
          "issue",
          "--config=" + config,
          absl::StrCat("--clerk=clerk-", clerk),
          "--password_file=" + folder + "/password",
          "--totp_seed_file=" + folder + "/totp_seed",
          "--card_block=" + visit + "/card_block.bin",
          "--eid=" + phone.value("eid", ""),
          "--imei=" + phone.value("imei", ""),
          "--profile_type=CONSUMER-5G",
          "--wait=60s",
          "--receipt=" + visit + "/receipt.json",
          "--json=" + visit + "/issued.json"};
}

std::string Installation::NewCustomer() {
  const std::string visit = File(absl::StrCat("visit-", ++visits_));
  const CommandResult made =
      RunCommand({kTerminal, "customer", absl::StrCat("--counter=", visits_),
                  "--out=" + visit});
  EXPECT_EQ(made.exit_code, 0) << made;
  return visit;
}

void Installation::Run(const std::string& name, const Words& command) {
  auto process = ChildProcess::Start(command, File("run/" + name));
  ASSERT_TRUE(process.ok()) << process.status();
  processes_[name] = *std::move(process);
}

}  // namespace shiming::e2e
