// shimingctl: operations, enrollment, audit. `shimingctl help` prints the
// verbs.
#include <cstdio>
#include <optional>
#include <string>

#include "common/flags/help.h"
#include "common/status/reason.h"
#include "tools/shimingctl/arguments.h"
#include "tools/shimingctl/audit_export.h"
#include "tools/shimingctl/audit_prove.h"
#include "tools/shimingctl/audit_query.h"
#include "tools/shimingctl/audit_report.h"
#include "tools/shimingctl/audit_seals.h"
#include "tools/shimingctl/check.h"
#include "tools/shimingctl/enrollment.h"
#include "tools/shimingctl/erasure.h"
#include "tools/shimingctl/init.h"
#include "tools/shimingctl/inventory.h"
#include "tools/shimingctl/log_list_command.h"
#include "tools/shimingctl/new_log_key.h"
#include "tools/shimingctl/pki.h"
#include "tools/shimingctl/status.h"
#include "tools/shimingctl/storage_command.h"
#include "tools/shimingctl/verify.h"
#include "tools/shimingctl/witness_command.h"

namespace shiming::shimingctl {
namespace {

constexpr char kUsage[] = R"(shimingctl VERB ...

set up
  init --data DIR [--port-base N] [--trust-domain NAME]
       [--database-url URL [--key-database-url URL] [--instances 2]]
      makes a development PKI, keys and configuration files; with a URL
      (postgres://user@host/name?...) each service has a schema of its own there,
      else a SQLite file; the keys of persons can be in another database; of two
      instances of each service all clients know both (docs/several_instances.md)
  status --data DIR [-o json]
two admins give rights, one takes them away
  enroll shop SHOP --name N --region RR --zones CIDR,... --hours always|1-5/09:00-18:00,...
  enroll terminal SHOP/ID --tls-key PUB --evidence-key PUB
  enroll display SHOP/ID --tls-key PUB --terminal ID
  enroll clerk ID --shop SHOP [--role clerk|supervisor] --out DIR
  approve DIGEST
  revoke shop|terminal|display|clerk ID --why TEXT
  list shop|terminal|display|clerk
      all with --data DIR --as ADMIN
  certify terminal|display SHOP/ID --tls-key PUB --out FILE --data DIR
two officers erase a person (docs/erasure.md)
  erase propose PERSON --basis person-request|retention-over|authority-order --case REF
  erase approve DIGEST
  erase list
      all with --data DIR --as OFFICER
backups (docs/backup.md)
  storage keygen recipient|signer STEM
  storage backup --data DIR --out DIR --data-recipient PUB --keys-recipient PUB
        --signer KEY [--scratch DIR] [--verify false] [--verify-server URL]
        [--pg-bin DIR] [--keys-days N] [--data-days N] [--log-mirror DIR|none]
      all databases while the services run: encrypted, restored and checked
  storage backup --url URL --name NAME --kind data|keys --out DIR --scratch DIR
        --data-recipient|--keys-recipient PUB --signer KEY
  storage list FILE --signer PUB
  storage status --out DIR [--max-age-hours N]
  storage prune --out DIR [--keys-days N] [--data-days N]
  storage verify FILE [FILE] --signer PUB --data-secret KEY --keys-secret KEY
        --scratch DIR [--origin NAME] [--verify-server URL] [--pg-bin DIR]
  storage restore FILE [FILE] --signer PUB --data-secret KEY --keys-secret KEY
        --data DIR [--only NAME,...] | --url URL --only NAME --scratch DIR
      only where nothing is; services stopped
  storage gap SERVICE --data DIR [--log DIR|URL ...]
      what the record holds and an older copy of the service's database lacks
  storage repair issuance_ledger --data DIR [--log DIR|URL [--ca FILE]
        [--client-cert FILE --client-key FILE]] [--guard-lost true]
      what an older copy of its database lacks, from the log's published files
  storage repair SERVICE --data DIR --plan FILE [--log DIR|URL ...]
  storage approve PLAN --data DIR --as ADMIN [--cert FILE --key FILE] [--out FILE]
  storage repair SERVICE --data DIR --apply PLAN --approvals FILE,FILE
      brings an older copy of another service's database up to the record, as
      two admins have signed; [--accept-unlinked true] of identity_verification
stock
  import iccids FILE --smdp ID | numbers FILE | device-models FILE
  stock
      all with --data DIR --as ADMIN
audit, offline
  ledger verify --log DIR --key VKEY|FILE [--extends CHECKPOINT]
        [--earlier DIR,...] the logs before it, oldest first
  ledger list --log DIR|URL --policy FILE
        the logs that follow one another, as the newest one has signed it
  ledger new-key --origin ORIGIN --out STEM
        the key of a log that is to follow (docs/log_periods.md)
  receipt verify FILE --key VKEY|FILE [--proof-out FILE]
      --policy FILE instead of or beside --key: also asks for its witnesses
  audit prove --log DIR|URL --key VKEY|FILE|--policy FILE [--state FILE]
        [--earlier DIR|URL,...] [--pseudonym-key FILE [--pseudonym-salt FILE]]
        [--json FILE] [-o json]
      replays every entry and proves P1 to P4 for every code revealed
      (docs/auditing.md); exit code 0 clean, 1 violations, 2 cannot tell.
      A URL: --ca FILE [--client-cert FILE --client-key FILE]. Limits that the
      operator has set otherwise: --person-limit --eid-limit --shift-hours
      --session-minutes --attestation-minutes --lock-minutes --clock-minutes
  audit report --log DIR|URL --key VKEY|FILE|--policy FILE [--format csv|json]
        [--out FILE] [--fast-seconds N] [--eid-orders N]
      what is odd: issues by hour, terminal and clerk, refusals, overrides,
      alarms, phones with many orders, sessions too fast
  audit seals --log DIR|URL (--key VKEY|FILE | --policy FILE)
      makes every sealed index again from the entries: what --prove rests on
audit, of a ledger that is running
  audit query --data DIR --as AUDITOR [FILTER] [--limit N] [--receipts true]
      entries in order, one a line; limit 50, 0 for all
  audit query --data DIR --as AUDITOR FILTER --prove true
      (--key VKEY|FILE | --policy FILE)
      all of them, with proof that the ledger left nothing out
  audit export --data DIR --as AUDITOR [FILTER] [--out FILE [--resume FILE]]
      the same command goes on where one with --resume was interrupted
      FILTER, joined by AND: --shop --terminal SHOP/ID --clerk --session
      --order --person ID --kind NAME,... --from TIME --to TIME (RFC 3339)
      --eid --iccid --number VALUE, each with --pseudonym-key FILE
      [--pseudonym-salt FILE]; both: --format ndjson|csv
a witness of the log, run by somebody else than its owner (docs/witness.md)
  witness --config FILE --generate-key NAME     makes its key and state, once
  witness --config FILE                         serves until SIGTERM
      in place of fields of the file: --name --key --state --listen
      --tls-certificate --tls-key --tls-client-ca --insecure-plain-http true
      --admin-listen --submission-prefix --monitoring-prefix --policy --log-key
      --port-file --log-file
support
  check eid|iccid|imei|msisdn|activation-code|id-number|card-block VALUE
        [--kind KIND] [--as-of YYYY-MM-DD] [-o json]
)";

int Report(const absl::Status& status) {
  if (status.ok()) return 0;
  const std::optional<Reason> reason = ReasonOf(status);
  if (reason.has_value()) {
    const ReasonInfo& info = InfoOf(*reason);
    fprintf(stderr, "%s: %s\n", std::string(info.name).c_str(),
            std::string(info.en).c_str());
  }
  fprintf(stderr, "%s\n", status.ToString().c_str());
  return 1;
}

int Run(Arguments& arguments) {
  const std::string verb =
      arguments.words().empty() ? "" : arguments.words()[0];
  const std::string second =
      arguments.words().size() < 2 ? "" : arguments.words()[1];
  if (verb == "check") {
    const absl::StatusOr<int> exit_code = RunCheck(arguments);
    return exit_code.ok() ? *exit_code : Report(exit_code.status());
  }
  if (verb == "init") return Report(RunInit(arguments));
  if (verb == "status") return Report(RunStatus(arguments));
  if (verb == "enroll") return Report(RunEnroll(arguments));
  if (verb == "approve") return Report(RunApprove(arguments));
  if (verb == "revoke") return Report(RunRevoke(arguments));
  if (verb == "list") return Report(RunList(arguments));
  if (verb == "erase") return Report(RunErase(arguments));
  if (verb == "certify") return Report(RunCertify(arguments));
  if (verb == "import") return Report(RunImport(arguments));
  if (verb == "witness") return Report(RunWitness(arguments));
  if (verb == "stock") return Report(RunStock(arguments));
  if (verb == "storage") return Report(RunStorage(arguments));
  if (verb == "audit" && second == "prove") return RunAuditProve(arguments);
  if (verb == "audit" && second == "report") return RunAuditReport(arguments);
  if (verb == "ledger" && second == "verify") {
    return Report(RunLedgerVerify(arguments));
  }
  if (verb == "ledger" && second == "list") {
    return Report(RunLedgerList(arguments));
  }
  if (verb == "ledger" && second == "new-key") {
    return Report(RunNewLogKey(arguments));
  }
  if (verb == "receipt" && second == "verify") {
    return Report(RunReceiptVerify(arguments));
  }
  if (verb == "audit" && second == "query") {
    return Report(RunAuditQuery(arguments));
  }
  if (verb == "audit" && second == "seals") {
    return Report(RunAuditSeals(arguments));
  }
  if (verb == "audit" && second == "export") {
    return Report(RunAuditExport(arguments));
  }
  fputs(kUsage, verb == "help" ? stdout : stderr);
  return verb == "help" ? 0 : 2;
}

}  // namespace
}  // namespace shiming::shimingctl

int main(int argc, char** argv) {
  if (shiming::AsksForHelp(argc, argv)) {
    fputs(shiming::shimingctl::kUsage, stdout);
    return 0;
  }
  auto arguments = shiming::shimingctl::Arguments::Parse(argc, argv);
  if (!arguments.ok()) {
    fprintf(stderr, "%s\n", arguments.status().ToString().c_str());
    return 2;
  }
  return shiming::shimingctl::Run(*arguments);
}
