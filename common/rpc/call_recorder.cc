#include "common/rpc/call_recorder.h"

#include <google/protobuf/descriptor.h>

#include <mutex>
#include <optional>

#include "common/log/log.h"
#include "common/rpc/grpc_status.h"
#include "common/status/reason.h"

namespace shiming::rpc {
namespace {

using std::chrono::steady_clock;

// gRPC's codes are 0 to 16.
constexpr size_t kCodeCount = 17;

// Label grpc_type of "/package.Service/Method".
std::string TypeOf(const std::string& service, const std::string& method) {
  const google::protobuf::MethodDescriptor* descriptor =
      google::protobuf::DescriptorPool::generated_pool()->FindMethodByName(
          service + "." + method);
  if (descriptor == nullptr) return "unary";
  if (descriptor->client_streaming()) return "bidi_stream";
  return descriptor->server_streaming() ? "server_stream" : "unary";
}

MetricLabels LabelsOf(std::string_view path) {
  const size_t slash = path.rfind('/');
  const std::string service(path.substr(1, slash - 1));
  const std::string method(path.substr(slash + 1));
  return {{"grpc_type", TypeOf(service, method)},
          {"grpc_service", service},
          {"grpc_method", method}};
}

}  // namespace

// The metrics of one method, made when it is first called, so that a process
// shows only what it serves.
struct MethodMetrics {
  explicit MethodMetrics(std::string_view path) : path(path) {}

  void Make(Metrics& metrics) {
    labels = LabelsOf(path);
    started =
        &metrics.counter("grpc_server_started_total", "Calls begun.", labels);
    seconds = &metrics.histogram("grpc_server_handling_seconds",
                                 "From a call's arrival to its end.", labels);
  }

  // The counter of one outcome, made when it first occurs.
  Counter& Handled(Metrics& metrics, size_t code) {
    Counter* counter = handled[code].load(std::memory_order_acquire);
    if (counter == nullptr) {
      MetricLabels with_code = labels;
      with_code["grpc_code"] =
          std::string(CodeName(static_cast<grpc::StatusCode>(code)));
      counter = &metrics.counter("grpc_server_handled_total",
                                 "Calls ended, by outcome.", with_code);
      handled[code].store(counter, std::memory_order_release);
    }
    return *counter;
  }

  const std::string_view path;
  std::once_flag made;
  MetricLabels labels;
  Counter* started = nullptr;
  Histogram* seconds = nullptr;
  std::array<std::atomic<Counter*>, kCodeCount> handled = {};
};

CallRecorder::CallRecorder(Metrics& metrics,
                           const std::vector<AccessRow>& methods)
    : metrics_(metrics) {
  for (const AccessRow& row : methods) {
    methods_.emplace(row.method, std::make_unique<MethodMetrics>(row.method));
  }
}

CallRecorder::~CallRecorder() = default;

CallRecorder::Record CallRecorder::Begin(std::string_view method) {
  Record record{.start = steady_clock::now()};
  if (const auto found = methods_.find(method); found != methods_.end()) {
    record.method = found->second.get();
    std::call_once(record.method->made, [&] { record.method->Make(metrics_); });
    record.method->started->Increment();
  }
  return record;
}

void CallRecorder::End(const Record& record, const Call& call,
                       const absl::Status& status, grpc::StatusCode code) {
  const std::chrono::duration<double> took = steady_clock::now() - record.start;
  const size_t index = static_cast<size_t>(code);
  if (record.method != nullptr && index < kCodeCount) {
    record.method->Handled(metrics_, index).Increment();
    record.method->seconds->Observe(took.count());
  }
  const double duration_ms = took.count() * 1000;
  if (status.ok()) {
    Log(Severity::kInfo, "call",
        {{"method", call.method},
         {"code", CodeName(code)},
         {"duration_ms", duration_ms},
         {"peer", call.peer.spiffe_id},
         {"trace_id", call.trace_id}});
    return;
  }
  const std::optional<Reason> reason = ReasonOf(status);
  const bool unforeseen =
      !reason.has_value() || code == grpc::StatusCode::INTERNAL;
  // Messages hold no personal data, codes or keys (reason.h); what is
  // unforeseen is said here in full and nowhere else.
  Log(unforeseen ? Severity::kError : Severity::kWarning, "call refused",
      {{"method", call.method},
       {"code", CodeName(code)},
       {"reason", NameOf(reason.value_or(Reason::INTERNAL_ERROR))},
       {"error",
        reason.has_value() ? std::string(status.message()) : status.ToString()},
       {"duration_ms", duration_ms},
       {"peer", call.peer.spiffe_id},
       {"trace_id", call.trace_id}});
}

}  // namespace shiming::rpc
