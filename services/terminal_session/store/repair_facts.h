// What the record says about terminal_session that an older copy of its
// database does not know, put in order for the repair.
#ifndef SHIMING_SERVICES_TERMINAL_SESSION_STORE_REPAIR_FACTS_H_
#define SHIMING_SERVICES_TERMINAL_SESSION_STORE_REPAIR_FACTS_H_

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "services/terminal_session/core/records.h"
#include "shiming/ledger/v1/ledger_resources.pb.h"
#include "storage/outbox/record_gap.h"

namespace shiming::terminal_session {

// A shop, terminal, display or clerk with events in the gap.
struct SubjectFacts {
  SubjectKind kind = SubjectKind::SUBJECT_KIND_UNSPECIFIED;
  std::string subject_id;
  // Its last *_PROPOSED, *_APPROVED or *_REVOKED; nullopt: only locked.
  std::optional<ledger::v1::Event> last_act;
  // Whether it was in force after its last approval or revocation of the gap;
  // nullopt: none of them.
  std::optional<bool> in_force;
  // Time of its last CLERK_LOCKED.
  std::optional<absl::Time> locked;
};

// A shift or session with events in the gap.
struct PlaceFacts {
  std::optional<ledger::v1::Event> opened;  // nullopt: before the gap
  std::optional<ledger::v1::Event> closed;
};

struct RepairFacts {
  std::map<std::string, SubjectFacts> subjects;  // by aggregate
  std::map<std::string, PlaceFacts> shifts;      // by shift id
  std::map<std::string, PlaceFacts> sessions;    // by session id
  std::vector<ledger::v1::Event> permits;        // REVEAL_PERMITTED
  // Events that took rights, or may have, in order of index.
  std::vector<ledger::v1::Event> ends_of_rights;
  // Terminals and the display that was approved for each last, by path.
  std::map<std::string, std::string> paired;
  // When each clerk signed in last.
  std::map<std::string, absl::Time> signed_in;
};

// INTERNAL_ERROR for an event that this service does not write.
absl::StatusOr<RepairFacts> FactsOf(const outbox::RecordGap& gap);

// Where a shift or session is.
struct Place {
  std::string_view shop;
  std::string_view terminal;  // "<shop>/<terminal>"
  std::string_view display;   // "<shop>/<display>"; empty for a shift
  std::string_view clerk;
};

// The first event by time that ended what was opened there at `opened`;
// nullptr when none did.
const ledger::v1::Event* FirstEndOf(const RepairFacts& facts,
                                    const Place& place, absl::Time opened);

}  // namespace shiming::terminal_session

#endif  // SHIMING_SERVICES_TERMINAL_SESSION_STORE_REPAIR_FACTS_H_
