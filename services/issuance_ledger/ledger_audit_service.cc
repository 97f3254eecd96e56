#include "services/issuance_ledger/ledger_audit_service.h"

#include <algorithm>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "common/status/reason.h"
#include "common/status/status_macros.h"
#include "common/time/proto_time.h"
#include "ledger/entry.h"

namespace shiming::issuance_ledger {
namespace {

using ledger::v1::EntryFilter;

// Limits of ledger_service.proto.
constexpr int kDefaultPage = 50;
constexpr int kMaxPage = 1000;
constexpr int kMaxKinds = 64;

absl::Status BadField(std::string_view field, std::string_view why) {
  return MakeError(Reason::INVALID_REQUEST, why, {.field = std::string(field)});
}

// What a page token belongs to.
std::string CanonicalBytes(const EntryFilter& filter) {
  return filter.SerializeAsString();
}

absl::StatusOr<EntryQuery> QueryOf(const EntryFilter& filter) {
  if (!filter.has_id() && filter.order().empty() && filter.session().empty()) {
    return BadField("filter", "neither id, order nor session is set");
  }
  if (filter.has_id() && !ledger::CheckEventId(filter.id()).ok()) {
    return BadField("filter.id", "malformed event id");
  }
  if (filter.order().size() > ledger::kMaxPlainLength) {
    return BadField("filter.order", "too long");
  }
  if (filter.session().size() > ledger::kMaxPlainLength) {
    return BadField("filter.session", "too long");
  }
  if (filter.kinds_size() > kMaxKinds) {
    return BadField("filter.kinds", "too many");
  }
  EntryQuery query{.order = filter.order(), .session = filter.session()};
  for (const int kind : filter.kinds()) {
    query.kinds.push_back(static_cast<ledger::v1::EventKind>(kind));
  }
  if (filter.has_start_time())
    query.start_time = FromProto(filter.start_time());
  if (filter.has_end_time()) query.end_time = FromProto(filter.end_time());
  return query;
}

bool Matches(const EntryQuery& query, const ledger::v1::Event& event) {
  const absl::Time time = FromProto(event.time());
  return (query.order.empty() || query.order == event.order()) &&
         (query.session.empty() || query.session == event.session()) &&
         (query.kinds.empty() ||
          std::find(query.kinds.begin(), query.kinds.end(), event.kind()) !=
              query.kinds.end()) &&
         (!query.start_time.has_value() || time >= *query.start_time) &&
         (!query.end_time.has_value() || time < *query.end_time);
}

}  // namespace

grpc::ServerUnaryReactor* LedgerAuditServiceRpc::GetCheckpoint(
    grpc::CallbackServerContext* context,
    const ledger::v1::GetCheckpointRequest* request,
    ledger::v1::GetCheckpointResponse* response) {
  return dispatcher_.Unary(
      context, "/shiming.ledger.v1.LedgerAuditService/GetCheckpoint", request,
      response, std::bind_front(&LedgerAuditServiceRpc::DoGetCheckpoint, this));
}

grpc::ServerUnaryReactor* LedgerAuditServiceRpc::QueryEntries(
    grpc::CallbackServerContext* context,
    const ledger::v1::QueryEntriesRequest* request,
    ledger::v1::QueryEntriesResponse* response) {
  return dispatcher_.Unary(
      context, "/shiming.ledger.v1.LedgerAuditService/QueryEntries", request,
      response, std::bind_front(&LedgerAuditServiceRpc::DoQueryEntries, this));
}

grpc::ServerUnaryReactor* LedgerAuditServiceRpc::GetReceipt(
    grpc::CallbackServerContext* context,
    const ledger::v1::GetReceiptRequest* request,
    ledger::v1::GetReceiptResponse* response) {
  return dispatcher_.Unary(
      context, "/shiming.ledger.v1.LedgerAuditService/GetReceipt", request,
      response, std::bind_front(&LedgerAuditServiceRpc::DoGetReceipt, this));
}

grpc::ServerUnaryReactor* LedgerAuditServiceRpc::GetInclusionProof(
    grpc::CallbackServerContext* context,
    const ledger::v1::GetInclusionProofRequest* request,
    ledger::v1::GetInclusionProofResponse* response) {
  return dispatcher_.Unary(
      context, "/shiming.ledger.v1.LedgerAuditService/GetInclusionProof",
      request, response,
      std::bind_front(&LedgerAuditServiceRpc::DoGetInclusionProof, this));
}

grpc::ServerUnaryReactor* LedgerAuditServiceRpc::GetConsistencyProof(
    grpc::CallbackServerContext* context,
    const ledger::v1::GetConsistencyProofRequest* request,
    ledger::v1::GetConsistencyProofResponse* response) {
  return dispatcher_.Unary(
      context, "/shiming.ledger.v1.LedgerAuditService/GetConsistencyProof",
      request, response,
      std::bind_front(&LedgerAuditServiceRpc::DoGetConsistencyProof, this));
}

asio::awaitable<absl::Status> LedgerAuditServiceRpc::DoGetCheckpoint(
    const rpc::Call& call, const ledger::v1::GetCheckpointRequest&,
    ledger::v1::GetCheckpointResponse* response) {
  // A new log has its first one within an interval.
  CO_ASSIGN_OR_RETURN(const StoredCheckpoint latest,
                      co_await log_.WaitCovering(0, call.deadline));
  response->set_checkpoint(latest.note);
  co_return absl::OkStatus();
}

asio::awaitable<absl::StatusOr<EntryPage>> LedgerAuditServiceRpc::QueryById(
    const EntryFilter& filter, const EntryQuery& query) {
  EntryPage page;
  const absl::StatusOr<EntryRef> found = co_await log_.FindEntry(filter.id());
  if (HasReason(found.status(), Reason::NOT_FOUND)) co_return page;
  if (!found.ok()) co_return found.status();
  CO_ASSIGN_OR_RETURN(StoredEntry entry, co_await log_.EntryAt(found->index));
  CO_ASSIGN_OR_RETURN(const ledger::v1::Event event,
                      ledger::ParseEntry(entry.bytes));
  if (Matches(query, event)) page.entries.push_back(std::move(entry));
  co_return page;
}

asio::awaitable<absl::Status> LedgerAuditServiceRpc::DoQueryEntries(
    const rpc::Call& call, const ledger::v1::QueryEntriesRequest& request,
    ledger::v1::QueryEntriesResponse* response) {
  const EntryFilter& filter = request.filter();
  CO_ASSIGN_OR_RETURN(EntryQuery query, QueryOf(filter));
  if (request.page_size() < 0) {
    co_return BadField("page_size", "is negative");
  }
  const int limit = request.page_size() == 0
                        ? kDefaultPage
                        : std::min(request.page_size(), kMaxPage);
  const std::string canonical = CanonicalBytes(filter);
  PagePosition position;
  if (request.page_token().empty()) {
    // Later pages look no further: reading makes entries itself.
    CO_ASSIGN_OR_RETURN(position.end, co_await log_.Size());
  } else {
    CO_ASSIGN_OR_RETURN(position,
                        tokens_.Parse(request.page_token(), canonical));
  }
  // On the record before anything is shown.
  CO_RETURN_IF_ERROR(co_await log_.RecordAuditRead(
      call.peer.id, query, call.trace_id, call.deadline));

  EntryPage page;
  if (filter.has_id()) {
    CO_ASSIGN_OR_RETURN(page, co_await QueryById(filter, query));
  } else {
    CO_ASSIGN_OR_RETURN(page,
                        co_await log_.Query(std::move(query), position.after,
                                            position.end, limit));
  }
  for (StoredEntry& entry : page.entries) {
    position.after = entry.index;
    ledger::v1::LedgerEntry* out = response->add_entries();
    out->set_index(entry.index);
    out->set_entry(std::move(entry.bytes));
  }
  if (page.more)
    response->set_next_page_token(tokens_.Make(position, canonical));
  const std::optional<StoredCheckpoint> latest = log_.Checkpoint();
  if (latest.has_value()) response->set_checkpoint(latest->note);
  co_return absl::OkStatus();
}

asio::awaitable<absl::Status> LedgerAuditServiceRpc::DoGetReceipt(
    const rpc::Call& call, const ledger::v1::GetReceiptRequest& request,
    ledger::v1::GetReceiptResponse* response) {
  int64_t index = request.index();
  switch (request.entry_case()) {
    case ledger::v1::GetReceiptRequest::kIndex:
      break;
    case ledger::v1::GetReceiptRequest::kId: {
      if (!ledger::CheckEventId(request.id()).ok()) {
        co_return BadField("id", "malformed event id");
      }
      CO_ASSIGN_OR_RETURN(const EntryRef entry,
                          co_await log_.FindEntry(request.id()));
      index = entry.index;
      break;
    }
    case ledger::v1::GetReceiptRequest::ENTRY_NOT_SET:
      co_return MakeError(Reason::FIELD_REQUIRED, "neither index nor id",
                          {.field = "entry"});
  }
  CO_ASSIGN_OR_RETURN(*response->mutable_receipt(),
                      co_await log_.GetReceipt(index, call.deadline));
  co_return absl::OkStatus();
}

asio::awaitable<absl::Status> LedgerAuditServiceRpc::DoGetInclusionProof(
    const rpc::Call&, const ledger::v1::GetInclusionProofRequest& request,
    ledger::v1::GetInclusionProofResponse* response) {
  if (request.index() < 0) co_return BadField("index", "is negative");
  if (request.tree_size() < 0) co_return BadField("tree_size", "is negative");
  CO_ASSIGN_OR_RETURN(
      const std::vector<ledger::Hash> path,
      co_await log_.InclusionProof(static_cast<uint64_t>(request.index()),
                                   static_cast<uint64_t>(request.tree_size())));
  CO_ASSIGN_OR_RETURN(const StoredEntry entry,
                      co_await log_.EntryAt(request.index()));
  response->set_leaf_hash(ledger::Hasher().Leaf(entry.bytes));
  response->mutable_hashes()->Assign(path.begin(), path.end());
  co_return absl::OkStatus();
}

asio::awaitable<absl::Status> LedgerAuditServiceRpc::DoGetConsistencyProof(
    const rpc::Call&, const ledger::v1::GetConsistencyProofRequest& request,
    ledger::v1::GetConsistencyProofResponse* response) {
  if (request.old_size() < 0) co_return BadField("old_size", "is negative");
  if (request.new_size() < 0) co_return BadField("new_size", "is negative");
  CO_ASSIGN_OR_RETURN(const std::vector<ledger::Hash> path,
                      co_await log_.ConsistencyProof(
                          static_cast<uint64_t>(request.old_size()),
                          static_cast<uint64_t>(request.new_size())));
  response->mutable_hashes()->Assign(path.begin(), path.end());
  co_return absl::OkStatus();
}

}  // namespace shiming::issuance_ledger
