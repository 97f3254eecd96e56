#include "tools/shimingctl/audit_seals.h"

#include <cstdio>
#include <string>

#include "common/status/reason.h"
#include "common/status/status_macros.h"
#include "ledger/audit_reader.h"
#include "ledger/index/seal_audit.h"
#include "ledger/policy.h"
#include "tools/shimingctl/log_source.h"
#include "tools/shimingctl/trust.h"

namespace shiming::shimingctl {

absl::Status RunAuditSeals(Arguments& arguments) {
  RETURN_IF_ERROR(arguments.Word(1, "seals").status());
  ASSIGN_OR_RETURN(const std::string log, arguments.Required("log"));
  const LogSourceTls tls = TlsFrom(arguments);
  ASSIGN_OR_RETURN(const ledger::TrustPolicy policy, PolicyFrom(arguments));
  RETURN_IF_ERROR(arguments.CheckAllUsed());
  ASSIGN_OR_RETURN(const ledger::FileReader files, OpenLogSource(log, tls));

  // The seals first, so that the second pass holds one period at a time.
  ledger::SealCollector collector;
  const auto collect = [&](uint64_t index, const std::string& entry) {
    return collector.Add(index, entry);
  };
  ASSIGN_OR_RETURN(const ledger::LogReport first,
                   ledger::VerifyLog(files, policy, collect));
  ledger::SealAudit audit(collector.seals());
  const auto check = [&](uint64_t index, const std::string& entry) {
    return audit.Add(index, entry);
  };
  ASSIGN_OR_RETURN(const ledger::LogReport second,
                   ledger::VerifyLog(files, policy, check));
  // The log may have grown between the two, never shrunk or changed.
  RETURN_IF_ERROR(
      ledger::VerifyExtends(files, policy, second.checkpoint, first.note));
  const uint64_t end =
      collector.seals().empty() ? 0 : collector.seals().back().end_index;
  if (audit.checked_count() != collector.seals().size()) {
    return MakeError(Reason::LEDGER_PROOF_INVALID,
                     "the log shrank while it was read");
  }
  printf(
      "%llu seals of %llu entries are true, at the checkpoint of %llu "
      "entries\n",
      static_cast<unsigned long long>(audit.checked_count()),
      static_cast<unsigned long long>(end),
      static_cast<unsigned long long>(first.checkpoint.size));
  return absl::OkStatus();
}

}  // namespace shiming::shimingctl
