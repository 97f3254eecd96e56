// What an audit has to be told, because it does not stand in the log: limits
// and times that the operator configures.
#ifndef SHIMING_LEDGER_AUDIT_AUDIT_OPTIONS_H_
#define SHIMING_LEDGER_AUDIT_AUDIT_OPTIONS_H_

#include "absl/time/time.h"

namespace shiming::ledger {

// Defaults are those of the services' configurations (docs/architecture.md).
struct AuditOptions {
  // Numbers that a person may have at this operator (notice of 2016-09-23,
  // art. 2) and that one eUICC may carry.
  int person_limit = 5;
  int eid_limit = 2;
  // Longest shift and session; life of an attestation; how long a clerk stays
  // locked.
  absl::Duration shift_time = absl::Hours(12);
  absl::Duration session_time = absl::Minutes(30);
  absl::Duration attestation_life = absl::Minutes(15);
  absl::Duration lock_time = absl::Minutes(15);
  // How far a terminal's clock may be off.
  absl::Duration max_clock_difference = absl::Minutes(5);
  // How long a step that was begun in time may take until its event is
  // written, different clocks of the services included.
  absl::Duration step_time = absl::Minutes(2);
  // Events of different aggregates of one service may reach the log in another
  // order than they happened; for rules about rights, by this much.
  absl::Duration disorder = absl::Minutes(10);
  // For counts, by this much: an order's event may wait a day for another
  // service to come back.
  absl::Duration settle_time = absl::Hours(24);
};

}  // namespace shiming::ledger

#endif  // SHIMING_LEDGER_AUDIT_AUDIT_OPTIONS_H_
