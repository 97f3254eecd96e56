#include "storage/backup/scratch_folder.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "common/files/file.h"
#include "common/testing/temp_dir.h"

namespace shiming::backup {
namespace {

int FoldersIn(const std::string& parent) {
  int count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(parent)) {
    count += entry.is_directory() ? 1 : 0;
  }
  return count;
}

TEST(ScratchFolderTest, IsPrivateAndLeavesNothing) {
  shiming::testing::TempDir parent;
  const std::string outside = parent.File("outside");
  {
    auto folder = ScratchFolder::Make(parent.path());
    ASSERT_TRUE(folder.ok()) << folder.status();
    struct stat status = {};
    ASSERT_EQ(stat((*folder)->path().c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777, 0700u);
    const std::string file = (*folder)->File("copy");
    ASSERT_TRUE(ReplaceFile(file, "secret", FileAccess::kOwner).ok());
    // Another name of the same bytes: they are overwritten, not only unlinked.
    std::filesystem::create_hard_link(file, outside);
  }
  EXPECT_EQ(FoldersIn(parent.path()), 0);
  EXPECT_EQ(parent.Read("outside"), std::string(6, '\0'));
}

TEST(ScratchFolderTest, OneAtATime) {
  shiming::testing::TempDir parent;
  auto folder = ScratchFolder::Make(parent.path());
  ASSERT_TRUE(folder.ok()) << folder.status();
  EXPECT_TRUE(absl::IsAborted(ScratchFolder::Make(parent.path()).status()));
  folder->reset();
  EXPECT_TRUE(ScratchFolder::Make(parent.path()).ok());
  EXPECT_TRUE(
      absl::IsNotFound(ScratchFolder::Make(parent.File("nowhere")).status()));
}

TEST(ScratchFolderTest, WhatAKilledOneLeftIsRemoved) {
  shiming::testing::TempDir parent;
  const pid_t pid = fork();
  if (pid == 0) {
    auto folder = ScratchFolder::Make(parent.path());
    const bool made =
        folder.ok() &&
        ReplaceFile((*folder)->File("copy"), "secret", FileAccess::kOwner).ok();
    if (made) kill(getpid(), SIGKILL);
    _exit(1);
  }
  int status = 0;
  ASSERT_EQ(waitpid(pid, &status, 0), pid);
  ASSERT_TRUE(WIFSIGNALED(status));
  ASSERT_EQ(FoldersIn(parent.path()), 1);
  auto folder = ScratchFolder::Make(parent.path());
  ASSERT_TRUE(folder.ok()) << folder.status();
  EXPECT_EQ(FoldersIn(parent.path()), 1);
  EXPECT_FALSE(std::filesystem::exists((*folder)->File("copy")));
}

}  // namespace
}  // namespace shiming::backup
