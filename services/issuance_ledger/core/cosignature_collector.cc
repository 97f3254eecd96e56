#include "services/issuance_ledger/core/cosignature_collector.h"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

#include "common/status/reason.h"

namespace shiming::issuance_ledger {
namespace {

using SteadyClock = std::chrono::steady_clock;

// Whether one of the note's lines is of `key`.
bool HasLineOf(const std::string& note, const ledger::NoteVerifier& key) {
  const absl::StatusOr<ledger::Note> parsed = ledger::ParseNote(note);
  if (!parsed.ok()) return false;
  return std::any_of(parsed->signatures.begin(), parsed->signatures.end(),
                     [&key](const ledger::NoteSignature& signature) {
                       return signature.name == key.name() &&
                              signature.key_id == key.key_id();
                     });
}

}  // namespace

// A round in progress.
struct CosignatureCollector::Current {
  Current(SignedTree of, const asio::any_io_executor& strand)
      : tree(std::move(of)), wake(strand) {}

  const SignedTree tree;
  Round round;
  std::vector<Peer*> pending;
  SteadyClock::time_point deadline;
  asio::steady_timer wake;
  bool over = false;
};

CosignatureCollector::CosignatureCollector(Options options)
    : options_(std::move(options)),
      strand_(asio::make_strand(options_.executor)) {
  for (const CosigningPlan::Witness& witness : options_.plan.witnesses) {
    peers_.push_back(std::make_unique<Peer>(
        WitnessClient::Options{.name = witness.name,
                               .key = witness.key,
                               .transport = witness.transport,
                               .log_key = options_.log_key,
                               .files = options_.files,
                               .file_executor = options_.file_executor}));
  }
}

std::shared_ptr<CosignatureCollector> CosignatureCollector::Create(
    Options options) {
  return std::shared_ptr<CosignatureCollector>(
      new CosignatureCollector(std::move(options)));
}

bool CosignatureCollector::QuorumMet(const std::string& note) const {
  return options_.plan.policy.OpenCheckpoint(note).ok();
}

void CosignatureCollector::Cancel() {
  asio::post(strand_, [self = shared_from_this()] {
    self->cancelled_ = true;
    if (self->current_ != nullptr) self->current_->wake.cancel();
  });
}

asio::awaitable<CosignatureCollector::Round> CosignatureCollector::Collect(
    SignedTree tree) {
  const auto self = shared_from_this();
  co_return co_await asio::co_spawn(strand_, CollectOnStrand(std::move(tree)),
                                    asio::use_awaitable);
}

asio::awaitable<CosignatureCollector::Round>
CosignatureCollector::CollectOnStrand(SignedTree tree) {
  const auto current = std::make_shared<Current>(std::move(tree), strand_);
  current_ = current;
  current->round.note = current->tree.note;
  current->deadline =
      SteadyClock::now() + absl::ToChronoMicroseconds(options_.plan.round_time);
  for (const std::unique_ptr<Peer>& peer : peers_) {
    if (HasLineOf(current->round.note, peer->client.key())) continue;
    // Its last answer is still to come: it counts as missing again.
    if (peer->busy || cancelled_) continue;
    current->pending.push_back(peer.get());
  }
  // A copy: those who answer at once leave the list.
  const std::vector<Peer*> asked = current->pending;
  for (Peer* peer : asked) {
    asio::co_spawn(strand_, Ask(*peer, current), asio::detached);
  }
  while (!cancelled_ && !IsDone(*current) &&
         SteadyClock::now() < current->deadline) {
    current->wake.expires_at(current->deadline);
    co_await current->wake.async_wait(asio::as_tuple(asio::use_awaitable));
  }
  current->over = true;
  for (Peer* peer : current->pending) {
    peer->failed = true;
    if (cancelled_) continue;
    options_.observer.OnWitnessFailed(
        peer->client.name(), absl::DeadlineExceededError("no answer in time"));
  }
  current->round.quorum_met = QuorumMet(current->round.note);
  if (!cancelled_) options_.observer.OnQuorum(current->round.quorum_met);
  current_.reset();
  co_return current->round;
}

asio::awaitable<void> CosignatureCollector::Ask(
    Peer& peer, std::shared_ptr<Current> current) {
  // Keeps the peer alive when the round ends without it.
  const auto self = shared_from_this();
  peer.busy = true;
  const absl::StatusOr<std::string> line =
      co_await peer.client.Cosign(current->tree, current->deadline);
  peer.busy = false;
  // The observer may be gone by now.
  if (current->over) co_return;
  Take(peer, *current, line);
  current->wake.cancel();
}

void CosignatureCollector::Take(Peer& peer, Current& current,
                                const absl::StatusOr<std::string>& line) {
  std::erase(current.pending, &peer);
  peer.failed = !line.ok();
  if (line.ok()) {
    current.round.note.append(*line);
    options_.observer.OnCosigned(peer.client.name(), options_.clock.Now());
    return;
  }
  options_.observer.OnWitnessFailed(peer.client.name(), line.status());
  if (HasReason(line.status(), Reason::LEDGER_WITNESS_MISMATCH)) {
    current.round.forked = line.status();
  } else if (absl::IsFailedPrecondition(line.status())) {
    current.round.doubted = line.status();
  }
}

bool CosignatureCollector::IsDone(const Current& current) const {
  if (current.pending.empty() || !current.round.forked.ok()) return true;
  const bool all_failed_before =
      std::all_of(current.pending.begin(), current.pending.end(),
                  [](const Peer* peer) { return peer->failed; });
  return all_failed_before && QuorumMet(current.round.note);
}

}  // namespace shiming::issuance_ledger
