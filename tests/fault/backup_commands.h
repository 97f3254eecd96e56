// `shimingctl storage` as an operator types it, on a cluster's data directory.
#ifndef SHIMING_TESTS_FAULT_BACKUP_COMMANDS_H_
#define SHIMING_TESTS_FAULT_BACKUP_COMMANDS_H_

#include <string>
#include <vector>

#include "tests/e2e/command.h"
#include "tools/shimingctl/layout.h"

namespace shiming::fault {

using Words = std::vector<std::string>;

// One thread.
class BackupCommands {
 public:
  // Makes recipients and a signer in <data>/backup-keys; backups go to
  // <data>/backups. A failure is one of the test.
  explicit BackupCommands(const shimingctl::Layout& layout);

  // `storage backup --data`; remembers the files it names.
  e2e::CommandResult Backup(const Words& more = {});
  // Of the last Backup that was good: paths, data then keys.
  const Words& files() const { return files_; }

  // `storage restore` of `files` into the data directory.
  e2e::CommandResult Restore(const Words& files, const Words& more = {}) const;
  // `storage verify` of `files`.
  e2e::CommandResult Verify(const Words& files, const Words& more = {}) const;
  // `storage repair issuance_ledger`.
  e2e::CommandResult RepairLedger(const Words& more = {}) const;
  // `storage gap SERVICE`.
  e2e::CommandResult Gap(const std::string& service) const;
  // Any other, `words` behind "storage".
  e2e::CommandResult Storage(const Words& words) const;

  // Takes databases away, with whatever SQLite keeps beside them.
  void RemoveDatabases(const Words& names) const;

  std::string Key(const std::string& name) const { return keys_ + "/" + name; }
  const std::string& out() const { return out_; }

 private:
  // --signer, --data-secret, --keys-secret.
  Words Opening() const;

  const std::string data_;
  const std::string keys_;
  const std::string out_;
  Words files_;
};

}  // namespace shiming::fault

#endif  // SHIMING_TESTS_FAULT_BACKUP_COMMANDS_H_
