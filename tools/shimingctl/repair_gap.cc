#include "tools/shimingctl/repair_gap.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/crypto/digest.h"
#include "common/files/file.h"
#include "common/status/reason.h"
#include "common/status/status_macros.h"
#include "ledger/checkpoint.h"
#include "ledger/entry.h"
#include "ledger/hasher.h"
#include "ledger/tree.h"

namespace shiming::shimingctl {
namespace {

// Entries that are compared in one snapshot.
constexpr size_t kPage = 1000;

// What the guard file says; nullopt when there is none.
absl::StatusOr<std::optional<ledger::Checkpoint>> ReadGuard(
    const std::string& file) {
  if (file.empty()) return std::optional<ledger::Checkpoint>();
  const absl::StatusOr<std::string> text = ReadFile(file);
  if (absl::IsNotFound(text.status())) {
    return std::optional<ledger::Checkpoint>();
  }
  RETURN_IF_ERROR(text.status());
  ASSIGN_OR_RETURN(ledger::Checkpoint guard, ledger::ParseCheckpoint(*text));
  return std::optional<ledger::Checkpoint>(std::move(guard));
}

class GapReader {
 public:
  GapReader(const GapRequest& request, std::optional<ledger::Checkpoint> guard)
      : request_(request), guard_(std::move(guard)) {}

  absl::Status Visit(uint64_t index, const std::string& bytes) {
    edge_.Append(hasher_.Leaf(bytes));
    if (guard_.has_value() && edge_.size() == guard_->size &&
        edge_.Root() != guard_->root) {
      return MakeError(Reason::LEDGER_GUARD_MISMATCH,
                       "the log does not extend the guard file");
    }
    if (request_.size.has_value() &&
        edge_.size() == static_cast<uint64_t>(*request_.size)) {
      report_.root = edge_.Root();
    }
    ASSIGN_OR_RETURN(ledger::v1::Event event, ledger::ParseEntry(bytes));
    if (index == 0) {
      for (const ledger::v1::Commitment& commitment : event.commitments()) {
        if (commitment.field() == ledger::v1::COMMITMENT_FIELD_PSEUDONYM_KEY) {
          report_.pseudonym_key_commitment = commitment.sha256();
        }
      }
    }
    if (event.id().source() != request_.source) return absl::OkStatus();
    const bool is_beyond = request_.size.has_value() &&
                           index >= static_cast<uint64_t>(*request_.size);
    if (!is_beyond &&
        event.kind() == ledger::v1::EVENT_KIND_DATABASE_REPAIRED) {
      ++report_.repairs;
    }
    page_.push_back({.index = static_cast<int64_t>(index),
                     .id = event.id(),
                     .sha256 = crypto::Sha256(bytes)});
    events_.push_back(std::move(event));
    return page_.size() < kPage ? absl::OkStatus() : Compare();
  }

  absl::StatusOr<GapReport> Finish(const ledger::Checkpoint& checkpoint) {
    RETURN_IF_ERROR(Compare());
    if (guard_.has_value() && checkpoint.size < guard_->size) {
      return MakeError(Reason::LEDGER_GUARD_MISMATCH,
                       "the log ends before the guard file's checkpoint");
    }
    report_.origin = checkpoint.origin;
    if (!request_.size.has_value()) {
      report_.size = static_cast<int64_t>(checkpoint.size);
      report_.root = checkpoint.root;
      return std::move(report_);
    }
    report_.size = *request_.size;
    if (report_.root.empty()) {
      return MakeError(Reason::REPAIR_PLAN_CHANGED,
                       "the log is shorter than the plan says");
    }
    return std::move(report_);
  }

 private:
  absl::Status Compare() {
    std::vector<size_t> unknown;
    RETURN_IF_ERROR(request_.database.ReadBlocking(
        [&](sql::Snapshot& snapshot) -> absl::Status {
          ASSIGN_OR_RETURN(unknown, outbox::FindUnknown(snapshot, page_));
          return absl::OkStatus();
        }));
    for (const size_t i : unknown) {
      if (request_.size.has_value() && page_[i].index >= *request_.size) {
        return MakeError(Reason::REPAIR_PLAN_CHANGED,
                         "the record has gone on with this service since the "
                         "plan was made");
      }
      if (report_.gap.size() == kMaxGapEntries) {
        return absl::ResourceExhaustedError(
            absl::StrCat("more than ", kMaxGapEntries,
                         " entries are missing: restore a newer copy"));
      }
      report_.gap.push_back({.index = page_[i].index,
                             .sha256 = page_[i].sha256,
                             .event = std::move(events_[i])});
    }
    page_.clear();
    events_.clear();
    return absl::OkStatus();
  }

  const GapRequest& request_;
  const std::optional<ledger::Checkpoint> guard_;
  const ledger::Hasher hasher_;
  ledger::TreeEdge edge_;
  GapReport report_;
  std::vector<outbox::OwnEntry> page_;
  std::vector<ledger::v1::Event> events_;  // of page_, one for each
};

}  // namespace

absl::StatusOr<GapReport> ReadGap(const GapRequest& request) {
  ASSIGN_OR_RETURN(std::optional<ledger::Checkpoint> guard,
                   ReadGuard(request.guard_file));
  GapReader reader(request, std::move(guard));
  ASSIGN_OR_RETURN(
      const ledger::LogReport report,
      ledger::VerifyLog(request.files, request.log_key,
                        [&reader](uint64_t index, const std::string& entry) {
                          return reader.Visit(index, entry);
                        }));
  return reader.Finish(report.checkpoint);
}

}  // namespace shiming::shimingctl
