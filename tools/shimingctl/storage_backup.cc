#include "tools/shimingctl/storage_backup.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/crypto/random.h"
#include "common/files/file.h"
#include "common/status/status_macros.h"
#include "common/time/clock.h"
#include "ledger/audit_reader.h"
#include "ledger/log_mirror.h"
#include "storage/backup/backup_maker.h"
#include "tools/shimingctl/audit_inputs.h"
#include "tools/shimingctl/backup_checks.h"
#include "tools/shimingctl/backup_options.h"
#include "tools/shimingctl/backup_places.h"
#include "tools/shimingctl/storage_folder.h"

namespace shiming::shimingctl {
namespace {

namespace v1 = storage::v1;

constexpr int kMostDays = 36'500;

// Everything that the command line says.
struct BackupCommand {
  std::string data;  // empty: one database by its url
  std::string out;
  std::string scratch;
  BackupPlaces places;
  std::map<v1::BackupKind, backup::Recipient> recipients;
  std::string signer_file;
  sql::PostgresTools tools;
  bool verify = true;
  std::string verify_server;
  int keys_days = kMostKeyBackupDays;
  int data_days = 0;       // 0: kept
  std::string log_mirror;  // empty: none
};

absl::StatusOr<BackupPlaces> OneDatabase(Arguments& arguments) {
  BackupPlaces places;
  backup::BackupSource& source = places.sources.emplace_back();
  ASSIGN_OR_RETURN(source.url, arguments.Required("url"));
  ASSIGN_OR_RETURN(source.name, arguments.Required("name"));
  ASSIGN_OR_RETURN(const std::string kind, arguments.Required("kind"));
  if (kind != "data" && kind != "keys") {
    return absl::InvalidArgumentError("--kind is data or keys");
  }
  source.kind = kind == "keys" ? v1::BACKUP_KIND_KEYS : v1::BACKUP_KIND_DATA;
  return places;
}

absl::StatusOr<bool> BoolOption(Arguments& arguments, const std::string& name,
                                bool otherwise) {
  const std::string text = arguments.Option(name, otherwise ? "true" : "false");
  if (text == "true") return true;
  if (text == "false") return false;
  return absl::InvalidArgumentError(
      absl::StrCat("--", name, " is true or false"));
}

absl::StatusOr<BackupCommand> ReadCommand(Arguments& arguments) {
  BackupCommand command;
  command.data = arguments.Option("data");
  ASSIGN_OR_RETURN(command.out, arguments.Required("out"));
  if (command.data.empty()) {
    ASSIGN_OR_RETURN(command.places, OneDatabase(arguments));
    ASSIGN_OR_RETURN(command.scratch, arguments.Required("scratch"));
  } else {
    ASSIGN_OR_RETURN(command.places, FindBackupPlaces(command.data));
    // Where the databases are: what is in clear there may be there.
    command.scratch = arguments.Option("scratch", command.data);
    command.log_mirror =
        arguments.Option("log-mirror", absl::StrCat(command.out, "/log"));
    if (command.log_mirror == "none") command.log_mirror.clear();
  }
  ASSIGN_OR_RETURN(command.recipients, RecipientsFrom(arguments));
  ASSIGN_OR_RETURN(command.signer_file, arguments.Required("signer"));
  command.tools = PostgresToolsFrom(arguments);
  ASSIGN_OR_RETURN(command.verify, BoolOption(arguments, "verify", true));
  command.verify_server = arguments.Option("verify-server");
  const int promised =
      std::min(command.places.key_backup_days, kMostKeyBackupDays);
  ASSIGN_OR_RETURN(command.keys_days,
                   NumberOption(arguments, "keys-days", promised, 1, promised));
  ASSIGN_OR_RETURN(command.data_days,
                   NumberOption(arguments, "data-days", 0, 1, kMostDays));
  RETURN_IF_ERROR(arguments.CheckAllUsed());
  return command;
}

absl::Status Make(const BackupCommand& command) {
  ASSIGN_OR_RETURN(const crypto::SigningKey signer,
                   backup::LoadSigner(command.signer_file));
  const SystemClock clock{};
  backup::BackupPlan plan{.sources = command.places.sources,
                          .folder = command.out,
                          .recipients = command.recipients,
                          .signer = signer,
                          .scratch_parent = command.scratch,
                          .tools = command.tools,
                          .verify = command.verify,
                          .verify_server = command.verify_server,
                          .clock = clock,
                          .random = crypto::SystemRandom()};
  if (!command.data.empty()) {
    const std::string origin = command.places.ledger.has_value()
                                   ? command.places.ledger->origin()
                                   : "";
    plan.check_together =
        [origin](const std::map<std::string, backup::RestoredCopy*>& copies) {
          return CheckCopiesFit(copies, origin);
        };
  }
  ASSIGN_OR_RETURN(const backup::MadeBackup made, backup::MakeBackup(plan));
  for (const std::string& name : made.names) printf("%s\n", name.c_str());
  printf("%s%s", ContentLines(made.data).c_str(),
         ContentLines(made.keys).c_str());
  if (!command.verify) {
    printf("NOT VERIFIED: it is not known whether these can be restored\n");
    return absl::OkStatus();
  }
  printf(
      "verified: restored, every page or row read, rows and migrations as "
      "they were%s",
      command.data.empty() ? "" : ", services would start on it");
  if (made.tries > 1) printf(" (states taken %d times)", made.tries);
  printf("\n");
  return absl::OkStatus();
}

// A folder for each log: that of one before the current one is complete, and
// stays as it is.
std::string MirrorOf(const std::string& folder, std::string origin) {
  std::replace(origin.begin(), origin.end(), '/', '_');
  return absl::StrCat(folder, "/", origin);
}

// What was published, beside the backups; nobody needs a key to read it.
absl::Status MirrorTheLog(const BackupCommand& command) {
  if (command.log_mirror.empty() || !command.places.ledger.has_value()) {
    return absl::OkStatus();
  }
  const config::v1::IssuanceLedgerConfig& config = *command.places.ledger;
  const ledger::FileReader files = ledger::FilesBelow(config.log_folder());
  if (absl::IsNotFound(files("checkpoint").status())) {
    printf("log mirror: nothing was published yet\n");
    return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(const ledger::TrustPolicy key,
                   LogKeyOf(config, command.data));
  const std::string mirror = MirrorOf(command.log_mirror, config.origin());
  ASSIGN_OR_RETURN(const ledger::MirrorReport mirrored,
                   ledger::MirrorLog(files, key, mirror));
  printf("log mirror %s: %llu entries (%llu before)\n", mirror.c_str(),
         static_cast<unsigned long long>(mirrored.checkpoint.size),
         static_cast<unsigned long long>(mirrored.old_size));
  return absl::OkStatus();
}

}  // namespace

absl::Status RunStorageBackup(Arguments& arguments) {
  ASSIGN_OR_RETURN(const BackupCommand command, ReadCommand(arguments));
  // One that is there keeps the rights that its owner gave it.
  if (!std::filesystem::exists(command.out)) {
    RETURN_IF_ERROR(MakeFolder(command.out, FileAccess::kOwner));
  }
  // First, and whatever becomes of the new one: the record promises that they
  // are gone.
  RETURN_IF_ERROR(PruneKind(command.out, v1::BACKUP_KIND_KEYS,
                            command.keys_days, absl::Now()));
  RETURN_IF_ERROR(Make(command));
  if (command.data_days > 0) {
    RETURN_IF_ERROR(PruneKind(command.out, v1::BACKUP_KIND_DATA,
                              command.data_days, absl::Now()));
  }
  return MirrorTheLog(command);
}

}  // namespace shiming::shimingctl
