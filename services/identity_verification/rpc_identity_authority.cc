#include "services/identity_verification/rpc_identity_authority.h"

#include <algorithm>
#include <utility>

#include "absl/time/clock.h"
#include "common/rpc/client.h"
#include "common/status/status_macros.h"

namespace shiming::identity_verification {
namespace {

using boost::asio::awaitable;
using outside::v1::CheckIdentityRequest;
using outside::v1::CheckIdentityResponse;
using outside::v1::CountNumbersRequest;
using outside::v1::CountNumbersResponse;
using outside::v1::IdentityAuthorityService;
using Async = IdentityAuthorityService::Stub::async_interface;

// Longest transaction id that is kept.
constexpr size_t kMaxTransactionId = 256;

rpc::CallOptions OptionsOf(const Caller& caller, absl::Duration timeout) {
  rpc::CallOptions options;
  options.deadline = std::min(caller.deadline - RpcIdentityAuthority::kReserve,
                              absl::Now() + timeout);
  options.trace_id = caller.trace_id;
  return options;
}

AuthorityAnswer FromProto(outside::v1::AuthorityAnswer answer) {
  switch (answer) {
    case outside::v1::AUTHORITY_ANSWER_MATCH:
      return AuthorityAnswer::kMatch;
    case outside::v1::AUTHORITY_ANSWER_NO_MATCH:
      return AuthorityAnswer::kNoMatch;
    default:
      return AuthorityAnswer::kUnknown;
  }
}

identity::v1::DocumentKind ToProto(identity::DocumentKind kind) {
  return static_cast<identity::v1::DocumentKind>(kind);
}

}  // namespace

RpcIdentityAuthority::RpcIdentityAuthority(
    const std::shared_ptr<grpc::Channel>& channel, absl::Duration timeout)
    : stub_(IdentityAuthorityService::NewStub(channel)), timeout_(timeout) {}

awaitable<absl::StatusOr<AuthorityCheck>> RpcIdentityAuthority::CheckIdentity(
    const Caller& caller, const std::string& request_id,
    const identity::CardBlock& card) {
  CheckIdentityRequest request;
  request.set_request_id(request_id);
  request.set_document_kind(ToProto(card.kind()));
  request.set_document_number(card.number.canonical());
  request.set_name(card.name);
  request.set_name_en(card.name_en);
  request.set_valid_to(card.valid_to_text);
  const absl::StatusOr<CheckIdentityResponse> response =
      co_await rpc::Invoke<CheckIdentityResponse>(*stub_, &Async::CheckIdentity,
                                                  std::move(request),
                                                  OptionsOf(caller, timeout_));
  CO_RETURN_IF_ERROR(response.status());
  AuthorityCheck check;
  check.answer = FromProto(response->answer());
  check.transaction_id =
      response->transaction_id().substr(0, kMaxTransactionId);
  co_return check;
}

awaitable<absl::StatusOr<int>> RpcIdentityAuthority::CountNumbers(
    const Caller& caller, const std::string& request_id,
    const identity::IdNumber& number) {
  CountNumbersRequest request;
  request.set_request_id(request_id);
  request.set_document_kind(ToProto(number.kind()));
  request.set_document_number(number.canonical());
  const absl::StatusOr<CountNumbersResponse> response =
      co_await rpc::Invoke<CountNumbersResponse>(*stub_, &Async::CountNumbers,
                                                 std::move(request),
                                                 OptionsOf(caller, timeout_));
  CO_RETURN_IF_ERROR(response.status());
  co_return static_cast<int>(response->numbers_elsewhere());
}

}  // namespace shiming::identity_verification
