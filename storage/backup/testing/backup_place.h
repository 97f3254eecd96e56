// An operator's machine with two databases, keys, and a folder for backups.
#ifndef SHIMING_STORAGE_BACKUP_TESTING_BACKUP_PLACE_H_
#define SHIMING_STORAGE_BACKUP_TESTING_BACKUP_PLACE_H_

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/crypto/fake_random.h"
#include "common/testing/temp_dir.h"
#include "common/time/fake_clock.h"
#include "storage/backup/backup_folder.h"
#include "storage/backup/backup_keys.h"
#include "storage/backup/backup_maker.h"
#include "storage/backup/backup_restorer.h"
#include "storage/backup/testing/sample_database.h"

namespace shiming::backup {

// Databases "orders" (data, 40 ids) and "keys" (keys, 10 ids). One thread.
class BackupPlace {
 public:
  static constexpr int64_t kOrders = 40;
  static constexpr int64_t kKeys = 10;

  // Makes everything. Urls are `orders_url` and `keys_url`, or SQLite files.
  absl::Status Make(const std::string& orders_url = "",
                    const std::string& keys_url = "") {
    for (const char* folder : {"db", "out", "work"}) {
      std::filesystem::create_directory(folder_.File(folder));
    }
    orders_url_ = orders_url.empty() ? Sqlite("db/orders.db") : orders_url;
    keys_url_ = keys_url.empty() ? Sqlite("db/keys.db") : keys_url;
    for (const char* name : {"data", "keys"}) {
      absl::Status made = MakeRecipientFiles(folder_.File(name));
      if (!made.ok()) return made;
    }
    absl::Status made = MakeSignerFiles(folder_.File("signer"));
    if (!made.ok()) return made;
    signer_.emplace(*LoadSigner(folder_.File("signer.key")));
    for (const char* name : {"data", "keys"}) {
      recipients_.push_back(*Recipient::Load(folder_.File(name) + ".pub"));
      secrets_.push_back(std::make_unique<RecipientSecret>(
          *RecipientSecret::Load(folder_.File(name) + ".key")));
    }
    made = MakeSample(orders_url_, kOrders);
    return made.ok() ? MakeSample(keys_url_, kKeys) : made;
  }

  std::string Sqlite(const std::string& name) const {
    return "sqlite:" + folder_.File(name);
  }
  std::string File(const std::string& name) const { return folder_.File(name); }
  std::string out() const { return folder_.File("out"); }
  const std::string& orders_url() const { return orders_url_; }
  const std::string& keys_url() const { return keys_url_; }
  FakeClock& clock() { return clock_; }
  const sql::PostgresTools& tools() const { return tools_; }

  BackupPlan Plan() {
    return {.sources = {{"orders", orders_url_, storage::v1::BACKUP_KIND_DATA},
                        {"keys", keys_url_, storage::v1::BACKUP_KIND_KEYS}},
            .folder = out(),
            .recipients = {{storage::v1::BACKUP_KIND_DATA, recipients_[0]},
                           {storage::v1::BACKUP_KIND_KEYS, recipients_[1]}},
            .signer = *signer_,
            .scratch_parent = folder_.File("work"),
            .tools = tools_,
            .clock = clock_,
            .random = random_};
  }

  // The files of a set, with what opens them.
  std::vector<BackupToRead> Files(const MadeBackup& made) const {
    std::vector<BackupToRead> files;
    for (const std::string& name : made.names) {
      const bool is_keys =
          ParseBackupName(name)->kind == storage::v1::BACKUP_KIND_KEYS;
      files.push_back({.path = out() + "/" + name,
                       .secret = secrets_[is_keys ? 1 : 0].get()});
    }
    return files;
  }

  RestorePlan Restore(const MadeBackup& made,
                      std::map<std::string, std::string> targets) const {
    return {.files = Files(made),
            .signer = signer_->Public(),
            .targets = std::move(targets),
            .scratch_parent = folder_.File("work"),
            .tools = tools_};
  }

  VerifyPlan Verify(const MadeBackup& made,
                    const std::string& server = "") const {
    return {.files = Files(made),
            .signer = signer_->Public(),
            .scratch_parent = folder_.File("work"),
            .tools = tools_,
            .verify_server = server};
  }

  // Names of what is in a folder of the place.
  std::vector<std::string> NamesIn(const std::string& name) const {
    std::vector<std::string> names;
    for (const auto& entry :
         std::filesystem::directory_iterator(folder_.File(name))) {
      names.push_back(entry.path().filename().string());
    }
    return names;
  }

 private:
  shiming::testing::TempDir folder_;
  FakeClock clock_{absl::FromUnixSeconds(1795361400)};
  crypto::FakeRandom random_{11};
  sql::PostgresTools tools_{.folder = "/usr/lib/postgresql/15/bin"};
  std::string orders_url_;
  std::string keys_url_;
  std::optional<crypto::SigningKey> signer_;
  std::vector<Recipient> recipients_;  // of data, of keys
  std::vector<std::unique_ptr<RecipientSecret>> secrets_;
};

}  // namespace shiming::backup

#endif  // SHIMING_STORAGE_BACKUP_TESTING_BACKUP_PLACE_H_
