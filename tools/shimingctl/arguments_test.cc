#include "tools/shimingctl/arguments.h"

#include <gtest/gtest.h>

#include <vector>

namespace shiming::shimingctl {
namespace {

absl::StatusOr<Arguments> Parse(std::vector<std::string> words) {
  words.insert(words.begin(), "shimingctl");
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  return Arguments::Parse(static_cast<int>(argv.size()), argv.data());
}

TEST(ArgumentsTest, WordsAndOptionsMayStandInAnyOrder) {
  auto arguments = Parse({"check", "--kind=X", "eid", "", "-o", "json"});
  ASSERT_TRUE(arguments.ok());
  EXPECT_EQ(arguments->words(), (std::vector<std::string>{"check", "eid", ""}));
  EXPECT_EQ(arguments->Option("kind"), "X");
  EXPECT_EQ(arguments->Option("output"), "json");
  EXPECT_EQ(arguments->Option("as-of", "today"), "today");
  EXPECT_TRUE(arguments->CheckAllUsed().ok());
  EXPECT_FALSE(arguments->Word(3, "x").ok());
}

TEST(ArgumentsTest, AfterTwoDashesAllAreWords) {
  auto arguments = Parse({"check", "eid", "--", "--kind"});
  ASSERT_TRUE(arguments.ok());
  EXPECT_EQ(*arguments->Word(2, "value"), "--kind");
}

TEST(ArgumentsTest, TypingErrorsAreNotSwallowed) {
  EXPECT_FALSE(Parse({"check", "--kind"}).ok());
  auto arguments = Parse({"check", "--kidn", "X"});
  ASSERT_TRUE(arguments.ok());
  EXPECT_EQ(arguments->Option("kind"), "");
  EXPECT_FALSE(arguments->CheckAllUsed().ok());
  EXPECT_FALSE(arguments->Required("kind").ok());
}

}  // namespace
}  // namespace shiming::shimingctl
