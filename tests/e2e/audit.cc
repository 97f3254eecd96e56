#include "tests/e2e/audit.h"

#include "absl/time/clock.h"
#include "common/status/status_macros.h"
#include "shiming/ledger/v1/ledger_service.grpc.pb.h"
#include "tools/shimingctl/connection.h"

namespace shiming::e2e {

absl::StatusOr<std::vector<ledger::v1::Event>> Entries(
    Cluster& cluster, const ledger::v1::EntryFilter& filter) {
  using Stub = ledger::v1::LedgerAuditService::Stub;
  ASSIGN_OR_RETURN(
      auto channel,
      cluster.ChannelAs("auditor/auditor-1", shimingctl::Port::kIssuanceLedger,
                        "issuance_ledger"));
  Stub stub(channel);
  ledger::v1::QueryEntriesRequest request;
  *request.mutable_filter() = filter;
  std::vector<ledger::v1::Event> events;
  while (true) {
    ASSIGN_OR_RETURN(
        const ledger::v1::QueryEntriesResponse response,
        shimingctl::CallBlocking(stub, &Stub::QueryEntries, request));
    for (const ledger::v1::LedgerEntry& entry : response.entries()) {
      if (!events.emplace_back().ParseFromString(entry.entry())) {
        return absl::DataLossError("an entry is no event");
      }
    }
    if (response.next_page_token().empty()) return events;
    request.set_page_token(response.next_page_token());
  }
}

absl::StatusOr<std::vector<ledger::v1::Event>> EntriesOfSession(
    Cluster& cluster, const std::string& session_id) {
  ledger::v1::EntryFilter filter;
  filter.set_session(session_id);
  return Entries(cluster, filter);
}

absl::StatusOr<std::vector<ledger::v1::Event>> EntriesOfOrder(
    Cluster& cluster, const std::string& order_id) {
  ledger::v1::EntryFilter filter;
  filter.set_order(order_id);
  return Entries(cluster, filter);
}

absl::StatusOr<std::vector<ledger::v1::Event>> WaitForEntries(
    Cluster& cluster, const ledger::v1::EntryFilter& filter,
    const std::function<bool(const std::vector<ledger::v1::Event>&)>& enough) {
  const absl::Time deadline = absl::Now() + absl::Seconds(20);
  while (true) {
    ASSIGN_OR_RETURN(std::vector<ledger::v1::Event> events,
                     Entries(cluster, filter));
    if (enough(events) || absl::Now() > deadline) return events;
    absl::SleepFor(absl::Milliseconds(20));
  }
}

int CountOf(const std::vector<ledger::v1::Event>& events,
            ledger::v1::EventKind kind, const std::string& reason) {
  int count = 0;
  for (const ledger::v1::Event& event : events) {
    if (event.kind() == kind &&
        (reason.empty() || event.refused_reason() == reason)) {
      ++count;
    }
  }
  return count;
}

}  // namespace shiming::e2e
