#include "common/crypto/encoding.h"

#include <cstdint>

#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "absl/strings/string_view.h"

namespace shiming::crypto {
namespace {

constexpr std::string_view kHexDigits = "0123456789abcdef";
constexpr std::string_view kBase32Digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

absl::string_view Absl(std::string_view text) {
  return absl::string_view(text.data(), text.size());
}

// 0 to 15, or -1.
int HexValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

std::string ToHex(std::string_view bytes) {
  std::string hex;
  hex.reserve(bytes.size() * 2);
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    hex.push_back(kHexDigits[byte >> 4]);
    hex.push_back(kHexDigits[byte & 15]);
  }
  return hex;
}

absl::StatusOr<std::string> FromHex(std::string_view hex) {
  if (hex.size() % 2 != 0) {
    return absl::InvalidArgumentError("odd number of hexadecimal digits");
  }
  std::string bytes;
  bytes.reserve(hex.size() / 2);
  for (size_t i = 0; i < hex.size(); i += 2) {
    const int high = HexValue(hex[i]);
    const int low = HexValue(hex[i + 1]);
    if (high < 0 || low < 0) {
      return absl::InvalidArgumentError("not a hexadecimal digit");
    }
    bytes.push_back(static_cast<char>(high << 4 | low));
  }
  return bytes;
}

std::string Base64(std::string_view bytes) {
  return absl::Base64Escape(Absl(bytes));
}

absl::StatusOr<std::string> FromBase64(std::string_view text) {
  // Abseil takes blanks, missing padding and stray bits; only the text that
  // our own encoder would write is let through.
  std::string bytes;
  if (!absl::Base64Unescape(Absl(text), &bytes) || Base64(bytes) != text) {
    return absl::InvalidArgumentError("not base64");
  }
  return bytes;
}

std::string Base64Url(std::string_view bytes) {
  return absl::WebSafeBase64Escape(Absl(bytes));
}

absl::StatusOr<std::string> FromBase64Url(std::string_view text) {
  std::string bytes;
  if (!absl::WebSafeBase64Unescape(Absl(text), &bytes) ||
      Base64Url(bytes) != text) {
    return absl::InvalidArgumentError("not base64url");
  }
  return bytes;
}

std::string Base32(std::string_view bytes) {
  std::string text;
  uint32_t buffer = 0;
  int bits = 0;
  for (const char c : bytes) {
    buffer = (buffer << 8 | static_cast<unsigned char>(c)) & 0xffff;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      text.push_back(kBase32Digits[buffer >> bits & 31]);
    }
  }
  if (bits > 0) text.push_back(kBase32Digits[buffer << (5 - bits) & 31]);
  return text;
}

absl::StatusOr<std::string> FromBase32(std::string_view text) {
  std::string bytes;
  uint32_t buffer = 0;
  int bits = 0;
  for (const char c : text) {
    const size_t value = kBase32Digits.find(c);
    if (value == std::string_view::npos) {
      return absl::InvalidArgumentError("not base32");
    }
    buffer = (buffer << 5 | static_cast<uint32_t>(value)) & 0xffff;
    bits += 5;
    if (bits >= 8) {
      bits -= 8;
      bytes.push_back(static_cast<char>(buffer >> bits & 0xff));
    }
  }
  if (Base32(bytes) != text) return absl::InvalidArgumentError("not base32");
  return bytes;
}

}  // namespace shiming::crypto
