#include "tools/shimingctl/storage_restore.h"

#include <algorithm>
#include <cstdio>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/crypto/encoding.h"
#include "common/status/status_macros.h"
#include "common/time/date.h"
#include "storage/backup/backup_folder.h"
#include "storage/backup/backup_reader.h"
#include "storage/backup/backup_restorer.h"
#include "tools/shimingctl/backup_checks.h"
#include "tools/shimingctl/backup_options.h"
#include "tools/shimingctl/backup_places.h"

namespace shiming::shimingctl {
namespace {

namespace v1 = storage::v1;

std::string Heading(const v1::BackupHeader& header) {
  const absl::Time time = absl::FromUnixSeconds(header.create_time().seconds());
  return absl::StrCat(
      std::string(backup::KindName(header.kind())), " of ",
      absl::FormatTime("%Y-%m-%d %H:%M:%S", time, ShopTimeZone()), ", set ",
      crypto::ToHex(header.set_id()), ", for recipient ",
      crypto::ToHex(header.recipient_sha256()).substr(0, 16), "\n");
}

// --only; empty: all.
std::set<std::string> OnlyFrom(Arguments& arguments) {
  const std::string only = arguments.Option("only");
  std::set<std::string> names;
  for (const std::string& name :
       std::vector<std::string>(absl::StrSplit(only, ','))) {
    if (!name.empty()) names.insert(name);
  }
  return names;
}

// Names of all databases in the files.
absl::StatusOr<std::set<std::string>> NamesIn(const BackupInputs& inputs) {
  std::set<std::string> names;
  for (const backup::BackupToRead& file : inputs.files) {
    ASSIGN_OR_RETURN(const std::unique_ptr<backup::BackupReader> reader,
                     backup::BackupReader::Open(file.path, inputs.signer));
    for (const v1::BackupContent& content : reader->header().contents()) {
      names.insert(content.name());
    }
  }
  return names;
}

// Where each database goes: those of the data directory that are in the files,
// and in `only` where that is not empty.
absl::StatusOr<std::map<std::string, std::string>> TargetsIn(
    const std::string& data, const std::set<std::string>& only,
    const BackupInputs& inputs) {
  ASSIGN_OR_RETURN(const BackupPlaces places, FindBackupPlaces(data));
  ASSIGN_OR_RETURN(const std::set<std::string> names, NamesIn(inputs));
  std::map<std::string, std::string> targets;
  for (const backup::BackupSource& source : places.sources) {
    if (!only.empty() && !only.contains(source.name)) continue;
    if (names.contains(source.name)) targets[source.name] = source.url;
  }
  for (const std::string& name : only) {
    if (targets.contains(name)) continue;
    return absl::InvalidArgumentError(absl::StrCat(
        "--only: ", name, " is not in the files, or not configured in ", data));
  }
  return targets;
}

}  // namespace

absl::Status RunStorageList(Arguments& arguments) {
  ASSIGN_OR_RETURN(const std::string path, arguments.Word(2, "backup file"));
  ASSIGN_OR_RETURN(const std::string signer_file, arguments.Required("signer"));
  RETURN_IF_ERROR(arguments.CheckAllUsed());
  ASSIGN_OR_RETURN(const crypto::VerifyKey signer,
                   backup::LoadSignerPublic(signer_file));
  ASSIGN_OR_RETURN(const std::unique_ptr<backup::BackupReader> reader,
                   backup::BackupReader::Open(path, signer));
  printf("%s%s", Heading(reader->header()).c_str(),
         ContentLines(reader->header()).c_str());
  return absl::OkStatus();
}

absl::Status RunStorageVerify(Arguments& arguments) {
  ASSIGN_OR_RETURN(const BackupInputs inputs, BackupInputsFrom(arguments, 2));
  ASSIGN_OR_RETURN(const std::string scratch, arguments.Required("scratch"));
  const std::string origin = arguments.Option("origin");
  const std::string server = arguments.Option("verify-server");
  const sql::PostgresTools tools = PostgresToolsFrom(arguments);
  RETURN_IF_ERROR(arguments.CheckAllUsed());
  backup::VerifyPlan plan{.files = inputs.files,
                          .signer = inputs.signer,
                          .scratch_parent = scratch,
                          .tools = tools,
                          .verify_server = server};
  if (!origin.empty()) {
    plan.check_together =
        [&origin](const std::map<std::string, backup::RestoredCopy*>& copies) {
          return CheckCopiesFit(copies, origin);
        };
  }
  ASSIGN_OR_RETURN(const std::vector<v1::BackupHeader> headers,
                   backup::VerifyBackup(plan));
  for (const v1::BackupHeader& header : headers) {
    printf("OK %s%s", Heading(header).c_str(), ContentLines(header).c_str());
  }
  return absl::OkStatus();
}

absl::Status RunStorageRestore(Arguments& arguments) {
  ASSIGN_OR_RETURN(const BackupInputs inputs, BackupInputsFrom(arguments, 2));
  const std::string data = arguments.Option("data");
  const std::set<std::string> only = OnlyFrom(arguments);
  backup::RestorePlan plan{.files = inputs.files, .signer = inputs.signer};
  if (data.empty()) {
    ASSIGN_OR_RETURN(const std::string url, arguments.Required("url"));
    if (only.size() != 1) {
      return absl::InvalidArgumentError("--url goes with --only NAME");
    }
    plan.targets[*only.begin()] = url;
    ASSIGN_OR_RETURN(plan.scratch_parent, arguments.Required("scratch"));
  } else {
    ASSIGN_OR_RETURN(plan.targets, TargetsIn(data, only, inputs));
    plan.scratch_parent = arguments.Option("scratch", data);
  }
  plan.tools = PostgresToolsFrom(arguments);
  RETURN_IF_ERROR(arguments.CheckAllUsed());
  ASSIGN_OR_RETURN(const std::vector<std::string> names,
                   backup::RestoreBackup(plan));
  for (const std::string& name : names) {
    printf("restored %s\n", name.c_str());
  }
  printf(
      "Guard file and log folder stay as they are. A service that then says "
      "LEDGER_GUARD_MISMATCH or DATABASE_BEHIND_LEDGER: docs/backup.md, "
      "\"When the copy is older than the record\"\n");
  return absl::OkStatus();
}

}  // namespace shiming::shimingctl
