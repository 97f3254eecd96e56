// The simulator over real TLS: an operator calls, a device downloads, notices
// come back.
#include "services/simulators/smdp_plus/smdp_plus_server.h"

#include <gtest/gtest.h>

#include <condition_variable>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "common/crypto/fake_random.h"
#include "common/http/http_client.h"
#include "common/http/http_server.h"
#include "common/testing/temp_dir.h"
#include "common/testing/test_pki.h"

namespace shiming::smdp_plus {
namespace {

using nlohmann::json;

constexpr char kIccid[] = "8986011123456789014";
constexpr char kEid[] = "89882119900000000000000000001654";
constexpr char kOtherEid[] = "89049032123451234512345678901235";
constexpr char kMatchingId[] = "7QK2M-9XTRA-4HZCW-B3VNE-58DPS-G";
constexpr char kCode[] = "1$smdp.example.test$7QK2M-9XTRA-4HZCW-B3VNE-58DPS-G";

// The operator's notice endpoint: keeps what it gets, answers as told.
class NoticeReceiver {
 public:
  NoticeReceiver(const asio::any_io_executor& executor, http::TlsFiles tls) {
    http::HttpServer::Options options;
    options.executor = executor;
    options.listen = "127.0.0.1:0";
    options.tls = std::move(tls);
    options.handler =
        [this](
            const http::Request& request) -> asio::awaitable<http::Response> {
      std::lock_guard lock(mutex_);
      notices_.push_back(json::parse(request.body));
      changed_.notify_all();
      http::Response response;
      response.status = refusals_-- > 0 ? 503 : 204;
      co_return response;
    };
    server_ = *http::HttpServer::Start(std::move(options));
  }

  std::string url() const {
    return "https://127.0.0.1:" + std::to_string(server_->port());
  }
  void RefuseNext(int count) {
    std::lock_guard lock(mutex_);
    refusals_ = count;
  }
  // Waits for `count` notices in all and returns them.
  std::vector<json> WaitFor(size_t count) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return notices_.size() >= count; });
    return notices_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int refusals_ = 0;
  std::vector<json> notices_;
  std::unique_ptr<http::HttpServer> server_;
};

class SmdpPlusServerTest : public ::testing::Test {
 protected:
  SmdpPlusServerTest()
      : operator_tls_(ToFiles(pki_.Issue({}))),
        smdp_tls_(ToFiles(pki_.Issue({}))),
        receiver_(client_runtime_.executor(), operator_tls_) {
    Start();
  }
  ~SmdpPlusServerTest() override {
    es2plus_.reset();
    device_.reset();
    Stop();
  }

  static http::TlsFiles ToFiles(const testing::TestPki::Files& files) {
    return {files.cert, files.key, files.ca, http::TlsFloor::k12};
  }

  void Start() {
    SmdpPlusOptions options;
    options.listen = "127.0.0.1:0";
    options.device_listen = "127.0.0.1:0";
    options.tls = smdp_tls_;
    options.notice_ca_file = pki_.ca();
    options.notice_url = receiver_.url();
    options.smdp_address = "smdp.example.test";
    options.requester = "2.999.86.1";
    options.own_requester = "2.999.1.1";
    options.state_file = dir_.File("state");
    options.stock_csv = std::string("iccid,profile_type\n") + kIccid + ",A\n";
    runtime_ = std::make_unique<rpc::Runtime>(2);
    auto server =
        SmdpPlusServer::Start(std::move(options), *runtime_, random_, clock_);
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
    http::HttpClient::Options client;
    client.executor = client_runtime_.executor();
    client.base_url = "https://127.0.0.1:" + std::to_string(server_->port());
    client.tls = operator_tls_;
    es2plus_ = *http::HttpClient::Create(client);
    client.base_url =
        "http://127.0.0.1:" + std::to_string(server_->device_port());
    client.tls.reset();
    device_ = *http::HttpClient::Create(client);
  }

  void Stop() {
    server_.reset();
    runtime_.reset();
  }

