#include "services/issuance_ledger/core/entry_prover.h"

#include <algorithm>
#include <functional>
#include <optional>
#include <string>
#include <utility>

#include "common/status/reason.h"
#include "common/status/status_macros.h"
#include "ledger/hasher.h"
#include "services/issuance_ledger/core/on_executor.h"

namespace shiming::issuance_ledger {
namespace {

using ledger::IndexKey;
using ledger::SealedIndex;
using ledger::v1::IndexQuestion;

// Limits of a page; see Prove. A message holds 1 MiB.
constexpr int kMaxSeals = 16;
constexpr uint64_t kMaxLeaves = 256;
constexpr size_t kMaxBytes = 512 * 1024;
// Inclusion proof of an entry in a tree of 2^40 entries, with its field tags;
// and a seal's entry with its own proof and the hashes beside a run.
constexpr size_t kPathBytes = 40 * 34;
constexpr size_t kSealBytes = 1024 + kPathBytes + 2 * 17 * 34;

bool IsAsked(const IndexQuestion& question, const IndexKey& key) {
  return key.token >= question.low() && key.token <= question.high();
}

// Entries of the readable leaves [begin, end) that are asked for.
std::vector<int64_t> EntriesOf(const SealedIndex& index,
                               const IndexQuestion& question, uint64_t begin,
                               uint64_t end) {
  std::vector<int64_t> entries;
  for (uint64_t place = begin; place < end; ++place) {
    const std::optional<IndexKey> key = index.Leaf(place).key;
    if (key.has_value() && IsAsked(question, *key)) {
      entries.push_back(static_cast<int64_t>(key->index));
    }
  }
  return entries;
}

// Leaf behind the last one whose entry is among the first `count`: where a run
// ends if only so many entries have room.
uint64_t EndOfEntries(const SealedIndex& index, const IndexQuestion& question,
                      uint64_t begin, uint64_t end, size_t count) {
  size_t seen = 0;
  for (uint64_t place = begin; place < end; ++place) {
    const std::optional<IndexKey> key = index.Leaf(place).key;
    if (!key.has_value() || !IsAsked(question, *key)) continue;
    if (seen == count) return place;
    ++seen;
  }
  return end;
}

void FillRun(const ledger::IndexRun& shown, ledger::v1::SealedRun* run) {
  run->set_first_leaf(static_cast<int64_t>(shown.first_leaf));
  run->mutable_outside()->Assign(shown.outside.begin(), shown.outside.end());
  for (const ledger::IndexLeaf& leaf : shown.leaves) {
    ledger::v1::SealedLeaf& out = *run->add_leaves();
    if (leaf.key.has_value()) {
      out.set_token(leaf.key->token);
      out.set_index(static_cast<int64_t>(leaf.key->index));
    } else {
      out.set_hash(leaf.hash);
    }
  }
}

void FillEntry(StoredEntry entry, const std::vector<ledger::Hash>& path,
               ledger::v1::ProvenEntry* out) {
  out->set_index(entry.index);
  out->set_entry(std::move(entry.bytes));
  out->mutable_hashes()->Assign(path.begin(), path.end());
}

}  // namespace

asio::awaitable<absl::StatusOr<ProvenPage>> EntryProver::Prove(
    IndexQuestion question, int64_t tree_size, int64_t available,
    ProofPlace place) {
  ProvenPage page;
  uint64_t leaves_left = kMaxLeaves;
  size_t bytes_left = kMaxBytes;
  page.next = place;
  for (int count = 0; count < kMaxSeals; ++count) {
    CO_ASSIGN_OR_RETURN(const std::optional<FoundSeal> seal,
                        co_await options_.indexes.FindSeal(page.next.seal));
    if (!seal.has_value() || seal->entry.index >= tree_size) {
      page.next = {.seal = 0};
      break;
    }
    CO_ASSIGN_OR_RETURN(
        Part part, co_await ProveSeal(*seal, question, tree_size, available,
                                      static_cast<uint64_t>(page.next.leaf),
                                      leaves_left, bytes_left));
    leaves_left -= std::min<uint64_t>(
        leaves_left, static_cast<uint64_t>(part.run.leaves_size()));
    bytes_left -= std::min(bytes_left, part.bytes);
    const bool is_whole = part.end >= part.range_end;
    page.next = is_whole ? ProofPlace{.seal = page.next.seal + 1}
                         : ProofPlace{.seal = page.next.seal,
                                      .leaf = static_cast<int64_t>(part.end)};
    page.runs.push_back(std::move(part.run));
    if (!is_whole || leaves_left < kMaxLeaves / 4 ||
        bytes_left < kMaxBytes / 4) {
      break;
    }
  }
  co_return page;
}

asio::awaitable<absl::StatusOr<EntryProver::Part>> EntryProver::ProveSeal(
    FoundSeal seal, IndexQuestion question, int64_t tree_size,
    int64_t available, uint64_t leaf, uint64_t leaf_limit, size_t byte_limit) {
  CO_ASSIGN_OR_RETURN(
      const std::shared_ptr<const SealedIndex> index,
      co_await options_.indexes.Load(seal.seal, question.field()));
  Part part;
  const auto [first, last] = index->PlacesOf(question.low(), question.high());
  if (leaf != 0 && (leaf < first || leaf >= last)) {
    co_return MakeError(Reason::LEDGER_INDEX_OUT_OF_RANGE,
                        "the proof has no such leaf");
  }
  const uint64_t begin = std::max(first, leaf);
  part.range_end = last;
  part.end = std::min(last, begin + leaf_limit);
  std::vector<int64_t> wanted = EntriesOf(*index, question, begin, part.end);
  CO_ASSIGN_OR_RETURN(std::vector<StoredEntry> entries,
                      co_await ReadEntries(wanted, byte_limit));
  part.end = EndOfEntries(*index, question, begin, part.end, entries.size());

  part.run.set_seal_number(static_cast<int64_t>(seal.seal.number));
  if (begin < part.end) {
    const ledger::IndexRun shown = index->Run(begin, part.end);
    const ledger::IndexSeal& sealed = seal.seal.fields[question.field()];
    const absl::Status verified = ledger::VerifyRun(sealed, shown);
    if (!verified.ok()) co_return verified;
    FillRun(shown, &part.run);
  }
  std::vector<int64_t> places = {seal.entry.index};
  part.bytes = kSealBytes;
  for (const StoredEntry& entry : entries) {
    places.push_back(entry.index);
    part.bytes += entry.bytes.size() + kPathBytes;
  }
  using Paths = std::vector<std::vector<ledger::Hash>>;
  std::function<absl::StatusOr<Paths>()> prove =
      [this, places = std::move(places), tree_size, available] {
        return options_.receipts.InclusionProofs(
            places, static_cast<uint64_t>(tree_size),
            static_cast<uint64_t>(available));
      };
  CO_ASSIGN_OR_RETURN(
      const Paths paths,
      co_await OnExecutor(options_.file_executor, std::move(prove)));
  FillEntry(std::move(seal.entry), paths[0], part.run.mutable_seal());
  for (size_t i = 0; i < entries.size(); ++i) {
    FillEntry(std::move(entries[i]), paths[i + 1], part.run.add_entries());
  }
  co_return part;
}

asio::awaitable<absl::StatusOr<std::vector<StoredEntry>>>
EntryProver::ReadEntries(std::vector<int64_t> indexes, size_t byte_limit) {
  auto found = std::make_shared<std::vector<StoredEntry>>();
  LedgerReadFn read = [indexes = std::move(indexes), byte_limit,
                       found](LedgerSnapshot& db) -> absl::Status {
    found->clear();
    size_t bytes = 0;
    for (const int64_t index : indexes) {
      ASSIGN_OR_RETURN(std::vector<StoredEntry> entries,
                       db.Entries(index, index + 1, 1));
      if (entries.size() != 1) {
        return MakeError(Reason::LEDGER_PROOF_INVALID,
                         "a sealed entry is missing");
      }
      bytes += entries[0].bytes.size() + kPathBytes;
      if (bytes > byte_limit && !found->empty()) break;
      found->push_back(std::move(entries[0]));
    }
    return absl::OkStatus();
  };
  const absl::Status status = co_await options_.store.Read(std::move(read));
  if (!status.ok()) co_return status;
  co_return std::move(*found);
}

}  // namespace shiming::issuance_ledger
