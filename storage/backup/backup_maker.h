// Makes a set of backup files of databases in use, and calls them good only
// when they were restored and checked.
#ifndef SHIMING_STORAGE_BACKUP_BACKUP_MAKER_H_
#define SHIMING_STORAGE_BACKUP_BACKUP_MAKER_H_

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/crypto/keys.h"
#include "common/crypto/random.h"
#include "common/time/clock.h"
#include "shiming/storage/v1/backup.pb.h"
#include "storage/backup/backup_keys.h"
#include "storage/backup/database_copy.h"
#include "storage/sql/postgres_dump.h"

namespace shiming::backup {

// A database to back up.
struct BackupSource {
  std::string name;  // 1 to 64 characters of [a-z0-9_]
  std::string url;   // as OpenDatabase takes it
  storage::v1::BackupKind kind;
};

// What has been done; each is durable when it is named.
enum class BackupStep {
  kHeld,      // the state of every database is held
  kCopied,    // one database is copied in clear (once for each)
  kWritten,   // a file is complete, under its unchecked name (once for each)
  kChecked,   // everything was restored and is right
  kNamed,     // a file has its name (once for each)
  kRecorded,  // the time is in the folder's record
};

// Copies that were restored from the files just written, by their names: for
// checks across databases. OK when services could start on them; a status of
// kAborted asks for another set, since these states do not fit together.
using CheckTogether =
    std::function<absl::Status(const std::map<std::string, RestoredCopy*>&)>;

struct BackupPlan {
  // States are taken in this order, nearly at once. Names
  // differ; at least one.
  std::vector<BackupSource> sources;
  // Where the files go. Nobody else makes files with such names there.
  std::string folder;
  // For each kind that occurs. Two kinds have two recipients.
  std::map<storage::v1::BackupKind, Recipient> recipients;
  const crypto::SigningKey& signer;
  // Where copies in clear are made: ScratchFolder. Room for twice the largest
  // set of databases is needed.
  std::string scratch_parent;
  sql::PostgresTools tools;
  // False: files get their names unchecked, and nothing is recorded as good.
  bool verify = true;
  // Where PostgreSQL's dumps are tried out; empty: on their own server.
  std::string verify_server;
  CheckTogether check_together;  // null: none
  // How often the states are taken again where they do not fit together.
  int tries = 5;
  const Clock& clock;
  crypto::Random& random;
  // For tests: an error ends the work there, as a crash would. Null: none.
  std::function<absl::Status(BackupStep)> after_step;
};

struct MadeBackup {
  std::vector<std::string> names;  // of the files, in the order of kinds
  storage::v1::BackupHeader data;  // headers; empty for a kind that has none
  storage::v1::BackupHeader keys;
  int tries = 1;  // that it took
};

// All or nothing: a file has its name only when all are complete and, where
// plan.verify, right. ABORTED when another is at work in the scratch folder's
// parent, or the states never fitted together; INVALID_ARGUMENT for a plan
// that cannot be; else errors of HeldDatabase, WriteBackupFile and
// RestoredCopy. Blocks.
absl::StatusOr<MadeBackup> MakeBackup(const BackupPlan& plan);

}  // namespace shiming::backup

#endif  // SHIMING_STORAGE_BACKUP_BACKUP_MAKER_H_
