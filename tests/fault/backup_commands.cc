#include "tests/fault/backup_commands.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "absl/strings/match.h"
#include "absl/strings/str_split.h"

namespace shiming::fault {
namespace {

constexpr char kShimingctl[] = "tools/shimingctl/shimingctl";

Words operator+(Words words, const Words& more) {
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

}  // namespace

BackupCommands::BackupCommands(const shimingctl::Layout& layout)
    : data_(layout.data),
      keys_(layout.data + "/backup-keys"),
      out_(layout.data + "/backups") {
  std::filesystem::create_directories(keys_);
  for (const Words& pair :
       {Words{"recipient", Key("data")}, Words{"recipient", Key("keys")},
        Words{"signer", Key("signer")}}) {
    const e2e::CommandResult made = Storage(Words{"keygen"} + pair);
    EXPECT_EQ(made.exit_code, 0) << made;
  }
}

e2e::CommandResult BackupCommands::Storage(const Words& words) const {
  return e2e::RunCommand(Words{kShimingctl, "storage"} + words);
}

Words BackupCommands::Opening() const {
  return {"--signer",      Key("signer.pub"), "--data-secret",
          Key("data.key"), "--keys-secret",   Key("keys.key")};
}

e2e::CommandResult BackupCommands::Backup(const Words& more) {
  const e2e::CommandResult result =
      Storage(Words{"backup", "--data", data_, "--out", out_,
                    "--data-recipient", Key("data.pub"), "--keys-recipient",
                    Key("keys.pub"), "--signer", Key("signer.key")} +
              more);
  if (result.exit_code != 0) return result;
  files_.clear();
  for (const std::string& line : Words(absl::StrSplit(result.out, '\n'))) {
    if (absl::StartsWith(line, "shiming-")) {
      files_.push_back(out_ + "/" + line);
    }
  }
  return result;
}

e2e::CommandResult BackupCommands::Restore(const Words& files,
                                           const Words& more) const {
  return Storage(Words{"restore"} + files + Words{"--data", data_} + Opening() +
                 more);
}

e2e::CommandResult BackupCommands::Verify(const Words& files,
                                          const Words& more) const {
  return Storage(Words{"verify"} + files + Words{"--scratch", data_} +
                 Opening() + more);
}

e2e::CommandResult BackupCommands::RepairLedger(const Words& more) const {
  return Storage(Words{"repair", "issuance_ledger", "--data", data_} + more);
}

e2e::CommandResult BackupCommands::Gap(const std::string& service) const {
  return Storage({"gap", service, "--data", data_});
}

void BackupCommands::RemoveDatabases(const Words& names) const {
  for (const std::string& name : names) {
    for (const char* suffix : {".db", ".db-wal", ".db-shm"}) {
      std::filesystem::remove(data_ + "/db/" + name + suffix);
    }
  }
}

}  // namespace shiming::fault
