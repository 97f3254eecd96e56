// The identity authority of the null pipeline.
#ifndef SHIMING_TESTS_BENCH_NULL_IDENTITY_AUTHORITY_H_
#define SHIMING_TESTS_BENCH_NULL_IDENTITY_AUTHORITY_H_

#include "common/rpc/dispatcher.h"
#include "shiming/outside/v1/outside_service.grpc.pb.h"

namespace shiming::bench {

// Says that everybody matches and has no numbers. Thread-safe.
class NullIdentityAuthority final
    : public outside::v1::IdentityAuthorityService::CallbackService {
 public:
  explicit NullIdentityAuthority(rpc::Dispatcher& dispatcher)
      : dispatcher_(dispatcher) {}

  grpc::ServerUnaryReactor* CheckIdentity(
      grpc::CallbackServerContext* context,
      const outside::v1::CheckIdentityRequest* request,
      outside::v1::CheckIdentityResponse* response) override;
  grpc::ServerUnaryReactor* CountNumbers(
      grpc::CallbackServerContext* context,
      const outside::v1::CountNumbersRequest* request,
      outside::v1::CountNumbersResponse* response) override;

 private:
  rpc::Dispatcher& dispatcher_;
};

}  // namespace shiming::bench

#endif  // SHIMING_TESTS_BENCH_NULL_IDENTITY_AUTHORITY_H_
