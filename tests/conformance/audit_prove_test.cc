// Goal: `shimingctl audit prove` says what it found, by exit code, text and
// JSON, from a folder and over HTTPS, once and from day to day.
#include "tools/shimingctl/audit_prove.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/thread_pool.hpp>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "common/crypto/encoding.h"
#include "common/files/file.h"
#include "common/http/http_server.h"
#include "common/testing/status_matchers.h"
#include "common/testing/temp_dir.h"
#include "common/testing/test_pki.h"
#include "services/gateway/log_endpoint.h"
#include "tests/conformance/planted_ledgers.h"

namespace shiming::conformance {
namespace {

using nlohmann::json;
using shiming::testing::IsOk;

class AuditProveTest : public ::testing::Test {
 protected:
  AuditProveTest() { Publish(); }

  void Publish() {
    EXPECT_THAT(log_.Publish(planted_.ledger.entries()), IsOk());
  }

  // Exit code; report_ is what --json wrote.
  int Prove(std::vector<std::string> more, const std::string& where = "") {
    std::vector<std::string> words = {
        "--log", where.empty() ? log_dir_.path() : where, "--key", log_.vkey()};
    words.insert(words.end(), more.begin(), more.end());
    return Run(words);
  }
  // All logs of a ledger, but the first `left_out` ones.
  int ProveLogs(const PublishedLogs& logs, std::vector<std::string> more = {},
                size_t left_out = 0) {
    std::vector<std::string> words = {"--log", logs.folders.back(), "--policy",
                                      logs.policy_file};
    std::string earlier;
    for (size_t i = left_out; i + 1 < logs.folders.size(); ++i) {
      earlier += (earlier.empty() ? "" : ",") + logs.folders[i];
    }
    if (!earlier.empty()) words.insert(words.end(), {"--earlier", earlier});
    words.insert(words.end(), more.begin(), more.end());
    return Run(words);
  }
  int Run(const std::vector<std::string>& further) {
    std::vector<std::string> words = {"shimingctl", "audit", "prove", "--json",
                                      dir_.File("report.json")};
    words.insert(words.end(), further.begin(), further.end());
    std::vector<char*> argv;
    for (std::string& word : words) argv.push_back(word.data());
    auto arguments = shimingctl::Arguments::Parse(static_cast<int>(argv.size()),
                                                  argv.data());
    EXPECT_THAT(arguments, IsOk());
    const int exit_code = shimingctl::RunAuditProve(*arguments);
    report_ = json::parse(dir_.Read("report.json"), nullptr, false);
    return exit_code;
  }

