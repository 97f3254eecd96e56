// Whole files: read at once, replaced at once.
#ifndef SHIMING_COMMON_FILES_FILE_H_
#define SHIMING_COMMON_FILES_FILE_H_

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace shiming {

// Who may read a written file besides root.
enum class FileAccess {
  kOwner,     // 0600: keys and other secrets
  kEveryone,  // 0644
};

// The file's bytes. NOT_FOUND when there is none, else UNAVAILABLE; both name
// the path. At most `kMaxFileBytes`, else RESOURCE_EXHAUSTED. Thread-safe.
absl::StatusOr<std::string> ReadFile(const std::string& path);

// 1 GiB: nothing that is read at once is larger.
inline constexpr size_t kMaxFileBytes = size_t{1} << 30;

// Creates or replaces the file: written beside it, synced, renamed, and the
// folder synced, so that after a crash the old or the new bytes are there,
// never a part. UNAVAILABLE naming the path. Not for two writers of one path at
// a time.
absl::Status ReplaceFile(const std::string& path, std::string_view bytes,
                         FileAccess access);

// Makes the folder and its parents, 0755 (kOwner: the last one 0700). OK when
// it is there.
absl::Status MakeFolder(const std::string& path,
                        FileAccess access = FileAccess::kEveryone);

}  // namespace shiming

#endif  // SHIMING_COMMON_FILES_FILE_H_
