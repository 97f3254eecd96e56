#include "storage/testing/killed_writer.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/thread_pool.hpp>
#include <cstring>
#include <utility>

#include "common/status/check.h"
#include "common/status/status_macros.h"
#include "storage/sql/open_database.h"
#include "storage/sql/sql_error.h"

namespace shiming::sql::testing {
namespace {

constexpr int kWriters = 32;

asio::awaitable<void> WriteForEver(Database& database,
                                   std::atomic<int64_t>& next_id) {
  const std::string body(300, 'b');
  for (;;) {
    const int64_t id = next_id++;
    WriteFn fn = [id, &body](Transaction& tx) -> absl::Status {
      for (int half = 0; half < 2; ++half) {
        RETURN_IF_ERROR(tx.ExecuteOne(
            "INSERT INTO written (id, half, body) VALUES ($1, $2, $3)",
            {Value::Int(id), Value::Int(half), Value::Bytes(body)}));
      }
      return absl::OkStatus();
    };
    absl::Status status = co_await database.Write(std::move(fn));
    // Lost too often against the others: refused, and so not acknowledged.
    if (IsRetryable(status)) continue;
    SHIMING_CHECK(status.ok(), "a write of the killed writer failed");
    // 8 bytes into a pipe are atomic.
    if (write(STDOUT_FILENO, &id, sizeof(id)) != sizeof(id)) _exit(3);
  }
}

}  // namespace

int RunKilledWriter(const std::string& url) {
  auto database = OpenDatabase(url, {.create = false});
  if (!database.ok()) return 2;
  // Ids of its own: a server may still commit what the writer before had sent
  // when that was killed.
  std::atomic<int64_t> next_id{int64_t{getpid()} << 20};
  asio::thread_pool pool(2);
  for (int i = 0; i < kWriters; ++i) {
    asio::co_spawn(pool, WriteForEver(**database, next_id), asio::detached);
  }
  pool.join();
  return 1;
}

std::vector<int64_t> WriteUntilKilled(const std::string& url, size_t count) {
  int out[2];
  SHIMING_CHECK(pipe2(out, O_CLOEXEC) == 0, "no pipe");
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, out[1], STDOUT_FILENO);
  std::string flag(kKilledWriterFlag);
  std::string url_argument = url;
  std::string program = "/proc/self/exe";
  char* argv[] = {program.data(), flag.data(), url_argument.data(), nullptr};
  pid_t pid = 0;
  SHIMING_CHECK(
      posix_spawn(&pid, program.c_str(), &actions, nullptr, argv, environ) == 0,
      "cannot start the writer");
  posix_spawn_file_actions_destroy(&actions);
  close(out[1]);
  std::vector<int64_t> acknowledged;
  int64_t id = 0;
  // All that was acknowledged before the kill is still in the pipe.
  while (read(out[0], &id, sizeof(id)) == sizeof(id)) {
    acknowledged.push_back(id);
    if (acknowledged.size() == count) kill(pid, SIGKILL);
  }
  close(out[0]);
  int wait_status = 0;
  waitpid(pid, &wait_status, 0);
  return acknowledged;
}

}  // namespace shiming::sql::testing
