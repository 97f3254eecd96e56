// The log as plain files: what auditors read, plus the guard file by which an
// older database is refused. All methods block on the disk.
#ifndef SHIMING_SERVICES_ISSUANCE_LEDGER_CORE_LOG_FILES_H_
#define SHIMING_SERVICES_ISSUANCE_LEDGER_CORE_LOG_FILES_H_

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "ledger/audit_reader.h"
#include "ledger/checkpoint.h"
#include "ledger/tiles.h"

namespace shiming::issuance_ledger {

// Thread-safe for reading; one writer of a file at a time.
class LogFiles {
 public:
  struct Options {
    std::string directory;   // "checkpoint", "tile/", "index/" appear in it
    std::string guard_file;  // kept elsewhere than database backups
  };

  // Makes the directory and takes its lock, which the object holds: a second
  // process (or object) gets LEDGER_FENCED.
  static absl::StatusOr<std::unique_ptr<LogFiles>> Open(Options options);
  ~LogFiles();
  LogFiles(const LogFiles&) = delete;
  LogFiles& operator=(const LogFiles&) = delete;

  // Writes a tile or entry bundle durably. Writing the same again is harmless.
  absl::Status Write(const ledger::TileId& id, std::string_view bytes);

  // Writes another file of the log durably, by its path below the prefix.
  absl::Status WriteBelow(const std::string& path, std::string_view bytes);

  // Deletes the partial tiles that the full tile `id` has made superfluous
  // (C2SP tlog-tiles allows that once the full one is there). Best effort.
  void RemovePartials(const ledger::TileId& id);

  // Replaces the published checkpoint by renaming.
  absl::Status Publish(std::string_view note);
  // Replaces "logs", the signed list of logs, by renaming.
  absl::Status PublishList(std::string_view note);
  // nullopt when nothing was ever published.
  absl::StatusOr<std::optional<std::string>> Published() const;

  // The largest tree that may have been published, durably; nullopt when the
  // guard file is missing. LEDGER_GUARD_MISMATCH when it is not readable.
  absl::StatusOr<std::optional<ledger::Checkpoint>> ReadGuard() const;
  absl::Status WriteGuard(const ledger::Checkpoint& checkpoint);

  // For reading tiles and bundles.
  ledger::FileReader Reader() const;
  const std::string& directory() const { return options_.directory; }

 private:
  LogFiles(Options options, int lock) : options_(options), lock_(lock) {}
  // Makes the folder of `path` durably.
  absl::Status EnsureFolderOf(const std::string& path);

  const Options options_;
  const int lock_;  // file descriptor
};

}  // namespace shiming::issuance_ledger

#endif  // SHIMING_SERVICES_ISSUANCE_LEDGER_CORE_LOG_FILES_H_
