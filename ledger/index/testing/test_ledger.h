// A small honest ledger in memory: its entries, its sealed indexes, and what it
// answers.
#ifndef SHIMING_LEDGER_INDEX_TESTING_TEST_LEDGER_H_
#define SHIMING_LEDGER_INDEX_TESTING_TEST_LEDGER_H_

#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "common/crypto/keys.h"
#include "common/crypto/secret.h"
#include "common/status/status_macros.h"
#include "ledger/checkpoint.h"
#include "ledger/entry.h"
#include "ledger/index/complete_answer.h"
#include "ledger/index/entry_tokens.h"
#include "ledger/index/index_seal.h"
#include "ledger/index/pseudonym.h"
#include "ledger/index/sealed_index.h"
#include "ledger/note.h"
#include "ledger/proofs.h"
#include "ledger/tree.h"

namespace shiming::ledger::testing {

inline constexpr char kOrigin[] = "log.example/1";

// A key of the log, another for each seed.
inline NoteSigner SignerOf(char seed) {
  return *NoteSigner::ForLog(
      kOrigin, *crypto::SigningKey::FromEd25519Seed(std::string(32, seed)));
}

// HMAC of an EID under K, as services and auditors compute it.
inline std::string EidToken(const std::string& eid, char key = 'K') {
  return PseudonymOf(crypto::Secret(std::string(32, key)),
                     v1::PSEUDONYM_FIELD_EID, eid);
}

// A ledger with its entries and sealed indexes in memory.
class TestLedger : public AnswerSource {
 public:
  TestLedger() {
    v1::Event opened = EventOf("log/1");
    opened.set_kind(v1::EVENT_KIND_LOG_OPENED);
    opened.mutable_id()->set_source("issuance_ledger");
    Append(opened);
  }

  // An order of this EID in one of three shops.
  void AddOrder(const std::string& eid) {
    const std::string order = absl::StrCat("o", entries_.size());
    v1::Event event = EventOf("order/" + order);
    event.set_kind(v1::EVENT_KIND_ORDER_PLACED);
    event.mutable_id()->set_source("profile_order");
    event.set_order(order);
    event.set_shop(absl::StrCat("shop-", entries_.size() % 3));
    v1::Pseudonym& pseudonym = *event.add_pseudonyms();
    pseudonym.set_field(v1::PSEUDONYM_FIELD_EID);
    pseudonym.set_value(EidToken(eid));
    Append(event);
  }

  // Seals up to the end of the log. `tell` gives the event that is indexed in
  // place of an entry's own; nullopt: none is.
  using Tell = std::function<std::optional<v1::Event>(uint64_t, v1::Event)>;
  void Seal(const Tell& tell = nullptr) {
    PeriodSeal seal{.number = seals_.size() + 1,
                    .first_index = sealed_end_,
                    .end_index = entries_.size()};
    PeriodTokens tokens;
    for (uint64_t i = seal.first_index; i < seal.end_index; ++i) {
      std::optional<v1::Event> event = *ParseEntry(entries_[i]);
      if (tell != nullptr) event = tell(i, *event);
      if (event.has_value()) tokens.Add(i, *event);
    }
    sealed_end_ = seal.end_index;
    auto& indexes = indexes_.emplace_back();
    for (const v1::IndexField field : IndexFields()) {
      SealedIndex index = *tokens.TakeIndex(field);
      seal.fields[field] = {.first_index = seal.first_index,
                            .end_index = seal.end_index,
                            .leaf_count = index.leaf_count(),
                            .root = index.Root()};
      indexes.emplace(field, std::move(index));
    }
    seals_.push_back(entries_.size());
    Append(MakeSealEvent(seal, absl::FromUnixSeconds(1700000000)));
  }

  void Append(const v1::Event& event) {
    entries_.push_back(SerializeEvent(event));
    leaves_.push_back(Hasher().Leaf(entries_.back()));
  }

  void Redact(v1::IndexField field, const std::string& token) {
    for (auto& indexes : indexes_) {
      for (uint64_t index = 0; index < entries_.size(); ++index) {
        indexes.at(field).Redact({.token = token, .index = index});
      }
    }
  }

