// Replays the entries of a log, in order of index, and finds what breaks the
// promises P1 to P4 and P7 (docs/auditing.md lists the rules). Needs nothing
// but the entries; remembers what is open and packed tables of what is over.
#ifndef SHIMING_LEDGER_AUDIT_REPLAY_H_
#define SHIMING_LEDGER_AUDIT_REPLAY_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "ledger/audit/audit_entry.h"
#include "ledger/audit/audit_options.h"
#include "ledger/audit/key_ring.h"
#include "ledger/audit/violation.h"
#include "ledger/checkpoint.h"
#include "shiming/ledger/v1/audit_state.pb.h"

namespace shiming::ledger {

struct AuditBooks;

// What a replay found.
struct AuditFindings {
  uint64_t entries = 0;  // replayed, earlier runs included
  // Codes revealed, and those for which every rule held along their chain.
  uint64_t codes_revealed = 0;
  uint64_t codes_proven = 0;
  // How often each kind was found; kinds that were not found are absent.
  std::map<ViolationKind, uint64_t> counts;
  // At most kMaxKeptViolations, by first entry.
  std::vector<Violation> violations;
  // ALARM events by reason, and DATABASE_REPAIRED: somebody must look at it.
  std::map<std::string, uint64_t> alarms;
  // ORDER_PLACED without order_kind, written before that field was.
  uint64_t orders_without_kind = 0;
  // Commitment to K in the newest LOG_OPENED; empty when there is none.
  std::string pseudonym_key_commitment;
};

// Not thread-safe, but for keys().
class AuditReplay {
 public:
  explicit AuditReplay(const AuditOptions& options);
  ~AuditReplay();
  AuditReplay(AuditReplay&&) noexcept;
  AuditReplay& operator=(AuditReplay&&) noexcept;

  // Goes on from what Save stored. INVALID_ARGUMENT when that is damaged.
  static absl::StatusOr<AuditReplay> Restore(const AuditOptions& options,
                                             const v1::AuditState& state);

  // Keys that entries are prepared with.
  const KeyRing& keys() const;
  // Index of the next entry; counts the entries of all logs.
  uint64_t size() const;
  // The logs so far, oldest first; `size` and `root` of the newest one are
  // those of the last EndLog.
  const std::vector<v1::AuditedLog>& logs() const;
  // True when the newest log continues entries that were not visited: those of
  // a log before it, or later ones of the log before. What was found since then
  // means nothing.
  bool is_log_missing() const;

  // From here on the entries are of the log `origin`. For a log that is
  // replayed alone, without its checkpoint, it need not be called.
  void BeginLog(const std::string& origin);
  // The newest log's entries up to this checkpoint of it have been visited.
  void EndLog(const Checkpoint& checkpoint);

  // The entry at index size(). Never fails: what is wrong becomes a finding.
  void Visit(const AuditEntry& entry);

  // Everything that the next run needs but the checkpoint's note and the
  // options' text. Behind EndLog, before Finish.
  void Save(v1::AuditState* state) const;

  // The log ends here: what is still open or in doubt is added as unsettled.
  // Nothing may be visited or saved after it.
  AuditFindings Finish();

 private:
  void Advance();

  std::unique_ptr<AuditBooks> books_;
  uint64_t size_ = 0;
};

}  // namespace shiming::ledger

#endif  // SHIMING_LEDGER_AUDIT_REPLAY_H_
