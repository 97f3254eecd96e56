// A process that writes until it is killed, and tells what was acknowledged.
#ifndef SHIMING_STORAGE_TESTING_KILLED_WRITER_H_
#define SHIMING_STORAGE_TESTING_KILLED_WRITER_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace shiming::sql::testing {

// argv[1] that makes a conformance test play the process; argv[2] is the url.
inline constexpr std::string_view kKilledWriterFlag = "--write_until_killed";

// DDL of the table that it fills: two rows (id, 0) and (id, 1) per write.
inline constexpr std::string_view kDefineKilledWriterTable =
    "CREATE TABLE written (id INT64 NOT NULL, half INT64 NOT NULL, "
    "body BYTES NOT NULL, PRIMARY KEY (id, half))";

// The process: many coroutines write at once; each acknowledged id goes to
// stdout as 8 bytes. Returns only on error.
int RunKilledWriter(const std::string& url);

// Starts this program as that process, kills it by SIGKILL once `count` ids
// were acknowledged, and gives all that were.
std::vector<int64_t> WriteUntilKilled(const std::string& url, size_t count);

}  // namespace shiming::sql::testing

#endif  // SHIMING_STORAGE_TESTING_KILLED_WRITER_H_
