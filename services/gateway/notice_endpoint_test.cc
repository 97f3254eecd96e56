#include "services/gateway/notice_endpoint.h"

#include <gtest/gtest.h>

#include <string>

#include "common/rpc/runtime.h"
#include "common/testing/run_awaitable.h"
#include "common/time/fake_clock.h"

namespace shiming::gateway {
namespace {

constexpr char kBody[] =
    R"({"header":{"functionRequesterIdentifier":"2.999.1.1"},"iccid":"x"})";

class FakeSink : public NoticeSink {
 public:
  asio::awaitable<absl::Status> Take(std::string smdp, std::string body,
                                     absl::Time received,
                                     std::string trace_id) override {
    this->smdp = std::move(smdp);
    this->body = std::move(body);
    this->received = received;
    this->trace_id = std::move(trace_id);
    co_return answer;
  }
  absl::Status answer;
  std::string smdp;
  std::string body;
  absl::Time received;
  std::string trace_id;
};

class NoticeEndpointTest : public ::testing::Test {
 protected:
  NoticeEndpointTest() {
    request_.method = "POST";
    request_.target = "/gsma/rsp2/es2plus/handleDownloadProgressInfo";
    request_.headers = {{"Content-Type", "application/json;charset=UTF-8"}};
    request_.body = kBody;
    request_.peer.key_hash = "pinned";
  }

  int Answer() {
    response_ =
        testing::RunAwaitable(runtime_.executor(), endpoint_.Answer(request_));
    return response_.status;
  }

  rpc::Runtime runtime_{1};
  FakeClock clock_{absl::FromUnixSeconds(1000)};
  Metrics metrics_;
  FakeSink sink_;
  NoticeEndpoint endpoint_{
      {{"pinned", {"smdp-1", "2.999.1.1"}}}, sink_, clock_, metrics_};
  http::Request request_;
  http::Response response_;
};

TEST_F(NoticeEndpointTest, HandsOnPeerBodyAndTimeAndAnswers204) {
  request_.headers.push_back(
      {"traceparent",
       "00-0123456789abcdef0123456789abcdef-0123456789abcdef-01"});
  EXPECT_EQ(Answer(), 204);
  EXPECT_EQ(response_.body, "");
  EXPECT_EQ(response_.header("X-Admin-Protocol"), "gsma/rsp/v2.2.0");
  EXPECT_EQ(sink_.smdp, "smdp-1");
  EXPECT_EQ(sink_.body, kBody);
  EXPECT_EQ(sink_.received, absl::FromUnixSeconds(1000));
  EXPECT_EQ(sink_.trace_id, "0123456789abcdef0123456789abcdef");
}

TEST_F(NoticeEndpointTest, AnswersByWhatBecameOfIt) {
  sink_.answer = absl::UnavailableError("");
  EXPECT_EQ(Answer(), 503);
  EXPECT_EQ(response_.header("Retry-After"), "1");
  sink_.answer = absl::DeadlineExceededError("");
  EXPECT_EQ(Answer(), 503);
  sink_.answer = absl::InternalError("");
  EXPECT_EQ(Answer(), 503);
  sink_.answer = absl::InvalidArgumentError("");
  EXPECT_EQ(Answer(), 400);
}

TEST_F(NoticeEndpointTest, RefusesWhatIsNoNoticeOfThatPeer) {
  request_.body = R"({"header":{"functionRequesterIdentifier":"2.999.2"}})";
  EXPECT_EQ(Answer(), 403);
  request_.body = "{}";
  EXPECT_EQ(Answer(), 403);
  request_.body = "no json";
  EXPECT_EQ(Answer(), 400);
  request_.body = kBody;
  request_.headers = {{"Content-Type", "text/plain"}};
  EXPECT_EQ(Answer(), 415);
  request_.method = "GET";
  EXPECT_EQ(Answer(), 405);
  request_.target = "/gsma/rsp2/es2plus/downloadOrder";
  EXPECT_EQ(Answer(), 404);
  request_.peer.key_hash = "other";
  EXPECT_EQ(Answer(), 403);
  EXPECT_EQ(sink_.smdp, "");
}

}  // namespace
}  // namespace shiming::gateway
