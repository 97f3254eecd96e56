// A service for the tests of common/rpc.
#ifndef SHIMING_COMMON_RPC_TESTING_ECHO_SERVICE_H_
#define SHIMING_COMMON_RPC_TESTING_ECHO_SERVICE_H_

#include <atomic>
#include <boost/asio/awaitable.hpp>
#include <vector>

#include "common/rpc/access_table.h"
#include "common/rpc/dispatcher.h"
#include "shiming/testing/v1/echo_service.grpc.pb.h"

namespace shiming::rpc {

// The rows of EchoService (terminals and /svc/profile_order), and those that
// every server needs. Lives for ever.
const std::vector<AccessRow>& EchoAccessTable();

class EchoServiceRpc final
    : public shiming::testing::v1::EchoService::CallbackService {
 public:
  explicit EchoServiceRpc(Dispatcher& dispatcher) : dispatcher_(dispatcher) {}

  grpc::ServerUnaryReactor* Echo(
      grpc::CallbackServerContext* context,
      const shiming::testing::v1::EchoRequest* request,
      shiming::testing::v1::EchoResponse* response) override;
  grpc::ServerWriteReactor<shiming::testing::v1::CountResponse>* Count(
      grpc::CallbackServerContext* context,
      const shiming::testing::v1::CountRequest* request) override;

  // Handlers that have begun, and that have run to their end, so far.
  int unary_started() const { return unary_started_; }
  int unary_ended() const { return unary_ended_; }
  int streams_ended() const { return streams_ended_; }

 private:
  boost::asio::awaitable<absl::Status> DoEcho(
      const Call& call, const shiming::testing::v1::EchoRequest& request,
      shiming::testing::v1::EchoResponse* response);
  boost::asio::awaitable<absl::Status> DoCount(
      const Call& call, const shiming::testing::v1::CountRequest& request,
      StreamWriter<shiming::testing::v1::CountResponse>& writer);

  Dispatcher& dispatcher_;
  std::atomic<int> unary_started_ = 0;
  std::atomic<int> unary_ended_ = 0;
  std::atomic<int> streams_ended_ = 0;
};

}  // namespace shiming::rpc

#endif  // SHIMING_COMMON_RPC_TESTING_ECHO_SERVICE_H_
