#include "common/crypto/totp.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>

namespace shiming::crypto {
namespace {

// RFC 6238 appendix B (SHA-1); the last six of its eight digits.
TEST(TotpTest, MatchesRfc6238) {
  const Secret seed(std::string("12345678901234567890"));
  struct Vector {
    int64_t seconds;
    const char* code;
  };
  for (const Vector& vector : {Vector{59, "287082"},
                               {1111111109, "081804"},
                               {1111111111, "050471"},
                               {1234567890, "005924"},
                               {2000000000, "279037"},
                               {20000000000, "353130"}}) {
    EXPECT_EQ(Totp(seed, TotpStep(absl::FromUnixSeconds(vector.seconds))),
              vector.code);
  }
}

TEST(TotpTest, AStepIsThirtySeconds) {
  EXPECT_EQ(TotpStep(absl::FromUnixSeconds(0)), 0);
  EXPECT_EQ(TotpStep(absl::FromUnixSeconds(29)), 0);
  EXPECT_EQ(TotpStep(absl::FromUnixSeconds(30)), 1);
}

TEST(TotpTest, TheSeedIsShownInBase32) {
  EXPECT_EQ(Base32("12345678901234567890"), "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
}

}  // namespace
}  // namespace shiming::crypto
