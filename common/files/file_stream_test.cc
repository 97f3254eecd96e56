#include "common/files/file_stream.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <string>

#include "common/testing/temp_dir.h"

namespace shiming {
namespace {

TEST(FileStreamTest, ReadsWhatWasWrittenInAnyPieces) {
  testing::TempDir folder;
  const std::string path = folder.File("data");
  {
    auto out = OutputFile::Create(path, FileAccess::kOwner);
    ASSERT_TRUE(out.ok()) << out.status();
    ASSERT_TRUE((*out)->Write("hello ").ok());
    ASSERT_TRUE((*out)->Write(std::string(100000, 'x')).ok());
    ASSERT_TRUE((*out)->Sync().ok());
  }
  struct stat status = {};
  ASSERT_EQ(stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600u);
  auto in = InputFile::Open(path);
  ASSERT_TRUE(in.ok()) << in.status();
  EXPECT_EQ((*in)->size(), 100006);
  EXPECT_EQ(*(*in)->Read(6), "hello ");
  EXPECT_EQ(*(*in)->Read(200000), std::string(100000, 'x'));
  EXPECT_EQ(*(*in)->Read(1), "");
  ASSERT_TRUE((*in)->Seek(4).ok());
  EXPECT_EQ(*(*in)->Read(3), "o x");
}

TEST(FileStreamTest, NeverWritesOverAnotherFile) {
  testing::TempDir folder;
  const std::string a = folder.Write("a", "first");
  const std::string b = folder.Write("b", "second");
  EXPECT_TRUE(absl::IsAlreadyExists(
      OutputFile::Create(a, FileAccess::kOwner).status()));
  EXPECT_TRUE(absl::IsAlreadyExists(RenameToNew(b, a)));
  EXPECT_EQ(folder.Read("a"), "first");
  EXPECT_EQ(folder.Read("b"), "second");
  EXPECT_TRUE(RenameToNew(b, folder.File("c")).ok());
  EXPECT_EQ(folder.Read("c"), "second");
  EXPECT_FALSE(std::filesystem::exists(b));
  EXPECT_TRUE(absl::IsNotFound(RenameToNew(b, folder.File("d"))));
}

TEST(FileStreamTest, WhatIsMissingIsNotFound) {
  testing::TempDir folder;
  EXPECT_TRUE(absl::IsNotFound(InputFile::Open(folder.File("x")).status()));
  EXPECT_TRUE(absl::IsNotFound(SyncFile(folder.File("x"))));
  EXPECT_TRUE(WipeFile(folder.File("x")).ok());
}

TEST(FileStreamTest, WipedBytesAreGoneUnderEveryName) {
  testing::TempDir folder;
  const std::string path = folder.Write("secret", std::string(200000, 's'));
  std::filesystem::create_hard_link(path, folder.File("other"));
  ASSERT_TRUE(WipeFile(path).ok());
  EXPECT_FALSE(std::filesystem::exists(path));
  EXPECT_EQ(folder.Read("other"), std::string(200000, '\0'));
}

}  // namespace
}  // namespace shiming
