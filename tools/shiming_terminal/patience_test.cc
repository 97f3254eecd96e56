// Goal: a device repeats the very same request while that may help, and no
// longer. Method: a service in this process that fails as often as told.
#include "tools/shiming_terminal/patience.h"

#include <grpcpp/create_channel.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server_builder.h>
#include <gtest/gtest.h>

#include <boost/asio/thread_pool.hpp>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "common/testing/run_awaitable.h"
#include "shiming/testing/v1/echo_service.grpc.pb.h"

namespace shiming::shiming_terminal {
namespace {

using ::shiming::testing::v1::EchoRequest;
using ::shiming::testing::v1::EchoResponse;
using ::shiming::testing::v1::EchoService;

// Longer than any test runs.
constexpr absl::Duration kLong = absl::Minutes(10);

class FailingEcho final : public EchoService::Service {
 public:
  void FailNext(int count, grpc::StatusCode code) {
    std::lock_guard<std::mutex> lock(mutex_);
    failures_ = count;
    code_ = code;
  }
  std::vector<std::string> asked() {
    std::lock_guard<std::mutex> lock(mutex_);
    return asked_;
  }

  grpc::Status Echo(grpc::ServerContext*, const EchoRequest* request,
                    EchoResponse*) override {
    std::lock_guard<std::mutex> lock(mutex_);
    asked_.push_back(request->text());
    if (failures_ == 0) return grpc::Status::OK;
    --failures_;
    return grpc::Status(code_, "as told");
  }

 private:
  std::mutex mutex_;
  int failures_ = 0;
  grpc::StatusCode code_ = grpc::StatusCode::OK;
  std::vector<std::string> asked_;
};

class PatienceTest : public ::testing::Test {
 protected:
  PatienceTest() {
    server_ = grpc::ServerBuilder().RegisterService(&service_).BuildAndStart();
    stub_ = EchoService::NewStub(server_->InProcessChannel({}));
  }
  ~PatienceTest() override {
    stub_.reset();
    server_->Shutdown();
    pool_.join();
  }

  absl::Status Ask(absl::Duration patience) {
    EchoRequest request;
    request.set_text("request-1");
    return ::shiming::testing::RunAwaitable(
               pool_.get_executor(),
               InvokeUntilAnswered<EchoResponse>(
                   *stub_, &EchoService::Stub::async_interface::Echo, request,
                   {.call_timeout = absl::Seconds(30), .total = patience}))
        .status();
  }

  FailingEcho service_;
  boost::asio::thread_pool pool_{1};
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<EchoService::Stub> stub_;
};

TEST_F(PatienceTest, RepeatsTheSameRequestWhileItMayPass) {
  for (const grpc::StatusCode code :
       {grpc::StatusCode::UNAVAILABLE, grpc::StatusCode::DEADLINE_EXCEEDED,
        grpc::StatusCode::ABORTED}) {
    service_.FailNext(1, code);
    EXPECT_TRUE(Ask(kLong).ok());
  }
  EXPECT_EQ(service_.asked(), std::vector<std::string>(6, "request-1"));
}

TEST_F(PatienceTest, ARefusalIsFinal) {
  service_.FailNext(1, grpc::StatusCode::FAILED_PRECONDITION);
  EXPECT_EQ(Ask(kLong).code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(service_.asked().size(), 1u);
}

TEST_F(PatienceTest, WithoutPatienceAsksOnce) {
  service_.FailNext(1, grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(Ask(absl::ZeroDuration()).code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(service_.asked().size(), 1u);
}

TEST_F(PatienceTest, GivesTheLastErrorWhenPatienceIsOver) {
  service_.FailNext(1'000, grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(Ask(3 * kPauseBeforeRepeat).code(), absl::StatusCode::kUnavailable);
  EXPECT_GT(service_.asked().size(), 1u);
  EXPECT_LE(service_.asked().size(), 4u);
}

}  // namespace
}  // namespace shiming::shiming_terminal
