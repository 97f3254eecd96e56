// LedgerAuditService over the log: peer, validation, mapping.
#ifndef SHIMING_SERVICES_ISSUANCE_LEDGER_LEDGER_AUDIT_SERVICE_H_
#define SHIMING_SERVICES_ISSUANCE_LEDGER_LEDGER_AUDIT_SERVICE_H_

#include <boost/asio/awaitable.hpp>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/rpc/dispatcher.h"
#include "common/rpc/stream_writer.h"
#include "services/issuance_ledger/core/ledger_log.h"
#include "services/issuance_ledger/core/page_token.h"
#include "shiming/ledger/v1/ledger_service.grpc.pb.h"

namespace shiming::issuance_ledger {

// Thread-safe.
class LedgerAuditServiceRpc final
    : public ledger::v1::LedgerAuditService::CallbackService {
 public:
  // Dispatcher and log must outlive the service. `page_token_key`: see
  // PageTokens.
  LedgerAuditServiceRpc(rpc::Dispatcher& dispatcher, LedgerLog& log,
                        std::string page_token_key)
      : dispatcher_(dispatcher),
        log_(log),
        tokens_(std::move(page_token_key)) {}

  grpc::ServerUnaryReactor* GetCheckpoint(
      grpc::CallbackServerContext* context,
      const ledger::v1::GetCheckpointRequest* request,
      ledger::v1::GetCheckpointResponse* response) override;
  grpc::ServerUnaryReactor* QueryEntries(
      grpc::CallbackServerContext* context,
      const ledger::v1::QueryEntriesRequest* request,
      ledger::v1::QueryEntriesResponse* response) override;
  grpc::ServerWriteReactor<ledger::v1::StreamEntriesResponse>* StreamEntries(
      grpc::CallbackServerContext* context,
      const ledger::v1::StreamEntriesRequest* request) override;
  grpc::ServerUnaryReactor* ProveEntries(
      grpc::CallbackServerContext* context,
      const ledger::v1::ProveEntriesRequest* request,
      ledger::v1::ProveEntriesResponse* response) override;
  grpc::ServerUnaryReactor* GetReceipt(
      grpc::CallbackServerContext* context,
      const ledger::v1::GetReceiptRequest* request,
      ledger::v1::GetReceiptResponse* response) override;
  grpc::ServerUnaryReactor* GetInclusionProof(
      grpc::CallbackServerContext* context,
      const ledger::v1::GetInclusionProofRequest* request,
      ledger::v1::GetInclusionProofResponse* response) override;
  grpc::ServerUnaryReactor* GetConsistencyProof(
      grpc::CallbackServerContext* context,
      const ledger::v1::GetConsistencyProofRequest* request,
      ledger::v1::GetConsistencyProofResponse* response) override;

 private:
  asio::awaitable<absl::Status> DoGetCheckpoint(
      const rpc::Call& call, const ledger::v1::GetCheckpointRequest& request,
      ledger::v1::GetCheckpointResponse* response);
  asio::awaitable<absl::Status> DoQueryEntries(
      const rpc::Call& call, const ledger::v1::QueryEntriesRequest& request,
      ledger::v1::QueryEntriesResponse* response);
  asio::awaitable<absl::Status> DoStreamEntries(
      const rpc::Call& call, const ledger::v1::StreamEntriesRequest& request,
      rpc::StreamWriter<ledger::v1::StreamEntriesResponse>& writer);
  asio::awaitable<absl::Status> DoProveEntries(
      const rpc::Call& call, const ledger::v1::ProveEntriesRequest& request,
      ledger::v1::ProveEntriesResponse* response);
  asio::awaitable<absl::Status> DoGetReceipt(
      const rpc::Call& call, const ledger::v1::GetReceiptRequest& request,
      ledger::v1::GetReceiptResponse* response);
  asio::awaitable<absl::Status> DoGetInclusionProof(
      const rpc::Call& call,
      const ledger::v1::GetInclusionProofRequest& request,
      ledger::v1::GetInclusionProofResponse* response);
  asio::awaitable<absl::Status> DoGetConsistencyProof(
      const rpc::Call& call,
      const ledger::v1::GetConsistencyProofRequest& request,
      ledger::v1::GetConsistencyProofResponse* response);

  // The one entry of a filter that names an id, if it matches the rest.
  asio::awaitable<absl::StatusOr<EntryScan>> QueryById(
      const ledger::v1::EntryFilter& filter, const EntryQuery& query);

  rpc::Dispatcher& dispatcher_;
  LedgerLog& log_;
  const PageTokens tokens_;
};

}  // namespace shiming::issuance_ledger

#endif  // SHIMING_SERVICES_ISSUANCE_LEDGER_LEDGER_AUDIT_SERVICE_H_
