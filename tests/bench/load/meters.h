// What the processes under load have used and served so far.
#ifndef SHIMING_TESTS_BENCH_LOAD_METERS_H_
#define SHIMING_TESTS_BENCH_LOAD_METERS_H_

#include <boost/asio/any_io_executor.hpp>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "common/http/http_client.h"

namespace shiming::bench {

// A process under load.
struct MeteredProcess {
  std::string name;
  int pid = 0;
  // "127.0.0.1:PORT" of its admin listener; empty where it has none.
  std::string admin_address;
};

// Totals since the processes started, or what lies between two of them.
struct Reading {
  // CPU seconds, user and system, by process name.
  std::map<std::string, double> cpu_seconds;
  // gRPC calls that ended, by "<Service>/<Method>", over all processes.
  std::map<std::string, double> calls;

  Reading operator-(const Reading& earlier) const;
};

// Reads /proc/<pid>/stat and /metrics. Thread-safe.
class Meters {
 public:
  // Errors: INVALID_ARGUMENT for an admin address.
  static absl::StatusOr<std::unique_ptr<Meters>> Create(
      boost::asio::any_io_executor executor,
      std::vector<MeteredProcess> processes);

  // Blocks: not from a thread of the executor. UNAVAILABLE when a process has
  // ended or does not answer.
  absl::StatusOr<Reading> Read() const;

 private:
  struct Metered {
    MeteredProcess process;
    std::unique_ptr<http::HttpClient> admin;  // null where it has none
  };
  explicit Meters(std::vector<Metered> metered)
      : metered_(std::move(metered)) {}

  const std::vector<Metered> metered_;
};

// CPU seconds in the text of a /proc/<pid>/stat (proc(5): utime, stime), for
// a clock of `ticks_per_second`. INVALID_ARGUMENT if it is none.
absl::StatusOr<double> CpuSecondsIn(std::string_view stat,
                                    int64_t ticks_per_second);

// Adds grpc_server_handled_total of a Prometheus text, by method.
void AddCalls(std::string_view metrics, std::map<std::string, double>& calls);

}  // namespace shiming::bench

#endif  // SHIMING_TESTS_BENCH_LOAD_METERS_H_
