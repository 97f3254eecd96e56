// Files that are too large to be read or written at once.
#ifndef SHIMING_COMMON_FILES_FILE_STREAM_H_
#define SHIMING_COMMON_FILES_FILE_STREAM_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/files/file.h"

namespace shiming {

// Reads a file from its beginning. Used by one thread.
class InputFile {
 public:
  // NOT_FOUND when there is none, else UNAVAILABLE; both name the path.
  static absl::StatusOr<std::unique_ptr<InputFile>> Open(
      const std::string& path);
  ~InputFile();
  InputFile(const InputFile&) = delete;
  InputFile& operator=(const InputFile&) = delete;

  // Bytes of the whole file when it was opened.
  int64_t size() const { return size_; }
  // The next `count` bytes, fewer only at the end. UNAVAILABLE.
  absl::StatusOr<std::string> Read(size_t count);
  // Goes on at `offset` from the beginning. UNAVAILABLE.
  absl::Status Seek(int64_t offset);

 private:
  InputFile(std::string path, int fd, int64_t size)
      : path_(std::move(path)), fd_(fd), size_(size) {}

  const std::string path_;
  const int fd_;  // owned
  const int64_t size_;
};

// Writes a new file. Used by one thread.
class OutputFile {
 public:
  // ALREADY_EXISTS when it is there, else UNAVAILABLE; both name the path.
  static absl::StatusOr<std::unique_ptr<OutputFile>> Create(
      const std::string& path, FileAccess access);
  // Closes it; what was written stays.
  ~OutputFile();
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;

  // UNAVAILABLE, as when the disk is full.
  absl::Status Write(std::string_view bytes);
  // All that was written is durable. UNAVAILABLE.
  absl::Status Sync();

 private:
  OutputFile(std::string path, int fd) : path_(std::move(path)), fd_(fd) {}

  const std::string path_;
  const int fd_;  // owned
};

// Makes the names in a folder durable. UNAVAILABLE naming the path.
absl::Status SyncFolder(const std::string& path);

// Makes what was written to a file durable, by whomever. NOT_FOUND,
// UNAVAILABLE.
absl::Status SyncFile(const std::string& path);

// Renames, and never over another: ALREADY_EXISTS when `to` is there. Both are
// on one file system. Durable when it returns. NOT_FOUND, UNAVAILABLE.
absl::Status RenameToNew(const std::string& from, const std::string& to);

// Overwrites the file with zeros, as far as its file system does that in place,
// and removes it. OK when there is none; UNAVAILABLE.
absl::Status WipeFile(const std::string& path);

}  // namespace shiming

#endif  // SHIMING_COMMON_FILES_FILE_STREAM_H_
