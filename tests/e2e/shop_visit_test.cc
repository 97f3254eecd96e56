// A visit to the shop with shiming_terminal as a clerk types it, and what is
// on the record afterwards, verified with nothing but files.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "common/crypto/encoding.h"
#include "common/files/file.h"
#include "tests/e2e/installation_test_base.h"

namespace shiming::e2e {
namespace {

using nlohmann::json;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::Not;
using ::testing::StartsWith;

namespace fs = std::filesystem;

// What a visit left, made once.
class VisitTest : public InstallationTest {
 protected:
  static void SetUpTestSuite() {
    InstallationTest::SetUpTestSuite();
    ASSERT_TRUE(ready_);
    ready_ = false;
    ASSERT_NO_FATAL_FAILURE(place_->EnrollCounter(1));
    for (const Words& import :
         {Words{"import", "device-models",
                place_->File("demo/stock/device_models.csv")},
          Words{"import", "numbers", place_->File("demo/stock/numbers.csv")},
          Words{"import", "iccids", place_->File("demo/stock/iccids.csv"),
                "--smdp", "smdp-1"}}) {
      ASSERT_EQ(place_->As("admin-1", import).exit_code, 0);
    }
    // An auditor has kept this one.
    older_ = place_->File("checkpoint.older");
    ASSERT_TRUE(ReplaceFile(older_, *ReadFile(place_->File("log/checkpoint")),
                            FileAccess::kEveryone)
                    .ok());
    visit_ = place_->NewCustomer();
    ASSERT_NO_FATAL_FAILURE(ServeOneCustomer());
    ready_ = true;
  }

  static void ServeOneCustomer() {
    place_->Run("display",
                {kTerminal, "display",
                 "--config=" + place_->File("config/display.textproto"),
                 "--wait=60s", "--demo_out=" + visit_});
    place_->Run("issue",
                place_->IssueCommand(
                    visit_, place_->File("config/terminal.textproto"), 1));
    // The phone scans the code as soon as it is there.
    const absl::Time deadline = absl::Now() + kStartLimit;
    const std::string code_file = visit_ + "/activation_code.txt";
    while (!ReadFile(code_file).ok() && absl::Now() < deadline &&
           place_->process("issue").running()) {
      absl::SleepFor(absl::Milliseconds(10));
    }
    ASSERT_TRUE(ReadFile(code_file).ok())
        << ReadFile(place_->File("run/issue")).value_or("")
        << ReadFile(place_->File("run/display")).value_or("");
    const json phone = json::parse(*ReadFile(visit_ + "/phone.json"));
    const CommandResult download =
        RunCommand({kSmdpPlus, "download", "--url=" + place_->PhoneUrl(),
                    "--eid=" + phone.value("eid", ""),
                    "--activation_code=" + FirstLine(*ReadFile(code_file))});
    ASSERT_EQ(download.exit_code, 0) << download;
    for (const char* name : {"issue", "display"}) {
      const auto exit_code = place_->process(name).Wait(kStartLimit);
      ASSERT_TRUE(exit_code.ok()) << exit_code.status();
      ASSERT_EQ(*exit_code, 0)
          << ReadFile(place_->File(std::string("run/") + name)).value_or("");
    }
  }

  static CommandResult VerifyReceipt(const std::string& file,
                                     Words further = {}) {
    further.insert(further.begin(), {"receipt", "verify", file, "--key",
                                     place_->File("keys/ledger.vkey")});
    return Ctl(std::move(further));
  }

  static CommandResult VerifyLog(const std::string& log, Words further = {}) {
    further.insert(further.begin(), {"ledger", "verify", "--log", log, "--key",
                                     place_->File("keys/ledger.vkey")});
    return Ctl(std::move(further));
  }

  // A verifier key of the same origin for another key pair: base64 of
  // algorithm byte and key, its last byte changed.
  static std::string AnotherKey() {
    return *ReadFile(
        Installation(absl::StrCat("stranger-", absl::GetCurrentTimeNanos()))
            .File("keys/ledger.vkey"));
  }

