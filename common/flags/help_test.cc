#include "common/flags/help.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "absl/flags/flag.h"

ABSL_FLAG(std::string, help_test_name, "somebody", "whom to greet");
ABSL_FLAG(int, help_test_count, 3, "how often");

namespace shiming {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

bool Asks(std::vector<std::string> words) {
  words.insert(words.begin(), "program");
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  return AsksForHelp(static_cast<int>(argv.size()), argv.data());
}

TEST(HelpTest, IsAskedForInAnyPlaceBeforeTwoDashes) {
  EXPECT_TRUE(Asks({"--help"}));
  EXPECT_TRUE(Asks({"-h"}));
  EXPECT_TRUE(Asks({"verb", "--flag=1", "-help"}));
  EXPECT_FALSE(Asks({}));
  EXPECT_FALSE(Asks({"help"}));
  EXPECT_FALSE(Asks({"verb", "--", "--help"}));
}

TEST(HelpTest, ListsTheFlagsOfOneFolderWithMeaningAndDefault) {
  const std::string text = HelpText("program VERB", "common/flags/help_test");
  EXPECT_THAT(text, HasSubstr("program VERB\n\nFlags:\n"));
  EXPECT_THAT(text, HasSubstr("  --help_test_name  whom to greet\n"
                              "      default: \"somebody\"\n"));
  EXPECT_LT(text.find("--help_test_count"), text.find("--help_test_name"));
  EXPECT_THAT(HelpText("program", "common/no_such_folder"),
              Not(HasSubstr("--")));
}

}  // namespace
}  // namespace shiming
