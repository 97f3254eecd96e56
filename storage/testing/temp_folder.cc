#include "storage/testing/temp_folder.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <string>
#include <system_error>

#include "common/status/check.h"

namespace shiming::sql::testing {

TempFolder::TempFolder() {
  std::string pattern =
      (std::filesystem::path(::testing::TempDir()) / "shiming_XXXXXX").string();
  SHIMING_CHECK(mkdtemp(pattern.data()) != nullptr, "no temporary folder");
  path_ = pattern;
}

TempFolder::~TempFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace shiming::sql::testing
