// shimingctl and shiming_terminal as a user types them, against the real
// services: a data directory is made, two admins enroll a shop, a visit is
// served at it, one admin takes rights away, and what is on the record is
// verified with nothing but files.
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
#include "tests/e2e/child_process.h"
#include "tests/e2e/command.h"
#include "tests/e2e/free_ports.h"

namespace shiming::e2e {
namespace {

using nlohmann::json;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::Not;
using ::testing::StartsWith;

namespace fs = std::filesystem;
using Words = std::vector<std::string>;

constexpr char kShimingctl[] = "tools/shimingctl/shimingctl";
constexpr char kTerminal[] = "tools/shiming_terminal/shiming_terminal";
constexpr char kSmdpPlus[] = "services/simulators/smdp_plus/smdp_plus";
constexpr char kAuthority[] =
    "services/simulators/identity_authority/identity_authority";
constexpr char kShimingd[] = "services/all_in_one/shimingd";

constexpr absl::Duration kStartLimit = absl::Seconds(60);

CommandResult Ctl(Words words) {
  words.insert(words.begin(), kShimingctl);
  return RunCommand(words);
}

std::string FirstLine(const std::string& text) {
  return text.substr(0, text.find('\n'));
}

// A data directory made by `shimingctl init`, with stock as CSV files and
// everything running: what deploy/quickstart.sh does.
class Installation {
 public:
  explicit Installation(const std::string& name) {
    const char* tmp = getenv("TEST_TMPDIR");
    data_ = absl::StrCat(tmp == nullptr ? "/tmp" : tmp, "/", name);
    const auto port_base = ChoosePortBase();
    EXPECT_TRUE(port_base.ok()) << port_base.status();
    port_base_ = port_base.value_or(0);
    EXPECT_EQ(Init().exit_code, 0);
  }

  const std::string& data() const { return data_; }
  std::string File(const std::string& path) const {
    return absl::StrCat(data_, "/", path);
  }
  std::string PhoneUrl() const {
    // Port::kSmdpDevice.
    return absl::StrCat("http://127.0.0.1:", port_base_ + 7);
  }

  CommandResult Init() {
    return Ctl({"init", "--data", data_, "--port-base",
                absl::StrCat(port_base_), "--trust-domain", "ctl.test"});
  }

  // A verb of an admin.
  CommandResult As(const std::string& admin, Words words) {
    words.insert(words.end(), {"--data", data_, "--as", admin});
    return Ctl(std::move(words));
  }

  void Start() {
    ASSERT_TRUE(MakeFolder(File("run")).ok());
    ASSERT_EQ(RunCommand({kTerminal, "stock", "--count=20",
                          "--out=" + File("demo/stock")})
                  .exit_code,
              0);
    Run("smdp_plus", {kSmdpPlus, "--flagfile=" + File("config/smdp_plus.flags"),
                      "--stock=" + File("demo/stock/iccids.csv")});
    Run("identity_authority",
        {kAuthority, "--flagfile=" + File("config/identity_authority.flags")});
    Run("witness", {kShimingctl, "witness",
                    "--config=" + File("config/witness.textproto")});
    Run("shimingd",
        {kShimingd, "--config=" + File("config/shimingd.textproto")});
    const absl::Time deadline = absl::Now() + kStartLimit;
    CommandResult status = Status();
    while (status.exit_code != 0 && absl::Now() < deadline) status = Status();
    ASSERT_EQ(status.exit_code, 0)
        << status << ReadFile(File("run/shimingd")).value_or("");
  }

  CommandResult Status(Words words = {}) {
    words.insert(words.begin(), {"status", "--data", data_});
    return Ctl(std::move(words));
  }

  // Enrolls what `words` name by admin-1, approved by admin-2.
  void Enroll(Words words) {
    words.insert(words.begin(), "enroll");
    const CommandResult proposed = As("admin-1", std::move(words));
    ASSERT_EQ(proposed.exit_code, 0) << proposed;
    const CommandResult approved =
        As("admin-2", {"approve", FirstLine(proposed.out)});
    ASSERT_EQ(approved.exit_code, 0) << approved;
  }

