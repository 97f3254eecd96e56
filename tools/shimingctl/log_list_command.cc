#include "tools/shimingctl/log_list_command.h"

#include <cstdio>
#include <string>

#include "common/crypto/encoding.h"
#include "common/status/status_macros.h"
#include "ledger/audit_reader.h"
#include "ledger/log_list.h"
#include "ledger/policy.h"
#include "tools/shimingctl/log_source.h"
#include "tools/shimingctl/trust.h"

namespace shiming::shimingctl {

absl::Status RunLedgerList(Arguments& arguments) {
  RETURN_IF_ERROR(arguments.Word(1, "list").status());
  ASSIGN_OR_RETURN(const std::string log, arguments.Required("log"));
  const LogSourceTls tls = TlsFrom(arguments);
  ASSIGN_OR_RETURN(const ledger::TrustPolicy policy, PolicyFrom(arguments));
  RETURN_IF_ERROR(arguments.CheckAllUsed());
  ASSIGN_OR_RETURN(const ledger::FileReader files, OpenLogSource(log, tls));
  ASSIGN_OR_RETURN(const std::string note, files("logs"));
  ASSIGN_OR_RETURN(const ledger::LogList list,
                   ledger::OpenLogList(note, policy));
  for (const ledger::Checkpoint& frozen : list.frozen) {
    printf("frozen %s: %llu entries, root %s\n", frozen.origin.c_str(),
           static_cast<unsigned long long>(frozen.size),
           crypto::Base64(frozen.root).c_str());
  }
  printf("open   %s\n", list.open_origin.c_str());
  return absl::OkStatus();
}

}  // namespace shiming::shimingctl
