// Goal: a log ends and the next one begins while customers are in the shop:
// nobody is revealed a code meanwhile, what had begun goes on, and whoever has
// both logs' files can prove every code, wherever they are kept by then.
#include <gtest/gtest.h>

#include <filesystem>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/files/file.h"
#include "ledger/audit_reader.h"
#include "ledger/policy.h"
#include "shiming/config/v1/issuance_ledger_config.pb.h"
#include "tests/e2e/edit_config.h"
#include "tests/e2e/installation.h"
#include "tests/e2e/shop_floor.h"

namespace shiming::e2e {
namespace {

using config::v1::IssuanceLedgerConfig;

constexpr char kLedger[] = "issuance_ledger";

class LogPeriodsTest : public testing::Test {
 protected:
  void SetUp() override {
    auto cluster = Cluster::Start({.mode = Mode::kSeparate});
    ASSERT_TRUE(cluster.ok()) << cluster.status();
    cluster_ = *std::move(cluster);
  }

  std::string Data(const std::string& name) const {
    return cluster_->layout().data + "/" + name;
  }

  std::string LedgerConfig() const {
    return cluster_->layout().Config("issuance_ledger.textproto");
  }

  // Of the log of a period.
  std::string Origin(int period) const {
    return absl::StrCat("ledger.", cluster_->layout().trust_domain, "/",
                        period);
  }

  std::unique_ptr<ShopFloor> OpenFloor(absl::Duration patience) {
    auto counter = cluster_->NewCounter("demo");
    EXPECT_TRUE(counter.ok()) << counter.status();
    auto floor = ShopFloor::Open(*cluster_, *counter, {.patience = patience});
    EXPECT_TRUE(floor.ok()) << floor.status();
    return *std::move(floor);
  }
  // An order that waits for its reveal.
  std::string Ready(ShopFloor& floor,
                    const shiming_terminal::SyntheticCustomer& customer) {
    EXPECT_TRUE(floor.SignIn().ok());
    const auto order = floor.ReadyOrder(customer);
    EXPECT_TRUE(order.ok()) << order.status();
    return order.value_or("");
  }

  // Ends the ledger as an operator does, changes its configuration and starts
  // it again.
  void RestartLedger(const std::function<void(IssuanceLedgerConfig&)>& change) {
    ASSERT_TRUE(cluster_->process(kLedger).Terminate(absl::Seconds(30)).ok());
    ASSERT_TRUE(EditConfig<IssuanceLedgerConfig>(LedgerConfig(), change).ok());
    ASSERT_TRUE(cluster_->StartProcess(kLedger).ok());
  }

  CommandResult Verify(const std::string& log, Words further = {}) {
    Words words = {"ledger", "verify",   "--log",
                   log,      "--policy", Data("keys/ledger.policy")};
    words.insert(words.end(), further.begin(), further.end());
    return Ctl(words);
  }

  // Verifies again until the output has `what`, at most as long as a start may
  // take; the last result.
  CommandResult VerifyUntil(const std::string& log, const std::string& what) {
    const absl::Time deadline = absl::Now() + kStartLimit;
    while (true) {
      CommandResult result = Verify(log);
      if (result.out.find(what) != std::string::npos ||
          absl::Now() > deadline) {
        return result;
      }
      absl::SleepFor(absl::Milliseconds(100));
    }
  }

  CommandResult ProveUntil(const std::string& earlier,
                           const std::string& what) {
    const absl::Time deadline = absl::Now() + kStartLimit;
    while (true) {
      CommandResult result =
          Ctl({"audit", "prove", "--log", Data("log2"), "--earlier", earlier,
               "--policy", Data("keys/ledger.policy"), "--pseudonym-key",
               Data("keys/pseudonym.key")});
      if (result.out.find(what) != std::string::npos ||
          absl::Now() > deadline) {
        return result;
      }
      absl::SleepFor(absl::Milliseconds(100));
    }
  }

