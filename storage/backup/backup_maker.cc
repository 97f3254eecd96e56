#include "storage/backup/backup_maker.h"

#include <memory>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/crypto/secret.h"
#include "common/files/file_stream.h"
#include "common/status/status_macros.h"
#include "common/time/clock.h"
#include "storage/backup/backup_folder.h"
#include "storage/backup/backup_format.h"
#include "storage/backup/backup_reader.h"
#include "storage/backup/backup_writer.h"
#include "storage/backup/scratch_folder.h"

namespace shiming::backup {
namespace {

namespace v1 = storage::v1;

// A file of the set.
struct SetFile {
  v1::BackupHeader header;
  std::vector<const BackupSource*> sources;  // one for each content
  std::string name;
  std::string unchecked_path;
  crypto::Secret key;
};

absl::Status CheckPlan(const BackupPlan& plan) {
  if (plan.sources.empty()) {
    return absl::InvalidArgumentError("there is no database to back up");
  }
  std::set<std::string> names;
  for (const BackupSource& source : plan.sources) {
    if (!names.insert(source.name).second) {
      return absl::InvalidArgumentError(
          absl::StrCat("two databases are called ", source.name));
    }
    if (!plan.recipients.contains(source.kind)) {
      return absl::InvalidArgumentError(
          absl::StrCat("no recipient for ", std::string(KindName(source.kind)),
                       " (", source.name, ")"));
    }
  }
  std::set<std::string> recipients;
  for (const auto& [kind, recipient] : plan.recipients) {
    if (recipients.insert(recipient.public_key()).second) continue;
    return absl::InvalidArgumentError(
        "data and keys have two recipients: whoever opens the one must not "
        "open the other by it");
  }
  return absl::OkStatus();
}

// One run at a set. Used by one thread.
class SetMaker {
 public:
  SetMaker(const BackupPlan& plan, const ScratchFolder& scratch)
      : plan_(plan), scratch_(scratch) {}

  // Writes the files under their unchecked names.
  absl::Status Write() {
    const std::string set_id = plan_.random.Bytes(kSetIdBytes);
    std::vector<std::unique_ptr<HeldDatabase>> held;
    for (const BackupSource& source : plan_.sources) {
      ASSIGN_OR_RETURN(held.emplace_back(),
                       HeldDatabase::Open(source.url, plan_.tools));
    }
    // Nearly at once: what happens in between makes states that do not fit.
    time_ = plan_.clock.Now();
    for (const auto& database : held) {
      RETURN_IF_ERROR(database->Hold());
    }
    RETURN_IF_ERROR(Done(BackupStep::kHeld));
    for (size_t i = 0; i < plan_.sources.size(); ++i) {
      const BackupSource& source = plan_.sources[i];
      SetFile& file = files_[source.kind];
      v1::BackupContent& content = *file.header.add_contents();
      content.set_name(source.name);
      file.sources.push_back(&source);
      RETURN_IF_ERROR(held[i]->CopyTo(scratch_.File(source.name), content));
      held[i].reset();
      RETURN_IF_ERROR(Done(BackupStep::kCopied));
    }
    for (auto& [kind, file] : files_) {
      RETURN_IF_ERROR(WriteFile(kind, set_id, file));
    }
    return absl::OkStatus();
  }

  // Restores everything from the files as they were written, and checks it.
  absl::Status Check() {
    std::vector<std::unique_ptr<RestoredCopy>> copies;
    std::map<std::string, RestoredCopy*> by_name;
    for (auto& [kind, file] : files_) {
      ASSIGN_OR_RETURN(
          const std::unique_ptr<BackupReader> reader,
          BackupReader::Open(file.unchecked_path, plan_.signer.Public()));
      reader->UnlockWith(file.key.Copy());
      for (int i = 0; i < reader->header().contents_size(); ++i) {
        const v1::BackupContent& content = reader->header().contents(i);
        const std::string restored = scratch_.File(content.name() + ".check");
        RETURN_IF_ERROR(reader->Extract(i, restored));
        const std::string& server = plan_.verify_server.empty()
                                        ? file.sources[i]->url
                                        : plan_.verify_server;
        ASSIGN_OR_RETURN(
            copies.emplace_back(),
            RestoredCopy::Make(content, restored, server, plan_.tools));
        by_name[content.name()] = copies.back().get();
      }
    }
    if (plan_.check_together != nullptr) {
      RETURN_IF_ERROR(plan_.check_together(by_name));
    }
    return Done(BackupStep::kChecked);
  }

