// The record as an auditor sees it who has nothing but the log's files and its
// verifier key.
#ifndef SHIMING_TESTS_FAULT_LOG_RECORD_H_
#define SHIMING_TESTS_FAULT_LOG_RECORD_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "ledger/audit_reader.h"
#include "shiming/ledger/v1/ledger_resources.pb.h"
#include "tools/shimingctl/layout.h"

namespace shiming::fault {

// A verified log.
struct LogRecord {
  ledger::LogReport report;
  std::vector<std::string> entries;       // exact bytes, by index
  std::vector<ledger::v1::Event> events;  // the same, parsed

  int CountOf(ledger::v1::EventKind kind, const std::string& order_id) const;
};

// Errors of ledger::VerifyLog.
absl::StatusOr<LogRecord> ReadLog(const shimingctl::Layout& layout);

// LEDGER_PROOF_INVALID unless the log extends the checkpoint `older_note`.
absl::Status CheckExtends(const shimingctl::Layout& layout,
                          const LogRecord& record,
                          const std::string& older_note);

// What in the record breaks the rules of DESIGN 4 and 7, one line each: gaps in
// an aggregate's versions, an event before one that it comes after, a once_key
// twice, an order placed or revealed twice or out of order, a number or ICCID
// on two orders in progress; and every violation that the offline audit finds.
std::vector<std::string> BrokenRules(const LogRecord& record);

}  // namespace shiming::fault

#endif  // SHIMING_TESTS_FAULT_LOG_RECORD_H_
