// What stands for a service's outbox and its relay in the null pipeline.
#ifndef SHIMING_TESTS_BENCH_NULL_RELAY_H_
#define SHIMING_TESTS_BENCH_NULL_RELAY_H_

#include <grpcpp/channel.h>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <memory>
#include <mutex>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "shiming/ledger/v1/ledger_service.grpc.pb.h"

namespace shiming::bench {

// Sends entries of an ordinary size to the ledger: what comes while a call is
// on its way goes with the next one, as in storage/outbox. Nothing is stored
// and nothing repeated. Thread-safe.
class NullRelay : public std::enable_shared_from_this<NullRelay> {
 public:
  NullRelay(boost::asio::any_io_executor executor,
            const std::shared_ptr<grpc::Channel>& ledger)
      : executor_(std::move(executor)),
        ledger_(ledger::v1::LedgerWriterService::NewStub(ledger)) {}

  // Sends one entry behind the caller's back.
  void Add();

  // Sends one entry and waits until the ledger has it.
  boost::asio::awaitable<absl::Status> AppendNow(absl::Time deadline);

  ledger::v1::LedgerWriterService::Stub& ledger() { return *ledger_; }

 private:
  static boost::asio::awaitable<void> SendWaiting(
      std::shared_ptr<NullRelay> relay);
  // How many entries go now; 0 ends the sending.
  int Take();

  const boost::asio::any_io_executor executor_;
  const std::unique_ptr<ledger::v1::LedgerWriterService::Stub> ledger_;
  std::mutex mutex_;
  int waiting_ ABSL_GUARDED_BY(mutex_) = 0;
  bool sending_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace shiming::bench

#endif  // SHIMING_TESTS_BENCH_NULL_RELAY_H_
