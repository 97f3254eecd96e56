// The sink against a ledger that answers from a script, through the real
// dispatcher and access table.
#include "common/rpc/ledger_sink.h"

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/clock.h"
#include "common/rpc/dispatcher.h"
#include "common/status/reason.h"
#include "common/testing/in_process_server.h"
#include "common/testing/run_awaitable.h"
#include "common/testing/status_matchers.h"

namespace shiming::rpc {
namespace {

using ledger::v1::AppendEntriesRequest;
using ledger::v1::AppendEntriesResponse;
using ledger::v1::AppendOutcome;
using ledger::v1::GetOwnReceiptRequest;
using ledger::v1::GetOwnReceiptResponse;
using ledger::v1::ListOwnEntriesRequest;
using ledger::v1::ListOwnEntriesResponse;
using outbox::EventOutcome;
using testing::FailsWith;
using testing::InProcessServer;
using testing::IsOk;
using testing::RunAwaitable;
using testing::StatusIs;

class FakeLedgerRpc final
    : public ledger::v1::LedgerWriterService::CallbackService {
 public:
  explicit FakeLedgerRpc(Dispatcher& dispatcher) : dispatcher_(dispatcher) {}

  grpc::ServerUnaryReactor* AppendEntries(
      grpc::CallbackServerContext* context, const AppendEntriesRequest* request,
      AppendEntriesResponse* response) override {
    return dispatcher_.Unary(
        context, "/shiming.ledger.v1.LedgerWriterService/AppendEntries",
        request, response, std::bind_front(&FakeLedgerRpc::DoAppend, this));
  }
  grpc::ServerUnaryReactor* ListOwnEntries(
      grpc::CallbackServerContext* context,
      const ListOwnEntriesRequest* request,
      ListOwnEntriesResponse* response) override {
    return dispatcher_.Unary(
        context, "/shiming.ledger.v1.LedgerWriterService/ListOwnEntries",
        request, response, std::bind_front(&FakeLedgerRpc::DoList, this));
  }

  // Set before calls are made.
  absl::Status status;
  AppendEntriesResponse append_response;
  ListOwnEntriesResponse list_response;
  // Read after calls have ended.
  AppendEntriesRequest append_request;
  ListOwnEntriesRequest list_request;
  Peer peer;

 private:
  boost::asio::awaitable<absl::Status> DoAppend(
      const Call& call, const AppendEntriesRequest& request,
      AppendEntriesResponse* response) {
    append_request = request;
    peer = call.peer;
    *response = append_response;
    co_return status;
  }
  boost::asio::awaitable<absl::Status> DoList(
      const Call& /*call*/, const ListOwnEntriesRequest& request,
      ListOwnEntriesResponse* response) {
    list_request = request;
    *response = list_response;
    co_return status;
  }

  Dispatcher& dispatcher_;
};

class LedgerSinkTest : public ::testing::Test {
 protected:
  LedgerSinkTest() { server_.Serve({&ledger_}); }
  ~LedgerSinkTest() override { server_.Stop(); }

  absl::StatusOr<std::vector<EventOutcome>> Append(
      std::vector<std::string> entries) {
    LedgerSink sink(server_.Channel(testing::ServicePeer("profile_order")));
    return RunAwaitable(
        server_.runtime().executor(),
        sink.Append(std::move(entries), absl::Now() + absl::Seconds(20)));
  }

  InProcessServer server_;
  FakeLedgerRpc ledger_{server_.dispatcher()};
};

TEST_F(LedgerSinkTest, EachEntryGetsItsOwnOutcome) {
  AppendOutcome* outcome = ledger_.append_response.add_outcomes();
  outcome->set_state(AppendOutcome::STATE_SEQUENCED);
  outcome->set_index(41);
  outcome = ledger_.append_response.add_outcomes();
  outcome->set_state(AppendOutcome::STATE_WAITING);
  outcome->add_missing()->set_aggregate("session/1");
  outcome = ledger_.append_response.add_outcomes();
  outcome->set_state(AppendOutcome::STATE_REJECTED);
  outcome->set_reason("LEDGER_CONFLICT");

  const auto outcomes = Append({"a", "b", "c"});
  ASSERT_THAT(outcomes, IsOk());
  ASSERT_EQ(outcomes->size(), 3u);
  EXPECT_EQ((*outcomes)[0].state, EventOutcome::State::kSequenced);
  EXPECT_EQ((*outcomes)[0].index, 41);
  EXPECT_EQ((*outcomes)[1].state, EventOutcome::State::kWaiting);
  ASSERT_EQ((*outcomes)[1].missing.size(), 1u);
  EXPECT_EQ((*outcomes)[1].missing[0].aggregate(), "session/1");
  EXPECT_EQ((*outcomes)[2].state, EventOutcome::State::kRejected);
  EXPECT_EQ((*outcomes)[2].reason, "LEDGER_CONFLICT");

  ASSERT_EQ(ledger_.append_request.entries_size(), 3);
  EXPECT_EQ(ledger_.append_request.entries(1), "b");
  EXPECT_EQ(ledger_.peer.id, "profile_order");
}

TEST_F(LedgerSinkTest, AnAnswerThatDoesNotFitIsAnError) {
  ledger_.append_response.add_outcomes()->set_state(
      AppendOutcome::STATE_SEQUENCED);
  EXPECT_THAT(Append({"a", "b"}), StatusIs(absl::StatusCode::kInternal));
  ledger_.append_response.mutable_outcomes(0)->set_state(
      AppendOutcome::STATE_UNSPECIFIED);
  EXPECT_THAT(Append({"a"}), StatusIs(absl::StatusCode::kInternal));
}

TEST_F(LedgerSinkTest, ARefusalKeepsItsReason) {
  ledger_.status = MakeError(Reason::OVERLOADED, "queue is full");
  EXPECT_THAT(Append({"a"}), FailsWith(Reason::OVERLOADED));
}

TEST_F(LedgerSinkTest, OwnEntriesAreListed) {
  ledger::v1::OwnEntry* entry = ledger_.list_response.add_entries();
  entry->set_index(7);
  entry->mutable_id()->set_aggregate("order/1");
  entry->mutable_id()->set_version(2);
  entry->set_sha256(std::string(32, 'h'));
  LedgerSink sink(server_.Channel(testing::ServicePeer("profile_order")));
  const auto entries =
      RunAwaitable(server_.runtime().executor(), sink.ListOwnEntries(3, 200));
  ASSERT_THAT(entries, IsOk());
  ASSERT_EQ(entries->size(), 1u);
  EXPECT_EQ((*entries)[0].index, 7);
  EXPECT_EQ((*entries)[0].id.version(), 2);
  EXPECT_EQ((*entries)[0].sha256, std::string(32, 'h'));
  EXPECT_EQ(ledger_.list_request.after_index(), 3);
  EXPECT_EQ(ledger_.list_request.page_size(), 200);
}

}  // namespace
}  // namespace shiming::rpc