  // Entries that match, the plain way.
  std::vector<uint64_t> Matches(const v1::IndexQuestion& question) const {
    std::vector<uint64_t> matches;
    for (uint64_t i = 0; i < entries_.size(); ++i) {
      for (const EntryToken& token : TokensOf(*ParseEntry(entries_[i]))) {
        if (token.field == question.field() && token.bytes >= question.low() &&
            token.bytes <= question.high()) {
          matches.push_back(i);
        }
      }
    }
    return matches;
  }

  absl::StatusOr<std::string> Checkpoint() override {
    const std::string text =
        FormatCheckpoint({.origin = kOrigin,
                          .size = entries_.size(),
                          .root = RootOf(Hasher(), leaves_)});
    return JoinNote(text, *signer_.SignLine(text, absl::UnixEpoch()));
  }

  // One seal a page, and of it at most `leaves_a_page` leaves.
  absl::StatusOr<ProofPage> Prove(const v1::IndexQuestion& question,
                                  int64_t tree_size, int64_t seal,
                                  int64_t leaf) override {
    ProofPage page;
    const size_t at = static_cast<size_t>(seal) - 1;
    if (at >= seals_.size()) return page;
    v1::SealedRun& run = page.runs.emplace_back();
    run.set_seal_number(seal);
    *run.mutable_seal() = Proven(seals_[at], tree_size);
    const SealedIndex& index = indexes_[at].at(question.field());
    const auto [begin, end] = index.PlacesOf(question.low(), question.high());
    page.next_seal = at + 1 < seals_.size() ? seal + 1 : 0;
    if (begin == end) return page;
    const uint64_t from = std::max(begin, static_cast<uint64_t>(leaf));
    const uint64_t to = std::min(end, from + leaves_a_page);
    if (to < end) {
      page.next_seal = seal;
      page.next_leaf = static_cast<int64_t>(to);
    }
    const IndexRun shown = index.Run(from, to);
    run.set_first_leaf(static_cast<int64_t>(from));
    run.mutable_outside()->Assign(shown.outside.begin(), shown.outside.end());
    for (const IndexLeaf& leaf_shown : shown.leaves) {
      v1::SealedLeaf& out = *run.add_leaves();
      if (!leaf_shown.key.has_value()) {
        out.set_hash(leaf_shown.hash);
        continue;
      }
      const IndexKey& key = *leaf_shown.key;
      out.set_token(key.token);
      out.set_index(static_cast<int64_t>(key.index));
      if (key.token >= question.low() && key.token <= question.high()) {
        *run.add_entries() = Proven(key.index, tree_size);
      }
    }
    return page;
  }

  absl::StatusOr<std::vector<Hash>> InclusionPath(uint64_t index,
                                                  uint64_t size) override {
    return MakeInclusionProof(
        Hasher(),
        [this](int height, uint64_t at) -> absl::StatusOr<Hash> {
          const std::span<const Hash> leaves = leaves_;
          return RootOf(Hasher(), leaves.subspan(at << height, 1ull << height));
        },
        index, size);
  }

  absl::Status Scan(uint64_t begin, uint64_t end, const Visit& visit) override {
    for (uint64_t i = begin; i < end; ++i) {
      RETURN_IF_ERROR(visit(i, entries_[i]));
    }
    return absl::OkStatus();
  }

  const std::vector<std::string>& entries() const { return entries_; }

  uint64_t leaves_a_page = 100;

 protected:
  v1::ProvenEntry Proven(uint64_t index, int64_t size) {
    v1::ProvenEntry proven;
    proven.set_index(static_cast<int64_t>(index));
    proven.set_entry(entries_[index]);
    const auto path = InclusionPath(index, static_cast<uint64_t>(size));
    proven.mutable_hashes()->Assign(path->begin(), path->end());
    return proven;
  }

 private:
  static v1::Event EventOf(const std::string& aggregate) {
    v1::Event event;
    event.set_format(kEntryFormat);
    event.mutable_id()->set_aggregate(aggregate);
    event.mutable_id()->set_version(1);
    event.mutable_time()->set_seconds(1700000000);
    return event;
  }

  const NoteSigner signer_ = SignerOf('l');
  std::vector<std::string> entries_;
  std::vector<Hash> leaves_;
  std::vector<uint64_t> seals_;  // their entries
  std::vector<std::map<v1::IndexField, SealedIndex>> indexes_;
  uint64_t sealed_end_ = 0;
};

}  // namespace shiming::ledger::testing

#endif  // SHIMING_LEDGER_INDEX_TESTING_TEST_LEDGER_H_
