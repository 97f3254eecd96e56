#include "services/profile_order/terminal_client.h"

#include <optional>
#include <utility>

#include "common/rpc/client.h"
#include "common/status/status_macros.h"

namespace shiming::profile_order {
namespace {

using Stub = terminal::v1::SessionAuthorityService::Stub;

EndNotice::Kind KindOf(terminal::v1::EndKind kind) {
  switch (kind) {
    case terminal::v1::END_KIND_SESSION:
      return EndNotice::Kind::kSession;
    case terminal::v1::END_KIND_SHIFT:
      return EndNotice::Kind::kShift;
    case terminal::v1::END_KIND_TERMINAL:
      return EndNotice::Kind::kTerminal;
    case terminal::v1::END_KIND_DISPLAY:
      return EndNotice::Kind::kDisplay;
    case terminal::v1::END_KIND_CLERK:
      return EndNotice::Kind::kClerk;
    case terminal::v1::END_KIND_SHOP:
      return EndNotice::Kind::kShop;
    default:
      return EndNotice::Kind::kHeartbeat;
  }
}

EndNotice NoticeOf(const terminal::v1::WatchEndsResponse& response) {
  EndNotice notice;
  notice.cursor = response.cursor();
  notice.kind = KindOf(response.kind());
  notice.id = response.id();
  notice.revoked = response.end() == ledger::v1::SESSION_END_REVOKED ||
                   response.end() == ledger::v1::SESSION_END_TOKEN_MISUSED;
  return notice;
}

}  // namespace

TerminalClient::TerminalClient(const std::shared_ptr<grpc::Channel>& channel)
    : stub_(terminal::v1::SessionAuthorityService::NewStub(channel)) {}

boost::asio::awaitable<absl::StatusOr<Standing>> TerminalClient::Check(
    Caller caller, std::string shift_token, std::string session_id) {
  terminal::v1::CheckSessionRequest request;
  request.set_shift_token(std::move(shift_token));
  request.set_session_id(std::move(session_id));
  request.set_peer_spiffe_id(caller.spiffe_id);
  request.set_peer_key_sha256(caller.key_hash);
  const rpc::CallOptions options{.deadline = caller.deadline,
                                 .trace_id = caller.trace_id};
  CO_ASSIGN_OR_RETURN(const terminal::v1::CheckSessionResponse response,
                      co_await rpc::Invoke<terminal::v1::CheckSessionResponse>(
                          *stub_, &Stub::async_interface::CheckSession,
                          std::move(request), options));
  Standing standing;
  standing.shop = response.shop_id();
  standing.region = response.region();
  standing.clerk = response.clerk_id();
  standing.terminal = response.terminal();
  standing.display = response.display();
  standing.shift = response.shift_id();
  standing.session = response.session_id();
  co_return standing;
}

boost::asio::awaitable<absl::StatusOr<SessionAuthority::Permit>>
TerminalClient::PermitReveal(Caller display, std::string order_id,
                             std::string session_id, std::string request_id,
                             ledger::v1::EventId order_ready) {
  terminal::v1::PermitRevealRequest request;
  request.set_order_id(std::move(order_id));
  request.set_session_id(std::move(session_id));
  request.set_display_spiffe_id(display.spiffe_id);
  request.set_display_key_sha256(display.key_hash);
  request.set_request_id(std::move(request_id));
  *request.mutable_order_ready() = std::move(order_ready);
  const rpc::CallOptions options{.deadline = display.deadline,
                                 .trace_id = display.trace_id};
  CO_ASSIGN_OR_RETURN(const terminal::v1::PermitRevealResponse response,
                      co_await rpc::Invoke<terminal::v1::PermitRevealResponse>(
                          *stub_, &Stub::async_interface::PermitReveal,
                          std::move(request), options));
  Permit permit;
  permit.permit_id = response.permit_id();
  permit.event = response.event_id();
  co_return permit;
}

boost::asio::awaitable<absl::Status> TerminalClient::Watch(int64_t after,
                                                           OnNotice on_notice) {
  using Reader = rpc::StreamReader<terminal::v1::WatchEndsRequest,
                                   terminal::v1::WatchEndsResponse>;
  terminal::v1::WatchEndsRequest request;
  request.set_after(after);
  const rpc::CallOptions options{.deadline = absl::InfiniteFuture()};
  Reader reader = Reader::Open(*stub_, &Stub::async_interface::WatchEnds,
                               std::move(request), options);
  {
    std::lock_guard lock(mutex_);
    cancel_ = [&reader] { reader.Cancel(); };
  }
  for (;;) {
    const std::optional<terminal::v1::WatchEndsResponse> response =
        co_await reader.Next();
    if (!response.has_value()) break;
    EndNotice notice = NoticeOf(*response);
    co_await on_notice(std::move(notice));
  }
  {
    std::lock_guard lock(mutex_);
    cancel_ = nullptr;
  }
  co_return co_await reader.Finish();
}

void TerminalClient::Cancel() {
  std::lock_guard lock(mutex_);
  if (cancel_) cancel_();
}

}  // namespace shiming::profile_order
