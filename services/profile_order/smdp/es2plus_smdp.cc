#include "services/profile_order/smdp/es2plus_smdp.h"

#include <utility>

#include "common/status/status_macros.h"
#include "services/profile_order/smdp/es2plus_json.h"

namespace shiming::profile_order::smdp {
namespace {

// The highest version that we speak (SGP.22 v2.2 section 6.2).
constexpr char kAdminProtocol[] = "gsma/rsp/v2.2.0";
constexpr int kOk = 200;
// Larger answers are not ES2+.
constexpr size_t kMaxAnswerBytes = 64 * 1024;

}  // namespace

absl::StatusOr<std::unique_ptr<Es2PlusSmdp>> Es2PlusSmdp::Create(
    Options options) {
  http::HttpClient::Options client_options;
  client_options.executor = options.executor;
  client_options.base_url = options.base_url;
  client_options.tls = options.tls;
  client_options.max_connections = static_cast<size_t>(options.max_connections);
  client_options.max_body_bytes = kMaxAnswerBytes;
  ASSIGN_OR_RETURN(auto client,
                   http::HttpClient::Create(std::move(client_options)));
  return std::unique_ptr<Es2PlusSmdp>(
      new Es2PlusSmdp(std::move(options), std::move(client)));
}

Es2PlusSmdp::Es2PlusSmdp(Options options,
                         std::unique_ptr<http::HttpClient> client)
    : options_(std::move(options)), client_(std::move(client)) {}

boost::asio::awaitable<Answer> Es2PlusSmdp::Call(Request request) {
  http::ClientRequest post;
  post.method = "POST";
  post.target = PathOf(request.function);
  post.headers.push_back({"Content-Type", "application/json"});
  post.headers.push_back({"X-Admin-Protocol", kAdminProtocol});
  post.body = EncodeRequest(request, options_.requester);
  post.timeout = options_.timeout;
  http::Outcome outcome = co_await client_->Call(std::move(post));

  Answer answer;
  switch (outcome.kind) {
    case http::Outcome::Kind::kNotSent:
      answer.kind = Answer::Kind::kNotSent;
      answer.why = std::move(outcome.why);
      co_return answer;
    case http::Outcome::Kind::kUnknown:
      answer.why = std::move(outcome.why);
      co_return answer;
    case http::Outcome::Kind::kResponse:
      break;
  }
  if (outcome.response.status != kOk) {
    // Transport-level trouble: what to do on it is not specified (SGP.22 v2.2
    // section 6.3), so it may have taken effect.
    answer.why = "HTTP status " + std::to_string(outcome.response.status);
    co_return answer;
  }
  if (http::MediaType(outcome.response.header("Content-Type")) !=
      "application/json") {
    answer.why = "the answer is no JSON";
    co_return answer;
  }
  co_return DecodeAnswer(outcome.response.body);
}

}  // namespace shiming::profile_order::smdp
