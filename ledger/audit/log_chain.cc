#include "ledger/audit/log_chain.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/status/reason.h"
#include "common/status/status_macros.h"
#include "ledger/checkpoint.h"

namespace shiming::ledger {
namespace {

// The log's place among those that were visited; their number for a new one.
size_t PlaceOf(const std::vector<v1::AuditedLog>& known,
               const std::string& origin) {
  size_t place = 0;
  while (place < known.size() && known[place].origin() != origin) ++place;
  return place;
}

// A log that another one follows: nothing of it may have changed.
absl::StatusOr<WalkReport> SkipLog(const v1::AuditedLog& known,
                                   std::string note,
                                   const Checkpoint& checkpoint) {
  if (checkpoint.size != known.size() || checkpoint.root != known.root()) {
    return MakeError(Reason::LEDGER_PROOF_INVALID,
                     absl::StrCat(known.origin(), " is not as it was audited"));
  }
  WalkReport report;
  report.checkpoint = checkpoint;
  report.note = std::move(note);
  report.base = known.base();
  report.first = checkpoint.size;
  return report;
}

absl::StatusOr<WalkReport> AuditLog(const FileReader& files,
                                    const TrustPolicy& policy, int threads,
                                    AuditReplay& replay) {
  ASSIGN_OR_RETURN(std::string note, files("checkpoint"));
  ASSIGN_OR_RETURN(const Checkpoint checkpoint, policy.OpenCheckpoint(note));
  WalkOptions options{.threads = threads};
  const size_t place = PlaceOf(replay.logs(), checkpoint.origin);
  if (place + 1 < replay.logs().size()) {
    return SkipLog(replay.logs()[place], std::move(note), checkpoint);
  }
  if (place == replay.logs().size()) {
    replay.BeginLog(checkpoint.origin);
  } else {
    const v1::AuditedLog& newest = replay.logs().back();
    options.start = WalkStart{.origin = newest.origin(),
                              .size = newest.size(),
                              .root = newest.root()};
  }
  options.base = replay.logs().back().base();
  ASSIGN_OR_RETURN(
      WalkReport report,
      WalkLog(files, policy, options, replay.keys(),
              [&](const AuditEntry& entry) { replay.Visit(entry); }));
  if (replay.is_log_missing()) {
    return MakeError(Reason::AUDIT_EARLIER_LOG_MISSING,
                     absl::StrCat(checkpoint.origin,
                                  " continues entries that were not given"));
  }
  replay.EndLog(report.checkpoint);
  return report;
}

}  // namespace

absl::StatusOr<std::vector<WalkReport>> AuditLogs(
    std::span<const FileReader> logs, const TrustPolicy& policy, int threads,
    AuditReplay& replay) {
  std::vector<WalkReport> reports;
  for (const FileReader& files : logs) {
    ASSIGN_OR_RETURN(WalkReport report,
                     AuditLog(files, policy, threads, replay));
    if (!reports.empty() && report.base <= reports.back().base) {
      return MakeError(Reason::AUDIT_STATE_FOREIGN,
                       "the logs are not given oldest first");
    }
    reports.push_back(std::move(report));
  }
  return reports;
}

}  // namespace shiming::ledger
