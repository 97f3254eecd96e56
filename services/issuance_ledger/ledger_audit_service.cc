#include "services/issuance_ledger/ledger_audit_service.h"

#include <algorithm>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/clock.h"
#include "common/crypto/digest.h"
#include "common/status/reason.h"
#include "common/status/status_macros.h"
#include "common/time/proto_time.h"
#include "ledger/entry.h"
#include "ledger/index/index_seal.h"
#include "ledger/index/sealed_index.h"

namespace shiming::issuance_ledger {
namespace {

using ledger::v1::EntryFilter;

// Limits of ledger_service.proto.
constexpr int kDefaultPage = 50;
constexpr int kMaxPage = 1000;
constexpr int kMaxKinds = 64;
// Bytes of entries in one page; a message holds 1 MiB.
constexpr size_t kMaxPageBytes = 768 * 1024;
// A proof in a tree of 2^40 entries, without the checkpoint, is 40 lines of 45
// bytes; cosignatures make the checkpoint longer.
constexpr size_t kProofBytes = 2048;
// One message of a stream. Small, so that a slow auditor costs little memory.
constexpr int kStreamEntries = 512;
constexpr size_t kStreamBytes = 256 * 1024;
// How often a stream tells how far it got while it finds nothing.
constexpr absl::Duration kStreamProgress = absl::Milliseconds(100);
// AUDIT_READ of a stream, which needs no deadline.
constexpr absl::Duration kRecordTimeout = absl::Seconds(20);
// Last second of the year 9999, as google.protobuf.Timestamp allows.
constexpr int64_t kMaxSeconds = 253402300799;

absl::Status BadField(std::string_view field, std::string_view why) {
  return MakeError(Reason::INVALID_REQUEST, why, {.field = std::string(field)});
}

// What a page token belongs to, and what AUDIT_READ has the digest of: fields
// in order of number.
std::string CanonicalBytes(const EntryFilter& filter) {
  return filter.SerializeAsString();
}

// As in an entry: at most 256 printable ASCII characters without space.
absl::Status CheckText(std::string_view field, const std::string& text) {
  if (text.size() <= ledger::kMaxPlainLength &&
      std::all_of(text.begin(), text.end(),
                  [](char c) { return c > ' ' && c <= '~'; })) {
    return absl::OkStatus();
  }
  return BadField(field, "is not text that an entry can hold");
}

absl::Status CheckPseudonym(std::string_view field, const std::string& value) {
  if (value.empty() || value.size() == ledger::kHashSize) {
    return absl::OkStatus();
  }
  return BadField(field, "is not 32 bytes");
}

absl::Status CheckTime(std::string_view field, bool is_set,
                       const google::protobuf::Timestamp& time) {
  if (!is_set || (time.seconds() >= 0 && time.seconds() <= kMaxSeconds &&
                  time.nanos() >= 0 && time.nanos() <= 999'999'999)) {
    return absl::OkStatus();
  }
  return BadField(field, "is out of range");
}

absl::Status CheckFilter(const EntryFilter& filter) {
  if (filter.has_id() && !ledger::CheckEventId(filter.id()).ok()) {
    return BadField("filter.id", "malformed event id");
  }
  RETURN_IF_ERROR(CheckText("filter.order", filter.order()));
  RETURN_IF_ERROR(CheckText("filter.session", filter.session()));
  RETURN_IF_ERROR(CheckText("filter.shop", filter.shop()));
  RETURN_IF_ERROR(CheckText("filter.terminal", filter.terminal()));
  RETURN_IF_ERROR(CheckText("filter.clerk", filter.clerk()));
  RETURN_IF_ERROR(CheckText("filter.person_id", filter.person_id()));
  RETURN_IF_ERROR(
      CheckPseudonym("filter.eid_pseudonym", filter.eid_pseudonym()));
  RETURN_IF_ERROR(
      CheckPseudonym("filter.iccid_pseudonym", filter.iccid_pseudonym()));
  RETURN_IF_ERROR(
      CheckPseudonym("filter.msisdn_pseudonym", filter.msisdn_pseudonym()));
  RETURN_IF_ERROR(CheckTime("filter.start_time", filter.has_start_time(),
                            filter.start_time()));
  RETURN_IF_ERROR(
      CheckTime("filter.end_time", filter.has_end_time(), filter.end_time()));
  if (filter.kinds_size() > kMaxKinds) {
    return BadField("filter.kinds", "too many");
  }
  if (std::find(filter.kinds().begin(), filter.kinds().end(), 0) !=
      filter.kinds().end()) {
    return BadField("filter.kinds", "holds the unspecified kind");
  }
  return absl::OkStatus();
}

absl::StatusOr<EntryQuery> QueryOf(const EntryFilter& filter) {
  RETURN_IF_ERROR(CheckFilter(filter));
  EntryQuery query{.order = filter.order(),
                   .session = filter.session(),
                   .shop = filter.shop(),
                   .terminal = filter.terminal(),
                   .clerk = filter.clerk(),
                   .person_id = filter.person_id(),
                   .eid_pseudonym = filter.eid_pseudonym(),
                   .iccid_pseudonym = filter.iccid_pseudonym(),
                   .msisdn_pseudonym = filter.msisdn_pseudonym()};
  for (const int kind : filter.kinds()) {
    query.kinds.push_back(static_cast<ledger::v1::EventKind>(kind));
  }
  if (filter.has_start_time()) {
    query.start_time = FromProto(filter.start_time());
  }
  if (filter.has_end_time()) query.end_time = FromProto(filter.end_time());
  return query;
}

AuditRead ReadOf(const rpc::Call& call, const EntryFilter& filter,
                 AuditRead::Kind kind) {
  return {.kind = kind,
          .filter_sha256 = crypto::Sha256(CanonicalBytes(filter)),
          .order = filter.order(),
          .session = filter.session(),
          .trace_id = call.trace_id};
}

absl::Status CheckQuestion(const ledger::v1::ProveEntriesRequest& request) {
  const ledger::v1::IndexQuestion& question = request.question();
  if (ledger::IndexFieldName(question.field()).empty()) {
    return BadField("question.field", "is not a field");
  }
  if (question.low().empty() ||
      question.low().size() > ledger::kMaxTokenLength) {
    return BadField("question.low", "is not a token");
  }
  if (question.high().size() > ledger::kMaxTokenLength ||
      question.high() < question.low()) {
    return BadField("question.high", "is not a token, or below the lowest");
  }
  if (request.tree_size() < 1) return BadField("tree_size", "is below 1");
  if (request.seal() < 0) return BadField("seal", "is negative");
  if (request.leaf() < 0) return BadField("leaf", "is negative");
  return absl::OkStatus();
}

// The order or session that a question names, as a filter would.
AuditRead ReadOf(const rpc::Call& call,
                 const ledger::v1::IndexQuestion& question) {
  AuditRead read{.filter_sha256 = crypto::Sha256(question.SerializeAsString()),
                 .trace_id = call.trace_id};
  if (question.low() != question.high() ||
      !CheckText("question.low", question.low()).ok()) {
    return read;
  }
  if (question.field() == ledger::v1::INDEX_FIELD_ORDER) {
    read.order = question.low();
  } else if (question.field() == ledger::v1::INDEX_FIELD_SESSION) {
    read.session = question.low();
  }
  return read;
}

void Fill(StoredEntry entry, ledger::v1::LedgerEntry& out) {
  out.set_index(entry.index);
  out.set_entry(std::move(entry.bytes));
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

grpc::ServerWriteReactor<ledger::v1::StreamEntriesResponse>*
LedgerAuditServiceRpc::StreamEntries(
    grpc::CallbackServerContext* context,
    const ledger::v1::StreamEntriesRequest* request) {
  return dispatcher_.Stream<ledger::v1::StreamEntriesRequest,
                            ledger::v1::StreamEntriesResponse>(
      context, "/shiming.ledger.v1.LedgerAuditService/StreamEntries", request,
      std::bind_front(&LedgerAuditServiceRpc::DoStreamEntries, this));
}

grpc::ServerUnaryReactor* LedgerAuditServiceRpc::ProveEntries(
    grpc::CallbackServerContext* context,
    const ledger::v1::ProveEntriesRequest* request,
    ledger::v1::ProveEntriesResponse* response) {
  return dispatcher_.Unary(
      context, "/shiming.ledger.v1.LedgerAuditService/ProveEntries", request,
      response, std::bind_front(&LedgerAuditServiceRpc::DoProveEntries, this));
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

asio::awaitable<absl::StatusOr<EntryScan>> LedgerAuditServiceRpc::QueryById(
    const EntryFilter& filter, const EntryQuery& query) {
  EntryScan scan;
  const absl::StatusOr<EntryRef> found = co_await log_.FindEntry(filter.id());
  if (HasReason(found.status(), Reason::NOT_FOUND)) co_return scan;
  if (!found.ok()) co_return found.status();
  CO_ASSIGN_OR_RETURN(StoredEntry entry, co_await log_.EntryAt(found->index));
  CO_ASSIGN_OR_RETURN(const ledger::v1::Event event,
                      ledger::ParseEntry(entry.bytes));
  if (Matches(query, event)) scan.entries.push_back(std::move(entry));
  co_return scan;
}

asio::awaitable<absl::Status> LedgerAuditServiceRpc::DoQueryEntries(
    const rpc::Call& call, const ledger::v1::QueryEntriesRequest& request,
    ledger::v1::QueryEntriesResponse* response) {
  const EntryFilter& filter = request.filter();
  CO_ASSIGN_OR_RETURN(EntryQuery query, QueryOf(filter));
  if (request.page_size() < 0) {
    co_return BadField("page_size", "is negative");
  }
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
  AuditRead read = ReadOf(call, filter, AuditRead::Kind::kPage);
  CO_RETURN_IF_ERROR(co_await log_.RecordAuditRead(
      call.peer.id, std::move(read), call.deadline));

  EntryScan scan;
  if (filter.has_id()) {
    CO_ASSIGN_OR_RETURN(scan, co_await QueryById(filter, query));
    scan.next = position.end;
  } else {
    ScanRange range{.begin = position.after + 1,
                    .end = position.end,
                    .limit = request.page_size() == 0
                                 ? kDefaultPage
                                 : std::min(request.page_size(), kMaxPage),
                    .byte_limit = kMaxPageBytes};
    if (request.with_receipts()) {
      range.bytes_beside_entry = kProofBytes + log_.CheckpointBytes();
    }
    CO_ASSIGN_OR_RETURN(scan, co_await log_.Query(std::move(query), range));
  }
  std::vector<std::string> proofs(scan.entries.size());
  if (request.with_receipts()) {
    CO_ASSIGN_OR_RETURN(proofs,
                        co_await log_.GetProofs(scan.entries, call.deadline));
  }
  for (size_t i = 0; i < scan.entries.size(); ++i) {
    ledger::v1::LedgerEntry& out = *response->add_entries();
    Fill(std::move(scan.entries[i]), out);
    out.set_tlog_proof(std::move(proofs[i]));
  }
  if (scan.next < position.end) {
    position.after = scan.next - 1;
    response->set_next_page_token(tokens_.Make(position, canonical));
  }
  response->set_redacted_entry_count(scan.redacted_count);
  const std::optional<StoredCheckpoint> latest = log_.Checkpoint();
  if (latest.has_value()) response->set_checkpoint(latest->note);
  co_return absl::OkStatus();
}

asio::awaitable<absl::Status> LedgerAuditServiceRpc::DoStreamEntries(
    const rpc::Call& call, const ledger::v1::StreamEntriesRequest& request,
    rpc::StreamWriter<ledger::v1::StreamEntriesResponse>& writer) {
  const EntryFilter& filter = request.filter();
  CO_ASSIGN_OR_RETURN(const EntryQuery query, QueryOf(filter));
  if (filter.has_id()) co_return BadField("filter.id", "is for QueryEntries");
  CO_ASSIGN_OR_RETURN(const int64_t size, co_await log_.Size());
  if (request.start_index() < 0 || request.start_index() > size) {
    co_return BadField("start_index", "the log has no such place");
  }
  if (request.end_index() < 0) co_return BadField("end_index", "is negative");
  const int64_t end =
      request.end_index() == 0 ? size : std::min(request.end_index(), size);
  AuditRead read = ReadOf(call, filter, AuditRead::Kind::kStream);
  const absl::Time record_by =
      std::min(call.deadline, absl::Now() + kRecordTimeout);
  CO_RETURN_IF_ERROR(
      co_await log_.RecordAuditRead(call.peer.id, std::move(read), record_by));

  int64_t next = std::min(request.start_index(), end);
  absl::Time told = absl::InfinitePast();
  while (!writer.cancelled()) {
    const bool is_first = told == absl::InfinitePast();
    const ScanRange range{.begin = next,
                          .end = end,
                          .limit = kStreamEntries,
                          .byte_limit = kStreamBytes};
    CO_ASSIGN_OR_RETURN(EntryScan scan, co_await log_.Query(query, range));
    next = scan.next;
    const absl::Time now = absl::Now();
    if (scan.entries.empty() && next < end && now - told < kStreamProgress) {
      continue;
    }
    told = now;
    ledger::v1::StreamEntriesResponse message;
    for (StoredEntry& entry : scan.entries) {
      Fill(std::move(entry), *message.add_entries());
    }
    message.set_next_index(next);
    message.set_end_index(end);
    if (next == end) message.set_redacted_entry_count(scan.redacted_count);
    const std::optional<StoredCheckpoint> latest = log_.Checkpoint();
    if (latest.has_value() && (is_first || next == end)) {
      message.set_checkpoint(latest->note);
    }
    const bool sent = co_await writer.Write(message);
    if (!sent || next == end) break;
  }
  co_return absl::OkStatus();
}

asio::awaitable<absl::Status> LedgerAuditServiceRpc::DoProveEntries(
    const rpc::Call& call, const ledger::v1::ProveEntriesRequest& request,
    ledger::v1::ProveEntriesResponse* response) {
  CO_RETURN_IF_ERROR(CheckQuestion(request));
  AuditRead read = ReadOf(call, request.question());
  CO_RETURN_IF_ERROR(co_await log_.RecordAuditRead(
      call.peer.id, std::move(read), call.deadline));
  const ProofPlace place{.seal = std::max<int64_t>(request.seal(), 1),
                         .leaf = request.leaf()};
  CO_ASSIGN_OR_RETURN(
      ProvenPage page,
      co_await log_.Prove(request.question(), request.tree_size(), place));
  for (ledger::v1::SealedRun& run : page.runs) {
    *response->add_runs() = std::move(run);
  }
  response->set_next_seal(page.next.seal);
  response->set_next_leaf(page.next.leaf);
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
  AuditRead read{.kind = AuditRead::Kind::kReceipt, .trace_id = call.trace_id};
  CO_RETURN_IF_ERROR(co_await log_.RecordAuditRead(
      call.peer.id, std::move(read), call.deadline));
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
