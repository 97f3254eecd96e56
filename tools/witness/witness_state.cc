#include "tools/witness/witness_state.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <filesystem>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/files/file.h"
#include "common/status/reason.h"
#include "common/status/status_macros.h"

namespace shiming::witness {
namespace {

constexpr char kOwner[] = "/witness.vkey";
constexpr char kLock[] = "/.lock";
constexpr char kRecord[] = ".checkpoint";

absl::Status Invalid(std::string_view what, std::string_view why) {
  return MakeError(Reason::WITNESS_STATE_INVALID,
                   absl::StrCat(std::string(what), ": ", std::string(why)));
}

}  // namespace

ledger::WitnessedTree WitnessState::Hold::tree() const { return record_->tree; }

absl::Status WitnessState::Hold::Replace(const ledger::Checkpoint& checkpoint,
                                         std::string note) {
  RETURN_IF_ERROR(ReplaceFile(record_->file, note, FileAccess::kEveryone));
  record_->tree = {.size = checkpoint.size, .root = checkpoint.root};
  record_->note = std::move(note);
  return absl::OkStatus();
}

absl::Status WitnessState::Create(const std::string& folder,
                                  const std::string& vkey) {
  std::error_code error;
  if (std::filesystem::exists(folder, error) &&
      !std::filesystem::is_empty(folder, error)) {
    return absl::FailedPreconditionError(
        absl::StrCat(folder, " is there already"));
  }
  RETURN_IF_ERROR(MakeFolder(folder, FileAccess::kOwner));
  return ReplaceFile(folder + kOwner, vkey + "\n", FileAccess::kEveryone);
}

absl::StatusOr<std::unique_ptr<WitnessState>> WitnessState::Open(
    std::string folder, const ledger::NoteVerifier& own_key) {
  const absl::StatusOr<std::string> owner = ReadFile(folder + kOwner);
  if (absl::IsNotFound(owner.status())) {
    return Invalid(folder, "is missing, or no witness's state");
  }
  RETURN_IF_ERROR(owner.status());
  if (*owner != own_key.vkey() + "\n") {
    return Invalid(folder, "belongs to another key or name");
  }
  const std::string lock_file = folder + kLock;
  const int lock = open(lock_file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (lock < 0) return absl::UnavailableError(lock_file);
  std::unique_ptr<WitnessState> state(
      new WitnessState(std::move(folder), lock));
  if (flock(lock, LOCK_EX | LOCK_NB) != 0) {
    return MakeError(Reason::WITNESS_STATE_IN_USE,
                     absl::StrCat(lock_file, " is held by another process"));
  }
  RETURN_IF_ERROR(state->Load(own_key));
  return state;
}

WitnessState::~WitnessState() { close(lock_); }

absl::Status WitnessState::Load(const ledger::NoteVerifier& own_key) {
  std::vector<std::string> files;
  std::error_code error;
  for (const auto& entry :
       std::filesystem::directory_iterator(folder_, error)) {
    if (entry.path().extension() == kRecord) {
      files.push_back(entry.path().string());
    }
  }
  if (error) return absl::UnavailableError(folder_);
  for (const std::string& file : files) {
    RETURN_IF_ERROR(LoadLog(file, own_key));
  }
  return absl::OkStatus();
}

absl::Status WitnessState::LoadLog(const std::string& file,
                                   const ledger::NoteVerifier& own_key) {
  ASSIGN_OR_RETURN(std::string bytes, ReadFile(file));
  const auto note = ledger::ParseNote(bytes);
  if (!note.ok()) return Invalid(file, "is no signed checkpoint");
  const auto checkpoint = ledger::ParseCheckpoint(note->text);
  if (!checkpoint.ok()) return Invalid(file, "is no signed checkpoint");
  const ledger::NoteVerifier keys[] = {own_key};
  if (!ledger::VerifyNote(*note, keys).ok()) {
    return Invalid(file, "was not cosigned by this witness");
  }
  const std::string hash = ledger::OriginHash(checkpoint->origin);
  if (std::filesystem::path(file).stem() != hash) {
    return Invalid(file, "is of another log than its name says");
  }
  Record& record = RecordOf(hash);
  std::lock_guard lock(record.mutex);
  record.tree = {.size = checkpoint->size, .root = checkpoint->root};
  record.note = std::move(bytes);
  return absl::OkStatus();
}

WitnessState::Record& WitnessState::RecordOf(const std::string& origin_hash) {
  std::lock_guard lock(mutex_);
  std::unique_ptr<Record>& record = records_[origin_hash];
  if (record == nullptr) {
    record = std::make_unique<Record>();
    record->file = absl::StrCat(folder_, "/", origin_hash, kRecord);
  }
  return *record;
}

WitnessState::Hold WitnessState::HoldLog(const std::string& origin) {
  return Hold(RecordOf(ledger::OriginHash(origin)));
}

std::optional<std::string> WitnessState::CosignedBy(
    std::string_view origin_hash) {
  Record* record = nullptr;
  {
    std::lock_guard lock(mutex_);
    const auto found = records_.find(origin_hash);
    if (found == records_.end()) return std::nullopt;
    record = found->second.get();
  }
  std::lock_guard lock(record->mutex);
  if (record->note.empty()) return std::nullopt;
  return record->note;
}

}  // namespace shiming::witness
