#include "ledger/index/index_seal.h"

#include <iterator>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "common/status/reason.h"
#include "common/status/status_macros.h"
#include "common/time/proto_time.h"
#include "ledger/entry.h"
#include "ledger/index/entry_tokens.h"
#include "ledger/tiles.h"

namespace shiming::ledger {
namespace {

constexpr v1::IndexField kFields[] = {
    v1::INDEX_FIELD_SHOP,    v1::INDEX_FIELD_TERMINAL, v1::INDEX_FIELD_CLERK,
    v1::INDEX_FIELD_SESSION, v1::INDEX_FIELD_ORDER,    v1::INDEX_FIELD_PERSON,
    v1::INDEX_FIELD_EID,     v1::INDEX_FIELD_ICCID,    v1::INDEX_FIELD_MSISDN,
    v1::INDEX_FIELD_KIND,    v1::INDEX_FIELD_TIME};

absl::Status False(std::string_view why) {
  return MakeError(Reason::LEDGER_SEAL_FALSE, why);
}

// The part of a seal that is about one field.
absl::StatusOr<IndexSeal> ReadRoot(const v1::SealedRoot& root,
                                   const PeriodSeal& seal) {
  if (root.leaf_count() < 0 ||
      static_cast<uint64_t>(root.leaf_count()) >
          seal.end_index - seal.first_index ||
      root.root().size() != kHashSize) {
    return False("a root is malformed");
  }
  return IndexSeal{.first_index = seal.first_index,
                   .end_index = seal.end_index,
                   .leaf_count = static_cast<uint64_t>(root.leaf_count()),
                   .root = root.root()};
}

}  // namespace

std::span<const v1::IndexField> IndexFields() { return kFields; }

std::string IndexFieldName(v1::IndexField field) {
  if (field == v1::INDEX_FIELD_UNSPECIFIED || !v1::IndexField_IsValid(field)) {
    return "";
  }
  std::string name(
      absl::StripPrefix(v1::IndexField_Name(field), "INDEX_FIELD_"));
  absl::AsciiStrToLower(&name);
  return name;
}

std::string IndexPath(uint64_t seal_number, v1::IndexField field) {
  return absl::StrCat("index/", EncodeTileIndex(seal_number), "/",
                      IndexFieldName(field));
}

v1::Event MakeSealEvent(const PeriodSeal& seal, absl::Time time) {
  v1::Event event;
  event.set_format(kEntryFormat);
  event.mutable_id()->set_source("issuance_ledger");
  event.mutable_id()->set_aggregate(kSealAggregate);
  event.mutable_id()->set_version(static_cast<int64_t>(seal.number));
  event.set_kind(v1::EVENT_KIND_INDEX_SEALED);
  *event.mutable_time() = ToProto(time);
  v1::IndexSealedDetails& details = *event.mutable_index_sealed();
  details.set_first_index(static_cast<int64_t>(seal.first_index));
  details.set_end_index(static_cast<int64_t>(seal.end_index));
  for (const auto& [field, index] : seal.fields) {
    v1::SealedRoot& root = *details.add_roots();
    root.set_field(field);
    root.set_leaf_count(static_cast<int64_t>(index.leaf_count));
    root.set_root(index.root);
  }
  return event;
}

absl::StatusOr<PeriodSeal> ReadSealEvent(const v1::Event& event,
                                         uint64_t index) {
  if (event.kind() != v1::EVENT_KIND_INDEX_SEALED ||
      !event.has_index_sealed() || event.id().aggregate() != kSealAggregate ||
      event.id().version() < 1) {
    return False("the entry seals nothing");
  }
  const v1::IndexSealedDetails& details = event.index_sealed();
  if (details.first_index() < 0 ||
      details.end_index() <= details.first_index() ||
      static_cast<uint64_t>(details.end_index()) > index ||
      static_cast<uint64_t>(details.end_index() - details.first_index()) >
          kMaxPeriodEntries) {
    return False("the period is empty, too long or not before the seal");
  }
  PeriodSeal seal{.number = static_cast<uint64_t>(event.id().version()),
                  .first_index = static_cast<uint64_t>(details.first_index()),
                  .end_index = static_cast<uint64_t>(details.end_index())};
  if (details.roots_size() != static_cast<int>(std::size(kFields))) {
    return False("a field is missing");
  }
  for (size_t i = 0; i < std::size(kFields); ++i) {
    const v1::SealedRoot& root = details.roots(static_cast<int>(i));
    if (root.field() != kFields[i]) return False("fields are out of order");
    ASSIGN_OR_RETURN(seal.fields[kFields[i]], ReadRoot(root, seal));
  }
  return seal;
}

absl::Status CheckFollows(const PeriodSeal* last, const PeriodSeal& seal) {
  const uint64_t number = last == nullptr ? 1 : last->number + 1;
  const uint64_t first = last == nullptr ? 0 : last->end_index;
  if (seal.number == number && seal.first_index == first) {
    return absl::OkStatus();
  }
  return False("a seal does not follow the one before");
}

void PeriodTokens::Add(uint64_t index, const v1::Event& event) {
  for (EntryToken& token : TokensOf(event)) {
    keys_[token.field].push_back(
        {.token = std::move(token.bytes), .index = index});
  }
}

absl::StatusOr<SealedIndex> PeriodTokens::TakeIndex(v1::IndexField field) {
  return SealedIndex::Build(std::exchange(keys_[field], {}));
}

}  // namespace shiming::ledger
