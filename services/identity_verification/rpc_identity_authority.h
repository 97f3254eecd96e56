// IdentityAuthority over gRPC.
#ifndef SHIMING_SERVICES_IDENTITY_VERIFICATION_RPC_IDENTITY_AUTHORITY_H_
#define SHIMING_SERVICES_IDENTITY_VERIFICATION_RPC_IDENTITY_AUTHORITY_H_

#include <grpcpp/channel.h>

#include <memory>
#include <string>

#include "absl/time/time.h"
#include "services/identity_verification/core/identity_authority.h"
#include "shiming/outside/v1/outside_service.grpc.pb.h"

namespace shiming::identity_verification {

// Asks the mobile operator's IdentityAuthorityService. Thread-safe.
class RpcIdentityAuthority final : public IdentityAuthority {
 public:
  // What of the caller's time is kept for putting a refusal on the record, so
  // that a slow authority ends in an answer and not in a lost one.
  static constexpr absl::Duration kReserve = absl::Milliseconds(500);

  // `timeout` limits each question.
  RpcIdentityAuthority(const std::shared_ptr<grpc::Channel>& channel,
                       absl::Duration timeout);

  boost::asio::awaitable<absl::StatusOr<AuthorityCheck>> CheckIdentity(
      const Caller& caller, const std::string& request_id,
      const identity::CardBlock& card) override;
  boost::asio::awaitable<absl::StatusOr<int>> CountNumbers(
      const Caller& caller, const std::string& request_id,
      const identity::IdNumber& number) override;

 private:
  const std::unique_ptr<outside::v1::IdentityAuthorityService::Stub> stub_;
  const absl::Duration timeout_;
};

}  // namespace shiming::identity_verification

#endif  // SHIMING_SERVICES_IDENTITY_VERIFICATION_RPC_IDENTITY_AUTHORITY_H_
