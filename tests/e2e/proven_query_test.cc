// An auditor asks the real service for all entries of a phone, and gets them
// with proof that there are no others: by shimingctl, as he types it, with
// nothing but K and a policy.
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "common/crypto/encoding.h"
#include "common/files/file.h"
#include "shiming/config/v1/issuance_ledger_config.pb.h"
#include "tests/e2e/audit.h"
#include "tests/e2e/cluster.h"
#include "tests/e2e/command.h"
#include "tests/e2e/edit_config.h"
#include "tests/e2e/shop_floor.h"

namespace shiming::e2e {
namespace {

using nlohmann::json;
using Words = std::vector<std::string>;

constexpr absl::Duration kLongEnough = absl::Seconds(60);

class ProvenQueryTest : public ::testing::Test {
 protected:
  // Periods of 16 entries, so that an issuance makes some.
  void SetUp() override {
    auto cluster = Cluster::Start({.stock = 20});
    ASSERT_TRUE(cluster.ok()) << cluster.status();
    cluster_ = *std::move(cluster);
    ASSERT_EQ(cluster_->process("shimingd").Terminate(kLongEnough).value_or(-1),
              0);
    const absl::Status edited = EditConfig<config::v1::IssuanceLedgerConfig>(
        cluster_->layout().Config("issuance_ledger.textproto"),
        [](config::v1::IssuanceLedgerConfig& config) {
          config.set_seal_entries(16);
        });
    ASSERT_TRUE(edited.ok()) << edited;
    ASSERT_TRUE(cluster_->StartProcess("shimingd").ok());
    const absl::Status ready = cluster_->WaitReady();
    ASSERT_TRUE(ready.ok()) << ready;
  }

  // One issuance up to the revealed code; the phone's EID.
  std::string Issue() {
    auto counter = cluster_->NewCounter();
    EXPECT_TRUE(counter.ok()) << counter.status();
    auto floor = ShopFloor::Open(*cluster_, *counter);
    EXPECT_TRUE(floor.ok()) << floor.status();
    EXPECT_TRUE((*floor)->SignIn().ok());
    const auto customer = ShopFloor::NewCustomer();
    const auto order = (*floor)->ReadyOrder(customer);
    EXPECT_TRUE(order.ok()) << order.status();
    EXPECT_TRUE((*floor)->Reveal(*order).ok());
    order_ = *order;
    return customer.eid;
  }

  // Entries that are in sealed indexes.
  int64_t Sealed() { return Metric("shiming_ledger_sealed_entries"); }

  // A gauge of the service; -1 when it is not there.
  int64_t Metric(const std::string& gauge) {
    const auto answer = cluster_->AdminGet("shimingd", "/metrics");
    const std::string name = "\n" + gauge + " ";
    if (!answer.ok()) return -1;
    const size_t at = answer->body.find(name);
    if (at == std::string::npos) return -1;
    const size_t begin = at + name.size();
    double value = -1;
    const bool is_number = absl::SimpleAtod(
        answer->body.substr(begin, answer->body.find('\n', begin) - begin),
        &value);
    return is_number ? static_cast<int64_t>(value) : -1;
  }

  // Until the entries so far are sealed, all but less than a period of them.
  // New ones are made meanwhile by our reading.
  void WaitForSeals() {
    const auto all = Entries(*cluster_, ledger::v1::EntryFilter());
    ASSERT_TRUE(all.ok()) << all.status();
    const auto size = static_cast<int64_t>(all->size());
    const absl::Time limit = absl::Now() + kLongEnough;
    while (Sealed() < size - 16 && absl::Now() < limit) {
      absl::SleepFor(absl::Milliseconds(50));
    }
    ASSERT_GE(Sealed(), std::max<int64_t>(size - 16, 16));
  }

  // Serves further customers until all entries so far are sealed, and two
  // periods at least.
  void SealWhatIsThere() {
    const auto all = Entries(*cluster_, ledger::v1::EntryFilter());
    ASSERT_TRUE(all.ok()) << all.status();
    const auto wanted = std::max<int64_t>(all->size(), 32);
    for (int customers = 0; Sealed() < wanted && customers < 8; ++customers) {
      Issue();
      ASSERT_NO_FATAL_FAILURE(WaitForSeals());
    }
    ASSERT_GE(Sealed(), wanted);
    // Who asks goes by the published checkpoint: it has these seals.
    const absl::Time limit = absl::Now() + kLongEnough;
    while (Metric("shiming_ledger_unpublished_entries") != 0 &&
           absl::Now() < limit) {
      absl::SleepFor(absl::Milliseconds(50));
    }
    ASSERT_EQ(Metric("shiming_ledger_unpublished_entries"), 0);
  }

  CommandResult Ask(Words filter) {
    filter.insert(filter.begin(),
                  {"tools/shimingctl/shimingctl", "audit", "query", "--data",
                   cluster_->layout().data, "--as", "auditor-1", "--prove",
                   "true", "--policy", cluster_->layout().Policy()});
    return RunCommand(filter);
  }

  CommandResult AskEid(const std::string& eid, const std::string& key_file) {
    return Ask({"--eid", eid, "--pseudonym-key", key_file});
  }

