// Writes a backup file: encrypts, authenticates and signs.
#ifndef SHIMING_STORAGE_BACKUP_BACKUP_WRITER_H_
#define SHIMING_STORAGE_BACKUP_BACKUP_WRITER_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/crypto/keys.h"
#include "common/crypto/random.h"
#include "common/crypto/secret.h"
#include "shiming/storage/v1/backup.pb.h"
#include "storage/backup/backup_keys.h"

namespace shiming::backup {

struct BackupWriteOptions {
  // All but the recipient, the file's key and the signer, which are set here;
  // of the contents all but their digests.
  storage::v1::BackupHeader header;
  // A file for each content, in their order; it must not change meanwhile.
  std::vector<std::string> content_files;
  const Recipient& recipient;
  const crypto::SigningKey& signer;
  crypto::Random& random;
};

// Writes the new file `path` (0600), synced. Each content is read twice, a
// chunk at a time: for its digest, then to be encrypted. Gives the file's key,
// by which who has made it can still read it back. ALREADY_EXISTS when `path`
// is there; NOT_FOUND, UNAVAILABLE naming a file; DATA_LOSS when a content
// changed between the two readings. Blocks.
absl::StatusOr<crypto::Secret> WriteBackupFile(const std::string& path,
                                               BackupWriteOptions options);

}  // namespace shiming::backup

#endif  // SHIMING_STORAGE_BACKUP_BACKUP_WRITER_H_
