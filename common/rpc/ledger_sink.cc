#include "common/rpc/ledger_sink.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/rpc/client.h"
#include "common/status/status_macros.h"

namespace shiming::rpc {
namespace {

using ledger::v1::AppendEntriesRequest;
using ledger::v1::AppendEntriesResponse;
using ledger::v1::AppendOutcome;
using ledger::v1::LedgerWriterService;
using ledger::v1::ListOwnEntriesRequest;
using ledger::v1::ListOwnEntriesResponse;
using outbox::EventOutcome;
using outbox::OwnEntry;
using WriterAsync = LedgerWriterService::Stub::async_interface;

absl::StatusOr<EventOutcome> FromProto(AppendOutcome& outcome) {
  EventOutcome result;
  switch (outcome.state()) {
    case AppendOutcome::STATE_SEQUENCED:
      result.state = EventOutcome::State::kSequenced;
      result.index = outcome.index();
      return result;
    case AppendOutcome::STATE_WAITING:
      result.state = EventOutcome::State::kWaiting;
      result.missing.assign(outcome.missing().begin(), outcome.missing().end());
      return result;
    case AppendOutcome::STATE_REJECTED:
      result.state = EventOutcome::State::kRejected;
      result.reason = std::move(*outcome.mutable_reason());
      return result;
    default:
      return absl::InternalError("ledger answered with an unknown state");
  }
}

absl::StatusOr<std::vector<EventOutcome>> OutcomesOf(
    AppendEntriesResponse response, int entry_count) {
  if (response.outcomes_size() != entry_count) {
    return absl::InternalError(absl::StrCat("ledger answered ",
                                            response.outcomes_size(),
                                            " outcomes for ", entry_count));
  }
  std::vector<EventOutcome> outcomes;
  outcomes.reserve(entry_count);
  for (AppendOutcome& outcome : *response.mutable_outcomes()) {
    ASSIGN_OR_RETURN(outcomes.emplace_back(), FromProto(outcome));
  }
  return outcomes;
}

}  // namespace

LedgerSink::LedgerSink(const std::shared_ptr<grpc::Channel>& channel)
    : stub_(LedgerWriterService::NewStub(channel)) {}

boost::asio::awaitable<absl::StatusOr<std::vector<EventOutcome>>>
LedgerSink::Append(std::vector<std::string> entries, absl::Time deadline) {
  const int entry_count = static_cast<int>(entries.size());
  AppendEntriesRequest request;
  for (std::string& entry : entries) request.add_entries(std::move(entry));
  CO_ASSIGN_OR_RETURN(
      AppendEntriesResponse response,
      co_await Invoke<AppendEntriesResponse>(
          *stub_, &WriterAsync::AppendEntries, std::move(request),
          CallOptions{.deadline = deadline}));
  co_return OutcomesOf(std::move(response), entry_count);
}

boost::asio::awaitable<absl::StatusOr<std::vector<OwnEntry>>>
LedgerSink::ListOwnEntries(int64_t after_index, int limit) {
  ListOwnEntriesRequest request;
  request.set_after_index(after_index);
  request.set_page_size(limit);
  CO_ASSIGN_OR_RETURN(
      ListOwnEntriesResponse response,
      co_await Invoke<ListOwnEntriesResponse>(
          *stub_, &WriterAsync::ListOwnEntries, std::move(request),
          CallOptions{.deadline = absl::Now() + kListTimeout}));
  std::vector<OwnEntry> entries;
  entries.reserve(response.entries_size());
  for (ledger::v1::OwnEntry& entry : *response.mutable_entries()) {
    entries.push_back({.index = entry.index(),
                       .id = std::move(*entry.mutable_id()),
                       .sha256 = std::move(*entry.mutable_sha256())});
  }
  co_return entries;
}

}  // namespace shiming::rpc
