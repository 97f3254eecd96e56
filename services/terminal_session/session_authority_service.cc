#include "services/terminal_session/session_authority_service.h"

#include <chrono>
#include <functional>
#include <utility>
#include <vector>

#include "common/ids/ids.h"
#include "common/rpc/peer.h"
#include "common/status/reason.h"
#include "common/status/status_macros.h"
#include "common/time/proto_time.h"
#include "services/terminal_session/core/event_drafts.h"

namespace shiming::terminal_session {
namespace {

// The proto promises a heartbeat every 300 ms; consumers end their streams
// after a second of silence.
constexpr absl::Duration kHeartbeat = absl::Milliseconds(300);
// How old a look into the database may be that a heartbeat speaks for.
constexpr absl::Duration kFreshTime = absl::Milliseconds(500);

// Left of the caller's deadline for the answer's way back.
constexpr absl::Duration kAnswerMargin = absl::Milliseconds(50);

// The device that a service asks about, as it is named in a request.
absl::StatusOr<rpc::Peer> NamedPeer(const std::string& spiffe_id,
                                    const std::string& key_sha256,
                                    const std::string& trust_domain,
                                    std::string_view id_field,
                                    std::string_view key_field) {
  absl::StatusOr<rpc::Peer> peer = rpc::ParseSpiffeId(spiffe_id, trust_domain);
  if (!peer.ok() || (peer->role != rpc::Role::kTerminal &&
                     peer->role != rpc::Role::kDisplay)) {
    return MakeError(Reason::INVALID_REQUEST, "no id of a device",
                     {.field = std::string(id_field)});
  }
  RETURN_IF_ERROR(CheckDigest(key_sha256, key_field));
  peer->key_hash = key_sha256;
  return peer;
}

absl::Status CheckOrderReady(const terminal::v1::PermitRevealRequest& request) {
  const ledger::v1::EventId& ready = request.order_ready();
  if (ready.source() != "profile_order" ||
      ready.aggregate() != "order/" + request.order_id() ||
      ready.version() < 1) {
    return MakeError(Reason::INVALID_REQUEST, "no event of this order",
                     {.field = "order_ready"});
  }
  return absl::OkStatus();
}

terminal::v1::WatchEndsResponse ToMessage(const EndRecord& end) {
  terminal::v1::WatchEndsResponse message;
  message.set_cursor(end.cursor);
  message.set_kind(static_cast<terminal::v1::EndKind>(end.kind));
  message.set_id(end.id);
  message.set_end(end.end);
  return message;
}

}  // namespace

grpc::ServerUnaryReactor* SessionAuthorityServiceRpc::CheckSession(
    grpc::CallbackServerContext* context,
    const terminal::v1::CheckSessionRequest* request,
    terminal::v1::CheckSessionResponse* response) {
  return deps_.dispatcher.Unary(
      context, "/shiming.terminal.v1.SessionAuthorityService/CheckSession",
      request, response,
      std::bind_front(&SessionAuthorityServiceRpc::DoCheckSession, this));
}

grpc::ServerUnaryReactor* SessionAuthorityServiceRpc::ConsumeReadNonce(
    grpc::CallbackServerContext* context,
    const terminal::v1::ConsumeReadNonceRequest* request,
    terminal::v1::ConsumeReadNonceResponse* response) {
  return deps_.dispatcher.Unary(
      context, "/shiming.terminal.v1.SessionAuthorityService/ConsumeReadNonce",
      request, response,
      std::bind_front(&SessionAuthorityServiceRpc::DoConsumeReadNonce, this));
}

grpc::ServerUnaryReactor* SessionAuthorityServiceRpc::PermitReveal(
    grpc::CallbackServerContext* context,
    const terminal::v1::PermitRevealRequest* request,
    terminal::v1::PermitRevealResponse* response) {
  return deps_.dispatcher.Unary(
      context, "/shiming.terminal.v1.SessionAuthorityService/PermitReveal",
      request, response,
      std::bind_front(&SessionAuthorityServiceRpc::DoPermitReveal, this));
}

grpc::ServerWriteReactor<terminal::v1::WatchEndsResponse>*
SessionAuthorityServiceRpc::WatchEnds(
    grpc::CallbackServerContext* context,
    const terminal::v1::WatchEndsRequest* request) {
  return deps_.dispatcher
      .Stream<terminal::v1::WatchEndsRequest, terminal::v1::WatchEndsResponse>(
          context, "/shiming.terminal.v1.SessionAuthorityService/WatchEnds",
          request,
          std::bind_front(&SessionAuthorityServiceRpc::DoWatchEnds, this));
}

grpc::ServerUnaryReactor* SessionAuthorityServiceRpc::ListShops(
    grpc::CallbackServerContext* context,
    const terminal::v1::ListShopsRequest* request,
    terminal::v1::ListShopsResponse* response) {
  return deps_.dispatcher.Unary(
      context, "/shiming.terminal.v1.SessionAuthorityService/ListShops",
      request, response,
      std::bind_front(&SessionAuthorityServiceRpc::DoListShops, this));
}

boost::asio::awaitable<absl::StatusOr<Standing>>
SessionAuthorityServiceRpc::StandingOf(
    const rpc::Call& call, const terminal::v1::CheckSessionRequest& request) {
  CO_ASSIGN_OR_RETURN(
      const rpc::Peer peer,
      NamedPeer(request.peer_spiffe_id(), request.peer_key_sha256(),
                deps_.trust_domain, "peer_spiffe_id", "peer_key_sha256"));
  if (!request.session_id().empty()) {
    CO_RETURN_IF_ERROR(CheckId(request.session_id(), "session_id"));
  }
  if (peer.role == rpc::Role::kDisplay) {
    if (!request.shift_token().empty()) {
      co_return MakeError(Reason::INVALID_REQUEST,
                          "a display has no shift token",
                          {.field = "shift_token"});
    }
    co_return co_await deps_.sessions.CheckDisplay(
        DeviceOf(peer), request.session_id(), deps_.context.Now());
  }
  CO_ASSIGN_OR_RETURN(TerminalCall terminal_call,
                      deps_.context.ReadingCall(call, request.shift_token()));
  terminal_call.terminal = DeviceOf(peer);
  co_return co_await deps_.sessions.CheckTerminal(std::move(terminal_call),
                                                  request.session_id());
}

boost::asio::awaitable<absl::Status> SessionAuthorityServiceRpc::DoCheckSession(
    const rpc::Call& call, const terminal::v1::CheckSessionRequest& request,
    terminal::v1::CheckSessionResponse* response) {
  CO_ASSIGN_OR_RETURN(const Standing standing,
                      co_await StandingOf(call, request));
  const ShiftRecord& shift = standing.shift;
  response->set_shop_id(shift.terminal.shop_id);
  response->set_region(standing.region);
  response->set_clerk_id(shift.clerk_id);
  response->set_role(shift.role);
  response->set_terminal(shift.terminal.Path());
  if (!standing.display.device_id.empty()) {
    response->set_display(standing.display.Path());
  }
  response->set_evidence_public_key(shift.evidence_public_key);
  response->set_shift_id(shift.shift_id);
  if (standing.session.has_value()) {
    const SessionRecord& session = *standing.session;
    response->set_session_id(session.session_id);
    *response->mutable_session_expire_time() = ToProto(session.expire_time);
    *response->mutable_session_opened() = SessionOpenedId(session.session_id);
  }
  co_return absl::OkStatus();
}

boost::asio::awaitable<absl::Status>
SessionAuthorityServiceRpc::DoConsumeReadNonce(
    const rpc::Call&, const terminal::v1::ConsumeReadNonceRequest& request,
    terminal::v1::ConsumeReadNonceResponse*) {
  CO_RETURN_IF_ERROR(CheckId(request.session_id(), "session_id"));
  CO_RETURN_IF_ERROR(CheckDigest(request.nonce(), "nonce"));
  CO_RETURN_IF_ERROR(CheckDigest(request.evidence_sha256(), "evidence_sha256"));
  co_return co_await deps_.sessions.ConsumeReadNonce(
      request.session_id(), request.nonce(), request.evidence_sha256(),
      deps_.context.Now());
}

boost::asio::awaitable<absl::Status> SessionAuthorityServiceRpc::DoPermitReveal(
    const rpc::Call& call, const terminal::v1::PermitRevealRequest& request,
    terminal::v1::PermitRevealResponse* response) {
  CO_RETURN_IF_ERROR(CheckRequestId(request.request_id()));
  CO_RETURN_IF_ERROR(CheckId(request.order_id(), "order_id"));
  CO_RETURN_IF_ERROR(CheckId(request.session_id(), "session_id"));
  CO_RETURN_IF_ERROR(CheckOrderReady(request));
  CO_ASSIGN_OR_RETURN(
      const rpc::Peer peer,
      NamedPeer(request.display_spiffe_id(), request.display_key_sha256(),
                deps_.trust_domain, "display_spiffe_id", "display_key_sha256"));
  if (peer.role != rpc::Role::kDisplay) {
    co_return MakeError(Reason::DISPLAY_NOT_ENROLLED,
                        "only displays may see a code");
  }
  PermitRequest permit_request = {
      .display = DeviceOf(peer),
      .session_id = request.session_id(),
      .order_id = request.order_id(),
      .request_id = request.request_id(),
      .order_ready = request.order_ready(),
      .trace_id = call.trace_id,
      .now = deps_.context.Now(),
  };
  CO_ASSIGN_OR_RETURN(
      const PermitRecord permit,
      co_await deps_.sessions.PermitReveal(std::move(permit_request)));
  // Only what is on the record lets profile_order release the profile. The
  // permit is stored: the same request goes on from here.
  CO_ASSIGN_OR_RETURN([[maybe_unused]] const int64_t index,
                      co_await deps_.relay.WaitSequenced(
                          permit.event_id, call.deadline - kAnswerMargin));
  response->set_permit_id(permit.permit_id);
  *response->mutable_event_id() = permit.event_id;
  co_return absl::OkStatus();
}

boost::asio::awaitable<absl::Status> SessionAuthorityServiceRpc::DoWatchEnds(
    const rpc::Call&, const terminal::v1::WatchEndsRequest& request,
    rpc::StreamWriter<terminal::v1::WatchEndsResponse>& writer) {
  if (request.after() < 0) {
    co_return MakeError(Reason::INVALID_REQUEST, "a cursor is not negative",
                        {.field = "after"});
  }
  int64_t cursor = request.after();
  // This database may be an older one than the cursor was given out by.
  CO_ASSIGN_OR_RETURN(const int64_t newest,
                      co_await deps_.end_store.NewestCursor());
  if (cursor > newest) {
    co_return MakeError(Reason::ENDS_CURSOR_AHEAD, "never given out",
                        {.field = "after"});
  }
  const auto signal = writer.signal();
  const auto subscription = deps_.ends.Subscribe([signal] { signal->Wake(); });
  auto next_heartbeat = std::chrono::steady_clock::now();
  while (!writer.cancelled()) {
    CO_ASSIGN_OR_RETURN(const std::vector<EndRecord> ends,
                        co_await deps_.ends.Read(cursor));
    for (const EndRecord& end : ends) {
      cursor = end.cursor;
      const terminal::v1::WatchEndsResponse message = ToMessage(end);
      if (!co_await writer.Write(message)) co_return absl::OkStatus();
    }
    if (!ends.empty()) continue;
    const auto now = std::chrono::steady_clock::now();
    if (now >= next_heartbeat && deps_.ends.Age() <= kFreshTime) {
      terminal::v1::WatchEndsResponse heartbeat;
      heartbeat.set_cursor(cursor);
      if (!co_await writer.Write(heartbeat)) co_return absl::OkStatus();
      next_heartbeat = now + absl::ToChronoMilliseconds(kHeartbeat);
    }
    // While the database cannot be read the consumer hears nothing, and acts
    // on that; look again soon.
    const absl::Duration wait = now < next_heartbeat
                                    ? absl::FromChrono(next_heartbeat - now)
                                    : absl::Milliseconds(50);
    co_await writer.Wait(wait);
  }
  co_return absl::OkStatus();
}

boost::asio::awaitable<absl::Status> SessionAuthorityServiceRpc::DoListShops(
    const rpc::Call&, const terminal::v1::ListShopsRequest&,
    terminal::v1::ListShopsResponse* response) {
  CO_ASSIGN_OR_RETURN(const std::vector<terminal::v1::Shop> shops,
                      co_await deps_.enrollment.ListShops());
  for (const terminal::v1::Shop& shop : shops) *response->add_shops() = shop;
  co_return absl::OkStatus();
}

}  // namespace shiming::terminal_session
