// A file that grows by lines, with a second one that remembers how far it got.
#ifndef SHIMING_TOOLS_SHIMINGCTL_EXPORT_FILE_H_
#define SHIMING_TOOLS_SHIMINGCTL_EXPORT_FILE_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace shiming::shimingctl {

// Not thread-safe.
class ExportFile {
 public:
  struct Options {
    std::string out;     // empty: standard output
    std::string resume;  // empty: nothing is remembered; needs `out`
    // Names what is exported: a resume file of something else is refused.
    std::string what;
    std::string heading;  // written once, at the beginning
  };

  // Opens the file: new and empty, or cut back to where the resume file says
  // that it was. INVALID_ARGUMENT, FAILED_PRECONDITION when the two do not
  // belong together; UNAVAILABLE with the path.
  static absl::StatusOr<std::unique_ptr<ExportFile>> Open(Options options);
  ~ExportFile();
  ExportFile(const ExportFile&) = delete;
  ExportFile& operator=(const ExportFile&) = delete;

  // Where the export goes on, and where it ends; 0 and 0 for a new one.
  int64_t next_index() const { return next_index_; }
  int64_t end_index() const { return end_index_; }
  int64_t line_count() const { return line_count_; }

  // Appends whole lines.
  absl::Status Append(std::string_view lines, int64_t line_count);
  // Everything below `next_index` has been appended. Syncs and remembers that.
  absl::Status Keep(int64_t next_index, int64_t end_index);

 private:
  ExportFile(Options options, int file)
      : options_(std::move(options)), file_(file) {}
  absl::Status Restore(const std::string& state);

  const Options options_;
  const int file_;  // descriptor; owned unless it is standard output
  int64_t bytes_ = 0;
  int64_t next_index_ = 0;
  int64_t end_index_ = 0;
  int64_t line_count_ = 0;
};

}  // namespace shiming::shimingctl

#endif  // SHIMING_TOOLS_SHIMINGCTL_EXPORT_FILE_H_
