#include "storage/outbox/record_gap.h"

#include <algorithm>
#include <map>
#include <optional>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/status/reason.h"
#include "common/status/status_macros.h"
#include "common/time/clock.h"
#include "common/time/proto_time.h"
#include "storage/outbox/outbox_rows.h"
#include "storage/outbox/own_entry_check.h"

namespace shiming::outbox {
namespace {

// What the gap holds of one aggregate.
struct Span {
  int64_t first_version = 0;
  int64_t last_version = 0;
  int64_t last_us = 0;
};

absl::Status CannotRepair(const std::string& aggregate, std::string_view why) {
  return MakeError(Reason::DATABASE_BEHIND_LEDGER,
                   absl::StrCat(aggregate, ": ", std::string(why),
                                "; this copy cannot be repaired"),
                   {.metadata = {{"aggregate", aggregate}}});
}

absl::StatusOr<std::map<std::string, Span>> SpansOf(const RecordGap& gap) {
  std::map<std::string, Span> spans;
  for (const GapEntry& entry : gap) {
    const ledger::v1::EventId& id = entry.event.id();
    const int64_t time_us = ToMicros(TimeOf(entry));
    const auto [found, is_new] =
        spans.try_emplace(id.aggregate(), Span{.first_version = id.version(),
                                               .last_version = id.version(),
                                               .last_us = time_us});
    if (is_new) continue;
    Span& span = found->second;
    if (id.version() != span.last_version + 1) {
      return CannotRepair(id.aggregate(),
                          "this database has made other events than the "
                          "record holds");
    }
    span.last_version = id.version();
    span.last_us = std::max(span.last_us, time_us);
  }
  return spans;
}

absl::Status Adopt(sql::Transaction& tx, const std::string& aggregate,
                   const Span& span) {
  ASSIGN_OR_RETURN(const std::optional<AggregateHead> last,
                   ReadHead(tx, aggregate));
  AggregateHead head = last.value_or(AggregateHead{});
  if (span.first_version <= head.version) {
    return CannotRepair(aggregate,
                        "this database has made other events than the record "
                        "holds");
  }
  if (span.first_version != head.version + 1) {
    return CannotRepair(aggregate,
                        "entries before these are missing, such as those of "
                        "an earlier log");
  }
  const int64_t last_version = head.version;
  head.version = span.last_version;
  head.event_us = std::max(head.event_us, span.last_us);
  return last.has_value() ? MoveHead(tx, aggregate, last_version, head)
                          : InsertHead(tx, aggregate, head);
}

}  // namespace

absl::Time TimeOf(const GapEntry& entry) {
  return FromProto(entry.event.time());
}

absl::StatusOr<std::vector<size_t>> FindUnknown(
    sql::Snapshot& snapshot, const std::vector<OwnEntry>& entries) {
  std::vector<size_t> unknown;
  for (size_t i = 0; i < entries.size(); ++i) {
    const absl::Status known = CheckOwnEntry(snapshot, entries[i]);
    if (HasReason(known, Reason::DATABASE_BEHIND_LEDGER)) {
      unknown.push_back(i);
    } else if (!known.ok()) {
      return known;
    }
  }
  return unknown;
}

absl::Status AdoptVersions(sql::Transaction& tx, const RecordGap& gap) {
  ASSIGN_OR_RETURN(const auto spans, SpansOf(gap));
  for (const auto& [aggregate, span] : spans) {
    RETURN_IF_ERROR(Adopt(tx, aggregate, span));
  }
  return absl::OkStatus();
}

}  // namespace shiming::outbox