  // The second log: a key, a line in the policy, the configuration.
  void OpenNextLog() {
    const CommandResult key = Ctl({"ledger", "new-key", "--origin", Origin(2),
                                   "--out", Data("keys/ledger2")});
    ASSERT_EQ(key.exit_code, 0) << key;
    // Never in place of a key that is there.
    EXPECT_NE(Ctl({"ledger", "new-key", "--origin", Origin(2), "--out",
                   Data("keys/ledger2")})
                  .exit_code,
              0);
    const std::string policy_file = Data("keys/ledger.policy");
    ASSERT_TRUE(
        ReplaceFile(policy_file,
                    absl::StrCat("log ", key.out, *ReadFile(policy_file)),
                    FileAccess::kEveryone)
            .ok());
    ASSERT_TRUE(cluster_->process("witness").Terminate(absl::Seconds(30)).ok());
    ASSERT_TRUE(cluster_->StartProcess("witness").ok());
    ASSERT_NO_FATAL_FAILURE(RestartLedger([&](IssuanceLedgerConfig& config) {
      config.clear_freeze();
      config.set_origin(Origin(2));
      config.set_signing_key_file(Data("keys/ledger2.key"));
      config.set_log_folder(Data("log2"));
      config.set_guard_file(Data("guard/issuance_ledger2.guard"));
      config.add_earlier_log_folders(Data("log"));
    }));
  }

