#include "services/issuance_ledger/core/earlier_logs.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/files/file.h"
#include "common/status/reason.h"
#include "common/status/status_macros.h"
#include "ledger/audit_reader.h"
#include "ledger/checkpoint.h"
#include "ledger/note.h"
#include "services/issuance_ledger/core/receipt_maker.h"

namespace shiming::issuance_ledger {
namespace {

absl::Status BadFolder(const std::string& folder, std::string_view why) {
  return absl::FailedPreconditionError(absl::StrCat(
      "config: earlier_log_folders: ", folder, " ", std::string(why)));
}

}  // namespace

absl::StatusOr<EarlierLogs> EarlierLogs::Open(
    const std::vector<FrozenLog>& logs,
    const std::vector<std::string>& folders) {
  EarlierLogs earlier;
  for (const std::string& folder : folders) {
    absl::StatusOr<std::string> note =
        ReadFile(absl::StrCat(folder, "/checkpoint"));
    if (!note.ok()) return BadFolder(folder, "holds no checkpoint");
    const absl::StatusOr<ledger::Note> parsed = ledger::ParseNote(*note);
    if (!parsed.ok()) return BadFolder(folder, "holds no checkpoint");
    const auto checkpoint = ledger::ParseCheckpoint(parsed->text);
    if (!checkpoint.ok()) return BadFolder(folder, "holds no checkpoint");
    const auto log =
        std::find_if(logs.begin(), logs.end(), [&](const FrozenLog& candidate) {
          return candidate.origin == checkpoint->origin &&
                 candidate.size == static_cast<int64_t>(checkpoint->size) &&
                 candidate.root == checkpoint->root;
        });
    if (log == logs.end()) {
      return BadFolder(folder, "is not the end of an earlier log");
    }
    earlier.logs_[log->base] = {
        .log = *log, .folder = folder, .note = *std::move(note)};
  }
  return earlier;
}

absl::StatusOr<ledger::v1::Receipt> EarlierLogs::GetReceipt(
    int64_t position) const {
  auto found = logs_.upper_bound(position);
  if (found != logs_.begin()) {
    const Log& log = (--found)->second;
    const int64_t index = position - log.log.base;
    if (index < log.log.size) {
      return ReceiptMaker(ledger::FilesBelow(log.folder))
          .MakeReceipt(
              index,
              {.size = log.log.size, .root = log.log.root, .note = log.note});
    }
  }
  return MakeError(Reason::NOT_FOUND,
                   "the entry's log has been moved away; it verifies there");
}

}  // namespace shiming::issuance_ledger
