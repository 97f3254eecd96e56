// A folder for copies in clear while a backup is made or checked.
#ifndef SHIMING_STORAGE_BACKUP_SCRATCH_FOLDER_H_
#define SHIMING_STORAGE_BACKUP_SCRATCH_FOLDER_H_

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace shiming::backup {

// A new folder (0700) below another one; everything in it is overwritten and
// removed when this goes. It holds what the databases hold in clear, keys that
// will be erased among it: put it where they are, or better into memory, never
// where the backups are. Used by one thread.
class ScratchFolder {
 public:
  // Takes the lock of `parent`, which is held as long as this lives: ABORTED
  // when another process has it. What one that was killed has left there is
  // overwritten and removed first. NOT_FOUND when there is no such parent;
  // UNAVAILABLE. Blocks.
  static absl::StatusOr<std::unique_ptr<ScratchFolder>> Make(
      const std::string& parent);
  ~ScratchFolder();
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;

  const std::string& path() const { return path_; }
  // path() + "/" + name; nothing is made.
  std::string File(std::string_view name) const;
  // Overwrites and removes one file early. UNAVAILABLE.
  absl::Status Wipe(std::string_view name) const;

 private:
  ScratchFolder(std::string path, int lock)
      : path_(std::move(path)), lock_(lock) {}

  const std::string path_;
  const int lock_;  // file descriptor, owned
};

// Overwrites and removes all files below the folder, and the folder. OK when
// there is none; UNAVAILABLE for the first that stays.
absl::Status WipeFolder(const std::string& path);

}  // namespace shiming::backup

#endif  // SHIMING_STORAGE_BACKUP_SCRATCH_FOLDER_H_
