// The simulated authority over real mTLS.
#include "services/simulators/identity_authority/identity_authority_server.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "absl/time/clock.h"
#include "common/http/http_client.h"
#include "common/rpc/channel.h"
#include "common/rpc/client.h"
#include "common/rpc/peer.h"
#include "common/status/reason.h"
#include "common/testing/run_awaitable.h"
#include "common/testing/test_pki.h"

namespace shiming::identity_authority {
namespace {

using outside::v1::CheckIdentityRequest;
using outside::v1::CheckIdentityResponse;
using outside::v1::CountNumbersRequest;
using outside::v1::CountNumbersResponse;
using outside::v1::IdentityAuthorityService;

constexpr char kDomain[] = "shiming.test";
constexpr char kRequestId[] = "0b6f6f0e-5a6e-4d2b-9d53-0d8f4b1f7a01";

class IdentityAuthorityServerTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const auto own =
        pki_.Issue({rpc::ServiceSpiffeId(kDomain, "identity_authority")});
    auto server = IdentityAuthorityServer::Start(
        {.listen = "127.0.0.1:0",
         .control_listen = "127.0.0.1:0",
         .tls = {.cert = own.cert, .key = own.key, .ca = own.ca},
         .trust_domain = kDomain,
         .data_csv = "document_number,answer,numbers_elsewhere\n"
                     "A1,no_match,\nB2,unavailable,\nC3,match,4\n"},
        runtime_, metrics_, clock_);
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
    const auto caller =
        pki_.Issue({rpc::ServiceSpiffeId(kDomain, "identity_verification")});
    auto channel = rpc::Connect(
        {.address = "127.0.0.1:" + std::to_string(server_->port()),
         .tls = {.cert = caller.cert, .key = caller.key, .ca = caller.ca},
         .server_spiffe_id =
             rpc::ServiceSpiffeId(kDomain, "identity_authority")});
    ASSERT_TRUE(channel.ok()) << channel.status();
    stub_ = IdentityAuthorityService::NewStub(*channel);
  }

  absl::StatusOr<CheckIdentityResponse> Check(const std::string& number) {
    CheckIdentityRequest request;
    request.set_request_id(kRequestId);
    request.set_document_number(number);
    return testing::RunAwaitable(
        runtime_.executor(),
        rpc::Invoke<CheckIdentityResponse>(
            *stub_,
            &IdentityAuthorityService::Stub::async_interface::CheckIdentity,
            request, {.deadline = absl::Now() + absl::Seconds(10)}));
  }

  absl::StatusOr<CountNumbersResponse> Count(const std::string& number) {
    CountNumbersRequest request;
    request.set_request_id(kRequestId);
    request.set_document_number(number);
    return testing::RunAwaitable(
        runtime_.executor(),
        rpc::Invoke<CountNumbersResponse>(
            *stub_,
            &IdentityAuthorityService::Stub::async_interface::CountNumbers,
            request, {.deadline = absl::Now() + absl::Seconds(10)}));
  }

  int Control(const std::string& path, const std::string& body) {
    http::HttpClient::Options options;
    options.executor = runtime_.executor();
    options.base_url =
        "http://127.0.0.1:" + std::to_string(server_->control_port());
    auto client = *http::HttpClient::Create(std::move(options));
    return client->CallBlocking({.target = path, .body = body}).response.status;
  }

  testing::TestPki pki_;
  rpc::Runtime runtime_{2};
  Metrics metrics_;
  SystemClock clock_;
  std::unique_ptr<IdentityAuthorityServer> server_;
  std::unique_ptr<IdentityAuthorityService::Stub> stub_;
};

TEST_F(IdentityAuthorityServerTest, AnswersByRule) {
  const auto match = Check("other");
  ASSERT_TRUE(match.ok()) << match.status();
  EXPECT_EQ(match->answer(), outside::v1::AUTHORITY_ANSWER_MATCH);
  EXPECT_EQ(match->transaction_id(), Check("other")->transaction_id());
  EXPECT_TRUE(match->has_check_time());
  EXPECT_EQ(Check("A1")->answer(), outside::v1::AUTHORITY_ANSWER_NO_MATCH);
  EXPECT_EQ(Check("B2").status().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(Count("C3")->numbers_elsewhere(), 4);
  EXPECT_EQ(Count("other")->numbers_elsewhere(), 0);
  EXPECT_TRUE(HasReason(Check("").status(), Reason::FIELD_REQUIRED));
}

TEST_F(IdentityAuthorityServerTest, RulesChangeByControl) {
  EXPECT_EQ(
      Control("/control/rule", R"({"document_number":"A1","answer":"unknown",)"
                               R"("numbers_elsewhere":2})"),
      200);
  EXPECT_EQ(Check("A1")->answer(), outside::v1::AUTHORITY_ANSWER_UNKNOWN);
  EXPECT_EQ(Count("A1")->numbers_elsewhere(), 2);
  EXPECT_EQ(Control("/control/rule", R"({"answer":"unavailable"})"), 200);
  EXPECT_EQ(Check("other").status().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(Control("/control/rule", R"({"answer":"x"})"), 400);
  EXPECT_EQ(Control("/control/rule", "x"), 400);
  EXPECT_EQ(Control("/control/delay", R"({"delay_ms":1})"), 200);
}

}  // namespace
}  // namespace shiming::identity_authority
