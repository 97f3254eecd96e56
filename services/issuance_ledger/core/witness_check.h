// What the ledger asks its witnesses before it serves: whether the database
// extends all that they have seen (DESIGN 7). The guard file may have been
// restored together with the database; a witness's memory was not.
#ifndef SHIMING_SERVICES_ISSUANCE_LEDGER_CORE_WITNESS_CHECK_H_
#define SHIMING_SERVICES_ISSUANCE_LEDGER_CORE_WITNESS_CHECK_H_

#include <boost/asio/any_io_executor.hpp>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "ledger/note.h"
#include "services/issuance_ledger/core/cosignature_collector.h"
#include "services/issuance_ledger/core/ledger_store.h"

namespace shiming::issuance_ledger {

// Offers `checkpoint` to all witnesses once; of a log without a checkpoint, the
// empty tree, which every tree extends. Blocks for a round at most; not on one
// of the executor's threads. Gives the checkpoint's note with what they signed
// (of the empty tree: ""). Errors:
//  - LEDGER_WITNESS_MISMATCH when a witness has seen what the checkpoint does
//    not extend, also when it only says so: whoever starts the ledger must
//    clear that up, or strike the witness from the policy;
//  - LEDGER_QUORUM_NOT_MET in strict mode when too few have answered.
// In the other mode a witness that is away keeps nobody from starting.
absl::StatusOr<std::string> CheckWitnesses(
    CosignatureCollector& collector, const ledger::NoteSigner& signer,
    asio::any_io_executor executor,
    const std::optional<StoredCheckpoint>& checkpoint);

}  // namespace shiming::issuance_ledger

#endif  // SHIMING_SERVICES_ISSUANCE_LEDGER_CORE_WITNESS_CHECK_H_
