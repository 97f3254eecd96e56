// identity_verification of the null pipeline.
#ifndef SHIMING_TESTS_BENCH_NULL_IDENTITY_VERIFICATION_H_
#define SHIMING_TESTS_BENCH_NULL_IDENTITY_VERIFICATION_H_

#include <grpcpp/channel.h>

#include <boost/asio/awaitable.hpp>
#include <memory>

#include "absl/status/status.h"
#include "common/rpc/dispatcher.h"
#include "shiming/identity/v1/identity_service.grpc.pb.h"
#include "shiming/outside/v1/outside_service.grpc.pb.h"
#include "shiming/terminal/v1/terminal_service.grpc.pb.h"
#include "tests/bench/null/relay.h"

namespace shiming::bench {

// Asks whom the real one asks and approves of everybody. Thread-safe.
class NullIdentityVerification final
    : public identity::v1::IdentityVerificationService::CallbackService {
 public:
  // Dispatcher and relay must outlive this.
  NullIdentityVerification(
      rpc::Dispatcher& dispatcher, NullRelay& relay,
      const std::shared_ptr<grpc::Channel>& terminal_session,
      const std::shared_ptr<grpc::Channel>& identity_authority);

  grpc::ServerUnaryReactor* VerifyIdentity(
      grpc::CallbackServerContext* context,
      const identity::v1::VerifyIdentityRequest* request,
      identity::v1::VerifyIdentityResponse* response) override;

 private:
  boost::asio::awaitable<absl::Status> DoVerifyIdentity(
      const rpc::Call& call, const identity::v1::VerifyIdentityRequest& request,
      identity::v1::VerifyIdentityResponse* response);

  rpc::Dispatcher& dispatcher_;
  NullRelay& relay_;
  const std::unique_ptr<terminal::v1::SessionAuthorityService::Stub> sessions_;
  const std::unique_ptr<outside::v1::IdentityAuthorityService::Stub> authority_;
};

}  // namespace shiming::bench

#endif  // SHIMING_TESTS_BENCH_NULL_IDENTITY_VERIFICATION_H_
