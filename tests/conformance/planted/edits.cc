#include "tests/conformance/planted/edits.h"

#include "common/time/proto_time.h"

namespace shiming::conformance {

namespace v1 = ledger::v1;
using Event = v1::Event;

SyntheticLedger::Edit Later(absl::Duration time) {
  return [time](Event& event) {
    *event.mutable_time() = ToProto(FromProto(event.time()) + time);
  };
}

void SetPseudonym(Event& event, v1::PseudonymField field,
                  const std::string& value) {
  for (v1::Pseudonym& pseudonym : *event.mutable_pseudonyms()) {
    if (pseudonym.field() == field) pseudonym.set_value(value);
  }
}

void SetCommitment(Event& event, v1::CommitmentField field) {
  for (v1::Commitment& commitment : *event.mutable_commitments()) {
    if (commitment.field() == field) {
      commitment.set_sha256(std::string(32, 'x'));
    }
  }
}

}  // namespace shiming::conformance
