// An audit of entries in memory.
#ifndef SHIMING_TESTS_CONFORMANCE_AUDIT_OF_H_
#define SHIMING_TESTS_CONFORMANCE_AUDIT_OF_H_

#include <span>
#include <string>
#include <vector>

#include "ledger/audit/replay.h"
#include "ledger/tree.h"
#include "tests/conformance/synthetic_ledger.h"

namespace shiming::conformance {

inline void VisitAll(std::span<const std::string> entries,
                     ledger::AuditReplay& replay) {
  for (const std::string& bytes : entries) {
    replay.Visit(ledger::PrepareEntry(replay.size(), bytes, replay.keys(),
                                      ledger::Hasher()));
  }
}

inline ledger::AuditFindings AuditOf(const SyntheticLedger& ledger,
                                     const ledger::AuditOptions& options = {}) {
  ledger::AuditReplay replay(options);
  for (size_t i = 0; i < ledger.logs().size(); ++i) {
    const std::string& origin = ledger.logs()[i].origin;
    const std::vector<std::string> entries = ledger.EntriesOf(i);
    ledger::TreeEdge edge;
    for (const std::string& bytes : entries) {
      edge.Append(ledger::Hasher().Leaf(bytes));
    }
    replay.BeginLog(origin);
    VisitAll(entries, replay);
    replay.EndLog({.origin = origin, .size = edge.size(), .root = edge.Root()});
  }
  return replay.Finish();
}

// One line for each violation, for messages of tests.
inline std::string TextOf(const ledger::AuditFindings& findings) {
  std::string text;
  for (const ledger::Violation& violation : findings.violations) {
    text += std::string(ledger::InfoOf(violation.kind).name);
    for (const uint64_t index : violation.entries) {
      text += " " + std::to_string(index);
    }
    text += " " + violation.subject + " " + violation.detail + "\n";
  }
  return text;
}

}  // namespace shiming::conformance

#endif  // SHIMING_TESTS_CONFORMANCE_AUDIT_OF_H_
