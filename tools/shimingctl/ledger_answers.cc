#include "tools/shimingctl/ledger_answers.h"

#include <utility>

#include "common/status/status_macros.h"
#include "tools/shimingctl/connection.h"

namespace shiming::shimingctl {

using Stub = ledger::v1::LedgerAuditService::Stub;

absl::StatusOr<std::string> LedgerAnswers::Checkpoint() {
  ASSIGN_OR_RETURN(
      auto response,
      CallBlocking<ledger::v1::GetCheckpointResponse>(
          stub_, &Stub::GetCheckpoint, ledger::v1::GetCheckpointRequest()));
  return std::move(*response.mutable_checkpoint());
}

absl::StatusOr<ledger::ProofPage> LedgerAnswers::Prove(
    const ledger::v1::IndexQuestion& question, int64_t tree_size, int64_t seal,
    int64_t leaf) {
  ledger::v1::ProveEntriesRequest request;
  *request.mutable_question() = question;
  request.set_tree_size(tree_size);
  request.set_seal(seal);
  request.set_leaf(leaf);
  ASSIGN_OR_RETURN(auto response,
                   CallBlocking<ledger::v1::ProveEntriesResponse>(
                       stub_, &Stub::ProveEntries, request));
  ledger::ProofPage page{.next_seal = response.next_seal(),
                         .next_leaf = response.next_leaf()};
  for (ledger::v1::SealedRun& run : *response.mutable_runs()) {
    page.runs.push_back(std::move(run));
  }
  return page;
}

absl::StatusOr<std::vector<ledger::Hash>> LedgerAnswers::InclusionPath(
    uint64_t index, uint64_t tree_size) {
  ledger::v1::GetInclusionProofRequest request;
  request.set_index(static_cast<int64_t>(index));
  request.set_tree_size(static_cast<int64_t>(tree_size));
  ASSIGN_OR_RETURN(const auto response,
                   CallBlocking<ledger::v1::GetInclusionProofResponse>(
                       stub_, &Stub::GetInclusionProof, request));
  return std::vector<ledger::Hash>(response.hashes().begin(),
                                   response.hashes().end());
}

absl::Status LedgerAnswers::Scan(uint64_t begin, uint64_t end,
                                 const Visit& visit) {
  ledger::v1::StreamEntriesRequest request;
  request.set_start_index(static_cast<int64_t>(begin));
  request.set_end_index(static_cast<int64_t>(end));
  grpc::ClientContext context;
  context.set_wait_for_ready(true);
  const auto reader = stub_.StreamEntries(&context, request);
  ledger::v1::StreamEntriesResponse message;
  absl::Status visited;
  while (visited.ok() && reader->Read(&message)) {
    for (ledger::v1::LedgerEntry& entry : *message.mutable_entries()) {
      visited = visit(static_cast<uint64_t>(entry.index()),
                      std::move(*entry.mutable_entry()));
      if (!visited.ok()) break;
    }
  }
  if (!visited.ok()) context.TryCancel();
  const absl::Status ended = ToStatus(reader->Finish());
  return visited.ok() ? ended : visited;
}

}  // namespace shiming::shimingctl
