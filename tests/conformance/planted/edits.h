// Lies about one event, for several groups of plants.
#ifndef SHIMING_TESTS_CONFORMANCE_PLANTED_EDITS_H_
#define SHIMING_TESTS_CONFORMANCE_PLANTED_EDITS_H_

#include <string>

#include "absl/time/time.h"
#include "tests/conformance/synthetic_ledger.h"

namespace shiming::conformance {

// Moves the event's time and leaves the ledger's clock.
SyntheticLedger::Edit Later(absl::Duration time);

// Puts `value` where `field` is; nothing where it is not.
void SetPseudonym(ledger::v1::Event& event, ledger::v1::PseudonymField field,
                  const std::string& value);

// Replaces the commitment to `field` by one that opens to nothing.
void SetCommitment(ledger::v1::Event& event, ledger::v1::CommitmentField field);

}  // namespace shiming::conformance

#endif  // SHIMING_TESTS_CONFORMANCE_PLANTED_EDITS_H_
