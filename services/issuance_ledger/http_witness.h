// A witness over HTTP.
#ifndef SHIMING_SERVICES_ISSUANCE_LEDGER_HTTP_WITNESS_H_
#define SHIMING_SERVICES_ISSUANCE_LEDGER_HTTP_WITNESS_H_

#include <boost/asio/any_io_executor.hpp>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "common/http/http_client.h"
#include "services/issuance_ledger/core/witness_transport.h"

namespace shiming::issuance_ledger {

// Longest answer that is read: some signature lines, or a cosigned checkpoint.
inline constexpr size_t kMaxWitnessAnswerBytes = 64 * 1024;

// Keeps connections between rounds. Thread-safe.
class HttpWitness final : public WitnessTransport {
 public:
  // `url`: prefix of both endpoints, "https://w.example/x". `ca_file`: whom its
  // certificate must chain to; absent for plain HTTP. INVALID_ARGUMENT for a
  // malformed URL or unusable file.
  static absl::StatusOr<std::shared_ptr<HttpWitness>> Create(
      asio::any_io_executor executor, const std::string& url,
      const std::optional<std::string>& ca_file);

  asio::awaitable<absl::StatusOr<WitnessReply>> AddCheckpoint(
      std::string body, absl::Duration timeout) override;
  asio::awaitable<absl::StatusOr<WitnessReply>> GetCheckpoint(
      std::string origin_hash, absl::Duration timeout) override;

 private:
  explicit HttpWitness(std::unique_ptr<http::HttpClient> client)
      : client_(std::move(client)) {}
  asio::awaitable<absl::StatusOr<WitnessReply>> Call(
      http::ClientRequest request);

  const std::unique_ptr<http::HttpClient> client_;
};

}  // namespace shiming::issuance_ledger

#endif  // SHIMING_SERVICES_ISSUANCE_LEDGER_HTTP_WITNESS_H_
