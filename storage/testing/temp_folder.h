// A folder of a test's own.
#ifndef SHIMING_STORAGE_TESTING_TEMP_FOLDER_H_
#define SHIMING_STORAGE_TESTING_TEMP_FOLDER_H_

#include <filesystem>

namespace shiming::sql::testing {

// A new folder below the test's temporary folder; removed with all in it. Ends
// the process when it cannot be made.
class TempFolder {
 public:
  TempFolder();
  ~TempFolder();
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace shiming::sql::testing

#endif  // SHIMING_STORAGE_TESTING_TEMP_FOLDER_H_
