#include "common/crypto/password.h"

#include <gtest/gtest.h>

#include <string>

namespace shiming::crypto {
namespace {

Secret Password(const std::string& text) { return Secret(text); }

TEST(PasswordTest, OnlyTheSamePasswordFitsAHash) {
  const std::string hash = *HashPassword(Password("correct horse"));
  EXPECT_EQ(hash.rfind("$argon2id$v=19$m=65536,t=2,p=1$", 0), 0u) << hash;
  EXPECT_TRUE(VerifyPassword(hash, Password("correct horse")));
  EXPECT_FALSE(VerifyPassword(hash, Password("correct horsf")));
  EXPECT_FALSE(VerifyPassword(hash, Password("")));
  // The salt is new each time.
  EXPECT_NE(hash, *HashPassword(Password("correct horse")));
}

TEST(PasswordTest, AMalformedHashFitsNothing) {
  for (const std::string& hash : {std::string(), std::string("$argon2id$"),
                                  std::string("x"), std::string(1000, 'x')}) {
    EXPECT_FALSE(VerifyPassword(hash, Password("p")));
  }
}

TEST(PasswordTest, APasswordHas1To1024Bytes) {
  EXPECT_EQ(HashPassword(Password("")).status().code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(HashPassword(Password(std::string(1025, 'x'))).status().code(),
            absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace shiming::crypto
