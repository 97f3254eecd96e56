#include "storage/outbox/relay_batch.h"

#include <set>
#include <utility>

namespace shiming::outbox {

bool RelayBatch::Add(EventRow row) {
  if (rows_.size() >= EventSink::kMaxEntries ||
      (!rows_.empty() && bytes_ + row.entry.size() > EventSink::kMaxBytes)) {
    full_ = true;
  }
  if (full_) return false;
  bytes_ += row.entry.size();
  rows_.push_back(std::move(row));
  return true;
}

std::vector<std::string> RelayBatch::Entries() const {
  std::vector<std::string> entries;
  entries.reserve(rows_.size());
  for (const EventRow& row : rows_) entries.push_back(row.entry);
  return entries;
}

std::vector<std::string> RelayBatch::Aggregates() const {
  std::set<std::string> aggregates;
  for (const EventRow& row : rows_) aggregates.insert(row.aggregate);
  return {aggregates.begin(), aggregates.end()};
}

Settled Settle(const RelayBatch& batch,
               const std::vector<EventOutcome>& outcomes) {
  Settled settled;
  settled.aggregates = batch.Aggregates();
  std::set<std::string> waiting;
  for (size_t i = 0; i < outcomes.size(); ++i) {
    const EventRow& row = batch.rows()[i];
    const EventOutcome& outcome = outcomes[i];
    switch (outcome.state) {
      case EventOutcome::State::kSequenced:
        settled.acks.push_back({row.aggregate, row.version, outcome.index});
        break;
      case EventOutcome::State::kWaiting:
        waiting.insert(row.aggregate);
        break;
      case EventOutcome::State::kRejected:
        settled.rejections.push_back(
            {row.aggregate, row.version, outcome.reason});
        break;
    }
  }
  settled.waiting.assign(waiting.begin(), waiting.end());
  return settled;
}

void BusyAggregates::Add(const std::vector<std::string>& aggregates) {
  std::lock_guard lock(mutex_);
  for (const std::string& aggregate : aggregates) ++counts_[aggregate];
}

void BusyAggregates::Remove(const std::vector<std::string>& aggregates) {
  std::lock_guard lock(mutex_);
  for (const std::string& aggregate : aggregates) {
    auto found = counts_.find(aggregate);
    if (found != counts_.end() && --found->second == 0) counts_.erase(found);
  }
}

bool BusyAggregates::Contains(const std::string& aggregate) const {
  std::lock_guard lock(mutex_);
  return counts_.count(aggregate) != 0;
}

}  // namespace shiming::outbox
