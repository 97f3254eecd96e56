#include "common/crypto/commitment.h"

#include <gtest/gtest.h>

#include <string>

#include "common/crypto/encoding.h"

namespace shiming::crypto {
namespace {

// The expected value was computed by another program:
// python3 -c 'import hashlib; print(hashlib.sha256(b"shiming/device/v1\0" +
//   bytes(range(32)) + b"89882119900000000000000000001654" +
//   b"490154203237518").hexdigest())'
TEST(CommitmentTest, IsTheHashOfLabelZeroSaltAndValue) {
  std::string salt;
  for (int i = 0; i < 32; ++i) salt.push_back(static_cast<char>(i));
  const std::string commitment = Commit(kDeviceLabel, salt,
                                        "89882119900000000000000000001654"
                                        "490154203237518");
  EXPECT_EQ(ToHex(commitment),
            "9b2bd37612389f4b3e78071f2993a5808c54137f99b9f066d6a6da01b10a8a8a");
}

TEST(CommitmentTest, OpensOnlyWithItsOwnLabelSaltAndValue) {
  const std::string salt(kCommitmentSaltBytes, 's');
  const std::string commitment = Commit(kCardBlockLabel, salt, "value");
  EXPECT_TRUE(OpensCommitment(commitment, kCardBlockLabel, salt, "value"));
  EXPECT_FALSE(OpensCommitment(commitment, kDeviceLabel, salt, "value"));
  EXPECT_FALSE(OpensCommitment(commitment, kCardBlockLabel, salt, "valuE"));
  EXPECT_FALSE(OpensCommitment(commitment, kCardBlockLabel,
                               std::string(kCommitmentSaltBytes, 't'),
                               "value"));
  EXPECT_FALSE(OpensCommitment("", kCardBlockLabel, salt, "value"));
}

// Without the length check these two openings of one commitment would be
// accepted for two different values.
TEST(CommitmentTest, RefusesASaltThatTookBytesFromTheValue) {
  const std::string salt(kCommitmentSaltBytes, 's');
  const std::string commitment = Commit(kDeviceLabel, salt, "value");
  EXPECT_FALSE(OpensCommitment(commitment, kDeviceLabel, salt + "v", "alue"));
  EXPECT_FALSE(
      OpensCommitment(commitment, kDeviceLabel, salt.substr(1), "svalue"));
}

}  // namespace
}  // namespace shiming::crypto
