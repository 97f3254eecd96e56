#include "tests/bench/null/identity_authority.h"

namespace shiming::bench {
namespace {

using boost::asio::awaitable;

}  // namespace

grpc::ServerUnaryReactor* NullIdentityAuthority::CheckIdentity(
    grpc::CallbackServerContext* context,
    const outside::v1::CheckIdentityRequest* request,
    outside::v1::CheckIdentityResponse* response) {
  return dispatcher_.Unary(
      context, "/shiming.outside.v1.IdentityAuthorityService/CheckIdentity",
      request, response,
      [](const rpc::Call&, const outside::v1::CheckIdentityRequest&,
         outside::v1::CheckIdentityResponse* answer)
          -> awaitable<absl::Status> {
        answer->set_answer(outside::v1::AUTHORITY_ANSWER_MATCH);
        answer->set_transaction_id("null");
        co_return absl::OkStatus();
      });
}

grpc::ServerUnaryReactor* NullIdentityAuthority::CountNumbers(
    grpc::CallbackServerContext* context,
    const outside::v1::CountNumbersRequest* request,
    outside::v1::CountNumbersResponse* response) {
  return dispatcher_.Unary(
      context, "/shiming.outside.v1.IdentityAuthorityService/CountNumbers",
      request, response,
      [](const rpc::Call&, const outside::v1::CountNumbersRequest&,
         outside::v1::CountNumbersResponse* answer) -> awaitable<absl::Status> {
        answer->set_numbers_elsewhere(0);
        co_return absl::OkStatus();
      });
}

}  // namespace shiming::bench
