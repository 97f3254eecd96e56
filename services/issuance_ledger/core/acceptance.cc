#include "services/issuance_ledger/core/acceptance.h"

#include <deque>
#include <map>
#include <optional>
#include <utility>

#include "common/crypto/digest.h"
#include "common/status/status_macros.h"
#include "ledger/entry.h"
#include "ledger/tree.h"
#include "services/issuance_ledger/core/entry_query.h"

namespace shiming::issuance_ledger {
namespace {

using ledger::EventIdText;
using ledger::v1::Event;
using ledger::v1::EventId;

// One run over a batch.
class Judge {
 public:
  Judge(LedgerTransaction& tx, ledger::TreeEdge edge)
      : tx_(tx), edge_(std::move(edge)) {}

  absl::StatusOr<Verdict> Decide(const Candidate& candidate) {
    const Event& event = candidate.event;
    const EventId& id = event.id();
    ASSIGN_OR_RETURN(const AggregateState aggregate,
                     tx_.Aggregate(id.source(), id.aggregate()));
    if (id.version() <= aggregate.last_version) return DecideKnown(candidate);
    if (aggregate.frozen) {
      return Verdict::Rejected(Reason::LEDGER_AGGREGATE_FROZEN);
    }
    ASSIGN_OR_RETURN(std::vector<EventId> missing,
                     MissingBefore(event, aggregate.last_version));
    if (!missing.empty()) return Verdict::Waiting(std::move(missing));
    const int64_t index = static_cast<int64_t>(edge_.size());
    if (!event.once_key().empty()) {
      ASSIGN_OR_RETURN(const bool is_new,
                       tx_.ClaimOnceKey(event.once_key(), index));
      if (!is_new) return Conflict(id);
    }
    RETURN_IF_ERROR(tx_.Append({.index = index,
                                .bytes = candidate.bytes,
                                .sha256 = candidate.sha256,
                                .event = event,
                                .terms = candidate.terms}));
    if (event.kind() == ledger::v1::EVENT_KIND_PERSON_ERASED) {
      RETURN_IF_ERROR(tx_.RedactPerson(event.person_id()));
    }
    edge_.Append(candidate.leaf_hash);
    return Verdict::Sequenced(tx_.base() + index);
  }

  const ledger::TreeEdge& edge() const { return edge_; }
  int conflict_count() const { return conflict_count_; }

 private:
  // An event whose version is taken: it must be the one that took it.
  absl::StatusOr<Verdict> DecideKnown(const Candidate& candidate) {
    ASSIGN_OR_RETURN(const std::optional<EntryPlace> known,
                     tx_.Locate(candidate.event.id()));
    if (known.has_value() && known->sha256 == candidate.sha256) {
      return Verdict::Sequenced(known->position);
    }
    return Conflict(candidate.event.id());
  }

  absl::StatusOr<std::vector<EventId>> MissingBefore(const Event& event,
                                                     int64_t last_version) {
    std::vector<EventId> missing;
    if (event.id().version() != last_version + 1) {
      EventId predecessor = event.id();
      predecessor.set_version(event.id().version() - 1);
      missing.push_back(std::move(predecessor));
    }
    for (const EventId& before : event.after()) {
      ASSIGN_OR_RETURN(const AggregateState state,
                       tx_.Aggregate(before.source(), before.aggregate()));
      if (state.last_version < before.version()) missing.push_back(before);
    }
    return missing;
  }

  absl::StatusOr<Verdict> Conflict(const EventId& id) {
    RETURN_IF_ERROR(tx_.Freeze(id.source(), id.aggregate()));
    ++conflict_count_;
    return Verdict::Rejected(Reason::LEDGER_CONFLICT);
  }

  LedgerTransaction& tx_;
  ledger::TreeEdge edge_;
  int conflict_count_ = 0;
};

}  // namespace

Verdict Verdict::Sequenced(int64_t position) {
  Verdict verdict;
  verdict.state = State::kSequenced;
  verdict.position = position;
  return verdict;
}

Verdict Verdict::Waiting(std::vector<ledger::v1::EventId> missing) {
  Verdict verdict;
  verdict.state = State::kWaiting;
  verdict.missing = std::move(missing);
  return verdict;
}

Verdict Verdict::Rejected(Reason reason) {
  Verdict verdict;
  verdict.state = State::kRejected;
  verdict.reason = reason;
  return verdict;
}

absl::StatusOr<Candidate> Inspect(std::string bytes,
                                  std::string_view caller_source) {
  ASSIGN_OR_RETURN(Event event, ledger::ParseEntry(bytes));
  if (event.id().source() != caller_source) {
    return MakeError(Reason::LEDGER_WRONG_SOURCE,
                     "the event's source is not the caller");
  }
  if (!ledger::MayWrite(caller_source, event.kind())) {
    return MakeError(Reason::LEDGER_WRONG_SOURCE,
                     "the event's kind belongs to another source");
  }
  Candidate candidate{.sha256 = crypto::Sha256(bytes),
                      .leaf_hash = ledger::Hasher().Leaf(bytes),
                      .event = std::move(event)};
  candidate.terms = TermsOf(candidate.event);
  candidate.bytes = std::move(bytes);
  return candidate;
}

absl::StatusOr<BatchOutcome> AcceptBatch(
    LedgerTransaction& tx, int64_t epoch,
    std::span<const Candidate* const> candidates) {
  RETURN_IF_ERROR(tx.Fence(epoch));
  ASSIGN_OR_RETURN(const bool is_frozen, tx.IsFrozen());
  if (is_frozen) {
    return MakeError(Reason::LEDGER_LOG_ENDED, "the log is frozen");
  }
  ASSIGN_OR_RETURN(ledger::TreeEdge head, tx.Head());
  const uint64_t old_size = head.size();
  Judge judge(tx, std::move(head));
  BatchOutcome outcome;
  outcome.verdicts.resize(candidates.size());
  std::deque<size_t> to_judge;
  for (size_t i = 0; i < candidates.size(); ++i) to_judge.push_back(i);
  // Missing id → candidates of this batch that wait for it.
  std::multimap<std::string, size_t> waiting;
  while (!to_judge.empty()) {
    const size_t at = to_judge.front();
    to_judge.pop_front();
    const uint64_t size_before = judge.edge().size();
    ASSIGN_OR_RETURN(Verdict verdict, judge.Decide(*candidates[at]));
    for (const EventId& id : verdict.missing) {
      waiting.emplace(EventIdText(id), at);
    }
    outcome.verdicts[at] = std::move(verdict);
    if (judge.edge().size() == size_before) continue;
    std::string id = EventIdText(candidates[at]->event.id());
    const auto [begin, end] = waiting.equal_range(id);
    for (auto it = begin; it != end; ++it) to_judge.push_back(it->second);
    waiting.erase(begin, end);
    outcome.new_ids.push_back(std::move(id));
  }
  outcome.size = judge.edge().size();
  outcome.conflict_count = judge.conflict_count();
  if (outcome.size > old_size) {
    RETURN_IF_ERROR(tx.PutHead(judge.edge(), old_size));
  }
  return outcome;
}

}  // namespace shiming::issuance_ledger
