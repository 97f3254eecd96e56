// SessionAuthority over gRPC.
#ifndef SHIMING_SERVICES_IDENTITY_VERIFICATION_RPC_SESSION_AUTHORITY_H_
#define SHIMING_SERVICES_IDENTITY_VERIFICATION_RPC_SESSION_AUTHORITY_H_

#include <grpcpp/channel.h>

#include <memory>
#include <string>

#include "services/identity_verification/core/session_authority.h"
#include "shiming/terminal/v1/terminal_service.grpc.pb.h"

namespace shiming::identity_verification {

// Asks terminal_session each time; nothing is cached. Thread-safe.
class RpcSessionAuthority final : public SessionAuthority {
 public:
  explicit RpcSessionAuthority(const std::shared_ptr<grpc::Channel>& channel);

  boost::asio::awaitable<absl::StatusOr<Standing>> CheckSession(
      const Caller& caller, const std::string& shift_token,
      const std::string& session_id) override;
  boost::asio::awaitable<absl::Status> ConsumeReadNonce(
      const Caller& caller, const std::string& session_id,
      const std::string& nonce, const std::string& evidence_sha256) override;

 private:
  const std::unique_ptr<terminal::v1::SessionAuthorityService::Stub> stub_;
};

}  // namespace shiming::identity_verification

#endif  // SHIMING_SERVICES_IDENTITY_VERIFICATION_RPC_SESSION_AUTHORITY_H_
