// Metrics and the log line of each call that a server handles.
#ifndef SHIMING_COMMON_RPC_CALL_RECORDER_H_
#define SHIMING_COMMON_RPC_CALL_RECORDER_H_

#include <grpcpp/support/status_code_enum.h>

#include <array>
#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "absl/status/status.h"
#include "common/metrics/metrics.h"
#include "common/rpc/access_table.h"
#include "common/rpc/call.h"

namespace shiming::rpc {

struct MethodMetrics;

// Counts under the names that stock gRPC dashboards know:
// grpc_server_started_total, grpc_server_handled_total (with grpc_code),
// grpc_server_handling_seconds, labels grpc_type, grpc_service, grpc_method.
// The metric objects are looked up once for each method. Thread-safe.
class CallRecorder {
 public:
  // What is known while a call runs.
  struct Record {
    MethodMetrics* method = nullptr;  // null: method has no row
    std::chrono::steady_clock::time_point start;
  };

  // Both must outlive the recorder.
  CallRecorder(Metrics& metrics, const std::vector<AccessRow>& methods);
  ~CallRecorder();

  Record Begin(std::string_view method);

  // `status` is the handler's, in full, for the log; `code` what went out. The
  // request's content is never logged.
  void End(const Record& record, const Call& call, const absl::Status& status,
           grpc::StatusCode code);

 private:
  Metrics& metrics_;
  // Filled by the constructor, only read afterwards.
  std::unordered_map<std::string_view, std::unique_ptr<MethodMetrics>> methods_;
};

}  // namespace shiming::rpc

#endif  // SHIMING_COMMON_RPC_CALL_RECORDER_H_
