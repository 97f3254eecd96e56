// Each simulator alone, as a program that anybody may point at their own
// systems: nothing of the product runs, all that it needs is given by flags,
// and the certificates are of a CA that the product has never seen.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/thread_pool.hpp>
#include <condition_variable>
#include <mutex>
#include <nlohmann/json.hpp>
#include <set>

#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "common/files/file.h"
#include "common/http/http_client.h"
#include "common/http/http_server.h"
#include "common/rpc/channel.h"
#include "common/rpc/client.h"
#include "common/rpc/peer.h"
#include "common/testing/run_awaitable.h"
#include "common/testing/temp_dir.h"
#include "common/testing/test_pki.h"
#include "shiming/outside/v1/outside_service.grpc.pb.h"
#include "tests/e2e/child_process.h"
#include "tests/e2e/command.h"

namespace shiming::e2e {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

constexpr char kSmdpPlus[] = "services/simulators/smdp_plus/smdp_plus";
constexpr char kAuthority[] =
    "services/simulators/identity_authority/identity_authority";

constexpr char kIccid[] = "8986011123456789014";
constexpr char kEid[] = "89882119900000000000000000001654";
constexpr char kOtherEid[] = "89049032123451234512345678901235";
constexpr char kCode[] = "1$SMDP.ELSEWHERE.TEST$AB-12";

// Ports by name from a --port_file that a program writes once it serves; empty
// when it ended or 20 s were over.
std::map<std::string, int> WaitForPorts(ChildProcess& process,
                                        const std::string& port_file) {
  const absl::Time deadline = absl::Now() + absl::Seconds(20);
  while (process.running() && absl::Now() < deadline) {
    const auto text = ReadFile(port_file);
    if (!text.ok()) {
      absl::SleepFor(absl::Milliseconds(10));
      continue;
    }
    std::map<std::string, int> ports;
    for (const auto& line : absl::StrSplit(*text, '\n', absl::SkipEmpty())) {
      const std::vector<std::string> parts = absl::StrSplit(line, ' ');
      ports[parts.at(0)] = atoi(parts.at(1).c_str());
    }
    return ports;
  }
  return {};
}

// Somebody else's notice endpoint.
class NoticeReceiver {
 public:
  NoticeReceiver(const boost::asio::any_io_executor& executor,
                 const http::TlsFiles& tls) {
    http::HttpServer::Options options;
    options.executor = executor;
    options.listen = "127.0.0.1:0";
    options.tls = tls;
    options.handler = [this](const http::Request& request)
        -> boost::asio::awaitable<http::Response> {
      std::lock_guard lock(mutex_);
      bodies_.push_back(request.body);
      changed_.notify_all();
      http::Response taken;
      taken.status = 204;
      co_return taken;
    };
    server_ = *http::HttpServer::Start(std::move(options));
  }

  std::string url() const {
    return "https://127.0.0.1:" + std::to_string(server_->port());
  }

  // The points told of so far; waits until there are `count` notices, at most
  // 20 s.
  std::multiset<int> WaitForPoints(size_t count) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, std::chrono::seconds(20),
                      [&] { return bodies_.size() >= count; });
    std::multiset<int> points;
    for (const std::string& body : bodies_) {
      points.insert(json::parse(body).value("notificationPointId", 0));
    }
    return points;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> bodies_;
  std::unique_ptr<http::HttpServer> server_;
};

class SmdpPlusAloneTest : public ::testing::Test {
 protected:
  SmdpPlusAloneTest()
      : own_(pki_.Issue({"spiffe://elsewhere.test/smdp"})),
        caller_(pki_.Issue({"spiffe://elsewhere.test/operator"})),
        receiver_(pool_.get_executor(), ToTls(caller_)) {}

  static http::TlsFiles ToTls(const shiming::testing::TestPki::Files& files) {
    return {files.cert, files.key, files.ca, http::TlsFloor::k12};
  }

  std::vector<std::string> Command() {
    const std::string stock = dir_.Write(
        "stock.csv", std::string("iccid,profile_type\n") + kIccid + ",A\n");
    return {kSmdpPlus,
            "--listen=127.0.0.1:0",
            "--device_listen=127.0.0.1:0",
            "--cert=" + own_.cert,
            "--key=" + own_.key,
            "--client_ca=" + own_.ca,
            "--stock=" + stock,
            "--state=" + dir_.File("state"),
            "--notice_url=" + receiver_.url(),
            "--smdp_address=SMDP.ELSEWHERE.TEST",
            "--requester=2.999.7",
            "--port_file=" + dir_.File("ports")};
  }

