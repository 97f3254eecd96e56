// issuance_ledger of the null pipeline.
#ifndef SHIMING_TESTS_BENCH_NULL_ISSUANCE_LEDGER_H_
#define SHIMING_TESTS_BENCH_NULL_ISSUANCE_LEDGER_H_

#include <atomic>
#include <boost/asio/awaitable.hpp>
#include <cstdint>

#include "common/rpc/dispatcher.h"
#include "shiming/ledger/v1/ledger_service.grpc.pb.h"

namespace shiming::bench {

// Counts entries and says that they are sequenced. Thread-safe.
class NullLedgerWriter final
    : public ledger::v1::LedgerWriterService::CallbackService {
 public:
  explicit NullLedgerWriter(rpc::Dispatcher& dispatcher)
      : dispatcher_(dispatcher) {}

  grpc::ServerUnaryReactor* AppendEntries(
      grpc::CallbackServerContext* context,
      const ledger::v1::AppendEntriesRequest* request,
      ledger::v1::AppendEntriesResponse* response) override;
  // Never waits for a checkpoint.
  grpc::ServerUnaryReactor* GetOwnReceipt(
      grpc::CallbackServerContext* context,
      const ledger::v1::GetOwnReceiptRequest* request,
      ledger::v1::GetOwnReceiptResponse* response) override;

 private:
  rpc::Dispatcher& dispatcher_;
  std::atomic<int64_t> size_ = 0;
};

}  // namespace shiming::bench

#endif  // SHIMING_TESTS_BENCH_NULL_ISSUANCE_LEDGER_H_
