#include "services/profile_order/ledger_record.h"

#include <utility>

#include "common/rpc/client.h"
#include "common/status/reason.h"
#include "common/status/status_macros.h"

namespace shiming::profile_order {

LedgerRecord::LedgerRecord(outbox::Relay& relay,
                           const std::shared_ptr<grpc::Channel>& channel)
    : relay_(relay), stub_(ledger::v1::LedgerWriterService::NewStub(channel)) {}

boost::asio::awaitable<absl::StatusOr<int64_t>> LedgerRecord::WaitSequenced(
    ledger::v1::EventId event, absl::Time deadline) {
  CO_ASSIGN_OR_RETURN(const int64_t index, co_await relay_.WaitSequenced(
                                               std::move(event), deadline));
  if (index == outbox::Relay::kIndexUnknown) {
    // The bytes are kept for as long as the order lives, so this is no order
    // whose code may be shown.
    co_return MakeError(Reason::CODE_DEAD, "the event's bytes are gone");
  }
  co_return index;
}

boost::asio::awaitable<absl::StatusOr<ledger::v1::Receipt>>
LedgerRecord::Receipt(ledger::v1::EventId event, absl::Time deadline) {
  using Stub = ledger::v1::LedgerWriterService::Stub;
  ledger::v1::GetOwnReceiptRequest request;
  *request.mutable_id() = std::move(event);
  const rpc::CallOptions options{.deadline = deadline};
  CO_ASSIGN_OR_RETURN(ledger::v1::GetOwnReceiptResponse response,
                      co_await rpc::Invoke<ledger::v1::GetOwnReceiptResponse>(
                          *stub_, &Stub::async_interface::GetOwnReceipt,
                          std::move(request), options));
  co_return std::move(*response.mutable_receipt());
}

}  // namespace shiming::profile_order
