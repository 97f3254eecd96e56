// Record over the outbox's relay and the ledger's stub.
#ifndef SHIMING_SERVICES_PROFILE_ORDER_LEDGER_RECORD_H_
#define SHIMING_SERVICES_PROFILE_ORDER_LEDGER_RECORD_H_

#include <grpcpp/channel.h>

#include <memory>

#include "services/profile_order/core/ports.h"
#include "shiming/ledger/v1/ledger_service.grpc.pb.h"
#include "storage/outbox/relay.h"

namespace shiming::profile_order {

// Thread-safe. The relay must outlive it.
class LedgerRecord final : public Record {
 public:
  LedgerRecord(outbox::Relay& relay,
               const std::shared_ptr<grpc::Channel>& channel);

  void Poke() override { relay_.Poke(); }
  boost::asio::awaitable<absl::StatusOr<int64_t>> WaitSequenced(
      ledger::v1::EventId event, absl::Time deadline) override;
  boost::asio::awaitable<absl::StatusOr<ledger::v1::Receipt>> Receipt(
      ledger::v1::EventId event, absl::Time deadline) override;

 private:
  outbox::Relay& relay_;
  const std::unique_ptr<ledger::v1::LedgerWriterService::Stub> stub_;
};

}  // namespace shiming::profile_order

#endif  // SHIMING_SERVICES_PROFILE_ORDER_LEDGER_RECORD_H_
