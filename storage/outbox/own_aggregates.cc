#include "storage/outbox/own_aggregates.h"

#include <utility>

namespace shiming::outbox {

void OwnAggregates::Add(const std::string& aggregate) {
  const auto now = std::chrono::steady_clock::now();
  std::lock_guard lock(mutex_);
  if (now - turned_ >= kKept || newer_.size() >= kMost) {
    older_ = std::exchange(newer_, {});
    turned_ = now;
  }
  newer_.insert(aggregate);
}

bool OwnAggregates::Contains(const std::string& aggregate) const {
  std::lock_guard lock(mutex_);
  return newer_.contains(aggregate) || older_.contains(aggregate);
}

}  // namespace shiming::outbox
