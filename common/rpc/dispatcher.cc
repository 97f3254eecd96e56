#include "common/rpc/dispatcher.h"

#include <chrono>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/rpc/grpc_status.h"
#include "common/rpc/metadata.h"
#include "common/rpc/trace.h"
#include "common/status/reason.h"
#include "common/status/status_macros.h"

namespace shiming::rpc {
namespace {

std::string_view View(const grpc::string_ref& text) {
  return {text.data(), text.size()};
}

// "ipv4:127.0.0.1:1234" -> "127.0.0.1", "ipv6:%5B::1%5D:1234" -> "::1".
std::string AddressOf(const std::string& peer) {
  std::string_view rest(peer);
  if (rest.starts_with("ipv4:")) {
    rest.remove_prefix(5);
    return std::string(rest.substr(0, rest.rfind(':')));
  }
  if (!rest.starts_with("ipv6:")) return "";
  rest.remove_prefix(5);
  rest = rest.substr(0, rest.rfind(':'));
  // gRPC percent-encodes the brackets.
  for (const std::string_view open : {"%5B", "["}) {
    if (rest.starts_with(open)) rest.remove_prefix(open.size());
  }
  for (const std::string_view close : {"%5D", "]"}) {
    if (rest.ends_with(close)) rest.remove_suffix(close.size());
  }
  return std::string(rest);
}

absl::Time DeadlineOf(const grpc::ServerContextBase& context) {
  const std::chrono::system_clock::time_point deadline = context.deadline();
  return deadline == std::chrono::system_clock::time_point::max()
             ? absl::InfiniteFuture()
             : absl::FromChrono(deadline);
}

std::string TraceOf(const grpc::ServerContextBase& context) {
  const auto found = context.client_metadata().find(kTraceparentKey);
  std::string trace_id;
  if (found != context.client_metadata().end()) {
    trace_id = TraceIdOf(View(found->second));
  }
  return trace_id.empty() ? NewTraceId() : trace_id;
}

}  // namespace

Dispatcher::Dispatcher(Options options)
    : runtime_(options.runtime),
      peers_(std::move(options.trust_domain)),
      recorder_(options.metrics, options.access_table) {
  for (const AccessRow& row : options.access_table) {
    rows_.emplace(row.method, &row);
  }
}

Dispatcher::~Dispatcher() = default;

void Dispatcher::Open() { open_ = true; }

std::vector<std::string> Dispatcher::MethodsWithoutRow(
    const std::vector<std::string>& methods) const {
  std::vector<std::string> missing;
  for (const std::string& method : methods) {
    if (!rows_.contains(method)) missing.push_back(method);
  }
  return missing;
}

std::unique_ptr<Dispatcher::Admission> Dispatcher::Admit(
    const grpc::CallbackServerContext& context, std::string_view method,
    size_t request_bytes, bool unary) {
  auto admission = std::make_unique<Admission>();
  Call& call = admission->call;
  call.method = std::string(method);
  call.deadline = DeadlineOf(context);
  call.trace_id = TraceOf(context);
  admission->record = recorder_.Begin(method);
  const auto row = rows_.find(method);
  admission->refusal =
      CheckAdmission(context, row == rows_.end() ? nullptr : row->second,
                     request_bytes, unary, call);
  return admission;
}

absl::Status Dispatcher::CheckAdmission(
    const grpc::CallbackServerContext& context, const AccessRow* row,
    size_t request_bytes, bool unary, Call& call) {
  if (!open_) return MakeError(Reason::SHUTTING_DOWN, "not yet serving");
  if (unary && call.deadline == absl::InfiniteFuture()) {
    return MakeError(Reason::DEADLINE_REQUIRED, "unary call without deadline");
  }
  if (request_bytes > kMaxMessageBytes) {
    return MakeError(
        Reason::MESSAGE_TOO_LARGE,
        absl::StrCat("message of ", request_bytes, " bytes, limit is ",
                     kMaxMessageBytes),
        {.metadata = {{"limitBytes", absl::StrCat(kMaxMessageBytes)},
                      {"messageBytes", absl::StrCat(request_bytes)}}});
  }
  ASSIGN_OR_RETURN(const std::shared_ptr<const Peer> peer,
                   peers_.Resolve(context));
  call.peer = *peer;
  call.address = AddressOf(context.peer());
  if (row == nullptr) {
    return MakeError(Reason::ACCESS_DENIED, "method has no access row");
  }
  RETURN_IF_ERROR(ApplyPrincipal(context, *row, call.peer));
  if (!Allows(*row, call.peer)) {
    return MakeError(
        Reason::ACCESS_DENIED, "role may not call this method",
        {.metadata = {{"role", std::string(NameOf(call.peer.role))},
                      {"method", call.method}}});
  }
  return absl::OkStatus();
}

absl::Status Dispatcher::ApplyPrincipal(
    const grpc::CallbackServerContext& context, const AccessRow& row,
    Peer& peer) const {
  const auto found = context.client_metadata().find(kPrincipalKey);
  if (found == context.client_metadata().end()) return absl::OkStatus();
  if (peer.role != Role::kService || peer.id != "gateway" || !row.via_gateway) {
    return MakeError(Reason::ACCESS_DENIED, "may not name a principal");
  }
  ASSIGN_OR_RETURN(
      peer, ParseSpiffeId(absl::StrCat("spiffe://", peers_.trust_domain(), "/",
                                       std::string(View(found->second))),
                          peers_.trust_domain()));
  if (peer.role != Role::kApp && peer.role != Role::kAuditor) {
    return MakeError(Reason::ACCESS_DENIED, "no principal of the gateway");
  }
  peer.via_gateway = true;
  return absl::OkStatus();
}

grpc::Status Dispatcher::Check(const grpc::CallbackServerContext& context,
                               std::string_view method) {
  std::unique_ptr<Admission> admission =
      Admit(context, method, /*request_bytes=*/0, /*unary=*/false);
  return End(*admission, admission->refusal);
}

grpc::Status Dispatcher::End(Admission& admission, const absl::Status& status) {
  grpc::Status wire = ToGrpcStatus(status);
  recorder_.End(admission.record, admission.call, status, wire.error_code());
  return wire;
}

absl::Status Dispatcher::Enter() {
  std::lock_guard lock(mutex_);
  if (closed_) return MakeError(Reason::SHUTTING_DOWN, "server drains");
  ++active_;
  return absl::OkStatus();
}

void Dispatcher::Leave() {
  // Told under the lock: once it is released this object may be destroyed.
  std::lock_guard lock(mutex_);
  if (--active_ == 0) left_.notify_all();
}

bool Dispatcher::WaitIdle(absl::Time deadline) {
  const auto idle = [this] { return active_ == 0; };
  std::unique_lock lock(mutex_);
  closed_ = true;
  if (deadline == absl::InfiniteFuture()) {
    left_.wait(lock, idle);
    return true;
  }
  return left_.wait_until(lock, absl::ToChronoTime(deadline), idle);
}

absl::Status Dispatcher::EnterStream(
    const std::shared_ptr<StreamState>& state) {
  std::lock_guard lock(mutex_);
  if (closed_ || ending_streams_) {
    return MakeError(Reason::SHUTTING_DOWN, "server drains");
  }
  ++active_;
  streams_.insert(state);
  return absl::OkStatus();
}

absl::Status Dispatcher::RemoveStream(const std::shared_ptr<StreamState>& state,
                                      absl::Status status) {
  std::lock_guard lock(mutex_);
  streams_.erase(state);
  if (ending_streams_ && status.ok()) {
    return MakeError(Reason::SHUTTING_DOWN, "server drains");
  }
  return status;
}

void Dispatcher::EndStreams() {
  std::vector<std::shared_ptr<StreamState>> open;
  {
    std::lock_guard lock(mutex_);
    ending_streams_ = true;
    open.assign(streams_.begin(), streams_.end());
  }
  for (const auto& state : open) state->Cancel();
}

absl::Status Dispatcher::FromException(const char* what) {
  return absl::InternalError(absl::StrCat("exception: ", what));
}

}  // namespace shiming::rpc
