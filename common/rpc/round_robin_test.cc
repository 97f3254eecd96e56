// Several instances behind one channel: calls go round those that are there
// and serve, and a call that meets one that goes away is repeated at another.
#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <string>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/metrics/metrics.h"
#include "common/rpc/channel.h"
#include "common/rpc/client.h"
#include "common/rpc/runtime.h"
#include "common/rpc/server.h"
#include "common/rpc/testing/echo_service.h"
#include "common/status/reason.h"
#include "common/testing/run_awaitable.h"
#include "common/testing/status_matchers.h"
#include "common/testing/test_pki.h"

namespace shiming::rpc {
namespace {

using shiming::testing::FailsWith;
using shiming::testing::IsOk;
using shiming::testing::RunAwaitable;
using shiming::testing::TestPki;
using shiming::testing::v1::EchoRequest;
using shiming::testing::v1::EchoResponse;
using shiming::testing::v1::EchoService;
using EchoAsync = EchoService::Stub::async_interface;

constexpr char kDomain[] = "shiming.test";
constexpr char kServerId[] = "spiffe://shiming.test/svc/echo";
constexpr char kTerminalId[] = "spiffe://shiming.test/terminal/s1/t1";

TlsFiles Tls(const TestPki::Files& files) {
  return {.cert = files.cert, .key = files.key, .ca = files.ca};
}

// One instance of the echo service.
class Instance {
 public:
  // Listens on a port that was free.
  Instance(Runtime& runtime, const TlsFiles& tls)
      : dispatcher_({.runtime = runtime,
                     .metrics = metrics_,
                     .trust_domain = kDomain,
                     .access_table = EchoAccessTable()}),
        echo_(dispatcher_) {
    auto server = Server::Start({.listen = "127.0.0.1:0",
                                 .tls = tls,
                                 .dispatcher = dispatcher_,
                                 .services = {&echo_}});
    EXPECT_THAT(server, IsOk());
    if (server.ok()) server_ = *std::move(server);
  }

  std::string address() const {
    return absl::StrCat("127.0.0.1:", server_->port());
  }
  // How many calls it has begun.
  int calls() const { return echo_.unary_started(); }
  void SetServing(bool serving) { server_->SetServing(serving); }
  // Cuts its callers off, as a process that dies.
  void End() {
    server_->Drain(absl::ZeroDuration());
    server_.reset();
  }

 private:
  Metrics metrics_;
  Dispatcher dispatcher_;
  EchoServiceRpc echo_;
  std::unique_ptr<Server> server_;
};

class RoundRobinTest : public ::testing::Test {
 protected:
  RoundRobinTest()
      : server_files_(pki_.Issue({kServerId})),
        terminal_files_(pki_.Issue({kTerminalId})),
        first_(runtime_, Tls(server_files_)),
        second_(runtime_, Tls(server_files_)) {
    auto channel = Connect(
        {.address = absl::StrCat(first_.address(), ",", second_.address()),
         .tls = Tls(terminal_files_),
         .server_spiffe_id = kServerId});
    EXPECT_THAT(channel, IsOk());
    if (channel.ok()) stub_ = EchoService::NewStub(*channel);
  }

  absl::Status Echo(int delay_ms = 0) {
    EchoRequest request;
    request.set_delay_ms(delay_ms);
    return RunAwaitable(runtime_.executor(),
                        Invoke<EchoResponse>(
                            stub_, &EchoAsync::Echo, request,
                            {.deadline = absl::Now() + absl::Seconds(20)}))
        .status();
  }

  // Calls until `condition` holds; false after 20 s, for a broken build.
  template <class Condition>
  bool CallsUntil(Condition condition) {
    const absl::Time end = absl::Now() + absl::Seconds(20);
    while (!condition()) {
      if (absl::Now() > end) return false;
      EXPECT_THAT(Echo(), IsOk());
    }
    return true;
  }

  bool BothAreCalled() {
    const int first = first_.calls();
    const int second = second_.calls();
    return CallsUntil(
        [&] { return first_.calls() > first && second_.calls() > second; });
  }

  TestPki pki_;
  const TestPki::Files server_files_;
  const TestPki::Files terminal_files_;
  Runtime runtime_{2};
  Instance first_;
  Instance second_;
  std::unique_ptr<EchoService::Stub> stub_;
};

TEST_F(RoundRobinTest, CallsGoRoundAllInstances) {
  ASSERT_TRUE(BothAreCalled());
  const int first = first_.calls();
  const int second = second_.calls();
  for (int i = 0; i < 10; ++i) ASSERT_THAT(Echo(), IsOk());
  EXPECT_EQ(first_.calls(), first + 5);
  EXPECT_EQ(second_.calls(), second + 5);
}

TEST_F(RoundRobinTest, AnInstanceThatDoesNotServeIsPassedOver) {
  ASSERT_TRUE(BothAreCalled());
  first_.SetServing(false);
  // Until it is heard of; then the other takes them all.
  int first = 0;
  int second = 0;
  ASSERT_TRUE(CallsUntil([&] {
    const bool passed_over =
        first_.calls() == first && second_.calls() >= second + 20;
    if (first_.calls() != first) {
      first = first_.calls();
      second = second_.calls();
    }
    return passed_over;
  }));
  first_.SetServing(true);
  EXPECT_TRUE(BothAreCalled());
}

TEST_F(RoundRobinTest, AnInstanceThatGoesAwayIsNotNoticed) {
  ASSERT_TRUE(BothAreCalled());
  // Calls are on their way all the time, at both.
  std::atomic<bool> stop = false;
  std::atomic<int> failures = 0;
  std::atomic<int> calls = 0;
  std::thread caller([&] {
    while (!stop) {
      if (!Echo(/*delay_ms=*/5).ok()) ++failures;
      ++calls;
    }
  });
  const auto go_on = [&] {
    const int target = calls + 20;
    while (calls < target) std::this_thread::yield();
  };
  go_on();
  second_.End();
  go_on();
  stop = true;
  caller.join();
  EXPECT_EQ(failures, 0);
}

TEST_F(RoundRobinTest, WithoutAnyInstanceCallsFail) {
  ASSERT_TRUE(BothAreCalled());
  first_.End();
  second_.End();
  EXPECT_THAT(Echo(), FailsWith(Reason::DEPENDENCY_UNAVAILABLE));
}

}  // namespace
}  // namespace shiming::rpc
