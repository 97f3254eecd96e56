#include "services/terminal_session/core/shift_token.h"

#include <gtest/gtest.h>

#include <string>

#include "common/crypto/digest.h"
#include "common/crypto/encoding.h"

namespace shiming::terminal_session {
namespace {

const std::string kShift = "00112233445566778899aabbccddeeff";
const std::string kKey = crypto::Sha256("terminal a");
const std::string kOtherKey = crypto::Sha256("terminal b");

ShiftTokens Tokens(char fill = 's') {
  return ShiftTokens(crypto::Secret(std::string(32, fill)));
}

TEST(ShiftTokensTest, IsTheHmacOfShiftAndKeyBehindTheShiftId) {
  EXPECT_EQ(Tokens().Make(kShift, kKey),
            kShift + "." +
                crypto::ToHex(
                    crypto::HmacSha256(std::string(32, 's'), kShift + kKey)));
}

TEST(ShiftTokensTest, IsGoodForItsKeyOnly) {
  const ShiftTokens tokens = Tokens();
  const std::string token = tokens.Make(kShift, kKey);
  EXPECT_TRUE(tokens.IsFor(token, kKey));
  EXPECT_FALSE(tokens.IsFor(token, kOtherKey));
  EXPECT_FALSE(tokens.IsFor(token, ""));
  EXPECT_FALSE(Tokens('t').IsFor(token, kKey));
}

TEST(ShiftTokensTest, EveryChangedCharacterIsNoticed) {
  const ShiftTokens tokens = Tokens();
  const std::string token = tokens.Make(kShift, kKey);
  for (size_t i = 0; i < token.size(); ++i) {
    std::string changed = token;
    changed[i] = changed[i] == '0' ? '1' : '0';
    EXPECT_FALSE(tokens.IsFor(changed, kKey)) << i;
  }
}

TEST(ShiftTokensTest, NamesItsShift) {
  EXPECT_EQ(ShiftTokens::ShiftIdOf(Tokens().Make(kShift, kKey)), kShift);
}

TEST(ShiftTokensTest, MalformedTokensNameNothing) {
  const std::string token = Tokens().Make(kShift, kKey);
  for (const std::string& bad :
       {std::string(), std::string("x"), token + "0", token.substr(1),
        kShift + std::string(65, '.'), std::string(97, '\0')}) {
    EXPECT_FALSE(ShiftTokens::ShiftIdOf(bad).has_value());
    EXPECT_FALSE(Tokens().IsFor(bad, kKey));
  }
}

}  // namespace
}  // namespace shiming::terminal_session
