// Copies of databases, whatever the engine: one state is held, copied to a
// file, tried out, put into place.
#ifndef SHIMING_STORAGE_BACKUP_DATABASE_COPY_H_
#define SHIMING_STORAGE_BACKUP_DATABASE_COPY_H_

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "shiming/storage/v1/backup.pb.h"
#include "storage/sql/database.h"
#include "storage/sql/postgres_dump.h"

namespace shiming::backup {

// A database of which one state is to be copied. Used by one thread.
class HeldDatabase {
 public:
  virtual ~HeldDatabase() = default;

  // `url` as OpenDatabase takes it. INVALID_ARGUMENT for another; errors of
  // SqliteBackupSource::Open, FindPostgres and PostgresBackupSource::Open.
  // Blocks.
  static absl::StatusOr<std::unique_ptr<HeldDatabase>> Open(
      const std::string& url, const sql::PostgresTools& tools);

  // Holds the state with all that was committed before the call, until this
  // goes; takes no time to speak of. Once. DATABASE_UNAVAILABLE.
  virtual absl::Status Hold() = 0;

  // Copies that state to the new file `to` (0600) and says in `content` what
  // that is: engine, schema, tables, migrations. FAILED_PRECONDITION when it is
  // no database of ours (CheckMigrations); DATA_LOSS when the copy is damaged;
  // else as Open. Blocks.
  virtual absl::Status CopyTo(const std::string& to,
                              storage::v1::BackupContent& content) = 0;
};

// A copy that was restored where nobody looks; gone with this.
class RestoredCopy {
 public:
  virtual ~RestoredCopy() = default;

  // Restores `file` and holds it against `content`: every page or row that can
  // be read, every table's number of rows, every migration. SQLite in the file
  // itself; PostgreSQL in a scratch database named after the schema on
  // `server`, a postgres:// url. DATA_LOSS when anything differs;
  // INVALID_ARGUMENT when `server` is needed and none is given; errors of
  // LoadPostgres. Blocks.
  static absl::StatusOr<std::unique_ptr<RestoredCopy>> Make(
      const storage::v1::BackupContent& content, const std::string& file,
      const std::string& server, const sql::PostgresTools& tools);

  // Opens it for further checks, which may change it. At most one at a time,
  // closed before this goes.
  virtual absl::StatusOr<std::unique_ptr<sql::Database>> Open() = 0;
};

// Where a database is restored to for good. Used by one thread.
class RestoreTarget {
 public:
  virtual ~RestoreTarget() = default;

  // For `content`, at `url`. INVALID_ARGUMENT when its engine or schema is
  // another than the url's; DATABASE_UNAVAILABLE. Blocks.
  static absl::StatusOr<std::unique_ptr<RestoreTarget>> At(
      const std::string& url, const storage::v1::BackupContent& content,
      const sql::PostgresTools& tools);

  // True when exactly this content stands there already: an earlier restore
  // was cut short behind it. FAILED_PRECONDITION when anything else is there.
  virtual absl::StatusOr<bool> IsDone() = 0;
  // Where the content's bytes are to be put before Prepare. For SQLite beside
  // the target, for PostgreSQL `scratch`.
  virtual std::string FileFor(const std::string& scratch) const = 0;
  // Checks the bytes in `file`; nothing is to be seen at the target yet.
  // DATA_LOSS when they are not the content. Blocks.
  virtual absl::Status Prepare(const std::string& file) = 0;
  // Puts it in place: after a crash all of it is there or nothing.
  // FAILED_PRECONDITION when something has appeared there. Blocks.
  virtual absl::Status Commit(const std::string& file) = 0;
};

}  // namespace shiming::backup

#endif  // SHIMING_STORAGE_BACKUP_DATABASE_COPY_H_