  shiming::testing::TempDir log_dir_;
  shiming::testing::TempDir dir_;
  SyntheticLog log_{log_dir_.path()};
  PlantedLedger planted_;
  json report_;
};

TEST_F(AuditProveTest, CleanIsZero) {
  EXPECT_EQ(Prove({}), 0);
  EXPECT_EQ(report_["result"], "clean");
  EXPECT_EQ(report_["codes"]["revealed"], 1);
  EXPECT_EQ(report_["codes"]["proven"], 1);
  EXPECT_EQ(report_["logs"][0]["size"], planted_.ledger.size());
  EXPECT_EQ(report_["violation_count"], 0);
  EXPECT_EQ(report_["promises"]["P1"]["violation_count"], 0);
}

TEST_F(AuditProveTest, EachPlantIsOneAndNamed) {
  for (const Plant& plant : Plants()) {
    PlantedLedger planted;
    const std::vector<uint64_t> expected = plant.make(planted);
    shiming::testing::TempDir folder;
    const auto logs = PublishLogs(planted.ledger, folder.path());
    ASSERT_THAT(logs, IsOk());
    ASSERT_EQ(ProveLogs(*logs), 1) << plant.name;
    EXPECT_EQ(report_["result"], "violations");
    bool named = false;
    for (const json& violation : report_["violations"]) {
      named = named || (violation["kind"] == ledger::InfoOf(plant.kind).name &&
                        violation["entries"] == expected);
    }
    EXPECT_TRUE(named) << plant.name << report_.dump(2);
  }
}

TEST_F(AuditProveTest, WhatCannotBeReadOrVerifiedIsTwo) {
  EXPECT_EQ(Prove({}, dir_.File("nowhere")), 2);
  EXPECT_EQ(report_["result"], "unknown");
  const std::string name =
      "tile/entries/000.p/" + std::to_string(planted_.ledger.size());
  std::string bundle = log_dir_.Read(name);
  ASSERT_GT(bundle.size(), 100u);
  bundle[100] ^= 1;
  log_dir_.Write(name, bundle);
  EXPECT_EQ(Prove({}), 2);
  EXPECT_EQ(report_["reason"], "LEDGER_PROOF_INVALID");
  EXPECT_EQ(Prove({"--person-limit", "many"}), 2);
  EXPECT_EQ(Prove({"--no-such-option", "1"}), 2);
  EXPECT_EQ(Prove({"--policy", dir_.Write("policy", "quorum none\n")}), 2);
}

TEST_F(AuditProveTest, DayByDayFindsWhatTheWholeLogHolds) {
  const std::vector<std::string> state = {"--state", dir_.File("state")};
  EXPECT_EQ(Prove(state), 0);
  planted_.ledger.Issue(planted_.second);
  Publish();
  EXPECT_EQ(Prove(state), 0);
  EXPECT_EQ(report_["codes"]["proven"], 2);
  EXPECT_GT(report_["logs"][0]["first_entry"], 0);
  // A lie, and later what follows it: both runs tell of it.
  SyntheticVisit visit = planted_.ledger.ReadyOne(planted_.first);
  const uint64_t lie = planted_.ledger.Reveal(visit);
  Publish();
  EXPECT_EQ(Prove(state), 1);
  planted_.ledger.Issue(planted_.second);
  Publish();
  EXPECT_EQ(Prove(state), 1);
  ASSERT_EQ(report_["violations"].size(), 1u);
  EXPECT_EQ(report_["violations"][0]["kind"], "REVEAL_WITHOUT_PERMIT");
  EXPECT_EQ(report_["violations"][0]["entries"][0], lie);
  EXPECT_EQ(report_["codes"]["revealed"], 4);
  EXPECT_EQ(report_["codes"]["proven"], 3);
}

TEST_F(AuditProveTest, GoesOnThroughTheLogsOfAllPeriods) {
  const std::vector<std::string> state = {"--state", dir_.File("state")};
  shiming::testing::TempDir folder;
  SyntheticLedger& ledger = planted_.ledger;
  const auto publish = [&] {
    const auto logs = PublishLogs(ledger, folder.path());
    EXPECT_THAT(logs, IsOk());
    return *logs;
  };
  EXPECT_EQ(ProveLogs(publish(), state), 0);
  SyntheticVisit open = ledger.ReadyOne(planted_.first);
  ledger.Permit(open);
  const uint64_t end = ledger.Freeze();
  ledger.OpenNext();
  ledger.Issue(planted_.second);
  // The state stands before the first log's end, which is left out.
  EXPECT_EQ(ProveLogs(publish(), state, 1), 2);
  EXPECT_EQ(report_["reason"], "AUDIT_EARLIER_LOG_MISSING");
  EXPECT_EQ(ProveLogs(publish(), {}, 1), 2);
  EXPECT_EQ(report_["reason"], "AUDIT_EARLIER_LOG_MISSING");
  EXPECT_EQ(ProveLogs(publish(), state), 0);
  ASSERT_EQ(report_["logs"].size(), 2u);
  EXPECT_EQ(report_["logs"][0]["size"], end + 1);
  EXPECT_EQ(report_["logs"][1]["counted_from"], end + 1);
  EXPECT_EQ(report_["codes"]["proven"], 2);
  // Now the first log is behind it: it may be left out, or given again.
  ledger.Reveal(open);
  EXPECT_EQ(ProveLogs(publish(), state, 1), 0);
  EXPECT_EQ(report_["codes"]["proven"], 3);
  EXPECT_EQ(ProveLogs(publish(), state), 0);
  // A second reveal in a third log is found from the state as from the logs.
  ledger.CloseSession(open, ledger::v1::SESSION_END_CLOSED);
  ledger.Freeze();
  ledger.OpenNext();
  const uint64_t lie = ledger.Reveal(open);
  const PublishedLogs logs = publish();
  for (const int exit_code : {ProveLogs(logs, state, 1), ProveLogs(logs)}) {
    EXPECT_EQ(exit_code, 1);
    ASSERT_EQ(report_["violations"].size(), 1u) << report_.dump(2);
    EXPECT_EQ(report_["violations"][0]["kind"], "REVEALED_TWICE");
    EXPECT_EQ(report_["violations"][0]["entries"][0], lie);
  }
}

TEST_F(AuditProveTest, AnEarlierLogThatIsNotAsItWasIsRefused) {
  const std::vector<std::string> state = {"--state", dir_.File("state")};
  shiming::testing::TempDir folder;
  planted_.ledger.Freeze();
  planted_.ledger.OpenNext();
  auto logs = PublishLogs(planted_.ledger, folder.path());
  ASSERT_THAT(logs, IsOk());
  EXPECT_EQ(ProveLogs(*logs, state), 0);
  // The same origin and key, another history.
  PlantedLedger other;
  other.ledger.Issue(other.second);
  other.ledger.Freeze();
  shiming::testing::TempDir other_folder;
  const auto other_logs = PublishLogs(other.ledger, other_folder.path());
  ASSERT_THAT(other_logs, IsOk());
  logs->folders[0] = other_logs->folders[0];
  EXPECT_EQ(ProveLogs(*logs, state), 2);
  EXPECT_EQ(report_["reason"], "LEDGER_PROOF_INVALID");
  // Without a state it is a violation.
  EXPECT_EQ(ProveLogs(*logs), 1);
  EXPECT_EQ(report_["violations"][0]["kind"], "LOG_NOT_CONTINUED");
}

TEST_F(AuditProveTest, AStateOfAnotherLogIsRefusedAndKept) {
  const std::string path = dir_.Write("state", "not a state");
  EXPECT_EQ(Prove({"--state", path}), 2);
  EXPECT_EQ(report_["reason"], "AUDIT_STATE_DAMAGED");
  EXPECT_EQ(dir_.Read("state"), "not a state");
}

TEST_F(AuditProveTest, ThePseudonymKeyIsTheOneCommittedTo) {
  const std::string key =
      dir_.Write("k.key", crypto::ToHex(SyntheticPseudonymKey()) + "\n");
  dir_.Write("k.salt", crypto::ToHex(SyntheticPseudonymKeySalt()) + "\n");
  EXPECT_EQ(Prove({"--pseudonym-key", key}), 0);
  dir_.Write("k.key", crypto::ToHex(std::string(32, 'x')));
  EXPECT_EQ(Prove({"--pseudonym-key", key}), 2);
  EXPECT_EQ(report_["reason"], "PSEUDONYM_KEY_MISMATCH");
}

TEST_F(AuditProveTest, OverHttps) {
  for (int i = 0; i < 60; ++i) planted_.ledger.Issue(planted_.second);
  Publish();
  shiming::testing::TestPki pki;
  const auto files = pki.Issue({"spiffe://test.example/svc/gateway"});
  gateway::LogEndpoint endpoint(log_dir_.path());
  boost::asio::thread_pool pool(2);
  {
    auto server = http::HttpServer::Start(
        {.executor = pool.get_executor(),
         .listen = "127.0.0.1:0",
         .tls = http::TlsFiles{.certificate_file = files.cert,
                               .key_file = files.key},
         .handler = [&](const http::Request& request) {
           return endpoint.Answer(request);
         }});
    ASSERT_THAT(server, IsOk());
    const std::string url =
        "https://127.0.0.1:" + std::to_string((*server)->port());
    EXPECT_EQ(Prove({"--ca", pki.ca()}, url), 0);
    EXPECT_EQ(report_["codes"]["proven"], 61);
    EXPECT_EQ(Prove({"--ca", dir_.Write("other.pem", "none")}, url), 2);
  }
  pool.join();
}

}  // namespace
}  // namespace shiming::conformance
