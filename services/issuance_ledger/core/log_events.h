// The events by which a log begins and ends (docs/formats/events.md), and the
// signed list of the logs that follow one another.
#ifndef SHIMING_SERVICES_ISSUANCE_LEDGER_CORE_LOG_EVENTS_H_
#define SHIMING_SERVICES_ISSUANCE_LEDGER_CORE_LOG_EVENTS_H_

#include <optional>
#include <string>

#include "absl/time/time.h"
#include "services/issuance_ledger/core/ledger_store.h"
#include "shiming/ledger/v1/ledger_resources.pb.h"

namespace shiming::issuance_ledger {

// LOG_OPENED is version 1 of a log's own aggregate, LOG_FROZEN version 2.
inline constexpr int64_t kLogFrozenVersion = 2;

// "log/<origin>".
std::string LogAggregate(const std::string& origin);

// The first entry of a log. `predecessor`: the log that ended before it, if
// any; its end state holds on.
ledger::v1::Event MakeLogOpened(absl::Time time, const std::string& origin,
                                const std::string& pseudonym_key_commitment,
                                const std::optional<FrozenLog>& predecessor);

// The last entry of a log.
ledger::v1::Event MakeLogFrozen(absl::Time time, const std::string& origin);

}  // namespace shiming::issuance_ledger

#endif  // SHIMING_SERVICES_ISSUANCE_LEDGER_CORE_LOG_EVENTS_H_
