#include "services/terminal_session/core/failure_window.h"

#include <cstdint>

#include "common/time/clock.h"

namespace shiming::terminal_session {
namespace {

constexpr size_t kTimeBytes = 8;

}  // namespace

FailureWindow::FailureWindow(std::string_view bytes,
                             std::optional<absl::Time> locked_until)
    : locked_until_(locked_until) {
  if (bytes.size() % kTimeBytes != 0) return;
  for (size_t at = 0; at < bytes.size(); at += kTimeBytes) {
    uint64_t micros = 0;
    for (size_t i = 0; i < kTimeBytes; ++i) {
      micros = micros << 8 | static_cast<unsigned char>(bytes[at + i]);
    }
    failures_.push_back(FromMicros(static_cast<int64_t>(micros)));
  }
}

bool FailureWindow::IsLocked(absl::Time now) const {
  return locked_until_.has_value() && now < *locked_until_;
}

bool FailureWindow::Add(absl::Time now, const LockPolicy& policy) {
  if (IsLocked(now)) return false;
  locked_until_.reset();
  std::erase_if(failures_, [&](absl::Time failure) {
    return failure <= now - policy.window;
  });
  failures_.push_back(now);
  if (failures_.size() < static_cast<size_t>(policy.failure_limit)) {
    return false;
  }
  failures_.clear();
  locked_until_ = now + policy.lock_time;
  return true;
}

std::string FailureWindow::Serialize() const {
  std::string bytes;
  for (absl::Time failure : failures_) {
    const auto micros = static_cast<uint64_t>(ToMicros(failure));
    for (size_t i = 0; i < kTimeBytes; ++i) {
      bytes += static_cast<char>(micros >> (8 * (kTimeBytes - 1 - i)));
    }
  }
  return bytes;
}

}  // namespace shiming::terminal_session
