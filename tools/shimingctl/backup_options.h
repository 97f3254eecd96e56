// Options that the storage verbs share.
#ifndef SHIMING_TOOLS_SHIMINGCTL_BACKUP_OPTIONS_H_
#define SHIMING_TOOLS_SHIMINGCTL_BACKUP_OPTIONS_H_

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/crypto/keys.h"
#include "storage/backup/backup_keys.h"
#include "storage/backup/backup_restorer.h"
#include "storage/sql/postgres_dump.h"
#include "tools/shimingctl/arguments.h"

namespace shiming::shimingctl {

// --pg-bin DIR; without it PATH.
sql::PostgresTools PostgresToolsFrom(Arguments& arguments);

// --data-recipient FILE, --keys-recipient FILE: for each kind that is given.
absl::StatusOr<std::map<storage::v1::BackupKind, backup::Recipient>>
RecipientsFrom(Arguments& arguments);

// The files of a set and what opens and proves them. Move-only; keeps the
// secrets that `files` points to.
struct BackupInputs {
  std::vector<backup::BackupToRead> files;
  std::vector<std::unique_ptr<backup::RecipientSecret>> secrets;
  crypto::VerifyKey signer;
};

// FILE [FILE] from word `first` on, --signer PUB, --data-secret KEY and
// --keys-secret KEY: for the kinds that the files' headers name.
// INVALID_ARGUMENT naming what is missing; errors of BackupReader::Open.
absl::StatusOr<BackupInputs> BackupInputsFrom(Arguments& arguments,
                                              size_t first);

// One line for each database of a header: "  profile_order  postgres
// profile_order, 21 tables, 1234 rows, 30 migrations, 98765 bytes".
std::string ContentLines(const storage::v1::BackupHeader& header);

}  // namespace shiming::shimingctl

#endif  // SHIMING_TOOLS_SHIMINGCTL_BACKUP_OPTIONS_H_
