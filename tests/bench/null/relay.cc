#include "tests/bench/null/relay.h"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <string>

#include "common/rpc/client.h"
#include "common/status/status_macros.h"

namespace shiming::bench {
namespace {

using boost::asio::awaitable;
using ledger::v1::AppendEntriesRequest;
using ledger::v1::AppendEntriesResponse;
using ledger::v1::LedgerWriterService;

// As many as the ledger takes in one call.
constexpr int kMostEntries = 256;
// About what an event of an issuance has.
constexpr size_t kEntryBytes = 400;
constexpr absl::Duration kCallTime = absl::Seconds(10);

awaitable<absl::Status> Append(LedgerWriterService::Stub& stub, int count,
                               absl::Time deadline) {
  AppendEntriesRequest request;
  for (int i = 0; i < count; ++i) {
    request.add_entries(std::string(kEntryBytes, 'e'));
  }
  CO_ASSIGN_OR_RETURN(
      const AppendEntriesResponse response,
      co_await rpc::Invoke<AppendEntriesResponse>(
          stub, &LedgerWriterService::Stub::async_interface::AppendEntries,
          std::move(request), {.deadline = deadline}));
  co_return response.outcomes_size() == count
      ? absl::OkStatus()
      : absl::InternalError("outcomes are missing");
}

}  // namespace

void NullRelay::Add() {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    ++waiting_;
    if (sending_) return;
    sending_ = true;
  }
  boost::asio::co_spawn(executor_, SendWaiting(shared_from_this()),
                        boost::asio::detached);
}

int NullRelay::Take() {
  std::lock_guard<std::mutex> lock(mutex_);
  const int count = std::min(waiting_, kMostEntries);
  waiting_ -= count;
  sending_ = count > 0;
  return count;
}

awaitable<void> NullRelay::SendWaiting(std::shared_ptr<NullRelay> relay) {
  while (const int count = relay->Take()) {
    (void)co_await Append(*relay->ledger_, count, absl::Now() + kCallTime);
  }
}

awaitable<absl::Status> NullRelay::AppendNow(absl::Time deadline) {
  return Append(*ledger_, 1, deadline);
}

}  // namespace shiming::bench