  http::Outcome Send(const std::string& function, json body,
                     absl::Duration timeout = absl::Seconds(10)) {
    if (!body.contains("header")) {
      body["header"] = {{"functionRequesterIdentifier", "2.999.86.1"},
                        {"functionCallIdentifier", "c"}};
    }
    http::ClientRequest request;
    request.target = "/gsma/rsp2/es2plus/" + function;
    request.headers = {{"Content-Type", "application/json"},
                       {"X-Admin-Protocol", "gsma/rsp/v2.2.0"}};
    request.body = body.dump();
    request.timeout = timeout;
    return es2plus_->CallBlocking(std::move(request));
  }

  // "Executed-Success" or "8.2.1/3.9".
  std::string Call(const std::string& function, const json& body) {
    const http::Outcome outcome = Send(function, body);
    if (outcome.kind != http::Outcome::Kind::kResponse ||
        outcome.response.status != 200) {
      return "no answer: " + outcome.why +
             std::to_string(outcome.response.status);
    }
    EXPECT_EQ(outcome.response.header("X-Admin-Protocol"), "gsma/rsp/v2.2.0");
    last_ = json::parse(outcome.response.body);
    const json& status = last_["header"]["functionExecutionStatus"];
    if (status["status"] != "Failed") return status["status"];
    const json& codes = status["statusCodeData"];
    return codes["subjectCode"].get<std::string>() + "/" +
           codes["reasonCode"].get<std::string>();
  }

  json Confirmation(bool release) {
    return {{"iccid", kIccid},
            {"eid", kEid},
            {"matchingId", kMatchingId},
            {"releaseFlag", release}};
  }
  void Order(bool release) {
    ASSERT_EQ(Call("downloadOrder",
                   {{"iccid", std::string(kIccid) + "F"}, {"eid", kEid}}),
              "Executed-Success");
    ASSERT_EQ(Call("confirmOrder", Confirmation(release)), "Executed-Success");
  }

  json Post(const std::string& path, const json& body, int status = 200) {
    http::ClientRequest request;
    request.target = path;
    request.body = body.dump();
    const http::Outcome outcome = device_->CallBlocking(std::move(request));
    EXPECT_EQ(outcome.kind, http::Outcome::Kind::kResponse) << outcome.why;
    EXPECT_EQ(outcome.response.status, status) << outcome.response.body;
    return json::parse(outcome.response.body);
  }
  json Get(const std::string& path) {
    http::ClientRequest request;
    request.method = "GET";
    request.target = path;
    return json::parse(device_->CallBlocking(std::move(request)).response.body);
  }
  std::string State() {
    return Get("/control/profiles/" + std::string(kIccid))["state"];
  }

  testing::TempDir dir_;
  testing::TestPki pki_;
  const http::TlsFiles operator_tls_;
  const http::TlsFiles smdp_tls_;
  rpc::Runtime client_runtime_{2};
  NoticeReceiver receiver_;
  crypto::FakeRandom random_{1};
  SystemClock clock_;
  std::unique_ptr<rpc::Runtime> runtime_;
  std::unique_ptr<SmdpPlusServer> server_;
  std::unique_ptr<http::HttpClient> es2plus_;
  std::unique_ptr<http::HttpClient> device_;
  json last_;
};

