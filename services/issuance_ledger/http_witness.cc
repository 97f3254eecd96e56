#include "services/issuance_ledger/http_witness.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/status/status_macros.h"

namespace shiming::issuance_ledger {
namespace {

// A round asks once and at most twice again; the rest is slack.
constexpr size_t kConnections = 2;

}  // namespace

absl::StatusOr<std::shared_ptr<HttpWitness>> HttpWitness::Create(
    asio::any_io_executor executor, const std::string& url,
    const std::optional<std::string>& ca_file) {
  http::HttpClient::Options options;
  options.executor = std::move(executor);
  options.base_url = url;
  if (ca_file.has_value()) options.tls.emplace().ca_file = *ca_file;
  options.max_connections = kConnections;
  options.max_body_bytes = kMaxWitnessAnswerBytes;
  ASSIGN_OR_RETURN(std::unique_ptr<http::HttpClient> client,
                   http::HttpClient::Create(std::move(options)));
  return std::shared_ptr<HttpWitness>(new HttpWitness(std::move(client)));
}

asio::awaitable<absl::StatusOr<WitnessReply>> HttpWitness::AddCheckpoint(
    std::string body, absl::Duration timeout) {
  http::ClientRequest request;
  request.target = "/add-checkpoint";
  request.headers = {{"Content-Type", "text/plain; charset=utf-8"}};
  request.body = std::move(body);
  request.timeout = timeout;
  return Call(std::move(request));
}

asio::awaitable<absl::StatusOr<WitnessReply>> HttpWitness::GetCheckpoint(
    std::string origin_hash, absl::Duration timeout) {
  http::ClientRequest request;
  request.method = "GET";
  request.target = absl::StrCat("/", origin_hash, "/checkpoint");
  request.timeout = timeout;
  return Call(std::move(request));
}

asio::awaitable<absl::StatusOr<WitnessReply>> HttpWitness::Call(
    http::ClientRequest request) {
  http::Outcome outcome = co_await client_->Call(std::move(request));
  if (outcome.kind != http::Outcome::Kind::kResponse) {
    co_return absl::UnavailableError(outcome.why);
  }
  WitnessReply reply;
  reply.http_status = outcome.response.status;
  reply.content_type = http::MediaType(outcome.response.header("content-type"));
  reply.body = std::move(outcome.response.body);
  co_return reply;
}

}  // namespace shiming::issuance_ledger
