#include "tools/shimingctl/log_source.h"

#include <boost/asio/thread_pool.hpp>
#include <memory>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/http/http_client.h"
#include "common/status/reason.h"

namespace shiming::shimingctl {
namespace {

// 256 entries of 65,535 bytes with their lengths.
constexpr size_t kMaxBundleBytes = size_t{256} * 65'537;
// A GET may be repeated.
constexpr int kAttempts = 3;
constexpr absl::Duration kAnswerTime = absl::Seconds(30);

// A client with the thread that it runs on.
class HttpLog {
 public:
  static absl::StatusOr<std::shared_ptr<HttpLog>> Open(
      const std::string& url, const LogSourceTls& tls) {
    auto log = std::make_shared<HttpLog>();
    http::HttpClient::Options options{.executor = log->pool_.get_executor(),
                                      .base_url = url,
                                      .max_connections = 1,
                                      .max_body_bytes = kMaxBundleBytes};
    if (url.starts_with("https://")) {
      options.tls = http::TlsFiles{.certificate_file = tls.certificate_file,
                                   .key_file = tls.key_file,
                                   .ca_file = tls.ca_file};
    }
    auto client = http::HttpClient::Create(std::move(options));
    if (!client.ok()) return client.status();
    log->client_ = *std::move(client);
    return log;
  }
  ~HttpLog() {
    client_.reset();
    pool_.join();
  }

  absl::StatusOr<std::string> Read(std::string_view path) {
    http::Outcome outcome;
    for (int attempt = 0; attempt < kAttempts; ++attempt) {
      outcome =
          client_->CallBlocking({.method = "GET",
                                 .target = absl::StrCat("/", std::string(path)),
                                 .timeout = kAnswerTime});
      if (outcome.kind == http::Outcome::Kind::kResponse) break;
    }
    if (outcome.kind != http::Outcome::Kind::kResponse) {
      return absl::UnavailableError(
          absl::StrCat(std::string(path), ": ", outcome.why));
    }
    const int status = outcome.response.status;
    if (status == 200) return std::move(outcome.response.body);
    if (status == 404) {
      return MakeError(Reason::NOT_FOUND, path);
    }
    return absl::UnavailableError(
        absl::StrCat(std::string(path), ": HTTP status ", status));
  }

 private:
  boost::asio::thread_pool pool_{1};
  std::unique_ptr<http::HttpClient> client_;
};

}  // namespace

LogSourceTls TlsFrom(Arguments& arguments) {
  return {.ca_file = arguments.Option("ca"),
          .certificate_file = arguments.Option("client-cert"),
          .key_file = arguments.Option("client-key")};
}

absl::StatusOr<ledger::FileReader> OpenLogSource(const std::string& where,
                                                 const LogSourceTls& tls) {
  if (!where.starts_with("https://") && !where.starts_with("http://")) {
    return ledger::FilesBelow(where);
  }
  std::string url = where;
  while (url.ends_with('/')) url.pop_back();
  absl::StatusOr<std::shared_ptr<HttpLog>> log = HttpLog::Open(url, tls);
  if (!log.ok()) return log.status();
  return ledger::FileReader([log = *std::move(log)](std::string_view path) {
    return log->Read(path);
  });
}

}  // namespace shiming::shimingctl
