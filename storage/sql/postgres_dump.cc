#include "storage/sql/postgres_dump.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "common/files/file.h"
#include "common/status/status_macros.h"
#include "storage/sql/postgres_tool.h"

namespace shiming::sql {
namespace {

// Words of a line of pg_restore's list: number, two object ids, then what.
constexpr size_t kListKind = 3;
constexpr size_t kListSchema = 4;
constexpr size_t kListName = 5;

std::string ToolIn(const PostgresTools& tools, const std::string& name) {
  return tools.folder.empty() ? name : absl::StrCat(tools.folder, "/", name);
}

// pg_dump writes over what is there, with everybody's rights.
absl::Status MakeOwnFile(const std::string& path) {
  const int fd =
      open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd >= 0) {
    close(fd);
    return absl::OkStatus();
  }
  const int error = errno;
  const std::string text = absl::StrCat(path, ": ", strerror(error));
  return error == EEXIST ? absl::AlreadyExistsError(text)
                         : absl::UnavailableError(text);
}

// The dump's list without the entry that makes the schema: that one is there
// already. FAILED_PRECONDITION when it is of another schema.
absl::StatusOr<std::string> ListWithoutSchema(const std::string& list,
                                              const std::string& schema) {
  std::vector<std::string> kept;
  for (const std::string& line :
       std::vector<std::string>(absl::StrSplit(list, '\n'))) {
    if (line.empty() || line[0] == ';') continue;
    const std::vector<std::string> words = absl::StrSplit(line, ' ');
    // "5; 2615 16385 SCHEMA - profile_order owner"
    const bool is_schema = words.size() > kListName &&
                           words[kListKind] == "SCHEMA" &&
                           words[kListSchema] == "-";
    if (is_schema && words[kListName] != schema) {
      return absl::FailedPreconditionError(absl::StrCat(
          "the dump is of schema ", words[kListName], ", not of ", schema));
    }
    if (!is_schema) kept.push_back(line);
  }
  return absl::StrJoin(kept, "\n") + "\n";
}

}  // namespace

absl::StatusOr<std::unique_ptr<PostgresBackupSource>>
PostgresBackupSource::Open(PostgresPlace place) {
  ASSIGN_OR_RETURN(PostgresHandle connection, ConnectPostgres(place));
  return std::unique_ptr<PostgresBackupSource>(
      new PostgresBackupSource(std::move(place), std::move(connection)));
}

absl::Status PostgresBackupSource::Hold() {
  RETURN_IF_ERROR(AskPostgres(connection_.get(),
                              "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
                      .status());
  ASSIGN_OR_RETURN(
      snapshot_, AskPostgres(connection_.get(), "SELECT pg_export_snapshot()"));
  return absl::OkStatus();
}

absl::StatusOr<DatabaseSummary> PostgresBackupSource::DumpTo(
    const PostgresTools& tools, const std::string& to) {
  RETURN_IF_ERROR(MakeOwnFile(to));
  ASSIGN_OR_RETURN(DatabaseSummary summary,
                   SummarizePostgres(connection_.get(), place_.schema));
  RETURN_IF_ERROR(
      RunPostgresTool(
          {.program = ToolIn(tools, "pg_dump"),
           .arguments = {"--format=custom", "--no-owner", "--no-privileges",
                         "--lock-wait-timeout=30s", "--schema=" + place_.schema,
                         "--snapshot=" + snapshot_, "--file=" + to},
           .host = place_.host})
          .status());
  return summary;
}

absl::Status LoadPostgres(const PostgresPlace& place,
                          const PostgresTools& tools, const std::string& from) {
  const std::string pg_restore = ToolIn(tools, "pg_restore");
  const absl::StatusOr<std::string> list =
      RunPostgresTool({.program = pg_restore, .arguments = {"--list", from}});
  if (!list.ok()) {
    return absl::DataLossError(absl::StrCat(
        from, " is no dump: ", std::string(list.status().message())));
  }
  ASSIGN_OR_RETURN(const std::string kept,
                   ListWithoutSchema(*list, place.schema));
  ASSIGN_OR_RETURN(const bool is_empty, IsEmptyPostgres(place));
  if (!is_empty) {
    return absl::FailedPreconditionError(
        absl::StrCat("schema ", place.schema, " has tables"));
  }
  const std::string list_file = from + ".list";
  RETURN_IF_ERROR(ReplaceFile(list_file, kept, FileAccess::kOwner));
  {
    ASSIGN_OR_RETURN(const PostgresHandle connection, ConnectPostgres(place));
    RETURN_IF_ERROR(
        AskPostgres(connection.get(),
                    absl::StrCat("CREATE SCHEMA IF NOT EXISTS ", place.schema))
            .status());
  }
  return RunPostgresTool(
             {.program = pg_restore,
              .arguments = {"--single-transaction", "--exit-on-error",
                            "--no-owner", "--no-privileges", "--no-comments",
                            "--use-list=" + list_file, from},
              .host = place.host})
      .status();
}

}  // namespace shiming::sql