  // Gives the files their names: now they are backups.
  absl::StatusOr<MadeBackup> Publish() {
    MadeBackup made;
    for (auto& [kind, file] : files_) {
      RETURN_IF_ERROR(RenameToNew(file.unchecked_path,
                                  absl::StrCat(plan_.folder, "/", file.name)));
      made.names.push_back(file.name);
      (kind == v1::BACKUP_KIND_KEYS ? made.keys : made.data) = file.header;
      RETURN_IF_ERROR(Done(BackupStep::kNamed));
    }
    for (const auto& [kind, file] : files_) {
      if (plan_.verify) {
        RETURN_IF_ERROR(RecordGood(plan_.folder, kind, time_));
      }
    }
    RETURN_IF_ERROR(Done(BackupStep::kRecorded));
    return made;
  }

 private:
  absl::Status Done(BackupStep step) const {
    return plan_.after_step == nullptr ? absl::OkStatus()
                                       : plan_.after_step(step);
  }

  absl::Status WriteFile(v1::BackupKind kind, const std::string& set_id,
                         SetFile& file) {
    file.header.set_kind(kind);
    file.header.set_set_id(set_id);
    file.header.mutable_create_time()->set_seconds(absl::ToUnixSeconds(time_));
    file.name = BackupName(kind, time_, set_id);
    file.unchecked_path =
        absl::StrCat(plan_.folder, "/", UncheckedName(file.name));
    std::vector<std::string> content_files;
    for (const BackupSource* source : file.sources) {
      content_files.push_back(scratch_.File(source->name));
    }
    ASSIGN_OR_RETURN(file.key,
                     WriteBackupFile(file.unchecked_path,
                                     {.header = file.header,
                                      .content_files = content_files,
                                      .recipient = plan_.recipients.at(kind),
                                      .signer = plan_.signer,
                                      .random = plan_.random}));
    // As it stands in the file, with sizes and digests.
    ASSIGN_OR_RETURN(
        const std::unique_ptr<BackupReader> reader,
        BackupReader::Open(file.unchecked_path, plan_.signer.Public()));
    file.header = reader->header();
    for (const BackupSource* source : file.sources) {
      RETURN_IF_ERROR(scratch_.Wipe(source->name));
    }
    return Done(BackupStep::kWritten);
  }

  const BackupPlan& plan_;
  const ScratchFolder& scratch_;
  absl::Time time_;
  std::map<v1::BackupKind, SetFile> files_;
};

// Once; ABORTED from the check when the states did not fit together.
absl::StatusOr<MadeBackup> TryBackup(const BackupPlan& plan) {
  // A folder for each try: what did not fit is gone before the next.
  ASSIGN_OR_RETURN(const std::unique_ptr<ScratchFolder> scratch,
                   ScratchFolder::Make(plan.scratch_parent));
  RETURN_IF_ERROR(RemoveUnfinished(plan.folder));
  SetMaker maker(plan, *scratch);
  absl::Status status = maker.Write();
  if (status.ok() && plan.verify) status = maker.Check();
  if (!status.ok()) {
    // What stays all the same, the next one removes.
    (void)RemoveUnfinished(plan.folder);
    return status;
  }
  return maker.Publish();
}

}  // namespace

absl::StatusOr<MadeBackup> MakeBackup(const BackupPlan& plan) {
  RETURN_IF_ERROR(CheckPlan(plan));
  for (int i = 1;; ++i) {
    absl::StatusOr<MadeBackup> made = TryBackup(plan);
    if (absl::IsAborted(made.status()) && i < plan.tries) continue;
    if (made.ok()) made->tries = i;
    return made;
  }
}

}  // namespace shiming::backup
