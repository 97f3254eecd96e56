#include "storage/sql/postgres_tool.h"

#include <fcntl.h>
#include <libpq-fe.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <map>
#include <memory>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/status/status_macros.h"
#include "storage/sql/sql_error.h"

namespace shiming::sql {
namespace {

// Of a complaint that is passed on.
constexpr size_t kMostComplaintBytes = 300;

struct Environment {
  std::vector<std::string> variables;  // NAME=value
  std::string connection_string;
};

// What libpq knows about a keyword.
struct KeywordInfo {
  std::string variable;  // of the environment; empty: none
  bool is_secret = false;
};

std::map<std::string, KeywordInfo> KnownKeywords() {
  std::map<std::string, KeywordInfo> known;
  const std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> options(
      PQconndefaults(), &PQconninfoFree);
  for (const PQconninfoOption* option = options.get();
       option != nullptr && option->keyword != nullptr; ++option) {
    known[option->keyword] = {
        .variable = option->envvar == nullptr ? "" : option->envvar,
        .is_secret = option->dispchar != nullptr && *option->dispchar == '*'};
  }
  return known;
}

std::string Quoted(const std::string& value) {
  std::string quoted = "'";
  for (char c : value) {
    if (c == '\'' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + "'";
}

// Ours without what is libpq's: that comes from `host` alone.
std::vector<std::string> CleanEnvironment() {
  std::vector<std::string> variables;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    const std::string text = *variable;
    if (absl::StartsWith(text, "PG") || absl::StartsWith(text, "LC_") ||
        absl::StartsWith(text, "LANG")) {
      continue;
    }
    variables.push_back(text);
  }
  // Complaints in English.
  variables.push_back("LC_ALL=C");
  return variables;
}

absl::StatusOr<Environment> EnvironmentFor(
    const PostgresOptions::Keywords& host) {
  Environment environment{.variables = CleanEnvironment()};
  const std::map<std::string, KeywordInfo> known = KnownKeywords();
  for (const auto& [keyword, value] : host) {
    const auto found = known.find(keyword);
    const KeywordInfo info =
        found == known.end() ? KeywordInfo{} : found->second;
    if (!info.variable.empty()) {
      environment.variables.push_back(absl::StrCat(info.variable, "=", value));
    }
    // The name of the database makes it a connection string in any case.
    if (!info.variable.empty() && keyword != "dbname") continue;
    if (info.is_secret) {
      return absl::InvalidArgumentError(
          absl::StrCat("database url: ", keyword,
                       " would show on the command line of pg_dump"));
    }
    absl::StrAppend(&environment.connection_string,
                    environment.connection_string.empty() ? "" : " ", keyword,
                    "=", Quoted(value));
  }
  return environment;
}

std::vector<char*> Pointers(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

struct Pipe {
  int read = -1;
  int write = -1;
  ~Pipe() {
    CloseRead();
    CloseWrite();
  }
  void CloseRead() {
    if (read >= 0) close(std::exchange(read, -1));
  }
  void CloseWrite() {
    if (write >= 0) close(std::exchange(write, -1));
  }
};

bool Open(Pipe& pipe) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return false;
  pipe.read = ends[0];
  pipe.write = ends[1];
  return true;
}

// Reads what there is; false at the end.
bool ReadSome(int fd, std::string& text) {
  char chunk[4096];
  const ssize_t n = read(fd, chunk, sizeof(chunk));
  if (n < 0) return errno == EINTR || errno == EAGAIN;
  text.append(chunk, static_cast<size_t>(n));
  return n > 0;
}

// Reads both to their ends. What is too much is thrown away, since the tool
// must not block.
void ReadBoth(Pipe& out, Pipe& err, std::string& out_text,
              std::string& err_text) {
  while (out.read >= 0 || err.read >= 0) {
    pollfd both[] = {{.fd = out.read, .events = POLLIN, .revents = 0},
                     {.fd = err.read, .events = POLLIN, .revents = 0}};
    if (poll(both, 2, -1) < 0) {
      if (errno == EINTR) continue;
      return;
    }
    if (both[0].revents != 0 && !ReadSome(out.read, out_text)) out.CloseRead();
    if (both[1].revents != 0 && !ReadSome(err.read, err_text)) err.CloseRead();
    if (out_text.size() > kMostToolOutputBytes) {
      out_text.resize(kMostToolOutputBytes + 1);
    }
    if (err_text.size() > kMostToolOutputBytes) err_text.clear();
  }
}

// The first line that tells of an error, or the first one.
std::string Complaint(const std::string& text) {
  const std::vector<std::string> lines = absl::StrSplit(text, '\n');
  std::string complaint = lines[0];
  for (const std::string& line : lines) {
    if (!absl::StrContains(line, "error:")) continue;
    complaint = line;
    break;
  }
  return complaint.substr(0, kMostComplaintBytes);
}

absl::Status Unavailable(const std::string& program, std::string_view why) {
  return MakeSqlError(SqlError::kUnavailable,
                      absl::StrCat(program, ": ", std::string(why)));
}

// In the child; only calls that are safe after fork.
[[noreturn]] void Become(pid_t parent, int input, int output, int errors,
                         char* const* argv, char* const* variables) {
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (getppid() != parent || dup2(input, STDIN_FILENO) < 0 ||
      dup2(output, STDOUT_FILENO) < 0 || dup2(errors, STDERR_FILENO) < 0) {
    _exit(127);
  }
  // shimingctl's own mask may block what should end the tool.
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  execvpe(argv[0], argv, variables);
  _exit(127);
}

}  // namespace

absl::StatusOr<std::string> RunPostgresTool(const PostgresToolRun& run) {
  std::vector<std::string> words = {run.program};
  std::vector<std::string> variables = CleanEnvironment();
  if (!run.host.empty()) {
    ASSIGN_OR_RETURN(Environment environment, EnvironmentFor(run.host));
    variables = std::move(environment.variables);
    words.push_back("--no-password");
    words.push_back("--dbname=" + environment.connection_string);
  }
  words.insert(words.end(), run.arguments.begin(), run.arguments.end());
  const std::vector<char*> argv = Pointers(words);
  const std::vector<char*> envp = Pointers(variables);
  Pipe out;
  Pipe err;
  const int input = open("/dev/null", O_RDONLY | O_CLOEXEC);
  if (input < 0 || !Open(out) || !Open(err)) {
    if (input >= 0) close(input);
    return Unavailable(run.program, strerror(errno));
  }
  const pid_t parent = getpid();
  const pid_t pid = fork();
  if (pid == 0) {
    Become(parent, input, out.write, err.write, argv.data(), envp.data());
  }
  close(input);
  if (pid < 0) return Unavailable(run.program, strerror(errno));
  out.CloseWrite();
  err.CloseWrite();
  std::string out_text;
  std::string err_text;
  ReadBoth(out, err, out_text, err_text);
  int status = 0;
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  if (WIFEXITED(status) && WEXITSTATUS(status) == 127 && err_text.empty()) {
    return Unavailable(run.program, "cannot be started");
  }
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
    return Unavailable(run.program, Complaint(err_text));
  }
  if (out_text.size() > kMostToolOutputBytes) {
    return absl::ResourceExhaustedError(
        absl::StrCat(run.program, ": too much output"));
  }
  return out_text;
}

}  // namespace shiming::sql
