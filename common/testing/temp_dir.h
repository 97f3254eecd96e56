// A folder for one test.
#ifndef SHIMING_COMMON_TESTING_TEMP_DIR_H_
#define SHIMING_COMMON_TESTING_TEMP_DIR_H_

#include <string>
#include <string_view>

namespace shiming::testing {

// Made below $TEST_TMPDIR (else /tmp) under a fresh name; removed with all in
// it on destruction. A failure to make it ends the test program.
class TempDir {
 public:
  TempDir();
  ~TempDir();
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;

  const std::string& path() const { return path_; }

  // path() + "/" + name; nothing is made.
  std::string File(std::string_view name) const;

  // Writes a file (replacing what was there) and returns its path.
  std::string Write(std::string_view name, std::string_view content) const;

  // The content of a file below this folder; empty if there is none.
  std::string Read(std::string_view name) const;

 private:
  std::string path_;
};

}  // namespace shiming::testing

#endif  // SHIMING_COMMON_TESTING_TEMP_DIR_H_
