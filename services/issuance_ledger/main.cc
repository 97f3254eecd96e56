// issuance_ledger as a process of its own.
#include "common/process/run_main.h"
#include "services/issuance_ledger/issuance_ledger_server.h"

int main(int argc, char** argv) {
  return shiming::process::RunRoom(
      argc, argv, "issuance_ledger",
      &shiming::issuance_ledger::IssuanceLedgerRoom);
}
