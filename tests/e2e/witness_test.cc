// The real ledger with a real witness: cosigned checkpoints in either mode, a
// witness that is away, and a ledger whose files were all restored from one
// backup.
#include <gtest/gtest.h>

#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/time/clock.h"
#include "common/files/file.h"
#include "ledger/audit_reader.h"
#include "ledger/policy.h"
#include "tests/e2e/cluster.h"

namespace shiming::e2e {
namespace {

// For what does not have to be fast here.
constexpr absl::Duration kLongEnough = absl::Seconds(60);

class WitnessTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto cluster = Cluster::Start({.stock = 10});
    ASSERT_TRUE(cluster.ok()) << cluster.status();
    cluster_ = *std::move(cluster);
    const auto text = ReadFile(cluster_->layout().Policy());
    ASSERT_TRUE(text.ok()) << text.status();
    auto policy = ledger::TrustPolicy::Parse(*text);
    ASSERT_TRUE(policy.ok()) << policy.status();
    policy_ = std::make_unique<ledger::TrustPolicy>(*policy);
    key_only_ = std::make_unique<ledger::TrustPolicy>(
        ledger::TrustPolicy::ForLog(policy->logs()[0]));
  }

  // Something for the record.
  void Enroll(const std::string& shop) {
    const absl::Status enrolled = cluster_->EnrollShop(shop, "11");
    EXPECT_TRUE(enrolled.ok()) << enrolled;
  }

  // Size of the published checkpoint, or -1 where it does not satisfy.
  int64_t Published(const ledger::TrustPolicy& policy) {
    const auto note = ReadFile(cluster_->layout().Log() + "/checkpoint");
    if (!note.ok()) return -1;
    const auto checkpoint = policy.OpenCheckpoint(*note);
    return checkpoint.ok() ? static_cast<int64_t>(checkpoint->size) : -1;
  }

  static bool WaitUntil(const std::function<bool()>& done) {
    const absl::Time limit = absl::Now() + kLongEnough;
    while (!done()) {
      if (absl::Now() > limit) return false;
      absl::SleepFor(absl::Milliseconds(10));
    }
    return true;
  }

  // The value of one of the ledger's metrics, as text.
  std::string Metric(const std::string& name) {
    const auto answer = cluster_->AdminGet("shimingd", "/metrics");
    if (!answer.ok()) return "";
    const size_t at = answer->body.find("\n" + name + " ");
    if (at == std::string::npos) return "";
    const size_t begin = at + name.size() + 2;
    return answer->body.substr(begin, answer->body.find('\n', begin) - begin);
  }

  void StopShimingd() {
    EXPECT_EQ(cluster_->process("shimingd").Terminate(kLongEnough).value_or(-1),
              0);
  }
  void StartShimingd() {
    ASSERT_TRUE(cluster_->StartProcess("shimingd").ok());
    const absl::Status ready = cluster_->WaitReady();
    ASSERT_TRUE(ready.ok()) << ready;
  }

  // What a restore of the ledger's machine brings back.
  void Copy(const std::string& from, const std::string& to) {
    const std::string& data = cluster_->layout().data;
    std::filesystem::create_directories(to);
    for (const char* folder : {"db", "guard", "log"}) {
      std::filesystem::remove_all(absl::StrCat(to, "/", folder));
      std::filesystem::copy(absl::StrCat(from, "/", folder),
                            absl::StrCat(to, "/", folder),
                            std::filesystem::copy_options::recursive);
    }
    ASSERT_TRUE(std::filesystem::exists(data));
  }

  std::unique_ptr<Cluster> cluster_;
  std::unique_ptr<ledger::TrustPolicy> policy_;
  std::unique_ptr<ledger::TrustPolicy> key_only_;
};

