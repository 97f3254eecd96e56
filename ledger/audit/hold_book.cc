#include "ledger/audit/hold_book.h"

#include <algorithm>

namespace shiming::ledger {
namespace {

// key, count, position
constexpr size_t kHoldBytes = 16 + 4 + 8;

}  // namespace

HoldBook::Taken HoldBook::Take(const ShortHash& key,
                               const v1::AuditMark& mark) {
  Hold& hold = holds_[key];
  Taken taken{.other_position = hold.count > 0 ? hold.position : 0};
  taken.count = ++hold.count;
  hold.position = mark.position();
  Remember(key, mark, 1);
  return taken;
}

void HoldBook::Release(const ShortHash& key, const v1::AuditMark& mark) {
  const auto found = holds_.find(key);
  if (found == holds_.end()) return;
  Remember(key, mark, -1);
  if (--found->second.count == 0) holds_.erase(found);
}

void HoldBook::Remember(const ShortHash& key, const v1::AuditMark& mark,
                        int delta) {
  recent_[key].emplace_back(mark.time_us(), delta);
  arrivals_.emplace_back(mark.time_us(), key);
}

int HoldBook::CountAt(const ShortHash& key, int64_t time_us) const {
  const auto hold = holds_.find(key);
  int count = hold == holds_.end() ? 0 : hold->second.count;
  const auto changes = recent_.find(key);
  if (changes == recent_.end()) return count;
  for (const auto& [when_us, delta] : changes->second) {
    if (when_us > time_us) count -= delta;
  }
  return count;
}

int HoldBook::HighestFrom(const ShortHash& key, int64_t time_us) const {
  int highest = CountAt(key, time_us);
  const auto changes = recent_.find(key);
  if (changes == recent_.end()) return highest;
  for (const auto& [when_us, delta] : changes->second) {
    if (when_us > time_us) {
      highest = std::max(highest, CountAt(key, when_us));
    }
  }
  return highest;
}

void HoldBook::Forget(int64_t before_us) {
  while (!arrivals_.empty() && arrivals_.front().first < before_us) {
    const auto found = recent_.find(arrivals_.front().second);
    arrivals_.pop_front();
    if (found == recent_.end()) continue;
    auto& changes = found->second;
    std::erase_if(changes,
                  [&](const auto& change) { return change.first < before_us; });
    if (changes.empty()) recent_.erase(found);
  }
}

std::string HoldBook::Encode() const {
  std::string bytes;
  bytes.reserve(holds_.size() * kHoldBytes);
  for (const auto& [key, hold] : holds_) {
    bytes.append(key.bytes.data(), key.bytes.size());
    AppendFixed(&bytes, static_cast<uint32_t>(hold.count), 4);
    AppendFixed(&bytes, hold.position, 8);
  }
  return bytes;
}

void HoldBook::EncodeChanges(int book, v1::AuditState* state) const {
  for (const auto& [key, changes] : recent_) {
    for (const auto& [when_us, delta] : changes) {
      v1::AuditHoldChange* change = state->add_hold_changes();
      change->set_key(key.str());
      change->set_book(book);
      change->mutable_mark()->set_time_us(when_us);
      change->set_delta(delta);
    }
  }
}

absl::Status HoldBook::Decode(std::string_view bytes) {
  if (bytes.size() % kHoldBytes != 0) {
    return absl::InvalidArgumentError("packed holds of a wrong length");
  }
  holds_.clear();
  recent_.clear();
  arrivals_.clear();
  holds_.reserve(bytes.size() / kHoldBytes);
  for (; !bytes.empty(); bytes.remove_prefix(kHoldBytes)) {
    Hold& hold = holds_[ShortHash::From(bytes)];
    hold.count = static_cast<int32_t>(ReadFixed(bytes.substr(16), 4));
    hold.position = ReadFixed(bytes.substr(20), 8);
  }
  return absl::OkStatus();
}

void HoldBook::AddStored(const v1::AuditHoldChange& change) {
  Remember(ShortHash::From(change.key()), change.mark(), change.delta());
}

}  // namespace shiming::ledger
