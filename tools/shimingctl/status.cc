#include "tools/shimingctl/status.h"

#include <boost/asio/thread_pool.hpp>
#include <cstdio>
#include <memory>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "common/http/http_client.h"
#include "common/status/status_macros.h"
#include "tools/shimingctl/connection.h"

namespace shiming::shimingctl {
namespace {

constexpr absl::Duration kTimeout = absl::Seconds(3);

// "ready", or why it is not.
std::string AskReady(const std::string& address,
                     const boost::asio::any_io_executor& executor) {
  absl::StatusOr<std::unique_ptr<http::HttpClient>> client =
      http::HttpClient::Create(
          {.executor = executor, .base_url = absl::StrCat("http://", address)});
  if (!client.ok()) return std::string(client.status().message());
  const http::Outcome outcome = (*client)->CallBlocking(
      {.method = "GET", .target = "/readyz", .timeout = kTimeout});
  if (outcome.kind != http::Outcome::Kind::kResponse) return "not reachable";
  if (outcome.response.status == 200) return "ready";
  return absl::StrCat("not ready: ",
                      absl::StripAsciiWhitespace(outcome.response.body));
}

}  // namespace

absl::Status RunStatus(Arguments& arguments) {
  ASSIGN_OR_RETURN(const config::v1::CtlConfig config,
                   LoadCtlConfig(arguments));
  const std::string output = arguments.Option("output", "text");
  RETURN_IF_ERROR(arguments.CheckAllUsed());
  boost::asio::thread_pool pool(1);
  int unready = 0;
  std::string json;
  for (const config::v1::AdminPort& port : config.admin_ports()) {
    const std::string answer = AskReady(port.address(), pool.get_executor());
    const bool ready = answer == "ready";
    unready += ready ? 0 : 1;
    if (output == "json") {
      absl::StrAppend(&json, json.empty() ? "" : ",", "\"", port.process(),
                      "\":", ready ? "true" : "false");
    } else {
      printf("%-24s %s\n", port.process().c_str(), answer.c_str());
    }
  }
  if (output == "json") printf("{%s}\n", json.c_str());
  pool.join();
  if (unready == 0) return absl::OkStatus();
  return absl::UnavailableError(absl::StrCat(unready, " not ready"));
}

}  // namespace shiming::shimingctl
