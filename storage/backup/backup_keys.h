// Keys of backups, as files: the recipient's pair, by which they are
// encrypted, and the signer's, by which it is known who made them.
#ifndef SHIMING_STORAGE_BACKUP_BACKUP_KEYS_H_
#define SHIMING_STORAGE_BACKUP_BACKUP_KEYS_H_

#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/crypto/keys.h"
#include "common/crypto/secret.h"

namespace shiming::backup {

// Whom a backup is for: the public half. Immutable; thread-safe.
class Recipient {
 public:
  // One line, "shiming-backup-recipient-v1 <base64url of 32 bytes>".
  // INVALID_ARGUMENT for anything else.
  static absl::StatusOr<Recipient> Parse(std::string_view text);
  // The same from a file. NOT_FOUND, UNAVAILABLE.
  static absl::StatusOr<Recipient> Load(const std::string& path);
  // Of 32 raw bytes.
  explicit Recipient(std::string public_key)
      : public_key_(std::move(public_key)) {}

  const std::string& public_key() const { return public_key_; }
  // SHA-256 of the public key, 32 raw bytes: what files name it by.
  std::string Sha256() const;
  // The line, with its LF.
  std::string Text() const;

 private:
  std::string public_key_;
};

// The secret half. Immutable; thread-safe.
class RecipientSecret {
 public:
  // One line, "shiming-backup-secret-v1 <base64url of 32 bytes>".
  // INVALID_ARGUMENT for anything else, never with the text.
  static absl::StatusOr<RecipientSecret> Parse(std::string_view text);
  // The same from a file that nobody but its owner may read, else
  // FAILED_PRECONDITION. NOT_FOUND, UNAVAILABLE.
  static absl::StatusOr<RecipientSecret> Load(const std::string& path);

  const crypto::Secret& key() const { return key_; }
  const Recipient& recipient() const { return recipient_; }

 private:
  RecipientSecret(crypto::Secret key, Recipient recipient)
      : key_(std::move(key)), recipient_(std::move(recipient)) {}

  crypto::Secret key_;
  Recipient recipient_;
};

// Makes a recipient's pair: <stem>.key (0600), to be kept away from what is
// backed up, and <stem>.pub. ALREADY_EXISTS when either is there.
absl::Status MakeRecipientFiles(const std::string& stem);

// Makes a signer's pair, Ed25519 in PEM: <stem>.key (0600), for the machine
// that makes backups, and <stem>.pub, for those that restore. Errors as above.
absl::Status MakeSignerFiles(const std::string& stem);

// <stem>.key of MakeSignerFiles, by path. FAILED_PRECONDITION when others may
// read it or it is no Ed25519 key; NOT_FOUND, INVALID_ARGUMENT.
absl::StatusOr<crypto::SigningKey> LoadSigner(const std::string& path);
// <stem>.pub. FAILED_PRECONDITION when it is no Ed25519 key; NOT_FOUND,
// INVALID_ARGUMENT.
absl::StatusOr<crypto::VerifyKey> LoadSignerPublic(const std::string& path);

}  // namespace shiming::backup

#endif  // SHIMING_STORAGE_BACKUP_BACKUP_KEYS_H_
