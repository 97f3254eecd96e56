#include "common/crypto/encoding.h"

#include <gtest/gtest.h>

#include <string>

namespace shiming::crypto {
namespace {

std::string AllBytes() {
  std::string bytes;
  for (int i = 0; i < 256; ++i) bytes.push_back(static_cast<char>(i));
  return bytes;
}

TEST(EncodingTest, EveryByteAndLengthComesBack) {
  const std::string all = AllBytes();
  for (size_t size = 0; size <= all.size(); ++size) {
    const std::string bytes = all.substr(all.size() - size);
    EXPECT_EQ(*FromHex(ToHex(bytes)), bytes);
    EXPECT_EQ(*FromBase64(Base64(bytes)), bytes);
    EXPECT_EQ(*FromBase64Url(Base64Url(bytes)), bytes);
    EXPECT_EQ(*FromBase32(Base32(bytes)), bytes);
  }
}

TEST(EncodingTest, MatchesRfc4648) {
  EXPECT_EQ(ToHex("\xff\x0a"), "ff0a");
  EXPECT_EQ(*FromHex("FF0a"), "\xff\x0a");
  EXPECT_EQ(Base64("foob"), "Zm9vYg==");
  EXPECT_EQ(Base64("\xfb\xff"), "+/8=");
  EXPECT_EQ(Base64Url("\xfb\xff"), "-_8");
  EXPECT_EQ(Base32("foobar"), "MZXW6YTBOI");
  EXPECT_EQ(Base32("f"), "MY");
}

TEST(EncodingTest, RefusesWhatTheEncoderWouldNotWrite) {
  for (const char* text : {"f", "0g", " ff", "ff ", "0x"}) {
    EXPECT_FALSE(FromHex(text).ok()) << text;
  }
  for (const char* text : {"Zg", "Zg=", "Zh==", "Zg==\n",
                           " Zg==", "Zm9v=", "-_8=", "=", "Z", "Zg==Zg=="}) {
    EXPECT_FALSE(FromBase64(text).ok()) << text;
  }
  for (const char* text : {"-_8=", "+/8", "-_9", "Z", "-_8 "}) {
    EXPECT_FALSE(FromBase64Url(text).ok()) << text;
  }
  for (const char* text : {"my", "MZ", "M", "MY======", "M1", "MYA"}) {
    EXPECT_FALSE(FromBase32(text).ok()) << text;
  }
}

TEST(EncodingTest, ErrorsDoNotRepeatTheText) {
  EXPECT_EQ(FromHex("SECRET!!").status().ToString().find("SECRET"),
            std::string::npos);
}

}  // namespace
}  // namespace shiming::crypto
