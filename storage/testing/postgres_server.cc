#include "storage/testing/postgres_server.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <libpq-fe.h>
#include <netinet/in.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>
#include <thread>
#include <utility>

#include "common/status/check.h"

namespace shiming::sql::testing {
namespace {

constexpr char kBinaries[] = "/usr/lib/postgresql/15/bin/";
constexpr char kServerUser[] = "postgres";
constexpr char kDatabaseUser[] = "shiming";
constexpr std::chrono::seconds kPatience(60);

// Folders are named by the process that made them.
constexpr char kFolders[] = "/tmp/";
constexpr char kFolderPrefix[] = "shiming_pg_";

bool IsRoot() { return geteuid() == 0; }

// Hands a file to who runs the server.
void GiveAway(const std::string& path) {
  if (!IsRoot()) return;
  const passwd* user = getpwnam(kServerUser);
  SHIMING_CHECK(user != nullptr, "there is no user postgres");
  SHIMING_CHECK(chown(path.c_str(), user->pw_uid, user->pw_gid) == 0,
                "cannot hand over a file to the server");
}

void WriteSecret(const std::string& path, const std::string& text) {
  std::ofstream(path) << text;
  SHIMING_CHECK(chmod(path.c_str(), 0600) == 0, "cannot set a file's mode");
  GiveAway(path);
}

// A port that nobody has right now.
int FreePort() {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  auto* any = reinterpret_cast<sockaddr*>(&address);
  SHIMING_CHECK(bind(fd, any, size) == 0 && getsockname(fd, any, &size) == 0,
                "no free port");
  close(fd);
  return ntohs(address.sin_port);
}

std::string ReadText(const std::string& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

// Takes away what processes that were killed have left.
void RemoveLeftFolders() {
  std::error_code ignored;
  for (const auto& entry :
       std::filesystem::directory_iterator(kFolders, ignored)) {
    int pid = 0;
    if (std::sscanf(entry.path().filename().c_str(), "shiming_pg_%d_", &pid) ==
            1 &&
        kill(pid, 0) != 0 && errno == ESRCH) {
      std::filesystem::remove_all(entry.path(), ignored);
    }
  }
}

// Waits for the end of a process that need not be a child.
void WaitUntilGone(int pid_fd) {
  pollfd one = {.fd = pid_fd, .events = POLLIN, .revents = 0};
  SHIMING_CHECK(
      poll(&one, 1, std::chrono::milliseconds(kPatience).count()) == 1,
      "a killed process stays");
  close(pid_fd);
}

}  // namespace

PostgresServer::PostgresServer(Options options) : options_(std::move(options)) {
  // The path of a Unix socket has 107 bytes at most, and the server's user
  // must reach it: not below a test's own folder.
  RemoveLeftFolders();
  std::string pattern = std::string(kFolders) + kFolderPrefix +
                        std::to_string(getpid()) + "_XXXXXX";
  SHIMING_CHECK(mkdtemp(pattern.data()) != nullptr, "no temporary folder");
  folder_ = pattern;
  SHIMING_CHECK(chmod(folder_.c_str(), 0755) == 0, "no temporary folder");
  GiveAway(folder_);
  port_ = FreePort();
  MakeCluster();
  Start();
}

PostgresServer::~PostgresServer() {
  if (pid_ != 0) Kill();
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

PostgresServer& PostgresServer::Shared() {
  static PostgresServer server;
  return server;
}

std::string PostgresServer::Url(const std::string& parameters,
                                const std::string& database) const {
  std::string url = "postgres://" + std::string(kDatabaseUser) + "@/" +
                    database + "?host=" + folder_ +
                    "&port=" + std::to_string(port_);
  return parameters.empty() ? url : url + "&" + parameters;
}

std::string PostgresServer::TcpUrl(const std::string& host,
                                   const std::string& parameters) const {
  std::string url = "postgres://" + std::string(kDatabaseUser) + "@" + host +
                    ":" + std::to_string(port_) + "/postgres";
  return parameters.empty() ? url : url + "?" + parameters;
}

std::string PostgresServer::Ask(const std::string& sql) const {
  std::unique_ptr<PGconn, decltype(&PQfinish)> connection(
      PQconnectdb(Url("").c_str()), &PQfinish);
  std::unique_ptr<PGresult, decltype(&PQclear)> result(
      PQexec(connection.get(), sql.c_str()), &PQclear);
  const ExecStatusType status = PQresultStatus(result.get());
  if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK) {
    Fail(sql + ": " + PQerrorMessage(connection.get()));
  }
  return PQntuples(result.get()) == 0 ? "" : PQgetvalue(result.get(), 0, 0);
}

void PostgresServer::MakeCluster() {
  RunTool({std::string(kBinaries) + "initdb", "--pgdata=" + data(),
           std::string("--username=") + kDatabaseUser, "--auth=trust",
           "--encoding=UTF8", "--locale=C", "--no-sync", "--no-instructions"});
  if (options_.tls_certificate.empty()) return;
  WriteSecret(data() + "/server.crt", options_.tls_certificate);
  WriteSecret(data() + "/server.key", options_.tls_key);
}

void PostgresServer::Start() {
  std::vector<std::string> command = {std::string(kBinaries) + "postgres",
                                      "-D",
                                      data(),
                                      "-k",
                                      folder_,
                                      "-p",
                                      std::to_string(port_)};
  std::vector<std::string> settings = {
      "listen_addresses=127.0.0.1", "fsync=on",
      "synchronous_commit=on",      "max_connections=100",
      "shared_buffers=32MB",        "log_line_prefix=%m [%p] "};
  if (!options_.tls_certificate.empty()) settings.push_back("ssl=on");
  settings.insert(settings.end(), options_.settings.begin(),
                  options_.settings.end());
  for (const std::string& setting : settings) {
    command.push_back("-c");
    command.push_back(setting);
  }
  pid_ = Spawn(command);
  WaitUntilReady();
}

void PostgresServer::WaitUntilReady() {
  // The eighth line of postmaster.pid is the server's state; the first is its
  // process, so that the file of a killed one is not believed.
  const std::string path = data() + "/postmaster.pid";
  const auto end = std::chrono::steady_clock::now() + kPatience;
  while (std::chrono::steady_clock::now() < end) {
    std::istringstream lines(ReadText(path));
    std::string line;
    std::string first;
    std::string eighth;
    for (int i = 1; std::getline(lines, line); ++i) {
      if (i == 1) first = line;
      if (i == 8) eighth = line;
    }
    if (first == std::to_string(pid_) && eighth.rfind("ready", 0) == 0) return;
    int status = 0;
    if (waitpid(pid_, &status, WNOHANG) == pid_) {
      pid_ = 0;
      Fail("the server does not start");
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  Fail("the server does not get ready");
}

std::vector<pid_t> PostgresServer::Processes() const {
  std::vector<pid_t> processes = {pid_};
  const std::string pid = std::to_string(pid_);
  std::istringstream children(
      ReadText("/proc/" + pid + "/task/" + pid + "/children"));
  pid_t child = 0;
  while (children >> child) processes.push_back(child);
  return processes;
}

void PostgresServer::SignalAll(int signal) const {
  for (pid_t pid : Processes()) kill(pid, signal);
}

void PostgresServer::Kill() {
  // Stopped first, so that it starts no further process meanwhile.
  kill(pid_, SIGSTOP);
  std::vector<int> gone;
  for (pid_t pid : Processes()) {
    const auto fd = static_cast<int>(syscall(SYS_pidfd_open, pid, 0));
    if (fd >= 0) gone.push_back(fd);
  }
  SignalAll(SIGKILL);
  int status = 0;
  waitpid(pid_, &status, 0);
  for (int fd : gone) WaitUntilGone(fd);
  pid_ = 0;
}

void PostgresServer::Freeze() {
  kill(pid_, SIGSTOP);
  SignalAll(SIGSTOP);
}

void PostgresServer::Thaw() { SignalAll(SIGCONT); }

void PostgresServer::RunTool(const std::vector<std::string>& command) const {
  const pid_t pid = Spawn(command);
  int status = 0;
  waitpid(pid, &status, 0);
  if (status != 0) Fail(command[0] + " fails");
}

pid_t PostgresServer::Spawn(const std::vector<std::string>& command) const {
  std::vector<std::string> words = {"/usr/bin/setpriv", "--pdeathsig", "QUIT"};
  if (IsRoot()) {
    words.insert(words.end(),
                 {std::string("--reuid=") + kServerUser,
                  std::string("--regid=") + kServerUser, "--clear-groups"});
  }
  words.insert(words.end(), command.begin(), command.end());
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  const std::string log = folder_ + "/log";
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null",
                                   O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, log.c_str(),
                                   O_WRONLY | O_CREAT | O_APPEND, 0644);
  posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO);
  posix_spawn_file_actions_addchdir_np(&actions, folder_.c_str());
  pid_t pid = 0;
  const int result =
      posix_spawn(&pid, argv[0], &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (result != 0) Fail("cannot start " + command[0]);
  return pid;
}

void PostgresServer::Fail(const std::string& what) const {
  std::fprintf(stderr, "%s:\n%s\n", what.c_str(),
               ReadText(folder_ + "/log").c_str());
  SHIMING_CHECK(false, "the test's PostgreSQL failed");
  std::abort();
}

}  // namespace shiming::sql::testing
