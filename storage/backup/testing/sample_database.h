// Small databases of ours to be backed up in tests.
#ifndef SHIMING_STORAGE_BACKUP_TESTING_SAMPLE_DATABASE_H_
#define SHIMING_STORAGE_BACKUP_TESTING_SAMPLE_DATABASE_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "storage/sql/database.h"

namespace shiming::backup {

// Makes the database at `url` with a table `pairs` of `count` ids, each in two
// rows. Nobody has it open afterwards. Blocks.
absl::Status MakeSample(const std::string& url, int64_t count);

// Adds the id, in one transaction. Blocks.
absl::Status AddPair(sql::Database& database, int64_t id);

// How many rows `pairs` has; an odd number is half a transaction. Blocks.
absl::StatusOr<int64_t> CountPairRows(sql::Database& database);
// The same for a database that nobody has open.
absl::StatusOr<int64_t> CountPairRows(const std::string& url);

}  // namespace shiming::backup

#endif  // SHIMING_STORAGE_BACKUP_TESTING_SAMPLE_DATABASE_H_