  // Starts it and connects as the operator.
  void Start() {
    remove(dir_.File("ports").c_str());
    auto process = ChildProcess::Start(Command(), dir_.File("output"));
    ASSERT_TRUE(process.ok()) << process.status();
    process_ = *std::move(process);
    ports_ = WaitForPorts(*process_, dir_.File("ports"));
    ASSERT_EQ(ports_.size(), 2u) << *ReadFile(dir_.File("output"));
    auto client = http::HttpClient::Create(
        {.executor = pool_.get_executor(),
         .base_url = "https://127.0.0.1:" + std::to_string(ports_["es2plus"]),
         .tls = ToTls(caller_)});
    ASSERT_TRUE(client.ok()) << client.status();
    client_ = *std::move(client);
  }

  // The status of one ES2+ call: "Executed-Success", "Failed 8.2.1/3.3", or
  // what went wrong below it.
  std::string Call(const std::string& function, json body) {
    body["header"] = {{"functionRequesterIdentifier", "2.999.7"},
                      {"functionCallIdentifier", "call-1"}};
    const http::Outcome outcome = client_->CallBlocking(
        {.target = "/gsma/rsp2/es2plus/" + function,
         .headers = {{"Content-Type", "application/json"},
                     {"X-Admin-Protocol", "gsma/rsp/v2.2.0"}},
         .body = body.dump()});
    if (outcome.kind != http::Outcome::Kind::kResponse) return outcome.why;
    const json answer = json::parse(outcome.response.body, nullptr, false);
    if (!answer.is_object()) return outcome.response.body;
    const json& status = answer["header"]["functionExecutionStatus"];
    std::string text = status.value("status", "");
    if (status.contains("statusCodeData")) {
      const json& code = status["statusCodeData"];
      text += " " + code.value("subjectCode", "") + "/" +
              code.value("reasonCode", "");
    }
    return text;
  }

  CommandResult Download(const std::string& eid) {
    return RunCommand(
        {kSmdpPlus, "download",
         "--url=http://127.0.0.1:" + std::to_string(ports_["device"]),
         "--eid=" + eid, std::string("--activation_code=") + kCode});
  }

  shiming::testing::TempDir dir_;
  shiming::testing::TestPki pki_;
  const shiming::testing::TestPki::Files own_;
  const shiming::testing::TestPki::Files caller_;
  boost::asio::thread_pool pool_{2};
  NoticeReceiver receiver_;
  std::unique_ptr<ChildProcess> process_;
  std::map<std::string, int> ports_;
  std::unique_ptr<http::HttpClient> client_;
};

TEST_F(SmdpPlusAloneTest, ServesAnOperatorAndItsPhonesOverARestart) {
  ASSERT_NO_FATAL_FAILURE(Start());
  EXPECT_EQ(Call("downloadOrder", {{"iccid", kIccid}, {"eid", kEid}}),
            "Executed-Success");
  EXPECT_EQ(Call("downloadOrder", {{"iccid", kIccid}, {"eid", kEid}}),
            "Failed 8.2.1/3.3");

  // It stops when told and knows its orders afterwards.
  client_.reset();
  const auto exit_code = process_->Terminate(absl::Seconds(20));
  ASSERT_TRUE(exit_code.ok()) << exit_code.status();
  EXPECT_EQ(*exit_code, 0);
  ASSERT_NO_FATAL_FAILURE(Start());
  EXPECT_EQ(Call("confirmOrder", {{"iccid", kIccid},
                                  {"eid", kEid},
                                  {"matchingId", "AB-12"},
                                  {"releaseFlag", true}}),
            "Executed-Success");

  const CommandResult stolen = Download(kOtherEid);
  EXPECT_EQ(stolen.exit_code, 1) << stolen;
  EXPECT_THAT(stolen.out, HasSubstr("\"subject_code\":\"8.1.1\""));
  const CommandResult download = Download(kEid);
  EXPECT_EQ(download.exit_code, 0) << download;
  EXPECT_THAT(download.out, HasSubstr("\"result\":\"installed\""));
  EXPECT_EQ(receiver_.WaitForPoints(4), (std::multiset<int>{1, 1, 3, 4}));
  EXPECT_EQ(Download(kEid).exit_code, 1);
}

TEST_F(SmdpPlusAloneTest, WhoHasNoCertificateOfTheClientCaIsNotServed) {
  ASSERT_NO_FATAL_FAILURE(Start());
  http::TlsFiles nobody;
  nobody.ca_file = own_.ca;
  shiming::testing::TestPki strangers;
  http::TlsFiles stranger =
      ToTls(strangers.Issue({"spiffe://elsewhere.test/operator"}));
  stranger.ca_file = own_.ca;
  for (const http::TlsFiles& tls : {nobody, stranger}) {
    auto client = http::HttpClient::Create(
        {.executor = pool_.get_executor(),
         .base_url = "https://127.0.0.1:" + std::to_string(ports_["es2plus"]),
         .tls = tls});
    ASSERT_TRUE(client.ok()) << client.status();
    const http::Outcome outcome = (*client)->CallBlocking(
        {.target = "/gsma/rsp2/es2plus/downloadOrder", .body = "{}"});
    EXPECT_NE(outcome.kind, http::Outcome::Kind::kResponse);
  }
}

