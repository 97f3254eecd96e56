#include "identity/document/masking.h"

#include <gtest/gtest.h>

namespace shiming::identity {
namespace {

TEST(MaskName, KeepsTheFirstCharacterOnly) {
  EXPECT_EQ(MaskName("样本辛"), "样**");
  EXPECT_EQ(MaskName("样"), "样");
  EXPECT_EQ(MaskName(""), "");
  EXPECT_EQ(MaskName("SAMPLE, TEST"), "S***");
}

TEST(MaskNumber, KeepsFirstAndLastCharacter) {
  EXPECT_EQ(MaskNumber("37000020000610878X"), "3****************X");
  EXPECT_EQ(MaskNumber("12"), "**");
}

}  // namespace
}  // namespace shiming::identity