TEST_F(SmdpPlusServerTest, OneProfileFromOrderToInstallation) {
  ASSERT_EQ(Call("downloadOrder", {{"iccid", kIccid}, {"eid", kEid}}),
            "Executed-Success");
  EXPECT_EQ(last_["iccid"], kIccid);
  ASSERT_EQ(Call("confirmOrder", Confirmation(false)), "Executed-Success");
  EXPECT_EQ(last_["matchingId"], kMatchingId);
  EXPECT_EQ(last_["eid"], kEid);
  EXPECT_EQ(last_["smdpAddress"], "smdp.example.test");
  json answer =
      Post("/device/download", {{"eid", kEid}, {"activation_code", kCode}});
  EXPECT_EQ(answer["result"], "refused");
  EXPECT_EQ(answer["subject_code"], "8.2");
  EXPECT_EQ(answer["reason_code"], "1.2");
  ASSERT_EQ(Call("releaseProfile", {{"iccid", kIccid}}), "Executed-Success");
  answer =
      Post("/device/download",
           {{"eid", kEid}, {"activation_code", std::string("LPA:") + kCode}});
  EXPECT_EQ(answer["result"], "installed");
  EXPECT_EQ(answer["iccid"], kIccid);
  const std::vector<json> notices = receiver_.WaitFor(3);
  ASSERT_EQ(notices.size(), 3u);
  EXPECT_EQ(notices[0]["notificationPointId"], 1);
  EXPECT_EQ(notices[1]["notificationPointId"], 3);
  const json& last = notices[2];
  EXPECT_EQ(last["notificationPointId"], 4);
  EXPECT_EQ(last["eid"], kEid);
  EXPECT_EQ(last["iccid"], kIccid);
  EXPECT_EQ(last["profileType"], "A");
  EXPECT_EQ(last["header"]["functionRequesterIdentifier"], "2.999.1.1");
  EXPECT_EQ(last["notificationPointStatus"]["status"], "Executed-Success");
  EXPECT_EQ(last["timestamp"].get<std::string>().size(), 20u);
  EXPECT_TRUE(last.contains("resultData"));
}

TEST_F(SmdpPlusServerTest, AnotherEidIsRefusedAndTold) {
  Order(true);
  const json answer = Post("/device/download",
                           {{"eid", kOtherEid}, {"activation_code", kCode}});
  EXPECT_EQ(answer["subject_code"], "8.1.1");
  EXPECT_EQ(answer["reason_code"], "3.8");
  const json notice = receiver_.WaitFor(1)[0];
  EXPECT_EQ(notice["eid"], kOtherEid);
  EXPECT_EQ(notice["notificationPointId"], 1);
  EXPECT_EQ(notice["notificationPointStatus"]["statusCodeData"]["subjectCode"],
            "8.1.1");
  EXPECT_EQ(State(), "Released");
}

TEST_F(SmdpPlusServerTest, NoticesAreRepeatedUntil204AlsoAfterARestart) {
  Order(true);
  receiver_.RefuseNext(1 << 30);
  Post("/device/download", {{"eid", kEid}});
  receiver_.WaitFor(2);
  Stop();
  receiver_.RefuseNext(0);
  const size_t before = receiver_.WaitFor(0).size();
  Start();
  const std::vector<json> notices = receiver_.WaitFor(before + 3);
  EXPECT_EQ(notices[before]["notificationPointId"], 1);
  EXPECT_EQ(notices[before + 2]["notificationPointId"], 4);
  // A repetition is the same notice.
  EXPECT_EQ(notices[before], notices[0]);
  EXPECT_EQ(State(), "Installed");
}

TEST_F(SmdpPlusServerTest, RefusesCallersAndCallsThatAreNone) {
  json other = Confirmation(true);
  other["header"] = {{"functionRequesterIdentifier", "2.999.86.2"},
                     {"functionCallIdentifier", "c"}};
  EXPECT_EQ(Call("confirmOrder", other), "1.1/1.1");
  EXPECT_EQ(Call("downloadOrder", {{"eid", kEid}}), "1.6/2.3");
  EXPECT_EQ(Call("downloadOrder", {{"iccid", kIccid}, {"eid", "1"}}),
            "1.6/2.1");
  EXPECT_EQ(Call("confirmOrder", {{"iccid", kIccid}, {"releaseFlag", "true"}}),
            "1.6/2.1");
  EXPECT_EQ(Call("confirmOrder", {{"iccid", kIccid}}), "1.6/2.2");
  EXPECT_EQ(Call("releaseProfile", json::object()), "1.6/2.2");
  EXPECT_EQ(Call("cancelOrder", {{"iccid", kIccid}}), "1.6/2.2");
  EXPECT_EQ(Send("getProfileStatus", json::object()).response.status, 404);
  Post("/device/download", {{"eid", "1"}}, 400);
  Post("/device/download", {{"eid", kEid}, {"activation_code", "x"}}, 400);
  EXPECT_EQ(Post("/device/download",
                 {{"eid", kEid},
                  {"activation_code", "1$other.test$M"}})["subject_code"],
            "8.8.1");
}

