#include "storage/backup/backup_restorer.h"

#include <memory>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/files/file_stream.h"
#include "common/status/status_macros.h"
#include "storage/backup/backup_reader.h"
#include "storage/backup/database_copy.h"
#include "storage/backup/scratch_folder.h"

namespace shiming::backup {
namespace {

namespace v1 = storage::v1;
using Readers = std::vector<std::unique_ptr<BackupReader>>;

// Opened and unlocked, of one set, no database twice.
absl::StatusOr<Readers> OpenSet(const std::vector<BackupToRead>& files,
                                const crypto::VerifyKey& signer) {
  Readers readers;
  std::set<std::string> names;
  for (const BackupToRead& file : files) {
    ASSIGN_OR_RETURN(std::unique_ptr<BackupReader> reader,
                     BackupReader::Open(file.path, signer));
    RETURN_IF_ERROR(reader->Unlock(*file.secret));
    if (!readers.empty() &&
        readers[0]->header().set_id() != reader->header().set_id()) {
      return absl::FailedPreconditionError(
          absl::StrCat(file.path, " and ", readers[0]->path(),
                       " were not made together: their states do not fit"));
    }
    for (const v1::BackupContent& content : reader->header().contents()) {
      if (names.insert(content.name()).second) continue;
      return absl::FailedPreconditionError(
          absl::StrCat(content.name(), " is in two of the files"));
    }
    readers.push_back(std::move(reader));
  }
  if (readers.empty()) return absl::InvalidArgumentError("no backup is named");
  return readers;
}

// A database on its way to its place.
struct Work {
  BackupReader* reader;
  int number;
  std::string name;
  std::unique_ptr<RestoreTarget> target;
  std::string file;  // where it is decrypted to
};

// One run. Used by one thread.
class Restorer {
 public:
  Restorer(const RestorePlan& plan, const ScratchFolder& scratch,
           Readers readers)
      : plan_(plan), scratch_(scratch), readers_(std::move(readers)) {}

  absl::StatusOr<std::vector<std::string>> Run() {
    RETURN_IF_ERROR(FindWork());
    // What an earlier run that was cut short has put in place stays.
    std::vector<Work*> to_do;
    for (Work& work : works_) {
      ASSIGN_OR_RETURN(const bool is_done, work.target->IsDone());
      if (!is_done) to_do.push_back(&work);
    }
    for (const Work* work : to_do) {
      RETURN_IF_ERROR(WipeFile(work->file));
      RETURN_IF_ERROR(work->reader->Extract(work->number, work->file));
      RETURN_IF_ERROR(Done(RestoreStep::kExtracted));
    }
    for (const Work* work : to_do) {
      RETURN_IF_ERROR(work->target->Prepare(work->file));
    }
    RETURN_IF_ERROR(Done(RestoreStep::kPrepared));
    for (const Work* work : to_do) {
      RETURN_IF_ERROR(work->target->Commit(work->file));
      RETURN_IF_ERROR(Done(RestoreStep::kCommitted));
    }
    std::vector<std::string> names;
    for (const Work& work : works_) names.push_back(work.name);
    return names;
  }

  // Nothing in clear stays beside a place that stayed empty.
  void RemoveLeftovers() {
    for (const Work& work : works_) (void)WipeFile(work.file);
  }

 private:
  absl::Status Done(RestoreStep step) const {
    return plan_.after_step == nullptr ? absl::OkStatus()
                                       : plan_.after_step(step);
  }

  absl::Status FindWork() {
    for (const auto& reader : readers_) {
      const v1::BackupHeader& header = reader->header();
      for (int i = 0; i < header.contents_size(); ++i) {
        const v1::BackupContent& content = header.contents(i);
        const auto target = plan_.targets.find(content.name());
        if (target == plan_.targets.end()) continue;
        Work work{.reader = reader.get(), .number = i, .name = content.name()};
        ASSIGN_OR_RETURN(work.target, RestoreTarget::At(target->second, content,
                                                        plan_.tools));
        work.file = work.target->FileFor(scratch_.File(content.name()));
        works_.push_back(std::move(work));
      }
    }
    if (works_.size() == plan_.targets.size() && !works_.empty()) {
      return absl::OkStatus();
    }
    for (const auto& [name, url] : plan_.targets) {
      bool found = false;
      for (const Work& work : works_) found = found || work.name == name;
      if (!found) {
        return absl::InvalidArgumentError(
            absl::StrCat("no database ", name, " is in the files"));
      }
    }
    return absl::InvalidArgumentError("nothing is to be restored");
  }

  const RestorePlan& plan_;
  const ScratchFolder& scratch_;
  const Readers readers_;
  std::vector<Work> works_;
};

}  // namespace

absl::StatusOr<std::vector<std::string>> RestoreBackup(
    const RestorePlan& plan) {
  ASSIGN_OR_RETURN(const std::unique_ptr<ScratchFolder> scratch,
                   ScratchFolder::Make(plan.scratch_parent));
  ASSIGN_OR_RETURN(Readers readers, OpenSet(plan.files, plan.signer));
  Restorer restorer(plan, *scratch, std::move(readers));
  absl::StatusOr<std::vector<std::string>> names = restorer.Run();
  if (!names.ok()) restorer.RemoveLeftovers();
  return names;
}

absl::StatusOr<std::vector<v1::BackupHeader>> VerifyBackup(
    const VerifyPlan& plan) {
  ASSIGN_OR_RETURN(const std::unique_ptr<ScratchFolder> scratch,
                   ScratchFolder::Make(plan.scratch_parent));
  ASSIGN_OR_RETURN(const Readers readers, OpenSet(plan.files, plan.signer));
  std::vector<v1::BackupHeader> headers;
  std::vector<std::unique_ptr<RestoredCopy>> copies;
  std::map<std::string, RestoredCopy*> by_name;
  for (const auto& reader : readers) {
    headers.push_back(reader->header());
    for (int i = 0; i < reader->header().contents_size(); ++i) {
      const v1::BackupContent& content = reader->header().contents(i);
      const std::string restored = scratch->File(content.name());
      RETURN_IF_ERROR(reader->Extract(i, restored));
      ASSIGN_OR_RETURN(copies.emplace_back(),
                       RestoredCopy::Make(content, restored, plan.verify_server,
                                          plan.tools));
      by_name[content.name()] = copies.back().get();
    }
  }
  if (plan.check_together != nullptr) {
    RETURN_IF_ERROR(plan.check_together(by_name));
  }
  return headers;
}

}  // namespace shiming::backup
