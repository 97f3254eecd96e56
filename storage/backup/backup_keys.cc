#include "storage/backup/backup_keys.h"

#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <memory>

#include "absl/strings/str_cat.h"
#include "common/crypto/digest.h"
#include "common/crypto/encoding.h"
#include "common/crypto/sealed_box.h"
#include "common/files/file.h"
#include "common/files/file_stream.h"
#include "common/status/status_macros.h"

namespace shiming::backup {
namespace {

constexpr std::string_view kRecipientWord = "shiming-backup-recipient-v1 ";
constexpr std::string_view kSecretWord = "shiming-backup-secret-v1 ";

// The 32 bytes behind `word`; nothing else may be in the text but an LF.
absl::StatusOr<std::string> ParseLine(std::string_view text,
                                      std::string_view word) {
  if (text.ends_with('\n')) text.remove_suffix(1);
  if (text.starts_with(word)) {
    const absl::StatusOr<std::string> bytes =
        crypto::FromBase64Url(text.substr(word.size()));
    if (bytes.ok() && bytes->size() == crypto::kBoxKeyBytes) return *bytes;
  }
  return absl::InvalidArgumentError(absl::StrCat(
      "this is no key of the form ", std::string(word), "<base64url>"));
}

std::string Line(std::string_view word, std::string_view key) {
  return absl::StrCat(std::string(word), crypto::Base64Url(key), "\n");
}

absl::Status CheckIsPrivate(const std::string& path) {
  struct stat status = {};
  if (stat(path.c_str(), &status) != 0) {
    return absl::NotFoundError(absl::StrCat(path, ": ", strerror(errno)));
  }
  if ((status.st_mode & 077) == 0) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrCat(path, ": others than its owner may read it"));
}

// Never over another file: a key that is lost loses every backup.
absl::Status WriteNew(const std::string& path, std::string_view bytes,
                      FileAccess access) {
  ASSIGN_OR_RETURN(const std::unique_ptr<OutputFile> file,
                   OutputFile::Create(path, access));
  RETURN_IF_ERROR(file->Write(bytes));
  return file->Sync();
}

absl::Status CheckIsEd25519(crypto::KeyAlgorithm algorithm,
                            const std::string& path) {
  if (algorithm == crypto::KeyAlgorithm::kEd25519) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrCat(path, ": a signer of backups has an Ed25519 key"));
}

}  // namespace

absl::StatusOr<Recipient> Recipient::Parse(std::string_view text) {
  ASSIGN_OR_RETURN(std::string key, ParseLine(text, kRecipientWord));
  return Recipient(std::move(key));
}

absl::StatusOr<Recipient> Recipient::Load(const std::string& path) {
  ASSIGN_OR_RETURN(const std::string text, ReadFile(path));
  return Parse(text);
}

std::string Recipient::Sha256() const { return crypto::Sha256(public_key_); }

std::string Recipient::Text() const {
  return Line(kRecipientWord, public_key_);
}

absl::StatusOr<RecipientSecret> RecipientSecret::Parse(std::string_view text) {
  ASSIGN_OR_RETURN(std::string bytes, ParseLine(text, kSecretWord));
  crypto::Secret key(std::move(bytes));
  ASSIGN_OR_RETURN(std::string public_key, crypto::BoxPublicKeyOf(key));
  return RecipientSecret(std::move(key), Recipient(std::move(public_key)));
}

absl::StatusOr<RecipientSecret> RecipientSecret::Load(const std::string& path) {
  RETURN_IF_ERROR(CheckIsPrivate(path));
  ASSIGN_OR_RETURN(std::string text, ReadFile(path));
  const crypto::Secret secret(std::move(text));
  return Parse(secret.Reveal());
}

absl::Status MakeRecipientFiles(const std::string& stem) {
  const crypto::BoxKeyPair pair = crypto::MakeBoxKeyPair();
  RETURN_IF_ERROR(WriteNew(stem + ".pub", Recipient(pair.public_key).Text(),
                           FileAccess::kEveryone));
  const crypto::Secret text(Line(kSecretWord, pair.secret_key.Reveal()));
  return WriteNew(stem + ".key", text.Reveal(), FileAccess::kOwner);
}

absl::Status MakeSignerFiles(const std::string& stem) {
  ASSIGN_OR_RETURN(const crypto::SigningKey key,
                   crypto::SigningKey::GenerateEd25519());
  RETURN_IF_ERROR(
      WriteNew(stem + ".pub", key.Public().ToPem(), FileAccess::kEveryone));
  return WriteNew(stem + ".key", key.ToPem().Reveal(), FileAccess::kOwner);
}

absl::StatusOr<crypto::SigningKey> LoadSigner(const std::string& path) {
  RETURN_IF_ERROR(CheckIsPrivate(path));
  ASSIGN_OR_RETURN(std::string text, ReadFile(path));
  const crypto::Secret pem(std::move(text));
  ASSIGN_OR_RETURN(crypto::SigningKey key,
                   crypto::SigningKey::FromPem(pem.Reveal()));
  RETURN_IF_ERROR(CheckIsEd25519(key.algorithm(), path));
  return key;
}

absl::StatusOr<crypto::VerifyKey> LoadSignerPublic(const std::string& path) {
  ASSIGN_OR_RETURN(const std::string pem, ReadFile(path));
  ASSIGN_OR_RETURN(crypto::VerifyKey key, crypto::VerifyKey::FromPem(pem));
  RETURN_IF_ERROR(CheckIsEd25519(key.algorithm(), path));
  return key;
}

}  // namespace shiming::backup
