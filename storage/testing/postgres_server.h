// A PostgreSQL 15 server of a test's own, from Debian's package.
#ifndef SHIMING_STORAGE_TESTING_POSTGRES_SERVER_H_
#define SHIMING_STORAGE_TESTING_POSTGRES_SERVER_H_

#include <sys/types.h>

#include <string>
#include <vector>

namespace shiming::sql::testing {

// A server on an empty cluster (UTF8, collation C) in a temporary folder, with
// fsync and synchronous_commit on, reached by a Unix socket and by 127.0.0.1 at
// a port chosen at run time. The server refuses root, so as root it runs as
// Debian's user postgres. It ends with this object, and by SIGQUIT from the
// kernel when the thread that started it dies, so make it on the main thread.
// All functions end the process when the server does not do as told. Used by
// one thread.
class PostgresServer {
 public:
  struct Options {
    // PEM; TLS is on where they are given.
    std::string tls_certificate;
    std::string tls_key;
    // Further settings, "name=value".
    std::vector<std::string> settings;
  };

  explicit PostgresServer(Options options = {});
  ~PostgresServer();
  PostgresServer(const PostgresServer&) = delete;
  PostgresServer& operator=(const PostgresServer&) = delete;

  // The one for all tests of this process that do not harm it; started when
  // first asked for.
  static PostgresServer& Shared();

  // For OpenDatabase, by the Unix socket. `parameters` are those of the URL's
  // query, such as "schema=a&writers=2"; may be empty. `database` is the one
  // that every cluster has, unless the test has made another.
  std::string Url(const std::string& parameters,
                  const std::string& database = "postgres") const;
  // The same by TCP to `host`, which is a name of the loopback.
  std::string TcpUrl(const std::string& host,
                     const std::string& parameters) const;

  // False from Kill to Start.
  bool is_running() const { return pid_ != 0; }
  // The server's first process; another one after each Start.
  pid_t pid() const { return pid_; }

  // Runs one statement as its superuser, outside a transaction, and waits for
  // its end; the first column of the first row as text, "" where there is none.
  std::string Ask(const std::string& sql) const;

  // Kills all its processes at once by SIGKILL, as a power loss would, and
  // waits until they are gone.
  void Kill();
  // Starts it on its data after Kill.
  void Start();
  // Stops all its processes where they are: they hold connections and locks
  // but say nothing. Thaw lets them go on.
  void Freeze();
  void Thaw();

 private:
  void MakeCluster();
  void WaitUntilReady();
  std::vector<pid_t> Processes() const;
  void SignalAll(int signal) const;
  // Runs to its end.
  void RunTool(const std::vector<std::string>& command) const;
  pid_t Spawn(const std::vector<std::string>& command) const;
  [[noreturn]] void Fail(const std::string& what) const;
  std::string data() const { return folder_ + "/data"; }

  const Options options_;
  std::string folder_;
  int port_ = 0;
  pid_t pid_ = 0;  // 0 when killed
};

}  // namespace shiming::sql::testing

#endif  // SHIMING_STORAGE_TESTING_POSTGRES_SERVER_H_
