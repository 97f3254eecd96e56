#include "storage/backup/backup_format.h"

#include <algorithm>
#include <set>

#include "absl/strings/str_cat.h"
#include "common/status/reason.h"
#include "common/status/status_macros.h"

namespace shiming::backup {
namespace {

namespace v1 = storage::v1;

constexpr std::string_view kSignedLabel = "shiming/backup/v1";
constexpr std::string_view kChunkLabel = "shiming/backup-chunk/v1";
constexpr size_t kSha256Bytes = 32;
constexpr size_t kMostNameBytes = 64;

void AppendNumber(std::string& text, uint64_t number, int bytes) {
  for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) {
    text.push_back(static_cast<char>(number >> shift & 0xff));
  }
}

absl::Status Bad(std::string_view what) {
  return MakeError(
      Reason::BACKUP_DAMAGED,
      absl::StrCat("malformed header of a backup: ", std::string(what)));
}

bool IsName(std::string_view name) {
  return !name.empty() && name.size() <= kMostNameBytes &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
         });
}

absl::Status CheckContent(const v1::BackupContent& content) {
  if (!IsName(content.name())) return Bad("name of a content");
  const bool is_postgres = content.engine() == v1::BACKUP_ENGINE_POSTGRES;
  if (!is_postgres && content.engine() != v1::BACKUP_ENGINE_SQLITE) {
    return Bad("engine of a content");
  }
  if (is_postgres ? !IsName(content.postgres_schema())
                  : !content.postgres_schema().empty()) {
    return Bad("schema of a content");
  }
  if (content.size_bytes() < 0 || content.size_bytes() > kMostContentBytes) {
    return Bad("size of a content");
  }
  if (content.sha256().size() != kSha256Bytes) return Bad("digest");
  return absl::OkStatus();
}

}  // namespace

std::string SignedText(std::string_view header) {
  std::string text(kSignedLabel);
  text.push_back('\0');
  return text.append(header);
}

std::string ChunkText(std::string_view header_sha256, int content,
                      int64_t chunk) {
  std::string text(kChunkLabel);
  text.push_back('\0');
  text.append(header_sha256);
  AppendNumber(text, static_cast<uint64_t>(content), 4);
  AppendNumber(text, static_cast<uint64_t>(chunk), 8);
  return text;
}

int64_t ChunkCount(int64_t size_bytes) {
  return std::max<int64_t>(1, (size_bytes + kChunkBytes - 1) / kChunkBytes);
}

int64_t ChunkSize(int64_t size_bytes, int64_t chunk) {
  return std::min(kChunkBytes, size_bytes - chunk * kChunkBytes);
}

int64_t SealedSize(int64_t size_bytes) {
  return size_bytes + ChunkCount(size_bytes) * kChunkOverheadBytes;
}

absl::Status CheckHeader(const v1::BackupHeader& header) {
  if (header.kind() != v1::BACKUP_KIND_DATA &&
      header.kind() != v1::BACKUP_KIND_KEYS) {
    return Bad("kind");
  }
  if (!header.has_create_time() || header.create_time().seconds() < 0) {
    return Bad("time");
  }
  if (header.set_id().size() != kSetIdBytes) return Bad("set");
  if (header.recipient_sha256().size() != kSha256Bytes ||
      header.signer_sha256().size() != kSha256Bytes) {
    return Bad("recipient or signer");
  }
  if (header.contents_size() < 1 || header.contents_size() > kMostContents) {
    return Bad("number of contents");
  }
  std::set<std::string> names;
  for (const v1::BackupContent& content : header.contents()) {
    RETURN_IF_ERROR(CheckContent(content));
    if (!names.insert(content.name()).second) return Bad("a name twice");
  }
  return absl::OkStatus();
}

void SetSummary(const sql::DatabaseSummary& summary,
                v1::BackupContent& content) {
  content.clear_tables();
  content.clear_migrations();
  for (const sql::TableCount& count : summary.tables) {
    v1::BackupTable& table = *content.add_tables();
    table.set_name(count.table);
    table.set_row_count(count.rows);
  }
  for (const sql::AppliedMigration& applied : summary.migrations) {
    v1::BackupMigration& migration = *content.add_migrations();
    migration.set_schema(applied.schema);
    migration.set_number(applied.number);
    migration.set_sha256(applied.sha256);
  }
}

sql::DatabaseSummary SummaryOf(const v1::BackupContent& content) {
  sql::DatabaseSummary summary;
  for (const v1::BackupTable& table : content.tables()) {
    summary.tables.push_back(
        {.table = table.name(), .rows = table.row_count()});
  }
  for (const v1::BackupMigration& migration : content.migrations()) {
    summary.migrations.push_back({.schema = migration.schema(),
                                  .number = migration.number(),
                                  .sha256 = migration.sha256()});
  }
  return summary;
}

}  // namespace shiming::backup
