// What an offline audit can find wrong. The kinds are listed in
// violations.inc, one line each; docs/auditing.md is held against that file by
// a test.
#ifndef SHIMING_LEDGER_AUDIT_VIOLATION_H_
#define SHIMING_LEDGER_AUDIT_VIOLATION_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace shiming::ledger {

enum class ViolationKind {
#define VIOLATION(name, promise, text) name,
#include "ledger/audit/violations.inc"
#undef VIOLATION
};

// What is known of a kind. All texts live for ever.
struct ViolationInfo {
  ViolationKind kind;
  std::string_view name;  // "NONCE_REUSED"
  std::string_view
      promise;            // "P1" to "P4", "P6", "P7" (README, docs/auditing.md)
  std::string_view text;  // one line for a report
};

// All kinds in the order of violations.inc.
const std::vector<ViolationInfo>& AllViolations();
const ViolationInfo& InfoOf(ViolationKind kind);
std::optional<ViolationKind> ViolationByName(std::string_view name);

// One finding. A value.
struct Violation {
  ViolationKind kind = ViolationKind::MALFORMED_ENTRY;
  // AuditEntry::index of the entries concerned, the one that broke the rule
  // first; the others are what it contradicts.
  std::vector<uint64_t> entries;
  // "order/3f..", "terminal/demo/t1": the aggregate that it is about.
  std::string subject;
  // What exactly, for a reader; may be empty. Holds no secret: all of it is
  // from the log.
  std::string detail;
  // False when entries that are still under way to the log could explain it:
  // found at the very end of the log, looked at again by the next run.
  bool settled = true;

  friend bool operator==(const Violation&, const Violation&) = default;
};

}  // namespace shiming::ledger

#endif  // SHIMING_LEDGER_AUDIT_VIOLATION_H_
