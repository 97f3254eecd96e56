#include "storage/backup/backup_writer.h"

#include <cstdint>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/crypto/cipher.h"
#include "common/crypto/digest.h"
#include "common/crypto/sealed_box.h"
#include "common/files/file_stream.h"
#include "common/status/status_macros.h"
#include "storage/backup/backup_format.h"

namespace shiming::backup {
namespace {

namespace v1 = storage::v1;

// Size and digest of the file, into `content`.
absl::Status Measure(const std::string& path, v1::BackupContent& content) {
  ASSIGN_OR_RETURN(const std::unique_ptr<InputFile> file,
                   InputFile::Open(path));
  crypto::Sha256Hasher hasher;
  int64_t size = 0;
  for (;;) {
    ASSIGN_OR_RETURN(const std::string bytes, file->Read(kChunkBytes));
    if (bytes.empty()) break;
    hasher.Update(bytes);
    size += static_cast<int64_t>(bytes.size());
  }
  content.set_size_bytes(size);
  content.set_sha256(hasher.Finish());
  return absl::OkStatus();
}

std::string LengthOf(std::string_view bytes) {
  std::string length;
  for (int shift = 24; shift >= 0; shift -= 8) {
    length.push_back(static_cast<char>(bytes.size() >> shift & 0xff));
  }
  return length;
}

// Encrypts one content behind what is written already.
class ContentSealer {
 public:
  ContentSealer(OutputFile& out, const crypto::Secret& key,
                std::string header_sha256, crypto::Random& random)
      : out_(out),
        key_(key),
        header_sha256_(std::move(header_sha256)),
        random_(random) {}

  absl::Status Seal(const std::string& path, int number,
                    const v1::BackupContent& content) {
    ASSIGN_OR_RETURN(const std::unique_ptr<InputFile> in,
                     InputFile::Open(path));
    crypto::Sha256Hasher hasher;
    const int64_t chunks = ChunkCount(content.size_bytes());
    for (int64_t chunk = 0; chunk < chunks; ++chunk) {
      const auto size =
          static_cast<size_t>(ChunkSize(content.size_bytes(), chunk));
      ASSIGN_OR_RETURN(const std::string bytes, in->Read(size));
      if (bytes.size() != size) return Changed(path);
      hasher.Update(bytes);
      ASSIGN_OR_RETURN(
          const std::string sealed,
          crypto::AesGcmSeal(
              key_, bytes, ChunkText(header_sha256_, number, chunk), random_));
      RETURN_IF_ERROR(out_.Write(sealed));
    }
    if (hasher.Finish() != content.sha256()) return Changed(path);
    return absl::OkStatus();
  }

 private:
  static absl::Status Changed(const std::string& path) {
    return absl::DataLossError(
        absl::StrCat(path, ": changed while it was read"));
  }

  OutputFile& out_;
  const crypto::Secret& key_;
  const std::string header_sha256_;
  crypto::Random& random_;
};

}  // namespace

absl::StatusOr<crypto::Secret> WriteBackupFile(const std::string& path,
                                               BackupWriteOptions options) {
  v1::BackupHeader& header = options.header;
  if (header.contents_size() !=
      static_cast<int>(options.content_files.size())) {
    return absl::InvalidArgumentError("not one file for each content");
  }
  for (int i = 0; i < header.contents_size(); ++i) {
    RETURN_IF_ERROR(
        Measure(options.content_files[i], *header.mutable_contents(i)));
  }
  crypto::Secret key(options.random.Bytes(crypto::kSealingKeyBytes));
  ASSIGN_OR_RETURN(*header.mutable_sealed_file_key(),
                   crypto::SealToBox(options.recipient.public_key(), key));
  header.set_recipient_sha256(options.recipient.Sha256());
  header.set_signer_sha256(options.signer.Public().Hash());
  RETURN_IF_ERROR(CheckHeader(header));
  const std::string bytes = header.SerializeAsString();
  if (bytes.size() > kMostHeaderBytes) {
    return absl::InvalidArgumentError("the header of the backup is too long");
  }
  ASSIGN_OR_RETURN(const std::string signature,
                   options.signer.Sign(SignedText(bytes)));
  ASSIGN_OR_RETURN(const std::unique_ptr<OutputFile> out,
                   OutputFile::Create(path, FileAccess::kOwner));
  RETURN_IF_ERROR(out->Write(kMagic));
  RETURN_IF_ERROR(out->Write(LengthOf(bytes)));
  RETURN_IF_ERROR(out->Write(bytes));
  RETURN_IF_ERROR(out->Write(signature));
  ContentSealer sealer(*out, key, crypto::Sha256(bytes), options.random);
  for (int i = 0; i < header.contents_size(); ++i) {
    RETURN_IF_ERROR(
        sealer.Seal(options.content_files[i], i, header.contents(i)));
  }
  RETURN_IF_ERROR(out->Sync());
  return key;
}

}  // namespace shiming::backup
