#include "storage/backup/backup_reader.h"

#include "absl/strings/str_cat.h"
#include "common/crypto/cipher.h"
#include "common/crypto/digest.h"
#include "common/crypto/sealed_box.h"
#include "common/status/reason.h"
#include "common/status/status_macros.h"
#include "storage/backup/backup_format.h"

namespace shiming::backup {
namespace {

size_t LengthIn(const std::string& bytes) {
  size_t length = 0;
  for (const char c : bytes) {
    length = length << 8 | static_cast<unsigned char>(c);
  }
  return length;
}

}  // namespace

absl::StatusOr<std::unique_ptr<BackupReader>> BackupReader::Open(
    const std::string& path, const crypto::VerifyKey& signer) {
  ASSIGN_OR_RETURN(std::unique_ptr<InputFile> file, InputFile::Open(path));
  std::unique_ptr<BackupReader> reader(new BackupReader(path, std::move(file)));
  RETURN_IF_ERROR(reader->ReadHeader(signer));
  return reader;
}

absl::Status BackupReader::Damaged(const std::string& how) const {
  return MakeError(Reason::BACKUP_DAMAGED, absl::StrCat(path_, ": ", how));
}

absl::Status BackupReader::ReadHeader(const crypto::VerifyKey& signer) {
  ASSIGN_OR_RETURN(const std::string magic, file_->Read(kMagic.size()));
  if (magic != kMagic) {
    if (magic.size() == kMagic.size() &&
        std::string_view(magic).starts_with(kMagicWords)) {
      return MakeError(
          Reason::BACKUP_VERSION,
          absl::StrCat(path_,
                       ": a backup of another version: restore it by that "
                       "version"));
    }
    return Damaged("this is no backup");
  }
  ASSIGN_OR_RETURN(const std::string length_bytes, file_->Read(kLengthBytes));
  const size_t length = LengthIn(length_bytes);
  if (length_bytes.size() != kLengthBytes || length > kMostHeaderBytes) {
    return Damaged("its header has no right length");
  }
  ASSIGN_OR_RETURN(const std::string header, file_->Read(length));
  ASSIGN_OR_RETURN(const std::string signature, file_->Read(kSignatureBytes));
  if (header.size() != length || signature.size() != kSignatureBytes) {
    return Damaged("it is cut in its header");
  }
  if (!signer.Verify(SignedText(header), signature).ok()) {
    return MakeError(
        Reason::BACKUP_KEY_WRONG,
        absl::StrCat(path_, ": not signed by this signer, or changed since"));
  }
  if (!header_.ParseFromString(header)) return Damaged("header");
  RETURN_IF_ERROR(CheckHeader(header_));
  header_sha256_ = crypto::Sha256(header);
  contents_begin_ = static_cast<int64_t>(kMagic.size() + kLengthBytes + length +
                                         kSignatureBytes);
  int64_t end = contents_begin_;
  for (const storage::v1::BackupContent& content : header_.contents()) {
    end += SealedSize(content.size_bytes());
  }
  if (file_->size() != end) {
    return Damaged(
        absl::StrCat("it has ", file_->size(), " bytes in place of ", end));
  }
  return absl::OkStatus();
}

absl::Status BackupReader::Unlock(const RecipientSecret& secret) {
  absl::StatusOr<crypto::Secret> key =
      crypto::OpenBox(secret.key(), header_.sealed_file_key());
  if (!key.ok() || key->size() != crypto::kSealingKeyBytes) {
    return MakeError(Reason::BACKUP_KEY_WRONG,
                     absl::StrCat(path_, ": encrypted for another recipient"));
  }
  key_ = *std::move(key);
  return absl::OkStatus();
}

absl::Status BackupReader::Extract(int number, const std::string& to) {
  if (key_.empty()) {
    return absl::FailedPreconditionError("the backup is not unlocked");
  }
  if (number < 0 || number >= header_.contents_size()) {
    return absl::InvalidArgumentError("no such content");
  }
  ASSIGN_OR_RETURN(const std::unique_ptr<OutputFile> out,
                   OutputFile::Create(to, FileAccess::kOwner));
  RETURN_IF_ERROR(ExtractTo(number, *out));
  return out->Sync();
}

absl::Status BackupReader::ExtractTo(int number, OutputFile& out) {
  int64_t begin = contents_begin_;
  for (int i = 0; i < number; ++i) {
    begin += SealedSize(header_.contents(i).size_bytes());
  }
  RETURN_IF_ERROR(file_->Seek(begin));
  const storage::v1::BackupContent& content = header_.contents(number);
  crypto::Sha256Hasher hasher;
  const int64_t chunks = ChunkCount(content.size_bytes());
  for (int64_t chunk = 0; chunk < chunks; ++chunk) {
    const int64_t size = ChunkSize(content.size_bytes(), chunk);
    ASSIGN_OR_RETURN(
        const std::string sealed,
        file_->Read(static_cast<size_t>(size + kChunkOverheadBytes)));
    const absl::StatusOr<crypto::Secret> bytes = crypto::AesGcmOpen(
        key_, sealed, ChunkText(header_sha256_, number, chunk));
    if (!bytes.ok() || static_cast<int64_t>(bytes->size()) != size) {
      return Damaged(absl::StrCat("content ", content.name(), " is damaged"));
    }
    hasher.Update(bytes->Reveal());
    RETURN_IF_ERROR(out.Write(bytes->Reveal()));
  }
  if (hasher.Finish() != content.sha256()) {
    return Damaged(
        absl::StrCat("content ", content.name(), " is not what was written"));
  }
  return absl::OkStatus();
}

}  // namespace shiming::backup
