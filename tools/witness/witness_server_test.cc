// Goal: the protocol over real HTTP: the vectors of the document, restarts,
// two forks in a race, bad peers and bad configuration.
#include "tools/witness/witness_server.h"

#include <atomic>
#include <boost/asio/thread_pool.hpp>
#include <filesystem>
#include <fstream>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "common/crypto/encoding.h"
#include "common/crypto/keys.h"
#include "common/files/file.h"
#include "common/http/http_client.h"
#include "common/status/reason.h"
#include "common/status/status_macros.h"
#include "common/testing/status_matchers.h"
#include "common/testing/temp_dir.h"
#include "common/testing/test_pki.h"
#include "common/time/fake_clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "ledger/note.h"
#include "ledger/testing/test_log.h"
#include "ledger/witness.h"
#include "nlohmann/json.hpp"

namespace shiming::witness {
namespace {

using ledger::TestLog;
using nlohmann::json;
using shiming::testing::FailsWith;
using shiming::testing::IsOk;
using shiming::testing::StatusIs;
using ::testing::HasSubstr;

class WitnessServerTest : public ::testing::Test {
 protected:
  WitnessServerTest() {
    config_.set_name("witness.example/1");
    config_.set_key_file(dir_.File("witness.key"));
    config_.set_state_folder(dir_.File("state"));
    config_.set_listen("127.0.0.1:0");
    config_.set_admin_listen("127.0.0.1:0");
    config_.set_insecure_plain_http(true);
    config_.add_log_keys(log_.vkey());
  }
  ~WitnessServerTest() override {
    server_.reset();
    pool_.join();
  }

  // A fresh key and state, or a given key with fresh state.
  void MakeKey() { ASSERT_THAT(MakeWitness(config_), IsOk()); }
  void MakeKey(const crypto::SigningKey& key) {
    dir_.Write("witness.key", key.ToPem().Reveal());
    ASSERT_THAT(
        WitnessState::Create(
            config_.state_folder(),
            ledger::NoteSigner::ForWitness(config_.name(), key)->vkey()),
        IsOk());
  }

  absl::Status Start() {
    ASSIGN_OR_RETURN(WitnessSettings settings, WitnessSettingsOf(config_));
    vkey_ = settings.signer.vkey();
    ASSIGN_OR_RETURN(
        server_, WitnessServer::Start(std::move(settings), clock_, metrics_));
    ASSIGN_OR_RETURN(client_,
                     http::HttpClient::Create(
                         {.executor = pool_.get_executor(),
                          .base_url = "http://127.0.0.1:" +
                                      std::to_string(server_->port())}));
    return absl::OkStatus();
  }

  http::Response Call(const std::string& method, const std::string& target,
                      const std::string& body = "") {
    http::Outcome outcome = client_->CallBlocking(
        {.method = method, .target = target, .body = body});
    EXPECT_EQ(outcome.kind, http::Outcome::Kind::kResponse) << outcome.why;
    return std::move(outcome.response);
  }

  http::Response Add(const std::string& body) {
    return Call("POST", "/add-checkpoint", body);
  }

  // OK when `lines` cosign the checkpoint of `note`.
  absl::Status VerifyLines(const std::string& note, const std::string& lines) {
    ASSIGN_OR_RETURN(const ledger::Note parsed, ledger::ParseNote(note));
    ASSIGN_OR_RETURN(const ledger::Note cosigned,
                     ledger::ParseNote(ledger::JoinNote(parsed.text, lines)));
    ASSIGN_OR_RETURN(const ledger::NoteVerifier key,
                     ledger::NoteVerifier::Parse(vkey_));
    return ledger::VerifyNote(cosigned, std::vector{key}).status();
  }

