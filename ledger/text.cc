#include "ledger/text.h"

#include <charconv>

#include "absl/status/statusor.h"
#include "common/crypto/encoding.h"
#include "ledger/hasher.h"

namespace shiming::ledger {
namespace {

constexpr char32_t kBadCodePoint = 0xFFFFFFFF;

// Takes one code point off the front of `text`; kBadCodePoint when the bytes
// are not UTF-8 (RFC 3629).
char32_t TakeCodePoint(std::string_view* text) {
  const auto byte = [&](size_t i) -> unsigned {
    return static_cast<unsigned char>((*text)[i]);
  };
  const unsigned lead = byte(0);
  size_t length = 1;
  char32_t value = lead;
  char32_t least = 0;
  if (lead >= 0x80) {
    if ((lead & 0xE0) == 0xC0) {
      length = 2, value = lead & 0x1F, least = 0x80;
    } else if ((lead & 0xF0) == 0xE0) {
      length = 3, value = lead & 0x0F, least = 0x800;
    } else if ((lead & 0xF8) == 0xF0) {
      length = 4, value = lead & 0x07, least = 0x10000;
    } else {
      return kBadCodePoint;
    }
    if (text->size() < length) return kBadCodePoint;
    for (size_t i = 1; i < length; ++i) {
      if ((byte(i) & 0xC0) != 0x80) return kBadCodePoint;
      value = (value << 6) | (byte(i) & 0x3F);
    }
    const bool surrogate = value >= 0xD800 && value <= 0xDFFF;
    if (value < least || value > 0x10FFFF || surrogate) return kBadCodePoint;
  }
  text->remove_prefix(length);
  return value;
}

// White_Space of the Unicode character database.
bool IsUnicodeSpace(char32_t c) {
  return (c >= 0x09 && c <= 0x0D) || c == 0x20 || c == 0x85 || c == 0xA0 ||
         c == 0x1680 || (c >= 0x2000 && c <= 0x200A) || c == 0x2028 ||
         c == 0x2029 || c == 0x202F || c == 0x205F || c == 0x3000;
}

}  // namespace

std::optional<uint64_t> ParseDecimal(std::string_view text) {
  if (text.empty() || (text.size() > 1 && text[0] == '0')) return std::nullopt;
  if (text[0] < '0' || text[0] > '9') return std::nullopt;
  uint64_t value = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) {
    return std::nullopt;
  }
  return value;
}

std::optional<std::string> ParseBase64(std::string_view text) {
  absl::StatusOr<std::string> bytes = crypto::FromBase64(text);
  if (!bytes.ok() || crypto::Base64(*bytes) != text) return std::nullopt;
  return *std::move(bytes);
}

std::optional<std::string> ParseHashLine(std::string_view text) {
  std::optional<std::string> bytes = ParseBase64(text);
  if (!bytes.has_value() || bytes->size() != kHashSize) return std::nullopt;
  return bytes;
}

std::optional<std::vector<std::string_view>> SplitLines(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const size_t end = text.find('\n');
    if (end == std::string_view::npos) return std::nullopt;
    lines.push_back(text.substr(0, end));
    text.remove_prefix(end + 1);
  }
  return lines;
}

bool IsNoteText(std::string_view text) {
  while (!text.empty()) {
    const char32_t c = TakeCodePoint(&text);
    if (c == kBadCodePoint || (c < 0x20 && c != '\n')) return false;
  }
  return true;
}

bool IsKeyName(std::string_view name) {
  if (name.empty()) return false;
  while (!name.empty()) {
    const char32_t c = TakeCodePoint(&name);
    if (c == kBadCodePoint || c < 0x20 || c == '+' || IsUnicodeSpace(c)) {
      return false;
    }
  }
  return true;
}

void AppendUint64(std::string* out, uint64_t value) {
  for (int shift = 56; shift >= 0; shift -= 8) {
    out->push_back(static_cast<char>(value >> shift));
  }
}

uint64_t ReadUint64(std::string_view eight_bytes) {
  uint64_t value = 0;
  for (char c : eight_bytes.substr(0, 8)) {
    value = (value << 8) | static_cast<unsigned char>(c);
  }
  return value;
}

}  // namespace shiming::ledger
