// shimingctl as an operator types it, against the real services: a data
// directory is made, two admins enroll, one takes rights away, stock comes in.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>
#include <string>

#include "absl/strings/str_split.h"
#include "common/files/file.h"
#include "tests/e2e/installation_test_base.h"

namespace shiming::e2e {
namespace {

using nlohmann::json;
using ::testing::AllOf;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::Not;
using ::testing::StartsWith;

namespace fs = std::filesystem;

class ShimingctlTest : public InstallationTest {
 protected:
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

// The URL of a database in a configuration file that init has written.
std::string UrlIn(const Installation& place, const std::string& config,
                  const std::string& field) {
  const std::string text = *ReadFile(place.File("config/" + config));
  const std::string before = "\n" + field + " {\n  url: \"";
  const size_t at = ("\n" + text).find(before);
  if (at == std::string::npos) return "";
  const size_t begin = at + before.size() - 1;
  return text.substr(begin, text.find('"', begin) - begin);
}

// Goal: one option puts all services onto PostgreSQL, each into its schema, and
// keys apart; nothing is opened, so no server is needed here.
TEST_F(ShimingctlTest, InitNamesASchemaForEachService) {
  const std::string url = "postgres://u@db.example/shiming?sslmode=require";
  Installation fresh("on-postgres", {"--database-url", url});
  for (const char* service : {"terminal_session", "identity_verification",
                              "profile_order", "issuance_ledger"}) {
    EXPECT_EQ(UrlIn(fresh, std::string(service) + ".textproto", "database"),
              url + "&schema=" + service);
  }
  EXPECT_EQ(UrlIn(fresh, "identity_verification.textproto", "key_database"),
            url + "&schema=identity_keys");
  const Words apart = {"init",
                       "--data",
                       fresh.data(),
                       "--database-url",
                       url,
                       "--key-database-url",
                       "postgres://k@keys.example/keys"};
  EXPECT_EQ(Ctl(apart).exit_code, 0);
  EXPECT_EQ(UrlIn(fresh, "identity_verification.textproto", "key_database"),
            "postgres://k@keys.example/keys?schema=identity_keys");
  EXPECT_EQ(UrlIn(fresh, "identity_verification.textproto", "database"),
            url + "&schema=identity_verification");
}

// Goal: the second instances have files of their own, on the same schemas, and
// whoever calls a service knows both of it.
TEST_F(ShimingctlTest, InitWritesTwoInstancesThatAllClientsKnow) {
  const std::string url = "postgres://u@db.example/shiming";
  Installation fresh("two-instances",
                     {"--database-url", url, "--instances", "2"});
  std::set<std::string> lines;
  for (const std::string service : {"terminal_session", "identity_verification",
                                    "profile_order", "issuance_ledger"}) {
    for (const std::string& name : {service, service + "-2"}) {
      EXPECT_EQ(UrlIn(fresh, name + ".textproto", "database"),
                url + "?schema=" + service);
      std::istringstream text(
          *ReadFile(fresh.File("config/" + name + ".textproto")));
      for (std::string line; std::getline(text, line);) {
        if (line.find("listen: ") == std::string::npos) continue;
        EXPECT_TRUE(lines.insert(line).second) << name << ": " << line;
      }
    }
  }
  EXPECT_EQ(lines.size(), 16u);  // listen and admin_listen of eight processes
  for (const char* client : {"terminal_session-2", "profile_order", "gateway",
                             "shimingctl", "terminal", "display"}) {
    const std::string text =
        *ReadFile(fresh.File(std::string("config/") + client + ".textproto"));
    EXPECT_THAT(text, ContainsRegex("address: \"127[^\"]*,127[^\"]*\""))
        << client;
  }
  EXPECT_THAT(*ReadFile(fresh.File("config/profile_order-2.textproto")),
              HasSubstr("\ninstance: \"2\""));
  EXPECT_THAT(*ReadFile(fresh.File("config/issuance_ledger-2.textproto")),
              HasSubstr("\ninstance: \"2\""));
}

TEST_F(ShimingctlTest, InitRefusesABadDatabaseUrlAndAnotherEngine) {
  const Words init = {"init", "--data", place_->File("never-made")};
  const std::pair<Words, const char*> wrong[] = {
      {{"--database-url", "sqlite:/x.db"}, "--database-url"},
      {{"--database-url", "postgres://h/d?isolation=none"}, "--database-url"},
      {{"--database-url", "postgres://h/d?schema=a"}, "--database-url"},
      {{"--database-url", "postgres://h/d?sslcert=a.crt"}, "--database-url"},
      {{"--database-url", "postgres://u:topsecret@h/d"}, "passfile"},
      {{"--key-database-url", "postgres://h/d"}, "--key-database-url"},
      {{"--instances", "2"}, "--instances"},
      {{"--instances", "3"}, "--instances"}};
  for (const auto& [options, said] : wrong) {
    Words words = init;
    words.insert(words.end(), options.begin(), options.end());
    const CommandResult refused = Ctl(words);
    EXPECT_EQ(refused.exit_code, 1) << options[1];
    EXPECT_THAT(refused.err, HasSubstr(said));
    EXPECT_THAT(refused.err, Not(HasSubstr("topsecret")));
    EXPECT_FALSE(fs::exists(place_->File("never-made"))) << options[1];
  }
  // What lies on one engine is not begun anew on the other.
  const Words postgres = {"--database-url", "postgres://u@h/d"};
  Installation fresh("one-engine");
  Words words = {"init", "--data", fresh.data()};
  words.insert(words.end(), postgres.begin(), postgres.end());
  EXPECT_EQ(Ctl(words).exit_code, 1);
  EXPECT_THAT(UrlIn(fresh, "profile_order.textproto", "database"),
              StartsWith("sqlite:"));
  Installation other("other-engine", postgres);
  EXPECT_EQ(Ctl({"init", "--data", other.data()}).exit_code, 1);
  EXPECT_THAT(UrlIn(other, "profile_order.textproto", "database"),
              StartsWith("postgres:"));
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

}  // namespace
}  // namespace shiming::e2e
