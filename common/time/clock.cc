#include "common/time/clock.h"

#include <cerrno>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/time/clock.h"

namespace shiming {
namespace {

constexpr int64_t kReadIntervalNanos = 50'000'000;
// More than any test needs, and far from overflow.
constexpr double kMostOffsetSeconds = 100.0 * 366 * 24 * 3600;

int64_t MonotonicNanos() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

}  // namespace

OffsetFileClock::OffsetFileClock(std::string file) : file_(std::move(file)) {
  ReadFile();
}

absl::Time OffsetFileClock::Now() const {
  if (MonotonicNanos() >= next_read_nanos_.load()) {
    // One thread reads; the others go on with the offset they have.
    std::unique_lock lock(reading_, std::try_to_lock);
    if (lock.owns_lock()) ReadFile();
  }
  return absl::Now() + absl::Nanoseconds(offset_nanos_.load());
}

void OffsetFileClock::ReadFile() const {
  next_read_nanos_.store(MonotonicNanos() + kReadIntervalNanos);
  std::FILE* file = std::fopen(file_.c_str(), "re");
  if (file == nullptr) {
    if (errno == ENOENT) offset_nanos_.store(0);
    return;
  }
  char text[64];
  const size_t size = std::fread(text, 1, sizeof(text), file);
  std::fclose(file);
  double seconds = 0;
  if (absl::SimpleAtod(
          absl::StripAsciiWhitespace(absl::string_view(text, size)),
          &seconds) &&
      std::abs(seconds) <= kMostOffsetSeconds) {
    offset_nanos_.store(static_cast<int64_t>(seconds * 1e9));
  }
}

int64_t ToMicros(absl::Time time) { return absl::ToUnixMicros(time); }

absl::Time FromMicros(int64_t micros) { return absl::FromUnixMicros(micros); }

}  // namespace shiming
