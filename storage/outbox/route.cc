#include "storage/outbox/route.h"

#include <algorithm>

namespace shiming::outbox {
namespace {

constexpr size_t kIdDigits = 32;

int HexValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

bool IsId(std::string_view text) {
  return text.size() == kIdDigits &&
         std::all_of(text.begin(), text.end(),
                     [](char c) { return HexValue(c) >= 0; });
}

// FNV-1a, 32 bits (Fowler, Noll, Vo), folded to a byte.
int64_t HashToByte(std::string_view text) {
  uint32_t hash = 2166136261u;
  for (char c : text) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 16777619u;
  }
  hash ^= hash >> 16;
  return (hash ^ (hash >> 8)) & 0xFF;
}

}  // namespace

int64_t RouteOf(std::string_view aggregate) {
  size_t slash = aggregate.find('/');
  std::string_view id =
      slash == std::string_view::npos ? aggregate : aggregate.substr(slash + 1);
  id = id.substr(0, id.find('/'));
  if (IsId(id)) return HexValue(id[0]) * 16 + HexValue(id[1]);
  return HashToByte(id);
}

}  // namespace shiming::outbox
