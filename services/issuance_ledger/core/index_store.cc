#include "services/issuance_ledger/core/index_store.h"

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "common/status/reason.h"
#include "common/status/status_macros.h"
#include "ledger/entry.h"
#include "ledger/index/entry_tokens.h"
#include "services/issuance_ledger/core/on_executor.h"

namespace shiming::issuance_ledger {
namespace {

using ledger::SealedIndex;
using IndexPtr = std::shared_ptr<const SealedIndex>;

// Entries that are read at once: a few milliseconds of a reader's time.
constexpr int64_t kReadStep = 1024;
// Redacted entries that are taken in hand at once.
constexpr int kRedactStep = 1024;

ledger::v1::EventId SealId(int64_t number) {
  ledger::v1::EventId id;
  id.set_source("issuance_ledger");
  id.set_aggregate(ledger::kSealAggregate);
  id.set_version(number);
  return id;
}

}  // namespace

asio::awaitable<absl::StatusOr<std::optional<FoundSeal>>> IndexStore::FindSeal(
    int64_t number) {
  auto found = std::make_shared<std::optional<FoundSeal>>();
  LedgerReadFn read = [number, found](LedgerSnapshot& db) -> absl::Status {
    found->reset();
    ASSIGN_OR_RETURN(const std::optional<EntryRef> ref,
                     db.FindEntry(SealId(number)));
    if (!ref.has_value()) return absl::OkStatus();
    ASSIGN_OR_RETURN(std::vector<StoredEntry> entries,
                     db.Entries(ref->index, ref->index + 1, 1));
    if (entries.size() != 1) {
      return MakeError(Reason::INTERNAL_ERROR, "a seal's entry is missing");
    }
    ASSIGN_OR_RETURN(const ledger::v1::Event event,
                     ledger::ParseEntry(entries[0].bytes));
    ASSIGN_OR_RETURN(
        ledger::PeriodSeal seal,
        ledger::ReadSealEvent(event, static_cast<uint64_t>(ref->index)));
    found->emplace(
        FoundSeal{.entry = std::move(entries[0]), .seal = std::move(seal)});
    return absl::OkStatus();
  };
  const absl::Status status = co_await options_.store.Read(std::move(read));
  if (!status.ok()) co_return status;
  co_return std::move(*found);
}

asio::awaitable<absl::StatusOr<int64_t>> IndexStore::LastSeal() {
  auto last = std::make_shared<int64_t>(0);
  LedgerReadFn read = [last](LedgerSnapshot& db) -> absl::Status {
    ASSIGN_OR_RETURN(const AggregateState state,
                     db.Aggregate("issuance_ledger", ledger::kSealAggregate));
    *last = state.last_version;
    return absl::OkStatus();
  };
  const absl::Status status = co_await options_.store.Read(std::move(read));
  if (!status.ok()) co_return status;
  co_return *last;
}

asio::awaitable<absl::StatusOr<IndexStore::Tokens>> IndexStore::ReadTokens(
    int64_t first, int64_t end) {
  auto tokens = std::make_shared<ledger::PeriodTokens>();
  for (int64_t at = first; at < end; at += kReadStep) {
    const int64_t step_end = std::min(end, at + kReadStep);
    auto entries = std::make_shared<std::vector<StoredEntry>>();
    LedgerReadFn read = [at, step_end,
                         entries](LedgerSnapshot& db) -> absl::Status {
      ASSIGN_OR_RETURN(
          *entries, db.Entries(at, step_end, static_cast<int>(step_end - at)));
      return absl::OkStatus();
    };
    const absl::Status status = co_await options_.store.Read(std::move(read));
    if (!status.ok()) co_return status;
    std::function<absl::Status()> add = [tokens, entries, at,
                                         step_end]() -> absl::Status {
      if (static_cast<int64_t>(entries->size()) != step_end - at) {
        return MakeError(Reason::INTERNAL_ERROR, "entries are missing");
      }
      for (const StoredEntry& entry : *entries) {
        ASSIGN_OR_RETURN(const ledger::v1::Event event,
                         ledger::ParseEntry(entry.bytes));
        tokens->Add(static_cast<uint64_t>(entry.index), event);
      }
      return absl::OkStatus();
    };
    const absl::Status added =
        co_await OnExecutor(options_.file_executor, std::move(add));
    if (!added.ok()) co_return added;
  }
  co_return tokens;
}

asio::awaitable<absl::StatusOr<IndexStore::Keys>> IndexStore::RedactedKeys(
    int64_t first, int64_t end, ledger::v1::IndexField field) {
  auto keys = std::make_shared<Keys>();
  if (!ledger::IsRedactedByErasure(field)) co_return *keys;
  LedgerReadFn read = [first, end, field,
                       keys](LedgerSnapshot& db) -> absl::Status {
    keys->clear();
    ASSIGN_OR_RETURN(const std::vector<StoredEntry> entries,
                     db.RedactedEntries(first, end));
    for (const StoredEntry& entry : entries) {
      ASSIGN_OR_RETURN(const ledger::v1::Event event,
                       ledger::ParseEntry(entry.bytes));
      for (ledger::EntryToken& token : ledger::TokensOf(event)) {
        if (token.field != field) continue;
        keys->push_back({.token = std::move(token.bytes),
                         .index = static_cast<uint64_t>(entry.index)});
      }
    }
    return absl::OkStatus();
  };
  const absl::Status status = co_await options_.store.Read(std::move(read));
  if (!status.ok()) co_return status;
  co_return std::move(*keys);
}

asio::awaitable<absl::StatusOr<std::optional<FoundSeal>>> IndexStore::SealOf(
    int64_t index, int64_t seal_count) {
  // The first seal whose period ends behind the entry.
  int64_t low = 1;
  int64_t high = seal_count + 1;
  std::optional<FoundSeal> found;
  while (low < high) {
    const int64_t middle = low + (high - low) / 2;
    CO_ASSIGN_OR_RETURN(std::optional<FoundSeal> seal,
                        co_await FindSeal(middle));
    if (!seal.has_value()) {
      co_return MakeError(Reason::INTERNAL_ERROR, "a seal is missing");
    }
    if (static_cast<int64_t>(seal->seal.end_index) > index) {
      high = middle;
      found = std::move(seal);
    } else {
      low = middle + 1;
    }
  }
  co_return found;
}

absl::Status IndexStore::Write(int64_t number, ledger::v1::IndexField field,
                               const SealedIndex& index) {
  std::lock_guard<std::mutex> lock(writing_);
  return options_.files.WriteBelow(
      ledger::IndexPath(static_cast<uint64_t>(number), field), index.Encode());
}

asio::awaitable<absl::StatusOr<int64_t>> IndexStore::RedactFiles(
    int64_t seal_count) {
  int64_t done = 0;
  while (true) {
    auto unfinished = std::make_shared<std::vector<int64_t>>();
    LedgerReadFn read = [unfinished](LedgerSnapshot& db) -> absl::Status {
      ASSIGN_OR_RETURN(*unfinished, db.UnfinishedRedactions(kRedactStep));
      return absl::OkStatus();
    };
    CO_RETURN_IF_ERROR(co_await options_.store.Read(std::move(read)));
    if (unfinished->empty()) co_return done;
    CO_ASSIGN_OR_RETURN(const std::optional<FoundSeal> seal,
                        co_await SealOf(unfinished->front(), seal_count));
    if (!seal.has_value()) co_return done;
    const auto number = static_cast<int64_t>(seal->seal.number);
    for (const ledger::v1::IndexField field : ledger::IndexFields()) {
      if (!ledger::IsRedactedByErasure(field)) continue;
      CO_ASSIGN_OR_RETURN(const IndexPtr index,
                          co_await Load(seal->seal, field));
      std::function<absl::Status()> write = [this, number, field, index] {
        return Write(number, field, *index);
      };
      CO_RETURN_IF_ERROR(
          co_await OnExecutor(options_.file_executor, std::move(write)));
    }
    // All that were known before the index was loaded.
    std::erase_if(*unfinished, [&seal](int64_t index) {
      return index >= static_cast<int64_t>(seal->seal.end_index);
    });
    LedgerWriteFn finish = [unfinished](LedgerTransaction& tx) {
      return tx.FinishRedactions(*unfinished);
    };
    CO_RETURN_IF_ERROR(co_await options_.store.Write(std::move(finish)));
    done += static_cast<int64_t>(unfinished->size());
  }
}

asio::awaitable<absl::StatusOr<IndexPtr>> IndexStore::Keep(
    Tokens tokens, int64_t number, ledger::v1::IndexField field, Keys keys) {
  std::function<absl::StatusOr<IndexPtr>()> keep =
      [this, tokens, number, field,
       keys = std::move(keys)]() -> absl::StatusOr<IndexPtr> {
    ASSIGN_OR_RETURN(SealedIndex index, tokens->TakeIndex(field));
    for (const ledger::IndexKey& key : keys) index.Redact(key);
    RETURN_IF_ERROR(Write(number, field, index));
    return std::make_shared<const SealedIndex>(std::move(index));
  };
  co_return co_await OnExecutor(options_.file_executor, std::move(keep));
}

asio::awaitable<absl::StatusOr<ledger::PeriodSeal>> IndexStore::Make(
    int64_t number, int64_t first, int64_t end) {
  CO_ASSIGN_OR_RETURN(const Tokens tokens, co_await ReadTokens(first, end));
  ledger::PeriodSeal seal{.number = static_cast<uint64_t>(number),
                          .first_index = static_cast<uint64_t>(first),
                          .end_index = static_cast<uint64_t>(end)};
  for (const ledger::v1::IndexField field : ledger::IndexFields()) {
    CO_ASSIGN_OR_RETURN(Keys redacted,
                        co_await RedactedKeys(first, end, field));
    CO_ASSIGN_OR_RETURN(
        const IndexPtr index,
        co_await Keep(tokens, number, field, std::move(redacted)));
    seal.fields[field] = {.first_index = seal.first_index,
                          .end_index = seal.end_index,
                          .leaf_count = index->leaf_count(),
                          .root = index->Root()};
  }
  co_return seal;
}

asio::awaitable<absl::StatusOr<IndexPtr>> IndexStore::Load(
    ledger::PeriodSeal seal, ledger::v1::IndexField field) {
  const ledger::IndexSeal sealed = seal.fields[field];
  const auto is_sealed = [sealed](const SealedIndex& index) {
    return index.leaf_count() == sealed.leaf_count &&
           index.Root() == sealed.root;
  };
  const auto first = static_cast<int64_t>(seal.first_index);
  const auto end = static_cast<int64_t>(seal.end_index);
  CO_ASSIGN_OR_RETURN(Keys redacted, co_await RedactedKeys(first, end, field));
  std::function<absl::StatusOr<IndexPtr>()> read =
      [this, number = seal.number, field,
       redacted]() -> absl::StatusOr<IndexPtr> {
    ASSIGN_OR_RETURN(const std::string bytes,
                     options_.files.Reader()(ledger::IndexPath(number, field)));
    ASSIGN_OR_RETURN(SealedIndex index, SealedIndex::Decode(bytes));
    for (const ledger::IndexKey& key : redacted) index.Redact(key);
    return std::make_shared<const SealedIndex>(std::move(index));
  };
  absl::StatusOr<IndexPtr> kept =
      co_await OnExecutor(options_.file_executor, std::move(read));
  if (kept.ok() && is_sealed(**kept)) co_return kept;
  CO_ASSIGN_OR_RETURN(const Tokens tokens, co_await ReadTokens(first, end));
  CO_ASSIGN_OR_RETURN(IndexPtr made,
                      co_await Keep(tokens, static_cast<int64_t>(seal.number),
                                    field, std::move(redacted)));
  if (!is_sealed(*made)) {
    co_return MakeError(Reason::LEDGER_PROOF_INVALID,
                        "the entries do not give the index that was sealed");
  }
  co_return made;
}

}  // namespace shiming::issuance_ledger
