// IdentityAuthorityService, answered from rules.
#ifndef SHIMING_SERVICES_SIMULATORS_IDENTITY_AUTHORITY_IDENTITY_AUTHORITY_SERVICE_H_
#define SHIMING_SERVICES_SIMULATORS_IDENTITY_AUTHORITY_IDENTITY_AUTHORITY_SERVICE_H_

#include <boost/asio/awaitable.hpp>

#include "absl/status/status.h"
#include "common/rpc/call.h"
#include "common/rpc/dispatcher.h"
#include "common/time/clock.h"
#include "services/simulators/identity_authority/rule_book.h"
#include "shiming/outside/v1/outside_service.grpc.pb.h"

namespace shiming::identity_authority {

namespace asio = boost::asio;

// Thread-safe. A repeated request_id gets the same transaction_id.
class IdentityAuthorityServiceRpc final
    : public outside::v1::IdentityAuthorityService::CallbackService {
 public:
  // All must outlive this.
  IdentityAuthorityServiceRpc(rpc::Dispatcher& dispatcher, RuleBook& rules,
                              const Clock& clock)
      : dispatcher_(dispatcher), rules_(rules), clock_(clock) {}

  grpc::ServerUnaryReactor* CheckIdentity(
      grpc::CallbackServerContext* context,
      const outside::v1::CheckIdentityRequest* request,
      outside::v1::CheckIdentityResponse* response) override;
  grpc::ServerUnaryReactor* CountNumbers(
      grpc::CallbackServerContext* context,
      const outside::v1::CountNumbersRequest* request,
      outside::v1::CountNumbersResponse* response) override;

 private:
  asio::awaitable<absl::Status> DoCheckIdentity(
      const rpc::Call& call, const outside::v1::CheckIdentityRequest& request,
      outside::v1::CheckIdentityResponse* response);
  asio::awaitable<absl::Status> DoCountNumbers(
      const rpc::Call& call, const outside::v1::CountNumbersRequest& request,
      outside::v1::CountNumbersResponse* response);
  asio::awaitable<void> Delay();

  rpc::Dispatcher& dispatcher_;
  RuleBook& rules_;
  const Clock& clock_;
};

}  // namespace shiming::identity_authority

#endif  // SHIMING_SERVICES_SIMULATORS_IDENTITY_AUTHORITY_IDENTITY_AUTHORITY_SERVICE_H_
