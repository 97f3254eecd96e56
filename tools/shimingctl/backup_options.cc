#include "tools/shimingctl/backup_options.h"

#include <cstdint>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/status/status_macros.h"
#include "storage/backup/backup_folder.h"
#include "storage/backup/backup_reader.h"

namespace shiming::shimingctl {
namespace {

namespace v1 = storage::v1;

constexpr v1::BackupKind kKinds[] = {v1::BACKUP_KIND_DATA,
                                     v1::BACKUP_KIND_KEYS};

// Files of a set, at most.
constexpr size_t kMostFiles = 2;

std::string KindOption(v1::BackupKind kind, const std::string& what) {
  return absl::StrCat(std::string(backup::KindName(kind)), "-", what);
}

}  // namespace

sql::PostgresTools PostgresToolsFrom(Arguments& arguments) {
  return {.folder = arguments.Option("pg-bin")};
}

absl::StatusOr<std::map<v1::BackupKind, backup::Recipient>> RecipientsFrom(
    Arguments& arguments) {
  std::map<v1::BackupKind, backup::Recipient> recipients;
  for (const v1::BackupKind kind : kKinds) {
    const std::string file = arguments.Option(KindOption(kind, "recipient"));
    if (file.empty()) continue;
    ASSIGN_OR_RETURN(backup::Recipient recipient,
                     backup::Recipient::Load(file));
    recipients.emplace(kind, std::move(recipient));
  }
  return recipients;
}

absl::StatusOr<BackupInputs> BackupInputsFrom(Arguments& arguments,
                                              size_t first) {
  ASSIGN_OR_RETURN(const std::string signer_file, arguments.Required("signer"));
  ASSIGN_OR_RETURN(crypto::VerifyKey signer,
                   backup::LoadSignerPublic(signer_file));
  BackupInputs inputs{.signer = signer};
  std::map<v1::BackupKind, const backup::RecipientSecret*> secrets;
  for (const v1::BackupKind kind : kKinds) {
    const std::string file = arguments.Option(KindOption(kind, "secret"));
    if (file.empty()) continue;
    ASSIGN_OR_RETURN(backup::RecipientSecret secret,
                     backup::RecipientSecret::Load(file));
    inputs.secrets.push_back(
        std::make_unique<backup::RecipientSecret>(std::move(secret)));
    secrets[kind] = inputs.secrets.back().get();
  }
  for (size_t i = first; i < first + kMostFiles; ++i) {
    if (i > first && i >= arguments.words().size()) break;
    ASSIGN_OR_RETURN(const std::string path, arguments.Word(i, "backup file"));
    ASSIGN_OR_RETURN(const std::unique_ptr<backup::BackupReader> reader,
                     backup::BackupReader::Open(path, signer));
    const v1::BackupKind kind = reader->header().kind();
    if (secrets.count(kind) == 0) {
      return absl::InvalidArgumentError(
          absl::StrCat("--", KindOption(kind, "secret"), " is missing: ", path,
                       " is of that kind"));
    }
    inputs.files.push_back({.path = path, .secret = secrets[kind]});
  }
  return inputs;
}

std::string ContentLines(const v1::BackupHeader& header) {
  std::string lines;
  for (const v1::BackupContent& content : header.contents()) {
    int64_t rows = 0;
    for (const v1::BackupTable& table : content.tables()) {
      rows += table.row_count();
    }
    const bool is_postgres = content.engine() == v1::BACKUP_ENGINE_POSTGRES;
    absl::StrAppendFormat(
        &lines, "  %-22s %s, %d tables, %d rows, %d migrations, %d bytes\n",
        content.name(),
        is_postgres ? "postgres " + content.postgres_schema() : "sqlite",
        content.tables_size(), rows, content.migrations_size(),
        content.size_bytes());
  }
  return lines;
}

}  // namespace shiming::shimingctl
