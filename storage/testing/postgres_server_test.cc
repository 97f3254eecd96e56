#include "storage/testing/postgres_server.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <string>
#include <string_view>

namespace shiming::sql::testing {
namespace {

// argv[1] that makes this program start a server and wait to be killed.
constexpr char kOwnerFlag[] = "--own_a_server";

int OwnAServer() {
  PostgresServer server;
  const pid_t pid = server.pid();
  if (write(STDOUT_FILENO, &pid, sizeof(pid)) != sizeof(pid)) return 3;
  for (;;) pause();
}

// True when the process with this file descriptor has ended within a minute.
bool HasEnded(int pid_fd) {
  pollfd one = {.fd = pid_fd, .events = POLLIN, .revents = 0};
  return poll(&one, 1, 60'000) == 1;
}

TEST(PostgresServerTest, KeepsItsDataOverAKill) {
  PostgresServer server;
  EXPECT_EQ(server.Ask("SHOW fsync"), "on");
  EXPECT_EQ(server.Ask("SHOW synchronous_commit"), "on");
  server.Ask("CREATE TABLE t (a BIGINT)");
  server.Ask("INSERT INTO t (a) VALUES (7)");
  server.Kill();
  server.Start();
  EXPECT_EQ(server.Ask("SELECT a FROM t"), "7");
}

TEST(PostgresServerTest, TwoServersDoNotMeet) {
  PostgresServer one;
  PostgresServer other;
  one.Ask("CREATE TABLE t (a BIGINT)");
  EXPECT_EQ(other.Ask("SELECT COUNT(*) FROM pg_tables WHERE tablename = 't'"),
            "0");
}

TEST(PostgresServerTest, EndsWithItsObject) {
  int pid_fd = -1;
  {
    PostgresServer server;
    pid_fd = static_cast<int>(syscall(SYS_pidfd_open, server.pid(), 0));
    ASSERT_GE(pid_fd, 0);
  }
  EXPECT_TRUE(HasEnded(pid_fd));
  close(pid_fd);
}

// Goal: no server outlives a test that is killed. Method: another process owns
// one and is killed by SIGKILL.
TEST(PostgresServerTest, EndsWhenItsOwnerIsKilled) {
  int out[2];
  ASSERT_EQ(pipe2(out, O_CLOEXEC), 0);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, out[1], STDOUT_FILENO);
  std::string program = "/proc/self/exe";
  std::string flag = kOwnerFlag;
  char* argv[] = {program.data(), flag.data(), nullptr};
  pid_t owner = 0;
  ASSERT_EQ(
      posix_spawn(&owner, program.c_str(), &actions, nullptr, argv, environ),
      0);
  posix_spawn_file_actions_destroy(&actions);
  close(out[1]);
  pid_t server = 0;
  ASSERT_EQ(read(out[0], &server, sizeof(server)),
            static_cast<ssize_t>(sizeof(server)));
  close(out[0]);
  const auto pid_fd = static_cast<int>(syscall(SYS_pidfd_open, server, 0));
  ASSERT_GE(pid_fd, 0);
  kill(owner, SIGKILL);
  int status = 0;
  waitpid(owner, &status, 0);
  EXPECT_TRUE(HasEnded(pid_fd));
  close(pid_fd);
}

}  // namespace
}  // namespace shiming::sql::testing

int main(int argc, char** argv) {
  if (argc == 2 &&
      std::string_view(argv[1]) == shiming::sql::testing::kOwnerFlag) {
    return shiming::sql::testing::OwnAServer();
  }
  ::testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
