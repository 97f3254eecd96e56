#include "common/ids/ids.h"

#include <algorithm>
#include <initializer_list>

#include "common/crypto/encoding.h"
#include "common/ids/digits.h"
#include "common/status/reason.h"

namespace shiming {
namespace {

constexpr size_t kIdBytes = 16;
constexpr size_t kRouteCharacters = 2;
constexpr size_t kUuidCharacters = 36;
constexpr std::initializer_list<size_t> kUuidHyphens = {8, 13, 18, 23};

bool IsLowerHex(char c) { return ids::IsDigit(c) || (c >= 'a' && c <= 'f'); }
bool IsHex(char c) { return IsLowerHex(c) || (c >= 'A' && c <= 'F'); }

}  // namespace

std::string NewId(crypto::Random& random) {
  return crypto::ToHex(random.Bytes(kIdBytes));
}

std::string NewIdOnRouteOf(std::string_view route_of, crypto::Random& random) {
  std::string id = NewId(random);
  return id.replace(0, kRouteCharacters, route_of.substr(0, kRouteCharacters));
}

bool IsId(std::string_view text) {
  return text.size() == 2 * kIdBytes &&
         std::all_of(text.begin(), text.end(), IsLowerHex);
}

std::string NewUuid(crypto::Random& random) {
  std::string bytes = random.Bytes(kIdBytes);
  // RFC 4122 section 4.4: version 4, variant 10.
  bytes[6] = static_cast<char>((bytes[6] & 0x0f) | 0x40);
  bytes[8] = static_cast<char>((bytes[8] & 0x3f) | 0x80);
  std::string text = crypto::ToHex(bytes);
  for (const size_t at : kUuidHyphens) text.insert(at, 1, '-');
  return text;
}

bool IsUuid(std::string_view text) {
  if (text.size() != kUuidCharacters) return false;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool hyphen = std::find(kUuidHyphens.begin(), kUuidHyphens.end(),
                                  i) != kUuidHyphens.end();
    if (hyphen ? text[i] != '-' : !IsHex(text[i])) return false;
  }
  return true;
}

absl::Status CheckRequestId(std::string_view request_id) {
  if (IsUuid(request_id)) return absl::OkStatus();
  return MakeError(Reason::REQUEST_ID_REQUIRED, "request_id is not a UUID",
                   {.field = "request_id"});
}

}  // namespace shiming