TEST_F(SmdpPlusAloneTest, SaysWhatIsWrongWithItsFlags) {
  struct Case {
    std::string flag;   // replaces the one of that name
    std::string names;  // what the message must hold
  };
  const std::string no_header = dir_.Write("bad.csv", "8986,A\n");
  for (const Case& c : {
           Case{"--stock=" + no_header, "expected the header"},
           Case{"--stock=" + dir_.File("none.csv"), "none.csv"},
           Case{"--cert=" + dir_.File("none.pem"), "none.pem"},
           Case{"--listen=nowhere", "nowhere"},
           Case{"--device_listen=0.0.0.0:0", "loopback"},
           Case{"--notice_points=1,x", "--notice_points"},
           Case{"--notice_url=", "--notice_url is missing"},
           Case{"--stock=", "--stock is missing"},
       }) {
    SCOPED_TRACE(c.flag);
    std::vector<std::string> command = Command();
    const std::string name = c.flag.substr(0, c.flag.find('=') + 1);
    std::erase_if(command, [&name](const std::string& flag) {
      return flag.rfind(name, 0) == 0;
    });
    command.push_back(c.flag);
    const CommandResult result = RunCommand(command);
    EXPECT_EQ(result.exit_code, 1) << result;
    EXPECT_THAT(result.err, HasSubstr(c.names));
  }
}

TEST(IdentityAuthorityAloneTest, AnswersTheVerificationServiceOfAnyDomain) {
  constexpr char kDomain[] = "elsewhere.test";
  const shiming::testing::TempDir dir;
  shiming::testing::TestPki pki;
  const auto own =
      pki.Issue({rpc::ServiceSpiffeId(kDomain, "identity_authority")});
  const std::string data = dir.Write(
      "people.csv",
      "document_number,answer,numbers_elsewhere\n11010519491231002X,no_match,"
      "\n");
  auto process = ChildProcess::Start(
      {kAuthority, "--listen=127.0.0.1:0", "--control_listen=127.0.0.1:0",
       "--cert=" + own.cert, "--key=" + own.key, "--client_ca=" + own.ca,
       std::string("--trust_domain=") + kDomain, "--data=" + data,
       "--port_file=" + dir.File("ports")},
      dir.File("output"));
  ASSERT_TRUE(process.ok()) << process.status();
  std::map<std::string, int> ports = WaitForPorts(**process, dir.File("ports"));
  ASSERT_EQ(ports.size(), 2u) << *ReadFile(dir.File("output"));

  using Service = outside::v1::IdentityAuthorityService;
  const auto ask = [&](const std::string& service, const std::string& number)
      -> absl::StatusOr<outside::v1::CheckIdentityResponse> {
    const auto files = pki.Issue({rpc::ServiceSpiffeId(kDomain, service)});
    auto channel = rpc::Connect(
        {.address = "127.0.0.1:" + std::to_string(ports["grpc"]),
         .tls = {.cert = files.cert, .key = files.key, .ca = files.ca},
         .server_spiffe_id =
             rpc::ServiceSpiffeId(kDomain, "identity_authority")});
    if (!channel.ok()) return channel.status();
    const auto stub = Service::NewStub(*channel);
    outside::v1::CheckIdentityRequest request;
    request.set_request_id("0b6f6f0e-5a6e-4d2b-9d53-0d8f4b1f7a01");
    request.set_document_number(number);
    boost::asio::thread_pool pool(1);
    return shiming::testing::RunAwaitable(
        pool.get_executor(),
        rpc::Invoke<outside::v1::CheckIdentityResponse>(
            *stub, &Service::Stub::async_interface::CheckIdentity, request,
            {.deadline = absl::Now() + absl::Seconds(20)}));
  };
  const auto refused = ask("identity_verification", "11010519491231002X");
  ASSERT_TRUE(refused.ok()) << refused.status();
  EXPECT_EQ(refused->answer(), outside::v1::AUTHORITY_ANSWER_NO_MATCH);
  const auto matched = ask("identity_verification", "340000202402292063");
  ASSERT_TRUE(matched.ok()) << matched.status();
  EXPECT_EQ(matched->answer(), outside::v1::AUTHORITY_ANSWER_MATCH);
  EXPECT_EQ(ask("profile_order", "340000202402292063").status().code(),
            absl::StatusCode::kPermissionDenied);
  const auto exit_code = (*process)->Terminate(absl::Seconds(20));
  ASSERT_TRUE(exit_code.ok()) << exit_code.status();
  EXPECT_EQ(*exit_code, 0);
}

}  // namespace
}  // namespace shiming::e2e