  // A device's keys and certificate in demo/<folder>, and its enrollment.
  void EnrollDevice(const std::string& kind, const std::string& id,
                    const std::string& folder, const Words& further) {
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

  // Clerk, terminal and display in the shop "demo": t<n> with d<n>.
  void EnrollCounter(int n) {
    const std::string suffix = n == 1 ? "" : absl::StrCat(n);
    const std::string terminal = "terminal" + suffix;
    EnrollDevice(
        "terminal", absl::StrCat("demo/t", n), terminal,
        {"--evidence-key", File("demo/" + terminal + "/evidence.pub")});
    EnrollDevice("display", absl::StrCat("demo/d", n), "display" + suffix,
                 {"--terminal", absl::StrCat("t", n)});
    Enroll({"clerk", absl::StrCat("clerk-", n), "--shop", "demo", "--out",
            File("demo/clerk" + suffix)});
  }

  // `shiming_terminal issue` for the customer in `visit`.
  Words IssueCommand(const std::string& visit, const std::string& config,
                     int clerk) {
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

  // Makes a customer; where they are described.
  std::string NewCustomer() {
    const std::string visit = File(absl::StrCat("visit-", ++visits_));
    const CommandResult made =
        RunCommand({kTerminal, "customer", absl::StrCat("--counter=", visits_),
                    "--out=" + visit});
    EXPECT_EQ(made.exit_code, 0) << made;
    return visit;
  }

  void Run(const std::string& name, const Words& command) {
    auto process = ChildProcess::Start(command, File("run/" + name));
    ASSERT_TRUE(process.ok()) << process.status();
    processes_[name] = *std::move(process);
  }
  ChildProcess& process(const std::string& name) {
    return *processes_.at(name);
  }

 private:
  std::string data_;
  int port_base_ = 0;
  int visits_ = 0;
  std::map<std::string, std::unique_ptr<ChildProcess>> processes_;
};

class ShimingctlTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    // Each suite has its own: what one imports, the other does not order.
    static int suites = 0;
    place_ = new Installation(absl::StrCat("place-", ++suites));
    ASSERT_NO_FATAL_FAILURE(place_->Start());
    ASSERT_NO_FATAL_FAILURE(
        place_->Enroll({"shop", "demo", "--name", "演示营业厅", "--region",
                        "11", "--zones", "127.0.0.0/8", "--hours", "always"}));
    ready_ = true;
  }
  static void TearDownTestSuite() {
    delete place_;
    place_ = nullptr;
  }
  void SetUp() override { ASSERT_TRUE(ready_); }

  static Words ShopWords(const std::string& id) {
    return {"shop",     id,
            "--name",   "另一营业厅",
            "--region", "11",
            "--zones",  "127.0.0.0/8",
            "--hours",  "1-5/09:00-18:00,6-7/10:00-17:00"};
  }

  // The line of `list` about a subject.
  static std::string Listed(const std::string& kind, const std::string& id) {
    const CommandResult listed = place_->As("admin-1", {"list", kind});
    EXPECT_EQ(listed.exit_code, 0) << listed;
    for (const auto& line : absl::StrSplit(listed.out, '\n')) {
      const std::string text(line);
      if (text.rfind(id + " ", 0) == 0) return text;
    }
    return "";
  }

