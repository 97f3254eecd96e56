#include "common/rpc/trace.h"

#include <algorithm>
#include <cstdint>
#include <random>

namespace shiming::rpc {
namespace {

// version "-" trace-id "-" parent-id "-" flags
constexpr size_t kTraceparentBytes = 2 + 1 + 32 + 1 + 16 + 1 + 2;

bool IsLowerHex(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
  });
}

bool IsZero(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c == '0'; });
}

void AppendHex(uint64_t value, std::string& out) {
  for (int shift = 60; shift >= 0; shift -= 4) {
    out.push_back("0123456789abcdef"[(value >> shift) & 0xf]);
  }
}

uint64_t NextRandom() {
  thread_local std::mt19937_64 generator = [] {
    std::random_device device;
    std::seed_seq seed{device(), device(), device(), device()};
    return std::mt19937_64(seed);
  }();
  // All zero is no valid id.
  return generator() | 1;
}

}  // namespace

std::string TraceIdOf(std::string_view traceparent) {
  if (traceparent.size() < kTraceparentBytes || traceparent[2] != '-' ||
      traceparent[35] != '-' || traceparent[52] != '-') {
    return "";
  }
  const std::string_view version = traceparent.substr(0, 2);
  const std::string_view trace_id = traceparent.substr(3, 32);
  const std::string_view parent_id = traceparent.substr(36, 16);
  if (!IsLowerHex(version) || version == "ff" || !IsLowerHex(trace_id) ||
      IsZero(trace_id) || !IsLowerHex(parent_id) || IsZero(parent_id)) {
    return "";
  }
  // Only later versions may carry more after the flags.
  if (version == "00" && traceparent.size() != kTraceparentBytes) return "";
  return std::string(trace_id);
}

std::string NewTraceId() {
  std::string id;
  AppendHex(NextRandom(), id);
  AppendHex(NextRandom(), id);
  return id;
}

std::string MakeTraceparent(std::string_view trace_id) {
  std::string value("00-");
  value.append(trace_id).push_back('-');
  AppendHex(NextRandom(), value);
  return value.append("-01");
}

}  // namespace shiming::rpc
