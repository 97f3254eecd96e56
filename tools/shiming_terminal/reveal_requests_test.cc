#include "tools/shiming_terminal/reveal_requests.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

#include "common/crypto/random.h"

namespace shiming::shiming_terminal {
namespace {

std::string TempFile(const std::string& name) {
  return std::string(getenv("TEST_TMPDIR")) + "/" + name;
}

TEST(RevealRequestsTest, SameOrderKeepsItsRequestIdOverARestart) {
  const std::string path = TempFile("kept");
  std::string first;
  {
    auto requests = RevealRequests::Open(path, crypto::SystemRandom());
    ASSERT_TRUE(requests.ok());
    first = *(*requests)->ForOrder("a1");
    EXPECT_EQ(*(*requests)->ForOrder("a1"), first);
    EXPECT_NE(*(*requests)->ForOrder("a2"), first);
  }
  auto again = RevealRequests::Open(path, crypto::SystemRandom());
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(*(*again)->ForOrder("a1"), first);
}

TEST(RevealRequestsTest, AHalfWrittenLineIsDroppedAndOverwritten) {
  const std::string path = TempFile("torn");
  std::string kept;
  {
    auto requests = RevealRequests::Open(path, crypto::SystemRandom());
    ASSERT_TRUE(requests.ok());
    kept = *(*requests)->ForOrder("a1");
  }
  std::ofstream(path, std::ios::app) << "a2 0b6f";
  {
    auto requests = RevealRequests::Open(path, crypto::SystemRandom());
    ASSERT_TRUE(requests.ok());
    EXPECT_EQ(*(*requests)->ForOrder("a1"), kept);
    EXPECT_EQ((*requests)->ForOrder("a2")->size(), 36u);
  }
  auto again = RevealRequests::Open(path, crypto::SystemRandom());
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(*(*again)->ForOrder("a1"), kept);
}

}  // namespace
}  // namespace shiming::shiming_terminal
