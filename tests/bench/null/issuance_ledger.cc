#include "tests/bench/null/issuance_ledger.h"

#include <string>

namespace shiming::bench {
namespace {

using boost::asio::awaitable;

}  // namespace

grpc::ServerUnaryReactor* NullLedgerWriter::AppendEntries(
    grpc::CallbackServerContext* context,
    const ledger::v1::AppendEntriesRequest* request,
    ledger::v1::AppendEntriesResponse* response) {
  return dispatcher_.Unary(
      context, "/shiming.ledger.v1.LedgerWriterService/AppendEntries", request,
      response,
      [this](const rpc::Call&, const ledger::v1::AppendEntriesRequest& asked,
             ledger::v1::AppendEntriesResponse* answer)
          -> awaitable<absl::Status> {
        for (int i = 0; i < asked.entries_size(); ++i) {
          ledger::v1::AppendOutcome& outcome = *answer->add_outcomes();
          outcome.set_state(ledger::v1::AppendOutcome::STATE_SEQUENCED);
          outcome.set_index(size_++);
        }
        co_return absl::OkStatus();
      });
}

grpc::ServerUnaryReactor* NullLedgerWriter::GetOwnReceipt(
    grpc::CallbackServerContext* context,
    const ledger::v1::GetOwnReceiptRequest* request,
    ledger::v1::GetOwnReceiptResponse* response) {
  return dispatcher_.Unary(
      context, "/shiming.ledger.v1.LedgerWriterService/GetOwnReceipt", request,
      response,
      [](const rpc::Call&, const ledger::v1::GetOwnReceiptRequest&,
         ledger::v1::GetOwnReceiptResponse* answer) -> awaitable<absl::Status> {
        answer->mutable_receipt()->set_entry(std::string(400, 'e'));
        // 15 hashes and a checkpoint: a tree of some ten thousand entries.
        answer->mutable_receipt()->set_tlog_proof(std::string(900, 'p'));
        co_return absl::OkStatus();
      });
}

}  // namespace shiming::bench
