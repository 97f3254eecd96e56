// What stands on the record, asked as an auditor.
#ifndef SHIMING_TESTS_E2E_AUDIT_H_
#define SHIMING_TESTS_E2E_AUDIT_H_

#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "shiming/ledger/v1/ledger_resources.pb.h"
#include "shiming/ledger/v1/ledger_service.pb.h"
#include "tests/e2e/cluster.h"

namespace shiming::e2e {

// All entries that match, in order of index.
absl::StatusOr<std::vector<ledger::v1::Event>> Entries(
    Cluster& cluster, const ledger::v1::EntryFilter& filter);
absl::StatusOr<std::vector<ledger::v1::Event>> EntriesOfSession(
    Cluster& cluster, const std::string& session_id);
absl::StatusOr<std::vector<ledger::v1::Event>> EntriesOfOrder(
    Cluster& cluster, const std::string& order_id);

// Events reach the ledger just after the change that they tell of has been
// committed: asks again until `enough` is true of the entries, at most 20 s,
// and returns the last answer.
absl::StatusOr<std::vector<ledger::v1::Event>> WaitForEntries(
    Cluster& cluster, const ledger::v1::EntryFilter& filter,
    const std::function<bool(const std::vector<ledger::v1::Event>&)>& enough);

// How many of them are of `kind` and, where one is given, of `reason`.
int CountOf(const std::vector<ledger::v1::Event>& events,
            ledger::v1::EventKind kind, const std::string& reason = "");

}  // namespace shiming::e2e

#endif  // SHIMING_TESTS_E2E_AUDIT_H_
