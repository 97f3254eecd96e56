#include "services/issuance_ledger/ledger_writer_service.h"

#include <algorithm>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "common/status/reason.h"
#include "common/status/status_macros.h"
#include "ledger/entry.h"

namespace shiming::issuance_ledger {
namespace {

using ledger::v1::AppendOutcome;

// Limits of ledger_service.proto.
constexpr int kMaxEntries = 256;
constexpr int kDefaultPage = 200;
constexpr int kMaxPage = 1000;

AppendOutcome ToProto(const Verdict& verdict) {
  AppendOutcome outcome;
  switch (verdict.state) {
    case Verdict::State::kSequenced:
      outcome.set_state(AppendOutcome::STATE_SEQUENCED);
      outcome.set_index(verdict.position);
      break;
    case Verdict::State::kWaiting:
      outcome.set_state(AppendOutcome::STATE_WAITING);
      outcome.mutable_missing()->Assign(verdict.missing.begin(),
                                        verdict.missing.end());
      break;
    case Verdict::State::kRejected:
      outcome.set_state(AppendOutcome::STATE_REJECTED);
      outcome.set_reason(std::string(NameOf(verdict.reason)));
      break;
  }
  return outcome;
}

}  // namespace

grpc::ServerUnaryReactor* LedgerWriterServiceRpc::AppendEntries(
    grpc::CallbackServerContext* context,
    const ledger::v1::AppendEntriesRequest* request,
    ledger::v1::AppendEntriesResponse* response) {
  return dispatcher_.Unary(
      context, "/shiming.ledger.v1.LedgerWriterService/AppendEntries", request,
      response,
      std::bind_front(&LedgerWriterServiceRpc::DoAppendEntries, this));
}

grpc::ServerUnaryReactor* LedgerWriterServiceRpc::ListOwnEntries(
    grpc::CallbackServerContext* context,
    const ledger::v1::ListOwnEntriesRequest* request,
    ledger::v1::ListOwnEntriesResponse* response) {
  return dispatcher_.Unary(
      context, "/shiming.ledger.v1.LedgerWriterService/ListOwnEntries", request,
      response,
      std::bind_front(&LedgerWriterServiceRpc::DoListOwnEntries, this));
}

grpc::ServerUnaryReactor* LedgerWriterServiceRpc::GetOwnReceipt(
    grpc::CallbackServerContext* context,
    const ledger::v1::GetOwnReceiptRequest* request,
    ledger::v1::GetOwnReceiptResponse* response) {
  return dispatcher_.Unary(
      context, "/shiming.ledger.v1.LedgerWriterService/GetOwnReceipt", request,
      response,
      std::bind_front(&LedgerWriterServiceRpc::DoGetOwnReceipt, this));
}

asio::awaitable<absl::Status> LedgerWriterServiceRpc::DoAppendEntries(
    const rpc::Call& call, const ledger::v1::AppendEntriesRequest& request,
    ledger::v1::AppendEntriesResponse* response) {
  if (request.entries_size() < 1 || request.entries_size() > kMaxEntries) {
    co_return MakeError(Reason::INVALID_REQUEST, "not 1 to 256 entries",
                        {.field = "entries"});
  }
  std::vector<std::string> entries(request.entries().begin(),
                                   request.entries().end());
  CO_ASSIGN_OR_RETURN(
      const std::vector<Verdict> verdicts,
      co_await log_.Append(std::move(entries), call.peer.id, call.deadline));
  for (const Verdict& verdict : verdicts) {
    *response->add_outcomes() = ToProto(verdict);
  }
  co_return absl::OkStatus();
}

asio::awaitable<absl::Status> LedgerWriterServiceRpc::DoListOwnEntries(
    const rpc::Call& call, const ledger::v1::ListOwnEntriesRequest& request,
    ledger::v1::ListOwnEntriesResponse* response) {
  if (request.page_size() < 0) {
    co_return MakeError(Reason::INVALID_REQUEST, "page_size is negative",
                        {.field = "page_size"});
  }
  const int limit = request.page_size() == 0
                        ? kDefaultPage
                        : std::min(request.page_size(), kMaxPage);
  CO_ASSIGN_OR_RETURN(
      const std::vector<EntryPlace> entries,
      co_await log_.EntriesOf(call.peer.id, request.after_index(), limit));
  for (const EntryPlace& entry : entries) {
    ledger::v1::OwnEntry* own = response->add_entries();
    own->set_index(entry.position);
    *own->mutable_id() = entry.id;
    own->set_sha256(entry.sha256);
  }
  co_return absl::OkStatus();
}

asio::awaitable<absl::Status> LedgerWriterServiceRpc::DoGetOwnReceipt(
    const rpc::Call& call, const ledger::v1::GetOwnReceiptRequest& request,
    ledger::v1::GetOwnReceiptResponse* response) {
  ledger::v1::EventId id = request.id();
  if (id.source().empty()) id.set_source(call.peer.id);
  if (id.source() != call.peer.id) {
    co_return MakeError(Reason::ACCESS_DENIED, "entry of another source",
                        {.field = "id.source"});
  }
  if (!ledger::CheckEventId(id).ok()) {
    co_return MakeError(Reason::INVALID_REQUEST, "malformed event id",
                        {.field = "id"});
  }
  CO_ASSIGN_OR_RETURN(*response->mutable_receipt(),
                      co_await log_.GetReceiptOf(std::move(id), call.deadline));
  co_return absl::OkStatus();
}

}  // namespace shiming::issuance_ledger
