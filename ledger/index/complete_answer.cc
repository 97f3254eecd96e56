#include "ledger/index/complete_answer.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/status/reason.h"
#include "common/status/status_macros.h"
#include "ledger/entry.h"
#include "ledger/index/entry_tokens.h"
#include "ledger/index/index_seal.h"
#include "ledger/index/sealed_index.h"
#include "ledger/proofs.h"
#include "ledger/tree.h"

namespace shiming::ledger {
namespace {

absl::Status Invalid(std::string_view why) {
  return MakeError(Reason::LEDGER_PROOF_INVALID, why);
}

// The run in our own form. Hashes of readable leaves are computed: what a
// server says of them does not count.
IndexRun RunOf(const v1::SealedRun& run) {
  IndexRun out{.first_leaf = static_cast<uint64_t>(run.first_leaf())};
  for (const v1::SealedLeaf& leaf : run.leaves()) {
    IndexLeaf& made = out.leaves.emplace_back();
    if (leaf.token().empty()) {
      made.hash = leaf.hash();
      continue;
    }
    made.key = {.token = leaf.token(),
                .index = static_cast<uint64_t>(leaf.index())};
    if (leaf.token().size() <= kMaxTokenLength) {
      made.hash = Hasher().Leaf(EncodeIndexKey(*made.key));
    }
  }
  out.outside.assign(run.outside().begin(), run.outside().end());
  return out;
}

bool IsAsked(const v1::IndexQuestion& question, const EntryToken& token) {
  return token.field == question.field() && token.bytes >= question.low() &&
         token.bytes <= question.high();
}

}  // namespace

struct CompleteAnswer::SealInHand {
  PeriodSeal seal;
  std::string entry;  // the seal's own bytes
  std::vector<IndexRun> runs;
  std::vector<FoundEntry> entries;
};

absl::StatusOr<std::vector<Hash>> EdgeBefore(uint64_t index, uint64_t size,
                                             const std::vector<Hash>& path) {
  if (index >= size) return Invalid("the entry is not in the tree");
  std::vector<Hash> edge;
  uint64_t node = index;
  uint64_t last = size - 1;
  // As VerifyInclusion walks it (RFC 9162 section 2.1.3.2).
  for (const Hash& hash : path) {
    if (last == 0) return Invalid("the path is too long");
    if (node % 2 == 1 || node == last) {
      edge.push_back(hash);
      while (node % 2 == 0 && node != 0) {
        node >>= 1;
        last >>= 1;
      }
    }
    node >>= 1;
    last >>= 1;
  }
  if (last != 0) return Invalid("the path is too short");
  std::reverse(edge.begin(), edge.end());
  return edge;
}

absl::StatusOr<v1::Event> CompleteAnswer::Open() {
  ASSIGN_OR_RETURN(note_, source_.Checkpoint());
  ASSIGN_OR_RETURN(checkpoint_, policy_.OpenCheckpoint(note_));
  if (checkpoint_.size == 0) {
    return MakeError(Reason::LEDGER_UNPUBLISHED, "the log has no entry");
  }
  v1::ProvenEntry first;
  int count = 0;
  RETURN_IF_ERROR(source_.Scan(0, 1, [&](uint64_t, std::string entry) {
    first.set_entry(std::move(entry));
    ++count;
    return absl::OkStatus();
  }));
  if (count != 1) return Invalid("the log does not show its first entry");
  ASSIGN_OR_RETURN(const std::vector<Hash> path,
                   source_.InclusionPath(0, checkpoint_.size));
  first.mutable_hashes()->Assign(path.begin(), path.end());
  ASSIGN_OR_RETURN(v1::Event event, OpenEntry(first));
  if (event.kind() != v1::EVENT_KIND_LOG_OPENED) {
    return Invalid("the log's first entry is not LOG_OPENED");
  }
  return event;
}

absl::StatusOr<v1::Event> CompleteAnswer::OpenEntry(
    const v1::ProvenEntry& entry) const {
  if (entry.index() < 0) return Invalid("an index is negative");
  const std::vector<Hash> path(entry.hashes().begin(), entry.hashes().end());
  RETURN_IF_ERROR(VerifyInclusion(
      Hasher(), static_cast<uint64_t>(entry.index()), checkpoint_.size,
      Hasher().Leaf(entry.entry()), path, checkpoint_.root));
  return ParseEntry(entry.entry());
}

absl::StatusOr<AnswerReport> CompleteAnswer::Ask(
    const std::vector<v1::IndexQuestion>& questions, const Take& take) {
  if (questions.empty()) return absl::InvalidArgumentError("no question");
  AnswerReport report{.checkpoint = checkpoint_, .note = note_};
  bool is_first = true;
  for (const v1::IndexQuestion& question : questions) {
    AnswerReport range;
    RETURN_IF_ERROR(AskSeals(question, take, &range));
    if (!is_first && range.sealed_end != report.sealed_end) {
      return Invalid("another question got other seals");
    }
    is_first = false;
    report.seal_count = range.seal_count;
    report.sealed_end = range.sealed_end;
    report.redacted_count += range.redacted_count;
  }
  RETURN_IF_ERROR(AskTail(questions, report.sealed_end, take));
  return report;
}

absl::Status CompleteAnswer::AskSeals(const v1::IndexQuestion& question,
                                      const Take& take, AnswerReport* range) {
  std::optional<SealInHand> hand;
  std::optional<PeriodSeal> last;
  int64_t next_seal = 1;
  int64_t next_leaf = 0;
  while (next_seal != 0) {
    ASSIGN_OR_RETURN(
        const ProofPage page,
        source_.Prove(question, static_cast<int64_t>(checkpoint_.size),
                      next_seal, next_leaf));
    const bool gets_on =
        page.next_seal > next_seal ||
        (page.next_seal == next_seal && page.next_leaf > next_leaf);
    if (page.next_seal != 0 && (!gets_on || page.runs.empty())) {
      return Invalid("the ledger's proof does not get on");
    }
    for (const v1::SealedRun& run : page.runs) {
      const bool is_new =
          !hand.has_value() ||
          run.seal_number() != static_cast<int64_t>(hand->seal.number);
      if (is_new && hand.has_value()) {
        RETURN_IF_ERROR(FinishSeal(question, *hand, take, range));
        last = std::move(hand->seal);
        hand.reset();
      }
      if (is_new) hand.emplace();
      RETURN_IF_ERROR(TakeRun(run, &*hand));
      if (is_new) {
        RETURN_IF_ERROR(
            CheckFollows(last.has_value() ? &*last : nullptr, hand->seal));
      }
    }
    next_seal = page.next_seal;
    next_leaf = page.next_leaf;
  }
  if (!hand.has_value()) return absl::OkStatus();
  return FinishSeal(question, *hand, take, range);
}

absl::Status CompleteAnswer::TakeRun(const v1::SealedRun& run,
                                     SealInHand* hand) {
  if (hand->entry.empty()) {
    ASSIGN_OR_RETURN(const v1::Event event, OpenEntry(run.seal()));
    ASSIGN_OR_RETURN(
        hand->seal,
        ReadSealEvent(event, static_cast<uint64_t>(run.seal().index())));
    hand->entry = run.seal().entry();
    if (run.seal_number() != static_cast<int64_t>(hand->seal.number)) {
      return Invalid("a run names another seal than it shows");
    }
  } else if (run.seal().entry() != hand->entry) {
    return Invalid("a seal changed between two pages");
  }
  if (run.leaves_size() > 0) hand->runs.push_back(RunOf(run));
  for (const v1::ProvenEntry& entry : run.entries()) {
    ASSIGN_OR_RETURN(v1::Event event, OpenEntry(entry));
    hand->entries.push_back({.index = static_cast<uint64_t>(entry.index()),
                             .entry = entry.entry(),
                             .event = std::move(event),
                             .is_sealed = true});
  }
  return absl::OkStatus();
}

absl::Status CompleteAnswer::FinishSeal(const v1::IndexQuestion& question,
                                        const SealInHand& hand,
                                        const Take& take, AnswerReport* range) {
  const auto sealed = hand.seal.fields.find(question.field());
  if (sealed == hand.seal.fields.end()) return Invalid("no such field");
  ASSIGN_OR_RETURN(
      const RangeAnswer answer,
      VerifyRange(sealed->second, question.low(), question.high(), hand.runs));
  if (answer.found.size() != hand.entries.size()) {
    return Invalid("the index finds other entries than were given");
  }
  for (size_t i = 0; i < answer.found.size(); ++i) {
    const FoundEntry& entry = hand.entries[i];
    if (entry.index != answer.found[i].index) {
      return Invalid("the index finds another entry than was given");
    }
    const std::vector<EntryToken> tokens = TokensOf(entry.event);
    if (std::find(tokens.begin(), tokens.end(),
                  EntryToken{question.field(), answer.found[i].token}) ==
        tokens.end()) {
      return MakeError(
          Reason::LEDGER_SEAL_FALSE,
          absl::StrCat("seal ", hand.seal.number, " finds entry ", entry.index,
                       " by a token that it does not have"));
    }
  }
  std::vector<FoundEntry> entries = hand.entries;
  std::sort(entries.begin(), entries.end(),
            [](const FoundEntry& a, const FoundEntry& b) {
              return a.index < b.index;
            });
  for (FoundEntry& entry : entries) {
    RETURN_IF_ERROR(take(std::move(entry)));
  }
  range->seal_count = hand.seal.number;
  range->sealed_end = hand.seal.end_index;
  range->redacted_count += answer.redacted_count;
  return absl::OkStatus();
}

absl::Status CompleteAnswer::AskTail(
    const std::vector<v1::IndexQuestion>& questions, uint64_t begin,
    const Take& take) {
  ASSIGN_OR_RETURN(const std::vector<Hash> path,
                   source_.InclusionPath(begin, checkpoint_.size));
  ASSIGN_OR_RETURN(std::vector<Hash> edge_nodes,
                   EdgeBefore(begin, checkpoint_.size, path));
  ASSIGN_OR_RETURN(TreeEdge edge,
                   TreeEdge::Restore(Hasher(), begin, std::move(edge_nodes)));
  // Given only when all of it leads to the root.
  std::vector<FoundEntry> found;
  RETURN_IF_ERROR(source_.Scan(
      begin, checkpoint_.size,
      [&](uint64_t index, std::string entry) -> absl::Status {
        if (index != edge.size() || index >= checkpoint_.size) {
          return Invalid("the ledger leaves out or repeats an entry");
        }
        edge.Append(Hasher().Leaf(entry));
        ASSIGN_OR_RETURN(v1::Event event, ParseEntry(entry));
        const std::vector<EntryToken> tokens = TokensOf(event);
        const bool is_asked = std::any_of(
            tokens.begin(), tokens.end(), [&](const EntryToken& token) {
              return std::any_of(questions.begin(), questions.end(),
                                 [&](const v1::IndexQuestion& question) {
                                   return IsAsked(question, token);
                                 });
            });
        if (is_asked) {
          found.push_back({.index = index,
                           .entry = std::move(entry),
                           .event = std::move(event)});
        }
        return absl::OkStatus();
      }));
  if (edge.size() != checkpoint_.size || edge.Root() != checkpoint_.root) {
    return Invalid("the entries behind the last seal are not the log's");
  }
  for (FoundEntry& entry : found) {
    RETURN_IF_ERROR(take(std::move(entry)));
  }
  return absl::OkStatus();
}

}  // namespace shiming::ledger
