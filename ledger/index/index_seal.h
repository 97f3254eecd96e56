// INDEX_SEALED: the entry by which the log vouches for the sealed indexes of a
// period, and the indexes of a period's entries (docs/formats/ledger_index.md).
// Pure.
#ifndef SHIMING_LEDGER_INDEX_INDEX_SEAL_H_
#define SHIMING_LEDGER_INDEX_INDEX_SEAL_H_

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "ledger/index/sealed_index.h"
#include "shiming/ledger/v1/ledger_resources.pb.h"

namespace shiming::ledger {

// Aggregate of the events; the version is the seal's number, from 1.
inline constexpr char kSealAggregate[] = "index/sealed";
// Most entries of one period; a reader refuses more.
inline constexpr uint64_t kMaxPeriodEntries = 65536;

// Every field, in order of number.
std::span<const v1::IndexField> IndexFields();
// "shop", "terminal" ..., for paths and messages; empty if unknown.
std::string IndexFieldName(v1::IndexField field);
// "index/<number>/<field>": where the log's folder keeps a sealed index; the
// number is written as in tile paths.
std::string IndexPath(uint64_t seal_number, v1::IndexField field);

// A period with its seals.
struct PeriodSeal {
  uint64_t number = 0;  // from 1
  uint64_t first_index = 0;
  uint64_t end_index = 0;
  std::map<v1::IndexField, IndexSeal> fields;  // every field
};

// The event that says this. `time`: when it is written.
v1::Event MakeSealEvent(const PeriodSeal& seal, absl::Time time);

// What an INDEX_SEALED entry at `index` of the log says. LEDGER_SEAL_FALSE when
// it is another kind of event, names another aggregate, lacks a field or has
// one twice, or names a period that is empty, too long or not before it.
absl::StatusOr<PeriodSeal> ReadSealEvent(const v1::Event& event,
                                         uint64_t index);

// OK when `seal` is the one behind `last` (null: the first): the next number,
// and a period that begins where that one's ends. LEDGER_SEAL_FALSE otherwise.
absl::Status CheckFollows(const PeriodSeal* last, const PeriodSeal& seal);

// The tokens of a period's entries, field by field. Not thread-safe.
class PeriodTokens {
 public:
  // The entry at `index`.
  void Add(uint64_t index, const v1::Event& event);

  // The index of one field, whose tokens are given up with it. See
  // SealedIndex::Build.
  absl::StatusOr<SealedIndex> TakeIndex(v1::IndexField field);

 private:
  std::map<v1::IndexField, std::vector<IndexKey>> keys_;
};

}  // namespace shiming::ledger

#endif  // SHIMING_LEDGER_INDEX_INDEX_SEAL_H_