TEST_F(WitnessTest, DefaultModeGoesOnWhileTheWitnessIsAway) {
  ASSERT_TRUE(WaitUntil([&] { return Published(*policy_) > 0; }));
  EXPECT_EQ(Metric("shiming_ledger_witness_covered"), "1");
  ASSERT_TRUE(
      WaitUntil([&] { return Metric("shiming_ledger_quorum_met") == "1"; }));
  cluster_->process("witness").Kill();
  const int64_t before = Published(*key_only_);
  Enroll("away");
  ASSERT_TRUE(WaitUntil([&] { return Published(*key_only_) > before; }));
  ASSERT_TRUE(
      WaitUntil([&] { return Metric("shiming_ledger_quorum_met") == "0"; }));
  EXPECT_EQ(Published(*policy_), -1);
  EXPECT_TRUE(absl::StrContains(cluster_->OutputOf("shimingd"),
                                "witness does not cosign"));
  // Back: what is out is cosigned without anything new.
  ASSERT_TRUE(cluster_->StartProcess("witness").ok());
  ASSERT_TRUE(WaitUntil([&] { return Published(*policy_) > before; }));
  const auto log =
      ledger::VerifyLog(ledger::FilesBelow(cluster_->layout().Log()), *policy_);
  EXPECT_TRUE(log.ok()) << log.status();
}

TEST_F(WitnessTest, StrictModeWaitsForTheWitness) {
  StopShimingd();
  const std::string file =
      cluster_->layout().Config("issuance_ledger.textproto");
  const std::string config = absl::StrReplaceAll(
      *ReadFile(file), {{"witnesses {", "witnesses {\n  strict: true"}});
  ASSERT_TRUE(ReplaceFile(file, config, FileAccess::kEveryone).ok());
  StartShimingd();
  Enroll("first");
  cluster_->process("witness").Kill();
  const int64_t before = Published(*policy_);
  ASSERT_GT(before, 0);
  Enroll("second");
  ASSERT_TRUE(
      WaitUntil([&] { return Metric("shiming_ledger_quorum_met") == "0"; }));
  // What is out has its quorum, whatever was on its way.
  const int64_t between = Published(*key_only_);
  EXPECT_EQ(Published(*policy_), between);
  ASSERT_TRUE(cluster_->StartProcess("witness").ok());
  EXPECT_TRUE(WaitUntil([&] { return Published(*policy_) > between; }));
}

// Database, guard file and published files all come from one backup: nothing
// on the ledger's machine contradicts them.
TEST_F(WitnessTest, LedgerRestoredFromOneBackupDoesNotStart) {
  ASSERT_TRUE(WaitUntil([&] { return Published(*policy_) > 0; }));
  const std::string data = cluster_->layout().data;
  StopShimingd();
  Copy(data, data + "/older");
  StartShimingd();
  const int64_t before = Published(*policy_);
  Enroll("later");
  ASSERT_TRUE(WaitUntil([&] { return Published(*policy_) > before; }));
  StopShimingd();
  Copy(data, data + "/newest");

  Copy(data + "/older", data);
  ASSERT_TRUE(cluster_->StartProcess("shimingd").ok());
  EXPECT_EQ(cluster_->process("shimingd").Wait(kLongEnough).value_or(-1), 1);
  EXPECT_TRUE(absl::StrContains(cluster_->OutputOf("shimingd"),
                                "LEDGER_WITNESS_MISMATCH"));
  // Nor with a guard file and a database that were lost altogether.
  for (const char* folder : {"db", "guard", "log"}) {
    std::filesystem::remove_all(absl::StrCat(data, "/", folder));
    std::filesystem::create_directories(absl::StrCat(data, "/", folder));
  }
  ASSERT_TRUE(cluster_->StartProcess("shimingd").ok());
  EXPECT_EQ(cluster_->process("shimingd").Wait(kLongEnough).value_or(-1), 1);

  Copy(data + "/newest", data);
  StartShimingd();
  Enroll("goes-on");
  EXPECT_TRUE(WaitUntil([&] { return Published(*policy_) > before; }));
}

}  // namespace
}  // namespace shiming::e2e
