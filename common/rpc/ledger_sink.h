// The outbox's way to the issuance ledger: the one place where storage's
// EventSink meets the ledger's stub.
#ifndef SHIMING_COMMON_RPC_LEDGER_SINK_H_
#define SHIMING_COMMON_RPC_LEDGER_SINK_H_

#include <grpcpp/channel.h>

#include <memory>
#include <string>
#include <vector>

#include "shiming/ledger/v1/ledger_service.grpc.pb.h"
#include "storage/outbox/event_sink.h"

namespace shiming::rpc {

// EventSink over LedgerWriterService. The ledger takes the source from the
// channel's identity. Thread-safe. Errors as Invoke gives them; INTERNAL when
// the ledger's answer does not fit the question.
class LedgerSink final : public outbox::EventSink {
 public:
  explicit LedgerSink(const std::shared_ptr<grpc::Channel>& channel);

  boost::asio::awaitable<absl::StatusOr<std::vector<outbox::EventOutcome>>>
  Append(std::vector<std::string> entries, absl::Time deadline) override;

  // With a deadline of kListTimeout from now.
  boost::asio::awaitable<absl::StatusOr<std::vector<outbox::OwnEntry>>>
  ListOwnEntries(int64_t after_index, int limit) override;

  // A page is an index look-up and at most 1000 small rows.
  static constexpr absl::Duration kListTimeout = absl::Seconds(10);

 private:
  const std::unique_ptr<ledger::v1::LedgerWriterService::Stub> stub_;
};

}  // namespace shiming::rpc

#endif  // SHIMING_COMMON_RPC_LEDGER_SINK_H_