  static inline Installation* place_ = nullptr;
  static inline bool ready_ = false;
};

TEST_F(ShimingctlTest, InitMayBeRepeatedAndKeepsAllKeys) {
  Installation fresh("fresh");
  std::map<std::string, std::string> before;
  for (const char* folder : {"pki", "keys"}) {
    for (const auto& entry :
         fs::recursive_directory_iterator(fresh.File(folder))) {
      if (entry.is_regular_file()) {
        before[entry.path()] = *ReadFile(entry.path());
      }
    }
  }
  EXPECT_GT(before.size(), 20u);
  const CommandResult again = fresh.Init();
  EXPECT_EQ(again.exit_code, 0) << again;
  EXPECT_THAT(again.out, HasSubstr(fresh.data()));
  for (const auto& [path, bytes] : before) {
    EXPECT_EQ(*ReadFile(path), bytes) << path;
    // Whoever is not the owner reads no key.
    if (path.ends_with(".key")) {
      EXPECT_EQ(fs::status(path).permissions() & fs::perms(077),
                fs::perms::none)
          << path;
    }
  }
  for (const Words& wrong :
       {Words{"init"},
        Words{"init", "--data", fresh.data(), "--port-base", "80"},
        Words{"init", "--data", fresh.data(), "--port_base", "17600"}}) {
    EXPECT_EQ(Ctl(wrong).exit_code, 1);
  }
}

TEST_F(ShimingctlTest, StatusSaysWhetherAllIsReady) {
  const CommandResult ready = place_->Status();
  EXPECT_EQ(ready.exit_code, 0) << ready;
  EXPECT_THAT(ready.out, MatchesRegex("shimingd +ready\nwitness +ready\n"));
  const CommandResult as_json = place_->Status({"-o", "json"});
  EXPECT_EQ(as_json.exit_code, 0) << as_json;
  EXPECT_EQ(json::parse(as_json.out, nullptr, false),
            json({{"shimingd", true}, {"witness", true}}));

  Installation stopped("stopped");
  const CommandResult away = stopped.Status();
  EXPECT_EQ(away.exit_code, 1) << away;
  EXPECT_THAT(away.out, HasSubstr("not reachable"));
  const CommandResult away_json = stopped.Status({"-o", "json"});
  EXPECT_EQ(away_json.exit_code, 1);
  EXPECT_EQ(json::parse(away_json.out, nullptr, false),
            json({{"shimingd", false}, {"witness", false}}));
}

TEST_F(ShimingctlTest, RightsAreGivenByTwoAdminsWhoNameTheSameDigest) {
  Words enroll = ShopWords("north");
  enroll.insert(enroll.begin(), "enroll");
  const CommandResult proposed = place_->As("admin-1", enroll);
  ASSERT_EQ(proposed.exit_code, 0) << proposed;
  EXPECT_THAT(proposed.out, MatchesRegex("[0-9a-f]{64}\n"));
  const std::string digest = FirstLine(proposed.out);
  EXPECT_THAT(
      Listed("shop", "north"),
      AllOf(HasSubstr(" proposed "), HasSubstr(digest), HasSubstr("admin-1")));

  const CommandResult same = place_->As("admin-1", {"approve", digest});
  EXPECT_EQ(same.exit_code, 1) << same;
  EXPECT_THAT(same.err, StartsWith("SAME_ADMIN: "));
  std::string other_digest = digest;
  other_digest.back() = other_digest.back() == '0' ? '1' : '0';
  const CommandResult wrong = place_->As("admin-2", {"approve", other_digest});
  EXPECT_EQ(wrong.exit_code, 1) << wrong;
  EXPECT_THAT(wrong.err, StartsWith("PROPOSAL_UNKNOWN: "));
  EXPECT_EQ(place_->As("admin-2", {"approve", "not-a-digest"}).exit_code, 1);
  EXPECT_EQ(place_->As("admin-2", {"approve"}).exit_code, 1);
  EXPECT_THAT(Listed("shop", "north"), HasSubstr(" proposed "));

  const CommandResult approved = place_->As("admin-2", {"approve", digest});
  EXPECT_EQ(approved.exit_code, 0) << approved;
  EXPECT_THAT(approved.out, AllOf(StartsWith("north "), HasSubstr(" approved "),
                                  HasSubstr("admin-2")));
  const CommandResult again = place_->As("admin-2", {"approve", digest});
  EXPECT_EQ(again.exit_code, 1) << again;
  EXPECT_THAT(again.err, StartsWith("PROPOSAL_NOT_WAITING: "));

  // Nobody else is an admin.
  EXPECT_EQ(place_->As("admin-3", enroll).exit_code, 1);
  EXPECT_EQ(place_->As("../auditor/auditor-1", enroll).exit_code, 1);
}

TEST_F(ShimingctlTest, TypingErrorsProposeNothing) {
  Words missing = ShopWords("south");
  missing.insert(missing.begin(), "enroll");
  missing.resize(missing.size() - 2);  // no --hours
  EXPECT_EQ(place_->As("admin-1", missing).exit_code, 1);
  for (const char* hours : {"sometimes", "1-5", "0-5/09:00-18:00", "1-5/09:00",
                            "5-1/09:00-18:00", "1-5/9-18"}) {
    Words bad = missing;
    bad.insert(bad.end(), {"--hours", hours});
    EXPECT_EQ(place_->As("admin-1", bad).exit_code, 1) << hours;
  }
  Words unknown = missing;
  unknown.insert(unknown.end(), {"--hours", "always", "--colour", "red"});
  const CommandResult refused = place_->As("admin-1", unknown);
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_THAT(refused.err, HasSubstr("--colour"));
  EXPECT_EQ(Listed("shop", "south"), "");
  EXPECT_EQ(Ctl({"enrol", "shop", "south"}).exit_code, 2);
  EXPECT_EQ(Ctl({}).exit_code, 2);
}

TEST_F(ShimingctlTest, OneAdminTakesRightsAway) {
  ASSERT_NO_FATAL_FAILURE(place_->Enroll(ShopWords("west")));
  EXPECT_EQ(place_->As("admin-2", {"revoke", "shop", "west"}).exit_code, 1)
      << "no --why";
  const CommandResult revoked = place_->As(
      "admin-2", {"revoke", "shop", "west", "--why", "closed for good"});
  EXPECT_EQ(revoked.exit_code, 0) << revoked;
  EXPECT_THAT(revoked.out, AllOf(StartsWith("west "), HasSubstr(" revoked ")));
  EXPECT_THAT(Listed("shop", "west"), HasSubstr(" revoked "));
  const CommandResult unknown = place_->As(
      "admin-2", {"revoke", "shop", "nowhere", "--why", "closed for good"});
  EXPECT_EQ(unknown.exit_code, 1);
  EXPECT_THAT(unknown.err, StartsWith("SUBJECT_UNKNOWN: "));
  EXPECT_EQ(
      place_->As("admin-2", {"revoke", "ship", "west", "--why", "x"}).exit_code,
      1);
}

TEST_F(ShimingctlTest, ImportsCountWhatIsNew) {
  const std::string folder = place_->File("more");
  ASSERT_EQ(RunCommand({kTerminal, "stock", "--first=500", "--count=7",
                        "--region=31", "--out=" + folder})
                .exit_code,
            0);
  const auto import = [&](Words words) {
    words.insert(words.begin(), "import");
    return place_->As("admin-1", std::move(words));
  };
  const CommandResult numbers = import({"numbers", folder + "/numbers.csv"});
  EXPECT_EQ(numbers.exit_code, 0) << numbers;
  EXPECT_EQ(numbers.out, "7 added, 0 known already\n");
  EXPECT_EQ(import({"numbers", folder + "/numbers.csv"}).out,
            "0 added, 7 known already\n");
  const CommandResult iccids =
      import({"iccids", folder + "/iccids.csv", "--smdp", "smdp-1"});
  EXPECT_EQ(iccids.exit_code, 0) << iccids;
  EXPECT_EQ(iccids.out, "7 added, 0 known already\n");
  EXPECT_EQ(import({"device-models", folder + "/device_models.csv"}).exit_code,
            0);
  const CommandResult stock = place_->As("admin-2", {"stock"});
  EXPECT_EQ(stock.exit_code, 0) << stock;
  EXPECT_THAT(stock.out, HasSubstr("free numbers in 31: 7\n"));

  // A bad line takes back the whole file and is named.
  ASSERT_TRUE(ReplaceFile(folder + "/bad.csv",
                          "msisdn,region\n13900000600,31\n12900000601,31\n",
                          FileAccess::kEveryone)
                  .ok());
  const CommandResult bad = import({"numbers", folder + "/bad.csv"});
  EXPECT_EQ(bad.exit_code, 1) << bad;
  EXPECT_THAT(bad.err, MatchesRegex("[A-Z][A-Z_]+: (.|\n)*"));
  EXPECT_THAT(place_->As("admin-2", {"stock"}).out,
              HasSubstr("free numbers in 31: 7\n"));
  EXPECT_EQ(import({"numbers", folder + "/none.csv"}).exit_code, 1);
  EXPECT_EQ(import({"sims", folder + "/numbers.csv"}).exit_code, 1);
  const CommandResult no_smdp =
      import({"iccids", folder + "/iccids.csv", "--smdp", "smdp-9"});
  EXPECT_EQ(no_smdp.exit_code, 1) << no_smdp;
}

// What a visit left, made once.
class VisitTest : public ShimingctlTest {
 protected:
  static void SetUpTestSuite() {
    ShimingctlTest::SetUpTestSuite();
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
