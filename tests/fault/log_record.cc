#include "tests/fault/log_record.h"

#include <map>
#include <set>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/crypto/encoding.h"
#include "common/files/file.h"
#include "common/status/status_macros.h"
#include "ledger/audit/replay.h"
#include "ledger/note.h"
#include "ledger/policy.h"

namespace shiming::fault {
namespace {

using ledger::v1::Event;
using ledger::v1::EventId;
using ledger::v1::EventKind;

absl::StatusOr<ledger::TrustPolicy> PolicyOf(const shimingctl::Layout& layout) {
  ASSIGN_OR_RETURN(std::string key, ReadFile(layout.Key("ledger.vkey")));
  key.erase(key.find_last_not_of('\n') + 1);
  ASSIGN_OR_RETURN(ledger::NoteVerifier verifier,
                   ledger::NoteVerifier::Parse(key));
  return ledger::TrustPolicy::ForLog(std::move(verifier));
}

std::string TextOf(const EventId& id) {
  return absl::StrCat(id.source(), " ", id.aggregate(), " ", id.version());
}

// Goes through the record once, keeping what has been.
class RuleCheck {
 public:
  void Add(const Event& event) {
    CheckOrderOfEvents(event);
    if (!event.order().empty()) {
      CheckOrder(event);
    }
  }
  std::vector<std::string> TakeBroken() { return std::move(broken_); }

 private:
  // What has been seen of one order.
  struct Seen {
    int placed = 0;
    int permitted = 0;
    int revealed = 0;
  };

  void Break(const Event& event, std::string_view rule) {
    broken_.push_back(absl::StrCat(ledger::v1::EventKind_Name(event.kind()),
                                   " ", TextOf(event.id()), ": ",
                                   std::string(rule)));
  }

  void CheckOrderOfEvents(const Event& event) {
    int64_t& last = versions_[{event.id().source(), event.id().aggregate()}];
    if (event.id().version() != last + 1) Break(event, "a gap before it");
    last = event.id().version();
    seen_.insert(TextOf(event.id()));
    for (const EventId& before : event.after()) {
      if (!seen_.contains(TextOf(before))) {
        Break(event, "stands before " + TextOf(before));
      }
    }
    if (!event.once_key().empty() &&
        !once_keys_.insert(event.once_key()).second) {
      Break(event, "once_key a second time: " + event.once_key());
    }
  }

  void CheckOrder(const Event& event) {
    Seen& seen = orders_[event.order()];
    switch (event.kind()) {
      case ledger::v1::EVENT_KIND_ORDER_PLACED:
        if (++seen.placed > 1) Break(event, "placed twice");
        Occupy(event);
        break;
      case ledger::v1::EVENT_KIND_REVEAL_PERMITTED:
        if (++seen.permitted > 1) Break(event, "permitted twice");
        break;
      case ledger::v1::EVENT_KIND_CODE_REVEALED:
        if (++seen.revealed > 1) Break(event, "revealed twice");
        if (seen.permitted == 0) Break(event, "revealed without a permit");
        break;
      case ledger::v1::EVENT_KIND_PROFILE_INSTALLED:
        if (seen.revealed == 0) Break(event, "installed, never revealed");
        break;
      case ledger::v1::EVENT_KIND_ORDER_CANCELLED:
      case ledger::v1::EVENT_KIND_ORDER_EXPIRED:
      case ledger::v1::EVENT_KIND_ORDER_FAILED:
        Release(event);
        break;
      default:
        break;
    }
    if (seen.placed == 0) Break(event, "the order was never placed");
  }

  void Occupy(const Event& event) {
    for (const ledger::v1::Pseudonym& thing : event.pseudonyms()) {
      if (thing.field() == ledger::v1::PSEUDONYM_FIELD_EID) continue;
      const auto [other, free] = holders_.emplace(
          std::pair(thing.field(), thing.value()), event.order());
      if (!free) {
        Break(event,
              absl::StrCat(ledger::v1::PseudonymField_Name(thing.field()),
                           " is on order ", other->second));
      }
    }
  }

  void Release(const Event& event) {
    std::erase_if(holders_, [&event](const auto& holder) {
      return holder.second == event.order();
    });
  }

  std::map<std::pair<std::string, std::string>, int64_t> versions_;
  std::set<std::string> seen_;
  std::set<std::string> once_keys_;
  std::map<std::string, Seen> orders_;
  // Numbers and ICCIDs by pseudonym, and the order in progress they are on.
  std::map<std::pair<ledger::v1::PseudonymField, std::string>, std::string>
      holders_;
  std::vector<std::string> broken_;
};

}  // namespace

int LogRecord::CountOf(EventKind kind, const std::string& order_id) const {
  int count = 0;
  for (const Event& event : events) {
    if (event.kind() == kind && event.order() == order_id) ++count;
  }
  return count;
}

absl::StatusOr<LogRecord> ReadLog(const shimingctl::Layout& layout) {
  ASSIGN_OR_RETURN(const ledger::TrustPolicy policy, PolicyOf(layout));
  LogRecord record;
  const auto keep = [&record](uint64_t, const std::string& entry) {
    record.entries.push_back(entry);
    if (!record.events.emplace_back().ParseFromString(entry)) {
      return absl::DataLossError("an entry is no event");
    }
    return absl::OkStatus();
  };
  ASSIGN_OR_RETURN(
      record.report,
      ledger::VerifyLog(ledger::FilesBelow(layout.Log()), policy, keep));
  return record;
}

absl::Status CheckExtends(const shimingctl::Layout& layout,
                          const LogRecord& record,
                          const std::string& older_note) {
  ASSIGN_OR_RETURN(const ledger::TrustPolicy policy, PolicyOf(layout));
  return ledger::VerifyExtends(ledger::FilesBelow(layout.Log()), policy,
                               record.report.checkpoint, older_note);
}

std::vector<std::string> BrokenRules(const LogRecord& record) {
  RuleCheck check;
  for (const Event& event : record.events) check.Add(event);
  std::vector<std::string> broken = check.TakeBroken();
  // And what the auditor's tool finds.
  ledger::AuditReplay replay{ledger::AuditOptions{}};
  for (const std::string& bytes : record.entries) {
    replay.Visit(ledger::PrepareEntry(replay.size(), bytes, replay.keys(),
                                      ledger::Hasher()));
  }
  for (const ledger::Violation& violation : replay.Finish().violations) {
    broken.push_back(
        absl::StrCat(std::string(ledger::InfoOf(violation.kind).name),
                     " entries ", absl::StrJoin(violation.entries, ", "), " ",
                     violation.subject, " ", violation.detail));
  }
  return broken;
}

}  // namespace shiming::fault
