#include "common/files/file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>

namespace shiming {
namespace {

std::string Temp(const std::string& name) {
  return std::string(getenv("TEST_TMPDIR")) + "/" + name;
}

TEST(FileTest, WhatIsReplacedIsReadBackWithItsMode) {
  const std::string path = Temp("secret");
  const std::string bytes("a\0b\n", 4);
  ASSERT_TRUE(ReplaceFile(path, "old", FileAccess::kEveryone).ok());
  ASSERT_TRUE(ReplaceFile(path, bytes, FileAccess::kOwner).ok());
  EXPECT_EQ(*ReadFile(path), bytes);
  struct stat info;
  ASSERT_EQ(stat(path.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
  EXPECT_EQ(ReadFile(path + ".new").status().code(),
            absl::StatusCode::kNotFound);
}

TEST(FileTest, MissingFileAndMissingFolderAreTold) {
  EXPECT_EQ(ReadFile(Temp("none")).status().code(),
            absl::StatusCode::kNotFound);
  EXPECT_FALSE(ReplaceFile(Temp("no/such/f"), "x", FileAccess::kOwner).ok());
}

TEST(FileTest, FoldersAreMadeWithParentsAndAgain) {
  const std::string path = Temp("a/b/c");
  ASSERT_TRUE(MakeFolder(path, FileAccess::kOwner).ok());
  ASSERT_TRUE(MakeFolder(path).ok());
  struct stat info;
  ASSERT_EQ(stat(path.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0700u);
}

}  // namespace
}  // namespace shiming
