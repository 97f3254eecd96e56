// The bytes of a backup file: docs/formats/backup.md. What writer and reader
// share.
#ifndef SHIMING_STORAGE_BACKUP_BACKUP_FORMAT_H_
#define SHIMING_STORAGE_BACKUP_BACKUP_FORMAT_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "shiming/storage/v1/backup.pb.h"
#include "storage/sql/database_summary.h"

namespace shiming::backup {

// The first line. Another version begins with the same words.
inline constexpr std::string_view kMagic = "shiming backup v1\n";
inline constexpr std::string_view kMagicWords = "shiming backup v";
// The header's length stands behind it in 4 bytes, big-endian.
inline constexpr size_t kLengthBytes = 4;
// Headers have some kilobytes: tables and migrations by name.
inline constexpr size_t kMostHeaderBytes = 1 << 20;
inline constexpr int kMostContents = 64;
// RFC 8032.
inline constexpr size_t kSignatureBytes = 64;
// Contents are encrypted in pieces of so many bytes, the last one with what is
// left: this much memory a backup takes, twice.
inline constexpr int64_t kChunkBytes = 1 << 20;
// Nonce and tag of crypto::AesGcmSeal.
inline constexpr int64_t kChunkOverheadBytes = 28;
// 16 TiB: what the counting below is safe for by far.
inline constexpr int64_t kMostContentBytes = int64_t{1} << 44;
inline constexpr size_t kSetIdBytes = 16;

// What is signed: a label, then the header as it stands in the file.
std::string SignedText(std::string_view header);

// The associated data of a chunk: it belongs into this file, this content,
// this place.
std::string ChunkText(std::string_view header_sha256, int content,
                      int64_t chunk);

// How many chunks a content has: one even when it is empty.
int64_t ChunkCount(int64_t size_bytes);
// How many bytes of the content are in its chunk `chunk`.
int64_t ChunkSize(int64_t size_bytes, int64_t chunk);
// How long the content is in the file.
int64_t SealedSize(int64_t size_bytes);

// OK for a header that a reader of this version can trust to be whole: kind,
// names, sizes and lengths in their ranges. DATA_LOSS naming what is not.
absl::Status CheckHeader(const storage::v1::BackupHeader& header);

// The summary of a content, and back.
void SetSummary(const sql::DatabaseSummary& summary,
                storage::v1::BackupContent& content);
sql::DatabaseSummary SummaryOf(const storage::v1::BackupContent& content);

}  // namespace shiming::backup

#endif  // SHIMING_STORAGE_BACKUP_BACKUP_FORMAT_H_