  std::unique_ptr<Cluster> cluster_;
};

TEST_F(LogPeriodsTest, CustomersGoOnFromOneLogIntoTheNext) {
  const auto revealed_floor = OpenFloor(absl::Seconds(20));
  const auto waiting_floor = OpenFloor(absl::Seconds(20));
  const auto revealed_customer = ShopFloor::NewCustomer();
  const auto waiting_customer = ShopFloor::NewCustomer();
  const std::string revealed = Ready(*revealed_floor, revealed_customer);
  const std::string waiting = Ready(*waiting_floor, waiting_customer);
  const auto code = revealed_floor->Reveal(revealed);
  ASSERT_TRUE(code.ok()) << code.status();

  // Another origin without a frozen log: the ledger does not start.
  const auto old_config = ReadFile(LedgerConfig());
  ASSERT_NO_FATAL_FAILURE(RestartLedger([&](IssuanceLedgerConfig& config) {
    config.set_origin(Origin(9));
    config.clear_witnesses();
  }));
  const auto ended = cluster_->process(kLedger).Wait(absl::Seconds(30));
  ASSERT_TRUE(ended.ok()) << ended.status();
  EXPECT_NE(*ended, 0);
  EXPECT_NE(cluster_->OutputOf(kLedger).find("freeze it before"),
            std::string::npos);
  ASSERT_TRUE(
      ReplaceFile(LedgerConfig(), *old_config, FileAccess::kEveryone).ok());
  ASSERT_TRUE(cluster_->StartProcess(kLedger).ok());
  ASSERT_TRUE(cluster_->WaitReady().ok());

  // The end: the log is whole, cosigned, and nothing is revealed.
  ASSERT_NO_FATAL_FAILURE(RestartLedger(
      [](IssuanceLedgerConfig& config) { config.set_freeze(true); }));
  const CommandResult frozen = VerifyUntil(Data("log"), "frozen");
  ASSERT_EQ(frozen.exit_code, 0) << frozen;
  EXPECT_NE(frozen.out.find(", frozen"), std::string::npos) << frozen;
  const auto ready = cluster_->AdminGet(kLedger, "/readyz");
  ASSERT_TRUE(ready.ok()) << ready.status();
  EXPECT_EQ(ready->status, 200) << ready->body;
  const auto metrics = cluster_->AdminGet(kLedger, "/metrics");
  ASSERT_TRUE(metrics.ok()) << metrics.status();
  EXPECT_NE(metrics->body.find("shiming_ledger_frozen 1"), std::string::npos);
  const auto refused = waiting_floor->Reveal(waiting);
  EXPECT_FALSE(refused.ok());

  // The next one: what was ready is revealed, what was revealed installs.
  ASSERT_NO_FATAL_FAILURE(OpenNextLog());
  ASSERT_TRUE(cluster_->WaitReady().ok());
  const auto later = waiting_floor->Reveal(waiting);
  ASSERT_TRUE(later.ok()) << later.status();
  EXPECT_TRUE(waiting_floor->Download(waiting_customer.eid, *later).ok());
  EXPECT_TRUE(revealed_floor->Download(revealed_customer.eid, *code).ok());
  for (const auto& [floor, order] : {std::pair{revealed_floor.get(), revealed},
                                     {waiting_floor.get(), waiting}}) {
    const auto installed =
        floor->WaitFor(order, order::v1::PROFILE_ORDER_STATE_INSTALLED);
    ASSERT_TRUE(installed.ok()) << installed.status();
    EXPECT_EQ(installed->state(), order::v1::PROFILE_ORDER_STATE_INSTALLED);
  }

  // Receipts of either log verify by one policy.
  const auto policy =
      ledger::TrustPolicy::Parse(*ReadFile(Data("keys/ledger.policy")));
  ASSERT_TRUE(policy.ok()) << policy.status();
  for (const auto& [floor, order] : {std::pair{revealed_floor.get(), revealed},
                                     {waiting_floor.get(), waiting}}) {
    const auto receipt = floor->Run(floor->terminal().GetReceipt(order));
    ASSERT_TRUE(receipt.ok()) << receipt.status();
    const std::vector<ledger::v1::CommitmentOpening> openings(
        receipt->openings().begin(), receipt->openings().end());
    const auto report = ledger::VerifyReceipt(receipt->receipt().entry(),
                                              receipt->receipt().tlog_proof(),
                                              openings, *policy);
    ASSERT_TRUE(report.ok()) << report.status();
    EXPECT_EQ(report->event.order(), order);
    EXPECT_TRUE(floor->Run(floor->terminal().CloseSession()).ok());
  }

  // A service that is killed finds its entries in both.
  cluster_->process("profile_order").Kill();
  ASSERT_TRUE(cluster_->StartProcess("profile_order").ok());
  ASSERT_TRUE(cluster_->WaitReady().ok());

  // The old log moves to where it is kept; there and here the same is proven.
  std::filesystem::rename(Data("log"), Data("cold"));
  ASSERT_NO_FATAL_FAILURE(RestartLedger([](IssuanceLedgerConfig& config) {
    config.clear_earlier_log_folders();
  }));
  ASSERT_TRUE(cluster_->WaitReady().ok());
  EXPECT_FALSE(
      revealed_floor->Run(revealed_floor->terminal().GetReceipt(revealed))
          .ok());
  const CommandResult whole = Verify(Data("log2"), {"--earlier", Data("cold")});
  EXPECT_EQ(whole.exit_code, 0) << whole;
  EXPECT_EQ(Verify(Data("cold")).exit_code, 0);
  const CommandResult list = Ctl({"ledger", "list", "--log", Data("log2"),
                                  "--policy", Data("keys/ledger.policy")});
  EXPECT_EQ(list.exit_code, 0) << list;
  EXPECT_NE(list.out.find("frozen " + Origin(1)), std::string::npos) << list;
  EXPECT_NE(list.out.find("open   " + Origin(2)), std::string::npos) << list;
  const CommandResult alone = Verify(Data("log2"));
  EXPECT_EQ(alone.exit_code, 0) << alone;
  EXPECT_NE(alone.out.find("give it with --earlier"), std::string::npos);
  const CommandResult proven =
      ProveUntil(Data("cold"), "codes     2 revealed, 2 proven");
  EXPECT_EQ(proven.exit_code, 0) << proven;
  EXPECT_NE(proven.out.find("codes     2 revealed, 2 proven"),
            std::string::npos)
      << proven;
}

}  // namespace
}  // namespace shiming::e2e
