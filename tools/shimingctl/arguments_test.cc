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
  EXPECT_EQ(*arguments->Word(2, "value"), "");
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

TEST(ArgumentsTest, AWordTooManyIsNotSwallowed) {
  auto arguments = Parse({"check", "eid", "8904", "9032"});
  ASSERT_TRUE(arguments.ok());
  EXPECT_FALSE(arguments->CheckAllUsed().ok());
  EXPECT_EQ(*arguments->Word(1, "identifier"), "eid");
  EXPECT_EQ(*arguments->Word(2, "value"), "8904");
  EXPECT_FALSE(arguments->CheckAllUsed().ok());
  EXPECT_EQ(*arguments->Word(3, "more"), "9032");
  EXPECT_TRUE(arguments->CheckAllUsed().ok());
  // The verb has been asked for by whoever asks anything.
  EXPECT_TRUE(Parse({"status"})->CheckAllUsed().ok());
}

}  // namespace
}  // namespace shiming::shimingctl
