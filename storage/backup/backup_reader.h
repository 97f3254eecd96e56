// Reads a backup file back.
#ifndef SHIMING_STORAGE_BACKUP_BACKUP_READER_H_
#define SHIMING_STORAGE_BACKUP_BACKUP_READER_H_

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/crypto/keys.h"
#include "common/crypto/secret.h"
#include "common/files/file_stream.h"
#include "shiming/storage/v1/backup.pb.h"
#include "storage/backup/backup_keys.h"

namespace shiming::backup {

// Used by one thread.
class BackupReader {
 public:
  // Believes nothing in the file before `signer`'s signature over its header
  // is right and the file has the length that the header gives it.
  // FAILED_PRECONDITION for a file of another version; PERMISSION_DENIED for
  // another signer's or a false signature; DATA_LOSS for a file that is none,
  // malformed, cut or longer; NOT_FOUND, UNAVAILABLE. Blocks.
  static absl::StatusOr<std::unique_ptr<BackupReader>> Open(
      const std::string& path, const crypto::VerifyKey& signer);

  const storage::v1::BackupHeader& header() const { return header_; }
  const std::string& path() const { return path_; }

  // Opens the file's key. PERMISSION_DENIED when it is for another recipient.
  absl::Status Unlock(const RecipientSecret& secret);
  // The same by the key itself, for who has just written the file.
  void UnlockWith(crypto::Secret file_key) { key_ = std::move(file_key); }

  // Decrypts content `number` into the new file `to` (0600), synced, a chunk
  // at a time. DATA_LOSS when a byte of it is not what was written: what came
  // before it is in `to` then, which is not to be used. FAILED_PRECONDITION
  // before Unlock; ALREADY_EXISTS, UNAVAILABLE. Blocks.
  absl::Status Extract(int number, const std::string& to);

 private:
  BackupReader(std::string path, std::unique_ptr<InputFile> file)
      : path_(std::move(path)), file_(std::move(file)) {}

  absl::Status ReadHeader(const crypto::VerifyKey& signer);
  absl::Status ExtractTo(int number, OutputFile& out);
  absl::Status Damaged(const std::string& how) const;

  const std::string path_;
  const std::unique_ptr<InputFile> file_;
  storage::v1::BackupHeader header_;
  std::string header_sha256_;
  int64_t contents_begin_ = 0;
  crypto::Secret key_;  // empty before Unlock
};

}  // namespace shiming::backup

#endif  // SHIMING_STORAGE_BACKUP_BACKUP_READER_H_