  shiming::testing::TempDir dir_;
  boost::asio::thread_pool pool_{2};
  FakeClock clock_{absl::FromUnixSeconds(1700000000)};
  Metrics metrics_;
  const TestLog log_{"a"};
  config::v1::WitnessConfig config_;
  std::string vkey_;
  std::unique_ptr<WitnessServer> server_;
  std::unique_ptr<http::HttpClient> client_;
};

// Each step is sent twice over: in one life, and with a restart before every
// step.
TEST_F(WitnessServerTest, VectorsHoldOverHttpAndRestarts) {
  std::ifstream file("tests/testdata/transparency_log.json");
  const json vectors = json::parse(file);
  const json& section = vectors.at("witness_add_checkpoint");
  const auto seed = crypto::FromHex(
      vectors["keys"]["witness"]["TEST_ONLY_private_seed"].get<std::string>());
  config_.set_name(vectors["keys"]["witness"]["name"].get<std::string>());
  config_.clear_log_keys();
  config_.add_log_keys(vectors["keys"]["log"]["vkey"].get<std::string>());
  const std::string monitor =
      "/" + section["origin_hash"].get<std::string>() + "/checkpoint";
  for (const bool restart : {false, true}) {
    server_.reset();
    std::filesystem::remove_all(config_.state_folder());
    MakeKey(*crypto::SigningKey::FromEd25519Seed(*seed));
    ASSERT_THAT(Start(), IsOk());
    EXPECT_EQ(Call("GET", monitor).status, 404);
    ASSERT_GE(section["steps"].size(), 10u);
    for (const json& step : section["steps"]) {
      if (restart) {
        server_.reset();
        ASSERT_THAT(Start(), IsOk());
      }
      clock_.Set(absl::FromUnixSeconds(step["time"].get<int64_t>()));
      const std::string body = step["request_body"].get<std::string>();
      const http::Response answer = Add(body);
      EXPECT_EQ(answer.status, step["status"].get<int>()) << step["why"];
      if (step.contains("response_body")) {
        EXPECT_EQ(answer.body, step["response_body"].get<std::string>())
            << step["why"];
      }
      if (step.contains("content_type")) {
        EXPECT_EQ(answer.header("content-type"),
                  step["content_type"].get<std::string>());
      }
      if (answer.status != 200) continue;
      // Monitors see the checkpoint with both signatures.
      const auto request = ledger::ParseAddCheckpoint(body);
      EXPECT_EQ(Call("GET", monitor).body, request->checkpoint + answer.body);
    }
  }
}

TEST_F(WitnessServerTest, CosignsGrowthAndNothingElse) {
  MakeKey();
  ASSERT_THAT(Start(), IsOk());
  http::Response answer = Add(log_.AddCheckpointBody(0, 5));
  ASSERT_EQ(answer.status, 200) << answer.body;
  EXPECT_THAT(VerifyLines(log_.Note(5), answer.body), IsOk());
  // Behind: the size to prove from.
  answer = Add(log_.AddCheckpointBody(0, 9));
  EXPECT_EQ(answer.status, 409);
  EXPECT_EQ(answer.body, "5\n");
  EXPECT_EQ(Add(log_.AddCheckpointBody(5, 9)).status, 200);
  // A fork of the same log, signed by its key.
  const TestLog fork("b");
  EXPECT_EQ(Add(fork.AddCheckpointBody(9, 12)).status, 422);
  EXPECT_EQ(Add(fork.AddCheckpointBody(9, 9)).status, 422);
  // The witness's word is with the monitors, whoever asks.
  const http::Response seen =
      Call("GET", "/" + ledger::OriginHash(log_.origin()) + "/checkpoint");
  EXPECT_THAT(seen.body, HasSubstr("\n9\n"));
  EXPECT_THAT(metrics_.Text(),
              HasSubstr("shiming_witness_add_checkpoint_total{status=\"422\"} "
                        "2"));
}

// Goal: of two forks that come at the same time only one is ever cosigned.
// Method: 4 clients with one history, 4 with another, to a fresh witness in
// each round.
TEST_F(WitnessServerTest, TwoForksRaceAndOneWins) {
  MakeKey();
  ASSERT_THAT(Start(), IsOk());
  const TestLog fork("b");
  for (int round = 1; round <= 8; ++round) {
    server_.reset();
    std::filesystem::remove_all(config_.state_folder());
    std::filesystem::remove(config_.key_file());
    MakeKey();
    ASSERT_THAT(Start(), IsOk());
    std::atomic<int> ours = 0;
    std::atomic<int> theirs = 0;
    std::vector<std::thread> clients;
    for (int i = 0; i < 8; ++i) {
      clients.emplace_back([&, i] {
        const TestLog& log = i % 2 == 0 ? log_ : fork;
        if (Add(log.AddCheckpointBody(0, round)).status != 200) return;
        ++(i % 2 == 0 ? ours : theirs);
      });
    }
    for (std::thread& client : clients) client.join();
    EXPECT_EQ(ours + theirs, 1) << round;
  }
}

TEST_F(WitnessServerTest, NoAnswerBeforeTheStateIsWritten) {
  MakeKey();
  ASSERT_THAT(Start(), IsOk());
  ASSERT_EQ(Add(log_.AddCheckpointBody(0, 3)).status, 200);
  const std::string record = config_.state_folder() + "/" +
                             ledger::OriginHash(log_.origin()) + ".checkpoint";
  std::filesystem::remove(record);
  std::filesystem::create_directories(record + "/x");
  const http::Response failed = Add(log_.AddCheckpointBody(3, 5));
  EXPECT_EQ(failed.status, 503);
  EXPECT_THAT(failed.body, ::testing::Not(HasSubstr("witness.example")));
  std::filesystem::remove_all(record);
  // It still knows that it has cosigned 3, and not 5.
  EXPECT_EQ(Add(log_.AddCheckpointBody(5, 6)).body, "3\n");
  EXPECT_EQ(Add(log_.AddCheckpointBody(3, 6)).status, 200);
}

TEST_F(WitnessServerTest, OddRequestsDoNoHarm) {
  config_.set_submission_prefix("/submit");
  config_.set_monitoring_prefix("/seen");
  MakeKey();
  ASSERT_THAT(Start(), IsOk());
  const std::string hash = ledger::OriginHash(log_.origin());
  EXPECT_EQ(Call("GET", "/submit/add-checkpoint").status, 405);
  EXPECT_EQ(
      Call("POST", "/add-checkpoint", log_.AddCheckpointBody(0, 1)).status,
      404);
  EXPECT_EQ(Call("POST", "/submit/add-checkpoint", "").status, 400);
  EXPECT_EQ(Call("POST", "/submit/add-checkpoint",
                 std::string(kMaxAddCheckpointBytes, 'x'))
                .status,
            400);
  EXPECT_EQ(Call("POST", "/submit/add-checkpoint",
                 std::string(kMaxAddCheckpointBytes + 1, 'x'))
                .status,
            413);
  EXPECT_EQ(Call("GET", "/seen/" + hash + "/checkpoint").status, 404);
  EXPECT_EQ(Call("GET", "/seen/../witness.vkey/checkpoint").status, 404);
  EXPECT_EQ(Call("GET", "/seen//checkpoint").status, 404);
  EXPECT_EQ(Call("GET", "/").status, 404);
  EXPECT_EQ(
      Call("POST", "/submit/add-checkpoint?x=1", log_.AddCheckpointBody(0, 1))
          .status,
      200);
  EXPECT_EQ(Call("GET", "/seen/" + hash + "/checkpoint").status, 200);
  EXPECT_EQ(Call("DELETE", "/seen/" + hash + "/checkpoint").status, 405);
}

TEST_F(WitnessServerTest, ServesOverTls) {
  MakeKey();
  const shiming::testing::TestPki pki;
  shiming::testing::TestPki issuer;
  const auto files = issuer.Issue({"spiffe://shiming.test/svc/witness"});
  config_.set_insecure_plain_http(false);
  config_.mutable_tls()->set_certificate_file(files.cert);
  config_.mutable_tls()->set_key_file(files.key);
  ASSERT_THAT(Start(), IsOk());
  const auto client_of = [&](const std::string& ca) {
    return *http::HttpClient::Create(
        {.executor = pool_.get_executor(),
         .base_url = "https://127.0.0.1:" + std::to_string(server_->port()),
         .tls = http::TlsFiles{.ca_file = ca}});
  };
  const auto client = client_of(files.ca);
  EXPECT_EQ(client
                ->CallBlocking({.target = "/add-checkpoint",
                                .body = log_.AddCheckpointBody(0, 2)})
                .response.status,
            200);
  // Of a server that its CA does not know a log wants nothing.
  EXPECT_EQ(client_of(pki.ca())
                ->CallBlocking({.target = "/add-checkpoint",
                                .body = log_.AddCheckpointBody(2, 2)})
                .kind,
            http::Outcome::Kind::kNotSent);
}

TEST_F(WitnessServerTest, KeyAndStateAreMadeOnce) {
  MakeKey();
  EXPECT_THAT(MakeWitness(config_),
              StatusIs(absl::StatusCode::kFailedPrecondition));
  // A lost key: the state is another witness's.
  std::filesystem::remove(config_.key_file());
  EXPECT_THAT(MakeWitness(config_),
              StatusIs(absl::StatusCode::kFailedPrecondition));
  // A lost state: the key alone does not start.
  std::filesystem::remove_all(config_.state_folder());
  MakeKey();
  std::filesystem::remove_all(config_.state_folder());
  EXPECT_THAT(Start(), FailsWith(Reason::WITNESS_STATE_INVALID));
}

TEST_F(WitnessServerTest, SecondProcessOfOneStateIsRefused) {
  MakeKey();
  ASSERT_THAT(Start(), IsOk());
  auto settings = WitnessSettingsOf(config_);
  ASSERT_THAT(settings, IsOk());
  EXPECT_THAT(WitnessServer::Start(*std::move(settings), clock_, metrics_),
              FailsWith(Reason::WITNESS_STATE_IN_USE));
}

TEST_F(WitnessServerTest, BadConfigurationNamesTheField) {
  MakeKey();
  const auto message = [](const config::v1::WitnessConfig& config) {
    const absl::Status status = WitnessSettingsOf(config).status();
    EXPECT_THAT(status, StatusIs(absl::StatusCode::kInvalidArgument));
    return std::string(status.message());
  };
  auto config = config_;
  config.clear_name();
  EXPECT_THAT(message(config), HasSubstr("config: name:"));
  config = config_;
  config.set_name("two words");
  EXPECT_THAT(message(config), HasSubstr("key_file"));
  config = config_;
  config.set_insecure_plain_http(false);
  EXPECT_THAT(message(config), HasSubstr("tls.certificate_file"));
  config = config_;
  config.set_listen("192.0.2.1:80");
  EXPECT_THAT(message(config), HasSubstr("insecure_plain_http"));
  config = config_;
  config.clear_log_keys();
  EXPECT_THAT(message(config), HasSubstr("log_keys"));
  config = config_;
  config.add_log_keys("junk");
  EXPECT_THAT(message(config), HasSubstr("log_keys"));
  config = config_;
  config.set_submission_prefix("submit/");
  EXPECT_THAT(message(config), HasSubstr("submission_prefix"));
  config = config_;
  config.set_policy_file(dir_.Write("policy", "quorum none\n"));
  EXPECT_THAT(message(config), HasSubstr("policy_file"));
  // A log that holds the witness's key would be its own witness.
  config = config_;
  config.add_log_keys(ledger::NoteSigner::ForLog(
                          "self.example", *crypto::SigningKey::FromPem(
                                              *ReadFile(config_.key_file())))
                          ->vkey());
  EXPECT_THAT(message(config), HasSubstr("own key"));
}

}  // namespace
}  // namespace shiming::witness
