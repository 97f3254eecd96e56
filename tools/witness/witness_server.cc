#include "tools/witness/witness_server.h"

#include <functional>
#include <utility>

#include "common/log/log.h"
#include "common/status/status_macros.h"

namespace shiming::witness {
namespace {

// One log's requests follow each other; two logs need not wait.
constexpr int kThreads = 2;
constexpr absl::Duration kStopGrace = absl::Seconds(5);

}  // namespace

absl::StatusOr<std::unique_ptr<WitnessServer>> WitnessServer::Start(
    WitnessSettings settings, const Clock& clock, Metrics& metrics) {
  std::unique_ptr<WitnessServer> server(new WitnessServer(std::move(settings)));
  const WitnessSettings& own = server->settings_;
  ASSIGN_OR_RETURN(const ledger::NoteVerifier own_key,
                   ledger::NoteVerifier::Parse(own.signer.vkey()));
  ASSIGN_OR_RETURN(server->state_,
                   WitnessState::Open(own.state_folder, own_key));
  server->endpoint_ = std::make_unique<WitnessEndpoint>(
      WitnessEndpoint::Options{.trust = own.trust,
                               .state = *server->state_,
                               .signer = own.signer,
                               .clock = clock,
                               .metrics = metrics,
                               .submission_prefix = own.submission_prefix,
                               .monitoring_prefix = own.monitoring_prefix});
  RETURN_IF_ERROR(server->Listen(metrics));
  for (const auto& [origin, keys] : own.trust) {
    Log(Severity::kInfo, "log is witnessed",
        {{"origin", origin}, {"keys", keys.size()}});
  }
  Log(Severity::kInfo, "witness serves",
      {{"verifier_key", own.signer.vkey()}, {"port", server->port()}});
  return server;
}

WitnessServer::WitnessServer(WitnessSettings settings)
    : settings_(std::move(settings)), runtime_(kThreads) {}

absl::Status WitnessServer::Listen(Metrics& metrics) {
  http::HttpServer::Options options;
  options.executor = runtime_.executor();
  options.listen = settings_.listen;
  options.tls = settings_.tls;
  options.limits.body_bytes = kMaxAddCheckpointBytes;
  options.limits.connections = settings_.max_connections;
  options.handler = std::bind_front(&WitnessEndpoint::Answer, endpoint_.get());
  Counter& handshakes = metrics.counter(
      "shiming_witness_handshake_failures_total", "TLS handshakes that failed");
  Counter& over_limit =
      metrics.counter("shiming_witness_connections_over_limit_total",
                      "Connections closed because there were too many");
  options.on_handshake_failure = [&handshakes](std::string_view) {
    handshakes.Increment();
  };
  options.on_over_limit = [&over_limit] { over_limit.Increment(); };
  ASSIGN_OR_RETURN(http_, http::HttpServer::Start(std::move(options)));
  return absl::OkStatus();
}

WitnessServer::~WitnessServer() { Stop(); }

void WitnessServer::Stop() {
  if (http_ != nullptr) http_->Stop(kStopGrace);
}

}  // namespace shiming::witness
