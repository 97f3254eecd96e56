#include "common/log/log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <type_traits>
#include <vector>

#include "common/crypto/secret.h"
#include "common/ids/activation_code.h"

namespace shiming {
namespace {

using Json = nlohmann::ordered_json;

static_assert(!std::is_constructible_v<LogValue, const crypto::Secret&>);
static_assert(!std::is_constructible_v<LogValue, const ActivationCode&>);
static_assert(!std::is_constructible_v<LogValue, void*>);

class LogTest : public testing::Test {
 protected:
  LogTest()
      : file_(std::string(std::getenv("TEST_TMPDIR")) + "/log_" +
              testing::UnitTest::GetInstance()->current_test_info()->name()) {
    std::remove(file_.c_str());
  }
  ~LogTest() override { ShutdownLog(); }

  // What is in the file after everything queued has been written.
  std::vector<Json> Lines() const {
    ShutdownLog();
    std::vector<Json> lines;
    std::ifstream in(file_);
    for (std::string line; std::getline(in, line);) {
      lines.push_back(Json::parse(line));
    }
    return lines;
  }

  const std::string file_;
};

TEST_F(LogTest, WritesOneObjectPerLineWithTypedFields) {
  ASSERT_TRUE(InitLog("profile_order", file_).ok());
  const std::string owned = "value";
  Log(Severity::kInfo, "order placed",
      {{"text", owned},
       {"literal", "x"},
       {"count", 42},
       {"big", int64_t{1} << 60},
       {"duration_ms", 1.5},
       {"retried", true}});
  Log(Severity::kError, "no fields");
  const std::vector<Json> lines = Lines();
  ASSERT_EQ(lines.size(), 2u);
  const Json& line = lines[0];
  EXPECT_EQ(line.begin().key(), "ts");
  EXPECT_THAT(line["ts"].get<std::string>(),
              testing::MatchesRegex("[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:"
                                    "[0-9]{2}:[0-9]{2}\\.[0-9]{3}Z"));
  EXPECT_EQ(line["severity"], "INFO");
  EXPECT_EQ(line["service"], "profile_order");
  EXPECT_EQ(line["msg"], "order placed");
  EXPECT_EQ(line["text"], "value");
  EXPECT_EQ(line["literal"], "x");
  EXPECT_EQ(line["count"], 42);
  EXPECT_EQ(line["big"], int64_t{1} << 60);
  EXPECT_EQ(line["duration_ms"], 1.5);
  EXPECT_EQ(line["retried"], true);
  EXPECT_EQ(lines[1].size(), 4u);
  EXPECT_EQ(lines[1]["severity"], "ERROR");
}

TEST_F(LogTest, NothingInATextBreaksTheLine) {
  ASSERT_TRUE(InitLog("s", file_).ok());
  Log(Severity::kInfo, "quote \" and {} and %v",
      {{"newline", "a\nb"},
       {"zero", std::string("a\0b", 3)},
       {"bad_utf8", "\xff\xfe"},
       {"zh", "实名"}});
  const std::vector<Json> lines = Lines();
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_EQ(lines[0]["msg"], "quote \" and {} and %v");
  EXPECT_EQ(lines[0]["newline"], "a\nb");
  EXPECT_EQ(lines[0]["zero"].get<std::string>().size(), 3u);
  EXPECT_EQ(lines[0]["bad_utf8"], "\uFFFD\uFFFD");
  EXPECT_EQ(lines[0]["zh"], "实名");
}

TEST_F(LogTest, AFieldCannotReplaceTheFixedOnes) {
  ASSERT_TRUE(InitLog("real", file_).ok());
  Log(Severity::kInfo, "m", {{"service", "forged"}, {"severity", "forged"}});
  const std::vector<Json> lines = Lines();
  EXPECT_EQ(lines.at(0)["service"], "real");
  EXPECT_EQ(lines.at(0)["severity"], "INFO");
}

TEST_F(LogTest, DropsWhatIsBelowTheLeastSeverity) {
  ASSERT_TRUE(InitLog("s", file_, Severity::kWarning).ok());
  Log(Severity::kDebug, "no");
  Log(Severity::kInfo, "no");
  Log(Severity::kWarning, "yes");
  Log(Severity::kError, "yes");
  EXPECT_EQ(Lines().size(), 2u);
}

TEST_F(LogTest, AppendsToWhatIsThere) {
  ASSERT_TRUE(InitLog("s", file_).ok());
  Log(Severity::kInfo, "first");
  ShutdownLog();
  ASSERT_TRUE(InitLog("s", file_).ok());
  Log(Severity::kInfo, "second");
  EXPECT_EQ(Lines().size(), 2u);
}

TEST_F(LogTest, SaysWhenTheFileCannotBeOpened) {
  EXPECT_EQ(InitLog("s", "/proc/no/such/file").code(),
            absl::StatusCode::kFailedPrecondition);
}

TEST_F(LogTest, ThreadsDoNotMixTheirLines) {
  ASSERT_TRUE(InitLog("s", file_).ok());
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([t] {
      for (int i = 0; i < 500; ++i) {
        Log(Severity::kInfo, "m", {{"thread", t}, {"i", i}});
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(LostLogLines(), 0u);
  // One thread's lines stay in their order.
  std::vector<int> next(4, 0);
  for (const Json& line : Lines()) {
    EXPECT_EQ(line["i"], next[line["thread"].get<int>()]++);
  }
  EXPECT_EQ(next, std::vector<int>(4, 500));
}

}  // namespace
}  // namespace shiming
