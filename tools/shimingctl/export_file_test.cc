// Goal: an export goes on after any end without losing or repeating a line.
#include "tools/shimingctl/export_file.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "common/files/file.h"
#include "common/testing/temp_dir.h"
#include "gtest/gtest.h"

namespace shiming::shimingctl {
namespace {

class ExportFileTest : public ::testing::Test {
 protected:
  absl::StatusOr<std::unique_ptr<ExportFile>> Open(
      const std::string& what = "x") {
    return ExportFile::Open({.out = folder_.File("out"),
                             .resume = folder_.File("state"),
                             .what = what,
                             .heading = "heading\n"});
  }
  std::string Out() { return *shiming::ReadFile(folder_.File("out")); }

  shiming::testing::TempDir folder_;
};

TEST_F(ExportFileTest, GoesOnWhereItWasKept) {
  {
    const auto file = Open();
    ASSERT_TRUE(file.ok()) << file.status();
    EXPECT_EQ((*file)->next_index(), 0);
    ASSERT_TRUE((*file)->Append("a\nb\n", 2).ok());
    ASSERT_TRUE((*file)->Keep(7, 20).ok());
    // These were on their way when the process died.
    ASSERT_TRUE((*file)->Append("c\nhalf a li", 1).ok());
  }
  {
    const auto file = Open();
    ASSERT_TRUE(file.ok()) << file.status();
    EXPECT_EQ((*file)->next_index(), 7);
    EXPECT_EQ((*file)->end_index(), 20);
    EXPECT_EQ((*file)->line_count(), 2);
    ASSERT_TRUE((*file)->Append("c\nd\n", 2).ok());
    ASSERT_TRUE((*file)->Keep(20, 20).ok());
  }
  EXPECT_EQ(Out(), "heading\na\nb\nc\nd\n");
  EXPECT_EQ((*Open())->line_count(), 4);
}

TEST_F(ExportFileTest, DiedBeforeAnythingWasKept) {
  {
    const auto file = Open();
    ASSERT_TRUE((*file)->Append("a\n", 1).ok());
  }
  EXPECT_TRUE(Open().ok());
  EXPECT_EQ(Out(), "heading\n");
}

TEST_F(ExportFileTest, StateThatDoesNotBelongIsRefused) {
  ASSERT_TRUE(Open().ok());
  EXPECT_TRUE(absl::IsFailedPrecondition(Open("y").status()));
  // What was exported is not touched by that.
  EXPECT_EQ(Out(), "heading\n");
  folder_.Write("out", "");
  EXPECT_TRUE(absl::IsFailedPrecondition(Open().status()));
  for (const char* bad : {"{}", "[]", "junk", "{\"bytes\":-1}"}) {
    folder_.Write("state", bad);
    EXPECT_TRUE(absl::IsInvalidArgument(Open().status())) << bad;
  }
  EXPECT_TRUE(absl::IsInvalidArgument(
      ExportFile::Open({.resume = folder_.File("state")}).status()));
}

}  // namespace
}  // namespace shiming::shimingctl
