// LedgerWriterService over the log: peer, validation, mapping.
#ifndef SHIMING_SERVICES_ISSUANCE_LEDGER_LEDGER_WRITER_SERVICE_H_
#define SHIMING_SERVICES_ISSUANCE_LEDGER_LEDGER_WRITER_SERVICE_H_

#include <boost/asio/awaitable.hpp>

#include "absl/status/status.h"
#include "common/rpc/dispatcher.h"
#include "services/issuance_ledger/core/ledger_log.h"
#include "shiming/ledger/v1/ledger_service.grpc.pb.h"

namespace shiming::issuance_ledger {

// Thread-safe.
class LedgerWriterServiceRpc final
    : public ledger::v1::LedgerWriterService::CallbackService {
 public:
  // Both must outlive the service.
  LedgerWriterServiceRpc(rpc::Dispatcher& dispatcher, LedgerLog& log)
      : dispatcher_(dispatcher), log_(log) {}

  grpc::ServerUnaryReactor* AppendEntries(
      grpc::CallbackServerContext* context,
      const ledger::v1::AppendEntriesRequest* request,
      ledger::v1::AppendEntriesResponse* response) override;
  grpc::ServerUnaryReactor* ListOwnEntries(
      grpc::CallbackServerContext* context,
      const ledger::v1::ListOwnEntriesRequest* request,
      ledger::v1::ListOwnEntriesResponse* response) override;
  grpc::ServerUnaryReactor* GetOwnReceipt(
      grpc::CallbackServerContext* context,
      const ledger::v1::GetOwnReceiptRequest* request,
      ledger::v1::GetOwnReceiptResponse* response) override;

 private:
  asio::awaitable<absl::Status> DoAppendEntries(
      const rpc::Call& call, const ledger::v1::AppendEntriesRequest& request,
      ledger::v1::AppendEntriesResponse* response);
  asio::awaitable<absl::Status> DoListOwnEntries(
      const rpc::Call& call, const ledger::v1::ListOwnEntriesRequest& request,
      ledger::v1::ListOwnEntriesResponse* response);
  asio::awaitable<absl::Status> DoGetOwnReceipt(
      const rpc::Call& call, const ledger::v1::GetOwnReceiptRequest& request,
      ledger::v1::GetOwnReceiptResponse* response);

  rpc::Dispatcher& dispatcher_;
  LedgerLog& log_;
};

}  // namespace shiming::issuance_ledger

#endif  // SHIMING_SERVICES_ISSUANCE_LEDGER_LEDGER_WRITER_SERVICE_H_
