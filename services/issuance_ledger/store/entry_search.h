// Finds entries by an EntryQuery. The index has a row for each term of each
// entry (ledger_terms) and the earliest and latest time of each span of entries
// (ledger_time_spans), at two levels. A search seeks forward in the list of
// each term that is asked for until all stand at the same index (a leapfrog
// join), so it reads about as many rows as the rarest term has, whatever the
// order in which the terms are given. What it finds is compared with the query
// itself, so the answer is exact.
#ifndef SHIMING_SERVICES_ISSUANCE_LEDGER_STORE_ENTRY_SEARCH_H_
#define SHIMING_SERVICES_ISSUANCE_LEDGER_STORE_ENTRY_SEARCH_H_

#include <cstdint>

#include "absl/status/statusor.h"
#include "services/issuance_ledger/core/entry_query.h"
#include "services/issuance_ledger/core/ledger_store.h"
#include "storage/sql/database.h"

namespace shiming::issuance_ledger {

// Entries in one row of ledger_time_spans, by its level. Part of the stored
// form. A small span, so that few entries are looked through for the first of a
// time; a large one, so that few spans are, in logs of any size.
inline constexpr int64_t kSpanEntries[] = {64, 16384};

// See LedgerSnapshot::Query. `snapshot` is used on its own thread.
absl::StatusOr<EntryScan> SearchEntries(sql::Snapshot& snapshot, int64_t log,
                                        const EntryQuery& query,
                                        const ScanRange& range);

}  // namespace shiming::issuance_ledger

#endif  // SHIMING_SERVICES_ISSUANCE_LEDGER_STORE_ENTRY_SEARCH_H_
