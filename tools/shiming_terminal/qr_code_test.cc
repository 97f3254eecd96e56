#include "tools/shiming_terminal/qr_code.h"

#include <gtest/gtest.h>

namespace shiming::shiming_terminal {
namespace {

constexpr char kText[] =
    "LPA:1$SMDP.EXAMPLE.TEST$7QK2M-9XTRA-4HZCW-B3VNE-58DPS-G";

TEST(QrCodeTest, HasFinderPatternsInsideAQuietZone) {
  absl::StatusOr<QrCode> code = QrCode::Encode(kText);
  ASSERT_TRUE(code.ok());
  for (int i = 0; i < code->size(); ++i) {
    for (int margin = 0; margin < 4; ++margin) {
      EXPECT_FALSE(code->dark(i, margin));
      EXPECT_FALSE(code->dark(margin, i));
    }
  }
  for (int i = 0; i < 7; ++i) {
    EXPECT_TRUE(code->dark(4 + i, 4));
    EXPECT_TRUE(code->dark(4, 4 + i));
  }
  EXPECT_FALSE(code->dark(4 + 7, 4));
}

TEST(QrCodeTest, PictureFilesCarryTheirSignatures) {
  absl::StatusOr<QrCode> code = QrCode::Encode(kText);
  ASSERT_TRUE(code.ok());
  absl::StatusOr<std::string> png = code->ToPng(4);
  ASSERT_TRUE(png.ok());
  EXPECT_EQ(png->substr(0, 8), "\x89PNG\r\n\x1a\n");
  EXPECT_EQ(code->ToSvg().rfind("<svg ", 0), 0u);
  EXPECT_NE(code->ToText().find("\x1b[0m\n"), std::string::npos);
}

TEST(QrCodeTest, TextThatDoesNotFitIsRefused) {
  EXPECT_EQ(QrCode::Encode(std::string(5000, 'a')).status().code(),
            absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace shiming::shiming_terminal
