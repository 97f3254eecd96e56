// Counts of what an order holds: numbers of a person, numbers on an EID, a
// number itself, an ICCID. Kept in order of index; for the recent past also
// answers in order of time, because events of different orders may reach the
// log in another order than they happened.
#ifndef SHIMING_LEDGER_AUDIT_HOLD_BOOK_H_
#define SHIMING_LEDGER_AUDIT_HOLD_BOOK_H_

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "ledger/audit/sequence_table.h"
#include "shiming/ledger/v1/audit_state.pb.h"

namespace shiming::ledger {

// Not thread-safe.
class HoldBook {
 public:
  struct Taken {
    int count = 0;                // after taking it, in order of index
    uint64_t other_position = 0;  // who took it last before; 0: nobody
  };

  // One more is held since `mark`.
  Taken Take(const ShortHash& key, const v1::AuditMark& mark);
  // One less. Below 0 it does not go.
  void Release(const ShortHash& key, const v1::AuditMark& mark);

  // Held at a moment, taking everything seen so far in order of time. Exact
  // for moments that Forget has not passed.
  int CountAt(const ShortHash& key, int64_t time_us) const;

  // The most that was held at once from a moment on.
  int HighestFrom(const ShortHash& key, int64_t time_us) const;

  // Changes older than this are no longer told apart.
  void Forget(int64_t before_us);

  // The counts, packed, and the recent changes as number `book`; and back.
  // INVALID_ARGUMENT when the bytes are of a wrong length.
  std::string Encode() const;
  void EncodeChanges(int book, v1::AuditState* state) const;
  absl::Status Decode(std::string_view bytes);
  void AddStored(const v1::AuditHoldChange& change);

 private:
  struct Hold {
    int32_t count = 0;
    uint64_t position = 0;
  };

  void Remember(const ShortHash& key, const v1::AuditMark& mark, int delta);

  absl::flat_hash_map<ShortHash, Hold> holds_;
  absl::flat_hash_map<ShortHash, std::vector<std::pair<int64_t, int>>> recent_;
  // What is in recent_, in order of arrival.
  std::deque<std::pair<int64_t, ShortHash>> arrivals_;
};

}  // namespace shiming::ledger

#endif  // SHIMING_LEDGER_AUDIT_HOLD_BOOK_H_
