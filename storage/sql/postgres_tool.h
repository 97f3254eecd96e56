// Runs one of PostgreSQL's client programs to its end.
#ifndef SHIMING_STORAGE_SQL_POSTGRES_TOOL_H_
#define SHIMING_STORAGE_SQL_POSTGRES_TOOL_H_

#include <cstddef>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "storage/sql/postgres_options.h"

namespace shiming::sql {

struct PostgresToolRun {
  // A path, or a name that is looked for in PATH.
  std::string program;
  std::vector<std::string> arguments;
  // Whom it connects to; empty: to nobody. Given by the environment, but for
  // what only a connection string can say; that is never a secret.
  PostgresOptions::Keywords host;
};

// Runs it with no input and gives what it wrote to standard output, at most
// kMostToolOutputBytes. DATABASE_UNAVAILABLE with its first complaint (never
// DETAIL or CONTEXT, which may quote rows) when it ends with anything but 0 or
// cannot be started; RESOURCE_EXHAUSTED when it says too much;
// INVALID_ARGUMENT as PostgresBackupSource::DumpTo. It gets SIGTERM when this
// process dies. Blocks; not for processes with a signal handler for SIGCHLD.
absl::StatusOr<std::string> RunPostgresTool(const PostgresToolRun& run);

// The list of a dump of a thousand tables has a tenth of it.
inline constexpr size_t kMostToolOutputBytes = size_t{4} << 20;

}  // namespace shiming::sql

#endif  // SHIMING_STORAGE_SQL_POSTGRES_TOOL_H_
