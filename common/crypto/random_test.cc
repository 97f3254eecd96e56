#include "common/crypto/random.h"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <thread>
#include <vector>

#include "common/crypto/fake_random.h"

namespace shiming::crypto {
namespace {

TEST(RandomTest, SystemRandomFillsAnyLengthAndDoesNotRepeat) {
  EXPECT_EQ(SystemRandom().Bytes(0), "");
  std::set<std::string> seen;
  for (int i = 0; i < 100; ++i) {
    EXPECT_TRUE(seen.insert(SystemRandom().Bytes(16)).second);
  }
  EXPECT_EQ(SystemRandom().Bytes((1 << 20) + 3).size(), (1u << 20) + 3);
}

TEST(RandomTest, FakeRandomRepeatsBySeedWhateverTheSizesAsked) {
  FakeRandom one(7), same(7), other(8);
  const std::string whole = one.Bytes(100);
  std::string pieces = same.Bytes(1);
  pieces += same.Bytes(31);
  pieces += same.Bytes(68);
  EXPECT_EQ(whole, pieces);
  EXPECT_NE(whole, other.Bytes(100));
  EXPECT_NE(whole.substr(0, 32), whole.substr(32, 32));
}

TEST(RandomTest, FakeRandomNeverGivesTheSameBytesToTwoThreads) {
  FakeRandom random(1);
  std::vector<std::vector<std::string>> got(4);
  std::vector<std::thread> threads;
  for (auto& mine : got) {
    threads.emplace_back([&random, &mine] {
      for (int i = 0; i < 200; ++i) mine.push_back(random.Bytes(16));
    });
  }
  for (std::thread& thread : threads) thread.join();
  std::set<std::string> seen;
  for (const auto& mine : got) seen.insert(mine.begin(), mine.end());
  EXPECT_EQ(seen.size(), 800u);
}

}  // namespace
}  // namespace shiming::crypto
