// IdentityVerificationService: adapts gRPC to core/.
#ifndef SHIMING_SERVICES_IDENTITY_VERIFICATION_IDENTITY_VERIFICATION_SERVICE_H_
#define SHIMING_SERVICES_IDENTITY_VERIFICATION_IDENTITY_VERIFICATION_SERVICE_H_

#include <boost/asio/awaitable.hpp>

#include "common/rpc/call.h"
#include "common/rpc/dispatcher.h"
#include "services/identity_verification/core/verifier.h"
#include "shiming/identity/v1/identity_service.grpc.pb.h"

namespace shiming::identity_verification {

// Thread-safe.
class IdentityVerificationServiceRpc final
    : public identity::v1::IdentityVerificationService::CallbackService {
 public:
  // Neither is owned; both outlive the service.
  IdentityVerificationServiceRpc(rpc::Dispatcher& dispatcher,
                                 Verifier& verifier)
      : dispatcher_(dispatcher), verifier_(verifier) {}

  grpc::ServerUnaryReactor* VerifyIdentity(
      grpc::CallbackServerContext* context,
      const identity::v1::VerifyIdentityRequest* request,
      identity::v1::VerifyIdentityResponse* response) override;
  grpc::ServerUnaryReactor* GetVerification(
      grpc::CallbackServerContext* context,
      const identity::v1::GetVerificationRequest* request,
      identity::v1::GetVerificationResponse* response) override;

 private:
  boost::asio::awaitable<absl::Status> DoVerifyIdentity(
      const rpc::Call& call, const identity::v1::VerifyIdentityRequest& request,
      identity::v1::VerifyIdentityResponse* response);
  boost::asio::awaitable<absl::Status> DoGetVerification(
      const rpc::Call& call,
      const identity::v1::GetVerificationRequest& request,
      identity::v1::GetVerificationResponse* response);

  rpc::Dispatcher& dispatcher_;
  Verifier& verifier_;
};

}  // namespace shiming::identity_verification

#endif  // SHIMING_SERVICES_IDENTITY_VERIFICATION_IDENTITY_VERIFICATION_SERVICE_H_
