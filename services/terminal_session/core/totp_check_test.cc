#include "services/terminal_session/core/totp_check.h"

#include <gtest/gtest.h>

#include <string>

#include "common/crypto/totp.h"

namespace shiming::terminal_session {
namespace {

crypto::Secret Seed() { return crypto::Secret("12345678901234567890"); }
const absl::Time kNow = absl::FromUnixSeconds(1'800'000'015);

TEST(TotpCheckTest, TakesOneStepOnEitherSide) {
  const int64_t step = crypto::TotpStep(kNow);
  EXPECT_EQ(step, 60'000'000);
  for (int64_t d = -1; d <= 1; ++d) {
    EXPECT_EQ(MatchTotp(Seed(), crypto::Totp(Seed(), step + d), kNow),
              step + d);
  }
  for (int64_t d : {-2, 2}) {
    EXPECT_EQ(MatchTotp(Seed(), crypto::Totp(Seed(), step + d), kNow),
              std::nullopt);
  }
}

TEST(TotpCheckTest, OtherTextsMatchNothing) {
  for (const char* code : {"", "0", "1234567", "abcdef"}) {
    EXPECT_EQ(MatchTotp(Seed(), code, kNow), std::nullopt) << code;
  }
}

}  // namespace
}  // namespace shiming::terminal_session
