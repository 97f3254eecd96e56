#include "services/simulators/identity_authority/identity_authority_service.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <functional>
#include <string>

#include "common/crypto/digest.h"
#include "common/crypto/encoding.h"
#include "common/ids/ids.h"
#include "common/status/reason.h"
#include "common/status/status_macros.h"
#include "common/time/proto_time.h"

namespace shiming::identity_authority {
namespace {

using outside::v1::CheckIdentityRequest;
using outside::v1::CheckIdentityResponse;
using outside::v1::CountNumbersRequest;
using outside::v1::CountNumbersResponse;

// Hexadecimal digits of a transaction id.
constexpr size_t kTransactionDigits = 24;

absl::Status CheckRequest(const std::string& request_id,
                          const std::string& document_number) {
  RETURN_IF_ERROR(CheckRequestId(request_id));
  if (document_number.empty()) {
    return MakeError(Reason::FIELD_REQUIRED, "no document number",
                     {.field = "document_number"});
  }
  return absl::OkStatus();
}

absl::Status Unavailable() {
  return MakeError(Reason::DEPENDENCY_UNAVAILABLE, "ordered by a rule");
}

outside::v1::AuthorityAnswer ToProto(Answer answer) {
  switch (answer) {
    case Answer::kMatch:
      return outside::v1::AUTHORITY_ANSWER_MATCH;
    case Answer::kNoMatch:
      return outside::v1::AUTHORITY_ANSWER_NO_MATCH;
    case Answer::kUnknown:
    case Answer::kUnavailable:
      break;
  }
  return outside::v1::AUTHORITY_ANSWER_UNKNOWN;
}

}  // namespace

grpc::ServerUnaryReactor* IdentityAuthorityServiceRpc::CheckIdentity(
    grpc::CallbackServerContext* context, const CheckIdentityRequest* request,
    CheckIdentityResponse* response) {
  return dispatcher_.Unary(
      context, "/shiming.outside.v1.IdentityAuthorityService/CheckIdentity",
      request, response,
      std::bind_front(&IdentityAuthorityServiceRpc::DoCheckIdentity, this));
}

grpc::ServerUnaryReactor* IdentityAuthorityServiceRpc::CountNumbers(
    grpc::CallbackServerContext* context, const CountNumbersRequest* request,
    CountNumbersResponse* response) {
  return dispatcher_.Unary(
      context, "/shiming.outside.v1.IdentityAuthorityService/CountNumbers",
      request, response,
      std::bind_front(&IdentityAuthorityServiceRpc::DoCountNumbers, this));
}

asio::awaitable<void> IdentityAuthorityServiceRpc::Delay() {
  const absl::Duration delay = rules_.delay();
  if (delay <= absl::ZeroDuration()) co_return;
  asio::steady_timer timer(co_await asio::this_coro::executor);
  timer.expires_after(absl::ToChronoNanoseconds(delay));
  co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
}

asio::awaitable<absl::Status> IdentityAuthorityServiceRpc::DoCheckIdentity(
    const rpc::Call&, const CheckIdentityRequest& request,
    CheckIdentityResponse* response) {
  CO_RETURN_IF_ERROR(
      CheckRequest(request.request_id(), request.document_number()));
  co_await Delay();
  const Rule rule = rules_.Ask(request.document_number());
  if (rule.answer == Answer::kUnavailable) co_return Unavailable();
  response->set_answer(ToProto(rule.answer));
  response->set_transaction_id(
      "SIM-" + crypto::ToHex(crypto::Sha256(request.request_id()))
                   .substr(0, kTransactionDigits));
  *response->mutable_check_time() = shiming::ToProto(clock_.Now());
  co_return absl::OkStatus();
}

asio::awaitable<absl::Status> IdentityAuthorityServiceRpc::DoCountNumbers(
    const rpc::Call&, const CountNumbersRequest& request,
    CountNumbersResponse* response) {
  CO_RETURN_IF_ERROR(
      CheckRequest(request.request_id(), request.document_number()));
  co_await Delay();
  const Rule rule = rules_.Ask(request.document_number());
  if (rule.answer == Answer::kUnavailable) co_return Unavailable();
  response->set_numbers_elsewhere(rule.numbers_elsewhere);
  co_return absl::OkStatus();
}

}  // namespace shiming::identity_authority