  static std::vector<json> Lines(const std::string& out) {
    std::vector<json> lines;
    for (const absl::string_view line :
         absl::StrSplit(out, '\n', absl::SkipEmpty())) {
      lines.push_back(json::parse(std::string(line)));
    }
    return lines;
  }

  std::unique_ptr<Cluster> cluster_;
  std::string order_;
};

TEST_F(ProvenQueryTest, AnswersAreProvenToBeComplete) {
  const std::string eid = Issue();
  ASSERT_NO_FATAL_FAILURE(SealWhatIsThere());
  const std::string key = cluster_->layout().Key("pseudonym.key");

  // Every entry that shows the phone's pseudonym, the plain way.
  const auto all = Entries(*cluster_, ledger::v1::EntryFilter());
  ASSERT_TRUE(all.ok()) << all.status();
  const CommandResult proven = AskEid(eid, key);
  ASSERT_EQ(proven.exit_code, 0) << proven;
  EXPECT_TRUE(absl::StrContains(proven.err, "no other entry matches"))
      << proven;
  const std::vector<json> lines = Lines(proven.out);
  ASSERT_FALSE(lines.empty()) << proven;
  ledger::v1::Event first;
  ASSERT_TRUE(first.ParseFromString(
      *crypto::FromBase64(lines[0]["entry"].get<std::string>())));
  std::string pseudonym;
  for (const ledger::v1::Pseudonym& one : first.pseudonyms()) {
    if (one.field() == ledger::v1::PSEUDONYM_FIELD_EID) pseudonym = one.value();
  }
  const auto count =
      std::count_if(all->begin(), all->end(), [&](const auto& event) {
        return std::any_of(event.pseudonyms().begin(), event.pseudonyms().end(),
                           [&](const ledger::v1::Pseudonym& one) {
                             return one.value() == pseudonym;
                           });
      });
  EXPECT_EQ(static_cast<int64_t>(lines.size()), count) << proven;
  EXPECT_TRUE(std::any_of(lines.begin(), lines.end(), [](const json& line) {
    return line["found"] == "sealed";
  })) << proven;

  // Two filters at once, one of them by something that stands in clear.
  const CommandResult revealed =
      Ask({"--order", order_, "--kind", "CODE_REVEALED"});
  ASSERT_EQ(revealed.exit_code, 0) << revealed;
  EXPECT_EQ(Lines(revealed.out).size(), 1u) << revealed;

  // That there is nothing is proven, too.
  const CommandResult nothing = AskEid(ShopFloor::NewCustomer().eid, key);
  ASSERT_EQ(nothing.exit_code, 0) << nothing;
  EXPECT_EQ(nothing.out, "");
  EXPECT_TRUE(absl::StrContains(nothing.err, "0 entries; proven")) << nothing;

  // The seals themselves are held against the entries.
  const CommandResult seals = RunCommand(
      {"tools/shimingctl/shimingctl", "audit", "seals", "--log",
       cluster_->layout().Log(), "--policy", cluster_->layout().Policy()});
  EXPECT_EQ(seals.exit_code, 0) << seals;
  EXPECT_TRUE(absl::StrContains(seals.out, "are true")) << seals;
  // And they are nothing that an audit takes offence at.
  const CommandResult audit = RunCommand(
      {"tools/shimingctl/shimingctl", "audit", "prove", "--log",
       cluster_->layout().Log(), "--policy", cluster_->layout().Policy()});
  EXPECT_EQ(audit.exit_code, 0) << audit;

  // Another K than the log's would find nothing, and is refused.
  const std::string other = cluster_->layout().data + "/other.key";
  ASSERT_TRUE(
      ReplaceFile(other, std::string(64, 'a') + "\n", FileAccess::kOwner).ok());
  const std::string salt = cluster_->layout().Key("pseudonym.salt");
  const CommandResult refused =
      Ask({"--eid", eid, "--pseudonym-key", other, "--pseudonym-salt", salt});
  EXPECT_NE(refused.exit_code, 0) << refused;
  EXPECT_TRUE(absl::StrContains(refused.err, "PSEUDONYM_KEY_MISMATCH"))
      << refused;
  EXPECT_EQ(refused.out, "");
}

TEST_F(ProvenQueryTest, LostIndexFilesAreMadeAgain) {
  const std::string eid = Issue();
  ASSERT_NO_FATAL_FAILURE(SealWhatIsThere());
  const std::string key = cluster_->layout().Key("pseudonym.key");
  const CommandResult before = AskEid(eid, key);
  ASSERT_EQ(before.exit_code, 0) << before;
  // One is gone, one damaged.
  const std::string indexes = cluster_->layout().Log() + "/index";
  ASSERT_EQ(RunCommand({"/bin/rm", indexes + "/001/eid"}).exit_code, 0);
  ASSERT_TRUE(ReplaceFile(indexes + "/002/eid", "shiming-index/v1\nnothing",
                          FileAccess::kEveryone)
                  .ok());
  const CommandResult after = AskEid(eid, key);
  ASSERT_EQ(after.exit_code, 0) << after;
  EXPECT_EQ(Lines(after.out).size(), Lines(before.out).size());
  EXPECT_TRUE(ReadFile(indexes + "/001/eid").ok());
}

}  // namespace
}  // namespace shiming::e2e
