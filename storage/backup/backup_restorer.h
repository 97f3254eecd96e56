// Puts databases back from backup files, or only tries whether that would do.
#ifndef SHIMING_STORAGE_BACKUP_BACKUP_RESTORER_H_
#define SHIMING_STORAGE_BACKUP_BACKUP_RESTORER_H_

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/crypto/keys.h"
#include "shiming/storage/v1/backup.pb.h"
#include "storage/backup/backup_keys.h"
#include "storage/backup/backup_maker.h"
#include "storage/sql/postgres_dump.h"

namespace shiming::backup {

// A file and what opens it.
struct BackupToRead {
  std::string path;
  const RecipientSecret* secret;  // not owned
};

enum class RestoreStep {
  kExtracted,  // one database is beside its place, decrypted (once for each)
  kPrepared,   // all are checked; nothing is in its place yet
  kCommitted,  // one is in its place (once for each)
};

struct RestorePlan {
  std::vector<BackupToRead> files;  // of one set
  const crypto::VerifyKey& signer;
  // Where each database goes, by name: urls. Databases of the files that are
  // not in it are left out; each one named must be in a file.
  std::map<std::string, std::string> targets;
  // Where dumps of PostgreSQL are decrypted to: ScratchFolder.
  std::string scratch_parent;
  sql::PostgresTools tools;
  // For tests: an error ends the work there. Null: none.
  std::function<absl::Status(RestoreStep)> after_step;
};

// Puts the databases back; gives their names. Nothing is in its place before
// all are decrypted and checked, and nothing is ever written over: what a crash
// has cut short is finished by the same call again. Errors, all without
// effect: FAILED_PRECONDITION when a target is not empty, a file of another
// version, or the files are not of one set; PERMISSION_DENIED for another
// recipient or signer; DATA_LOSS for a damaged file; INVALID_ARGUMENT for
// targets that no file has, or of another engine; ABORTED when another is at
// work there. Blocks; services of these databases must not run.
absl::StatusOr<std::vector<std::string>> RestoreBackup(const RestorePlan& plan);

struct VerifyPlan {
  std::vector<BackupToRead> files;  // of one set
  const crypto::VerifyKey& signer;
  std::string scratch_parent;
  sql::PostgresTools tools;
  std::string verify_server;     // for dumps of PostgreSQL
  CheckTogether check_together;  // null: none
};

// Restores everything into the scratch folder, checks it as MakeBackup does,
// and throws it away. Gives the headers, in the order of the files. Errors as
// RestoreBackup, and those of the check. Blocks.
absl::StatusOr<std::vector<storage::v1::BackupHeader>> VerifyBackup(
    const VerifyPlan& plan);

}  // namespace shiming::backup

#endif  // SHIMING_STORAGE_BACKUP_BACKUP_RESTORER_H_
