#include "services/issuance_ledger/core/sequencer.h"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <exception>
#include <iterator>

#include "common/status/reason.h"
#include "common/status/status_macros.h"
#include "ledger/entry.h"
#include "services/issuance_ledger/core/answer_by.h"

namespace shiming::issuance_ledger {
namespace {

using SteadyClock = std::chrono::steady_clock;
using ledger::EventIdText;

}  // namespace

Sequencer::Sequencer(Options options)
    : options_(std::move(options)),
      strand_(asio::make_strand(options_.executor)),
      wake_(strand_) {}

std::shared_ptr<Sequencer> Sequencer::Start(Options options) {
  std::shared_ptr<Sequencer> sequencer(new Sequencer(std::move(options)));
  asio::co_spawn(
      sequencer->strand_,
      [sequencer]() -> asio::awaitable<void> { co_await sequencer->Loop(); },
      [sequencer](const std::exception_ptr&) {
        sequencer->loop_ended_.set_value();
      });
  return sequencer;
}

void Sequencer::Stop() {
  asio::post(strand_, [self = shared_from_this()] {
    self->Halt(MakeError(Reason::SHUTTING_DOWN, "the ledger is stopping"));
  });
  ended_.wait();
}

asio::awaitable<absl::StatusOr<std::vector<Verdict>>> Sequencer::Append(
    std::vector<absl::StatusOr<Candidate>> entries, absl::Time deadline) {
  const auto self = shared_from_this();
  co_return co_await asio::co_spawn(
      strand_, AppendOnStrand(std::move(entries), deadline),
      asio::use_awaitable);
}

asio::awaitable<absl::StatusOr<std::vector<Verdict>>> Sequencer::AppendOnStrand(
    std::vector<absl::StatusOr<Candidate>> entries, absl::Time deadline) {
  if (!halted_.ok()) co_return halted_;
  if (queue_.size() + waiting_.size() + entries.size() > options_.queue_limit) {
    co_return MakeError(Reason::OVERLOADED, "the ledger's queue is full",
                        {.retry_delay = absl::Milliseconds(200)});
  }
  auto submission = std::make_shared<Submission>(strand_);
  submission->entries = std::move(entries);
  submission->verdicts.resize(submission->entries.size());
  submission->expiry = AnswerBy(deadline);
  Enqueue(submission);
  while (!IsDone(*submission) && SteadyClock::now() < submission->expiry) {
    submission->wake.expires_at(submission->expiry);
    co_await submission->wake.async_wait(asio::as_tuple(asio::use_awaitable));
  }
  co_return Answer(submission);
}

void Sequencer::Enqueue(const std::shared_ptr<Submission>& submission) {
  for (size_t at = 0; at < submission->entries.size(); ++at) {
    const absl::StatusOr<Candidate>& entry = submission->entries[at];
    if (entry.ok()) {
      queue_.push_back({submission, at});
      continue;
    }
    const Reason reason =
        ReasonOf(entry.status()).value_or(Reason::LEDGER_MALFORMED_ENTRY);
    submission->verdicts[at] = Verdict::Rejected(reason);
    ++submission->settled;
  }
  wake_.cancel();
}

bool Sequencer::IsDone(const Submission& submission) {
  return !submission.error.ok() ||
         submission.settled == submission.entries.size();
}

absl::StatusOr<std::vector<Verdict>> Sequencer::Answer(
    const std::shared_ptr<Submission>& submission) {
  submission->answered = true;
  Forget(submission);
  if (!submission->error.ok()) return submission->error;
  std::vector<Verdict> verdicts;
  for (std::optional<Verdict>& verdict : submission->verdicts) {
    if (!verdict.has_value()) {
      return MakeError(Reason::OVERLOADED,
                       "the deadline came before the entry's turn");
    }
    verdicts.push_back(*std::move(verdict));
  }
  return verdicts;
}

asio::awaitable<void> Sequencer::Loop() {
  while (halted_.ok()) {
    std::vector<Item> batch;
    while (!queue_.empty() && batch.size() < options_.batch_limit) {
      if (!queue_.front().submission->answered) {
        batch.push_back(std::move(queue_.front()));
      }
      queue_.pop_front();
    }
    if (batch.empty()) {
      wake_.expires_at(SteadyClock::time_point::max());
      co_await wake_.async_wait(asio::as_tuple(asio::use_awaitable));
      continue;
    }
    if (options_.may_append != nullptr) {
      const absl::Status may_append = options_.may_append();
      if (!may_append.ok()) {
        Fail(batch, may_append);
        Halt(may_append);
        continue;
      }
    }
    co_await RunBatch(std::move(batch));
  }
}

asio::awaitable<void> Sequencer::RunBatch(std::vector<Item> batch) {
  // Owned by what the database's thread holds, whatever happens to us.
  struct Work {
    std::vector<Item> items;
    std::vector<const Candidate*> candidates;
    BatchOutcome outcome;
  };
  auto work = std::make_shared<Work>();
  work->items = std::move(batch);
  for (const Item& item : work->items) {
    work->candidates.push_back(&item.candidate());
  }
  const SteadyClock::time_point begin = SteadyClock::now();
  LedgerWriteFn accept = [work, epoch = options_.epoch](LedgerTransaction& tx) {
    ASSIGN_OR_RETURN(work->outcome, AcceptBatch(tx, epoch, work->candidates));
    return absl::OkStatus();
  };
  const absl::Status written = co_await options_.store.Write(std::move(accept));
  if (!written.ok()) {
    Fail(work->items, written);
    co_return;
  }
  const int64_t count = static_cast<int64_t>(work->outcome.new_ids.size());
  if (count > 0) {
    options_.observer.OnSequenced(count,
                                  absl::FromChrono(SteadyClock::now() - begin));
  }
  Apply(work->items, work->outcome);
  // Not by the count: a batch whose answer was lost may have grown the log, and
  // when it is repeated nothing is new any more.
  if (work->outcome.size <= grown_to_) co_return;
  grown_to_ = work->outcome.size;
  if (options_.on_grown) options_.on_grown(grown_to_);
}

void Sequencer::Apply(const std::vector<Item>& batch,
                      const BatchOutcome& outcome) {
  for (size_t i = 0; i < batch.size(); ++i) {
    const Verdict& verdict = outcome.verdicts[i];
    if (verdict.state == Verdict::State::kWaiting) {
      Hold(batch[i], verdict);
    } else {
      Settle(batch[i], verdict);
    }
  }
  // After Hold: what this batch itself sequenced wakes nobody falsely, since
  // AcceptBatch has judged its own items again already.
  for (const std::string& id : outcome.new_ids) {
    for (auto it = waiting_.find(id); it != waiting_.end();
         it = waiting_.find(id)) {
      const Item item = it->second;
      Unhold(item);
      queue_.push_back(item);
    }
  }
  options_.observer.OnWaiting(static_cast<int64_t>(waiting_.size()),
                              missing_from_);
  ShortenMixedCalls(batch);
}

void Sequencer::Settle(const Item& item, Verdict verdict) {
  Submission& submission = *item.submission;
  if (verdict.state == Verdict::State::kRejected) {
    options_.observer.OnRejected(item.candidate().event.id(), verdict.reason);
  }
  std::optional<Verdict>& place = submission.verdicts[item.at];
  const bool was_settled =
      place.has_value() && place->state != Verdict::State::kWaiting;
  place = std::move(verdict);
  if (!was_settled) ++submission.settled;
  if (IsDone(submission)) submission.wake.cancel();
}

void Sequencer::Hold(const Item& item, Verdict verdict) {
  // The caller may be gone by now: then nobody waits.
  if (item.submission->answered) return;
  for (const ledger::v1::EventId& id : verdict.missing) {
    waiting_.emplace(EventIdText(id), item);
    ++missing_from_[id.source()];
  }
  item.submission->verdicts[item.at] = std::move(verdict);
}

void Sequencer::ShortenMixedCalls(const std::vector<Item>& batch) {
  const SteadyClock::time_point soon =
      SteadyClock::now() + absl::ToChronoMicroseconds(options_.mixed_call_hold);
  for (const Item& item : batch) {
    Submission& submission = *item.submission;
    const bool all_judged =
        std::all_of(submission.verdicts.begin(), submission.verdicts.end(),
                    [](const auto& verdict) { return verdict.has_value(); });
    if (submission.settled == 0 || IsDone(submission) || !all_judged ||
        submission.expiry <= soon) {
      continue;
    }
    submission.expiry = soon;
    submission.wake.cancel();
  }
}

void Sequencer::Fail(const std::vector<Item>& batch,
                     const absl::Status& status) {
  for (const Item& item : batch) {
    item.submission->error = status;
    item.submission->wake.cancel();
  }
  if (HasReason(status, Reason::LEDGER_FENCED)) {
    Halt(status);
  } else {
    options_.observer.OnFailure(status);
  }
}

void Sequencer::Unhold(const Item& item) {
  for (const ledger::v1::EventId& id :
       item.submission->verdicts[item.at]->missing) {
    auto [it, end] = waiting_.equal_range(EventIdText(id));
    while (it != end) {
      const bool is_item =
          it->second.submission == item.submission && it->second.at == item.at;
      if (is_item) --missing_from_[id.source()];
      it = is_item ? waiting_.erase(it) : std::next(it);
    }
  }
}

void Sequencer::Forget(const std::shared_ptr<Submission>& submission) {
  for (size_t at = 0; at < submission->verdicts.size(); ++at) {
    if (submission->verdicts[at].has_value()) Unhold({submission, at});
  }
  options_.observer.OnWaiting(static_cast<int64_t>(waiting_.size()),
                              missing_from_);
}

void Sequencer::Halt(const absl::Status& status) {
  if (!halted_.ok()) return;
  halted_ = status;
  for (const Item& item : queue_) {
    item.submission->error = status;
    item.submission->wake.cancel();
  }
  queue_.clear();
  for (const auto& [id, item] : waiting_) {
    item.submission->error = status;
    item.submission->wake.cancel();
  }
  waiting_.clear();
  missing_from_.clear();
  wake_.cancel();
  if (!HasReason(status, Reason::SHUTTING_DOWN)) {
    options_.observer.OnHalted(status);
  }
}

}  // namespace shiming::issuance_ledger