TEST_F(SmdpPlusServerTest, CancelOrderGivesTheProfileBack) {
  Order(false);
  EXPECT_EQ(Call("cancelOrder", {{"iccid", kIccid},
                                 {"eid", kEid},
                                 {"matchingId", kMatchingId},
                                 {"finalProfileStatusIndicator", "Available"}}),
            "Executed-Success");
  EXPECT_EQ(State(), "Available");
}

TEST_F(SmdpPlusServerTest, FaultsBeforeAndAfterExecution) {
  using Kind = http::Outcome::Kind;
  const json order = {{"iccid", kIccid}, {"eid", kEid}};
  const auto fault = [this](json body) { Post("/control/fault", body); };

  fault({{"function", "downloadOrder"},
         {"kind", "refuse"},
         {"count", 2},
         {"subject_code", "8.2.5"},
         {"reason_code", "3.7"}});
  EXPECT_EQ(Call("downloadOrder", order), "8.2.5/3.7");
  EXPECT_EQ(Call("downloadOrder", order), "8.2.5/3.7");
  fault({{"function", "downloadOrder"}, {"kind", "http_5xx"}});
  EXPECT_EQ(Send("downloadOrder", order).response.status, 503);
  fault({{"function", "downloadOrder"}, {"kind", "drop_request"}});
  EXPECT_EQ(Send("downloadOrder", order).kind, Kind::kUnknown);
  fault({{"function", "downloadOrder"}, {"kind", "lie_success"}});
  EXPECT_EQ(Call("downloadOrder", order), "Executed-Success");
  EXPECT_EQ(State(), "Available");

  fault({{"function", "downloadOrder"}, {"kind", "drop_answer"}});
  EXPECT_EQ(Send("downloadOrder", order).kind, Kind::kUnknown);
  EXPECT_EQ(State(), "Linked");
  fault({{"function", "confirmOrder"}, {"kind", "cut_answer"}});
  EXPECT_EQ(Send("confirmOrder", Confirmation(false)).kind, Kind::kUnknown);
  EXPECT_EQ(State(), "Confirmed");
  fault({{"function", "releaseProfile"}, {"kind", "lie_failure"}});
  EXPECT_EQ(Call("releaseProfile", {{"iccid", kIccid}}), "1.6/4.2");
  EXPECT_EQ(State(), "Released");
  fault({{"function", "releaseProfile"}, {"kind", "not_json"}});
  EXPECT_EQ(Send("releaseProfile", {{"iccid", kIccid}}).response.body,
            "<html>test</html>");
  fault({{"function", "releaseProfile"}, {"kind", "late"}, {"delay_ms", 400}});
  EXPECT_EQ(
      Send("releaseProfile", {{"iccid", kIccid}}, absl::Milliseconds(100)).kind,
      Kind::kUnknown);
  fault({{"function", "handleDownloadProgressInfo"}, {"kind", "duplicate"}});
  Post("/device/download", {{"eid", kEid}});
  const std::vector<json> notices = receiver_.WaitFor(4);
  EXPECT_EQ(notices[0], notices[1]);
  Post("/control/fault", {{"function", "x"}, {"kind", "refuse"}}, 400);
  Post("/control/fault", {{"function", "cancelOrder"}, {"kind", "x"}}, 400);
}

TEST_F(SmdpPlusServerTest, StateAndNoticesAreShownToTests) {
  Order(true);
  Post("/control/notice", {{"iccid", "8986001123456789016"}, {"point", 4}});
  EXPECT_EQ(receiver_.WaitFor(1)[0]["iccid"], "8986001123456789016");
  const json state = Get("/control/state");
  EXPECT_EQ(state["states"]["Released"], 1);
  EXPECT_EQ(state["profiles"][0]["eid"], kEid);
  EXPECT_TRUE(state["notices"].contains("undelivered"));
}

}  // namespace
}  // namespace shiming::smdp_plus
