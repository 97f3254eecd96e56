#include "tools/witness/witness_endpoint.h"

#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "common/log/log.h"

namespace shiming::witness {
namespace {

constexpr std::string_view kCheckpoint = "/checkpoint";
constexpr char kNoteType[] = "text/plain; charset=utf-8";
// Answer of a witness whose tree and the checkpoint's cannot be joined.
constexpr int kInconsistent = 422;

http::Response OnlyBy(const char* methods) {
  http::Response refusal =
      http::TextResponse(405, absl::StrCat("only ", methods, "\n"));
  refusal.headers.push_back({"Allow", methods});
  return refusal;
}

}  // namespace

WitnessEndpoint::WitnessEndpoint(Options options)
    : options_(std::move(options)) {}

asio::awaitable<http::Response> WitnessEndpoint::Answer(
    const http::Request& request) {
  const std::string_view path = request.path();
  if (path == absl::StrCat(options_.submission_prefix, "/add-checkpoint")) {
    if (request.method != "POST") co_return OnlyBy("POST");
    co_return Counted(AddCheckpoint(request.body));
  }
  co_return Checkpoint(request, path);
}

http::Response WitnessEndpoint::AddCheckpoint(const std::string& body) {
  // Taken where the decision first needs the record, and kept until the new
  // one is stored: check and store are one step for each log.
  std::optional<WitnessState::Hold> hold;
  const ledger::AddCheckpointDecision decision = ledger::DecideAddCheckpoint(
      options_.trust,
      [&](const std::string& origin) {
        hold = options_.state.HoldLog(origin);
        return hold->tree();
      },
      body);
  if (decision.http_status != 200) {
    Log(decision.http_status == kInconsistent ? Severity::kError
                                              : Severity::kWarning,
        "checkpoint refused",
        {{"status", decision.http_status}, {"why", decision.why}});
    http::Response refusal = http::TextResponse(
        decision.http_status,
        decision.body.empty() ? decision.why + "\n" : decision.body);
    if (!decision.content_type.empty()) {
      refusal.headers = {{"Content-Type", decision.content_type}};
    }
    return refusal;
  }
  const absl::Time now = options_.clock.Now();
  const absl::StatusOr<std::string> line =
      options_.signer.SignLine(decision.checkpoint_text, now);
  if (!line.ok()) return http::TextResponse(500, "cannot sign\n");
  const absl::Status stored = hold->Replace(
      decision.checkpoint,
      ledger::JoinNote(decision.checkpoint_text, decision.log_lines + *line));
  if (!stored.ok()) {
    Log(Severity::kError, "state could not be written",
        {{"error", std::string(stored.message())}});
    return http::TextResponse(503, "state could not be written\n");
  }
  const MetricLabels log = {{"log", decision.checkpoint.origin}};
  options_.metrics
      .gauge("shiming_witness_tree_entries",
             "Size of the last tree that was cosigned", log)
      .Set(static_cast<double>(decision.checkpoint.size));
  options_.metrics
      .gauge("shiming_witness_last_cosignature_timestamp_seconds",
             "When a checkpoint was cosigned last", log)
      .Set(absl::ToDoubleSeconds(now - absl::UnixEpoch()));
  http::Response response;
  response.headers = {{"Content-Type", kNoteType}};
  response.body = *line;
  return response;
}

http::Response WitnessEndpoint::Checkpoint(const http::Request& request,
                                           std::string_view path) {
  const http::Response not_found = http::TextResponse(404, "not found\n");
  const std::string prefix = options_.monitoring_prefix + "/";
  if (!path.starts_with(prefix) || !path.ends_with(kCheckpoint)) {
    return not_found;
  }
  path.remove_prefix(prefix.size());
  if (path.size() <= kCheckpoint.size()) return not_found;
  path.remove_suffix(kCheckpoint.size());
  if (request.method != "GET" && request.method != "HEAD") {
    return OnlyBy("GET, HEAD");
  }
  std::optional<std::string> note = options_.state.CosignedBy(path);
  if (!note.has_value()) return not_found;
  http::Response response;
  response.headers = {{"Content-Type", kNoteType},
                      {"Cache-Control", "no-store"},
                      {"X-Content-Type-Options", "nosniff"}};
  response.body = *std::move(note);
  return response;
}

http::Response WitnessEndpoint::Counted(http::Response response) {
  options_.metrics
      .counter("shiming_witness_add_checkpoint_total",
               "Answers to add-checkpoint, by HTTP status",
               {{"status", std::to_string(response.status)}})
      .Increment();
  return response;
}

}  // namespace shiming::witness
