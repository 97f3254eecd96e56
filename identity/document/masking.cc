#include "identity/document/masking.h"

#include <algorithm>

namespace shiming::identity {
namespace {

constexpr size_t kMaxNameStars = 3;

bool IsContinuation(char c) {
  return (static_cast<unsigned char>(c) & 0xC0) == 0x80;
}

}  // namespace

std::string MaskName(std::string_view name) {
  if (name.empty()) return "";
  size_t first_size = 1;
  while (first_size < name.size() && IsContinuation(name[first_size])) {
    ++first_size;
  }
  const std::string_view rest = name.substr(first_size);
  const auto further = static_cast<size_t>(std::count_if(
      rest.begin(), rest.end(), [](char c) { return !IsContinuation(c); }));
  return std::string(name.substr(0, first_size)) +
         std::string(std::min(further, kMaxNameStars), '*');
}

std::string MaskNumber(std::string_view number) {
  if (number.size() < 3) return std::string(number.size(), '*');
  return std::string(1, number.front()) + std::string(number.size() - 2, '*') +
         std::string(1, number.back());
}

}  // namespace shiming::identity