  static inline std::string visit_;
  static inline std::string older_;
};

TEST_F(VisitTest, TheTerminalShowsEachStepAndTheDisplayTheCode) {
  const std::string issue = *ReadFile(place_->File("run/issue"));
  for (const char* step :
       {"0 shift", "1 session", "2 evidence", "3 verify", "4 choose", "5 order",
        "6 reveal", "7 download", "8 close"}) {
    EXPECT_THAT(issue, HasSubstr(step));
  }
  const std::string code =
      FirstLine(*ReadFile(visit_ + "/activation_code.txt"));
  EXPECT_THAT(code, StartsWith("1$SMDP.EXAMPLE.TEST$"));
  EXPECT_THAT(issue, Not(HasSubstr(code.substr(code.rfind('$') + 1))));
  EXPECT_THAT(*ReadFile(place_->File("run/display")), HasSubstr("█"));
  EXPECT_THAT(*ReadFile(visit_ + "/qr.svg"), HasSubstr("<svg"));
  EXPECT_THAT(*ReadFile(visit_ + "/qr.png"), StartsWith("\x89PNG"));
  const json issued = json::parse(*ReadFile(visit_ + "/issued.json"));
  EXPECT_EQ(issued.value("iccid", "").size(), 19u);
  EXPECT_THAT(issued.value("msisdn_masked", ""),
              MatchesRegex("\\*{7}[0-9]{4}"));
  EXPECT_GT(issued.value("entry_index", 0), 0);
}

TEST_F(VisitTest, TheReceiptVerifiesWithNothingButTheKey) {
  const std::string proof = visit_ + "/receipt.tlog-proof";
  const CommandResult verified =
      VerifyReceipt(visit_ + "/receipt.json", {"--proof-out", proof});
  EXPECT_EQ(verified.exit_code, 0) << verified;
  const json issued = json::parse(*ReadFile(visit_ + "/issued.json"));
  EXPECT_THAT(
      verified.out,
      AllOf(StartsWith("OK "), HasSubstr("CODE_REVEALED"),
            HasSubstr(issued.value("order_id", "?")),
            HasSubstr(absl::StrCat(
                "entry ", issued.value("entry_index", int64_t{-1}), " of "))));
  const json receipt = json::parse(*ReadFile(visit_ + "/receipt.json"));
  EXPECT_EQ(*ReadFile(proof), receipt.value("tlog_proof", ""));
  EXPECT_THAT(*ReadFile(proof), StartsWith("c2sp.org/tlog-proof@v1\n"));

  // A key on the command line is as good as a file.
  EXPECT_EQ(Ctl({"receipt", "verify", visit_ + "/receipt.json", "--key",
                 FirstLine(*ReadFile(place_->File("keys/ledger.vkey")))})
                .exit_code,
            0);
  // So is a policy, which asks for the witness's cosignature as well.
  EXPECT_EQ(Ctl({"receipt", "verify", visit_ + "/receipt.json", "--policy",
                 place_->File("keys/ledger.policy")})
                .exit_code,
            0);
  const CommandResult stranger =
      Ctl({"receipt", "verify", visit_ + "/receipt.json", "--key",
           FirstLine(AnotherKey())});
  EXPECT_EQ(stranger.exit_code, 1) << stranger;
  EXPECT_EQ(Ctl({"receipt", "verify", visit_ + "/receipt.json"}).exit_code, 1);
}

TEST_F(VisitTest, AChangedReceiptDoesNotVerify) {
  const json receipt = json::parse(*ReadFile(visit_ + "/receipt.json"));
  const std::string changed_file = visit_ + "/changed.json";
  const auto verify = [&](const json& changed) {
    EXPECT_TRUE(
        ReplaceFile(changed_file, changed.dump(), FileAccess::kOwner).ok());
    return VerifyReceipt(changed_file).exit_code;
  };
  const auto flip = [](const json& base64) {
    std::string bytes = *crypto::FromBase64(base64.get<std::string>());
    bytes[bytes.size() / 2] ^= 1;
    return crypto::Base64(bytes);
  };
  EXPECT_EQ(verify(receipt), 0);
  json changed = receipt;
  changed["entry"] = flip(receipt["entry"]);
  EXPECT_EQ(verify(changed), 1);
  // Another phone or another consent than what was committed to.
  ASSERT_EQ(receipt["openings"].size(), 2u);
  for (size_t i = 0; i < receipt["openings"].size(); ++i) {
    for (const char* member : {"value", "salt"}) {
      changed = receipt;
      changed["openings"][i][member] = flip(receipt["openings"][i][member]);
      EXPECT_EQ(verify(changed), 1) << i << member;
    }
  }
  changed = receipt;
  std::string proof = receipt.value("tlog_proof", "");
  changed["tlog_proof"] =
      absl::StrReplaceAll(proof, {{"\nindex ", "\nindex 1"}});
  EXPECT_EQ(verify(changed), 1);
  for (const char* member : {"entry", "openings", "tlog_proof"}) {
    changed = receipt;
    changed.erase(member);
    EXPECT_EQ(verify(changed), 1) << member;
  }
  EXPECT_EQ(verify(json::array()), 1);
  EXPECT_EQ(VerifyReceipt(visit_ + "/none.json").exit_code, 1);
}

TEST_F(VisitTest, TheLogVerifiesFromItsFilesAndExtendsWhatWasSeen) {
  const CommandResult verified =
      VerifyLog(place_->File("log"), {"--extends", older_});
  EXPECT_EQ(verified.exit_code, 0) << verified;
  EXPECT_THAT(verified.out,
              AllOf(StartsWith("OK "), HasSubstr("order of events checked"),
                    HasSubstr("extends the given checkpoint")));

  const CommandResult stranger =
      Ctl({"ledger", "verify", "--log", place_->File("log"), "--key",
           FirstLine(AnotherKey())});
  EXPECT_EQ(stranger.exit_code, 1) << stranger;
  EXPECT_EQ(VerifyLog(place_->File("no_log")).exit_code, 1);

  // One byte of one entry changed in a copy.
  const std::string copy = place_->File("log.changed");
  fs::copy(place_->File("log"), copy, fs::copy_options::recursive);
  int changed = 0;
  for (const auto& entry :
       fs::recursive_directory_iterator(copy + "/tile/entries")) {
    if (!entry.is_regular_file()) continue;
    std::string bytes = *ReadFile(entry.path());
    bytes[bytes.size() / 2] ^= 1;
    ASSERT_TRUE(ReplaceFile(entry.path(), bytes, FileAccess::kEveryone).ok());
    ++changed;
  }
  EXPECT_GT(changed, 0);
  EXPECT_EQ(VerifyLog(copy).exit_code, 1);

  // A log that has been cut back does not extend what an auditor has seen.
  const std::string cut = place_->File("log.cut");
  fs::copy(place_->File("log"), cut, fs::copy_options::recursive);
  fs::copy_file(older_, cut + "/checkpoint",
                fs::copy_options::overwrite_existing);
  const std::string newer = place_->File("checkpoint.newer");
  fs::copy_file(place_->File("log/checkpoint"), newer,
                fs::copy_options::overwrite_existing);
  EXPECT_EQ(VerifyLog(cut, {"--extends", newer}).exit_code, 1);
}

TEST_F(VisitTest, ARevokedTerminalIsRefusedInTwoLanguages) {
  ASSERT_NO_FATAL_FAILURE(place_->EnrollCounter(2));
  const std::string config = place_->File("config/terminal2.textproto");
  ASSERT_TRUE(
      ReplaceFile(config,
                  absl::StrReplaceAll(
                      *ReadFile(place_->File("config/terminal.textproto")),
                      {{"demo/t1", "demo/t2"},
                       {"../demo/terminal/", "../demo/terminal2/"}}),
                  FileAccess::kEveryone)
          .ok());
  const CommandResult revoked = place_->As(
      "admin-1", {"revoke", "terminal", "demo/t2", "--why", "stolen"});
  ASSERT_EQ(revoked.exit_code, 0) << revoked;
  const CommandResult issue =
      RunCommand(place_->IssueCommand(place_->NewCustomer(), config, 2));
  EXPECT_EQ(issue.exit_code, 1) << issue;
  // Reason, Chinese, English.
  const std::vector<std::string> lines = absl::StrSplit(issue.err, '\n');
  ASSERT_GE(lines.size(), 3u) << issue;
  EXPECT_EQ(lines[0], "TERMINAL_NOT_ENROLLED");
  EXPECT_THAT(lines[1], HasSubstr("终端"));
  EXPECT_THAT(lines[2], HasSubstr("terminal"));
}

}  // namespace
}  // namespace shiming::e2e
