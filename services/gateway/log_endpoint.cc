#include "services/gateway/log_endpoint.h"

#include <algorithm>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "common/files/file.h"

namespace shiming::gateway {
namespace {

constexpr std::string_view kCheckpoint = "checkpoint";
constexpr std::string_view kLogList = "logs";
// Highest tile level, and entries (or hashes) of a full tile (C2SP
// tlog-tiles).
constexpr int kHighestLevel = 63;
constexpr int kFullWidth = 256;

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// Takes `prefix` off `text` if it is there.
bool Consume(std::string_view& text, std::string_view prefix) {
  if (text.substr(0, prefix.size()) != prefix) return false;
  text.remove_prefix(prefix.size());
  return true;
}

// Takes a decimal number without leading zeros from 0 to `most` off `text`.
bool ConsumeNumber(std::string_view& text, int most) {
  size_t length = 0;
  int value = 0;
  while (length < text.size() && length < 4 && IsDigit(text[length])) {
    value = value * 10 + (text[length] - '0');
    ++length;
  }
  if (length == 0 || value > most || (length > 1 && text[0] == '0')) {
    return false;
  }
  text.remove_prefix(length);
  return true;
}

bool ConsumeThreeDigits(std::string_view& text) {
  if (text.size() < 3 ||
      !std::all_of(text.begin(), text.begin() + 3, IsDigit)) {
    return false;
  }
  text.remove_prefix(3);
  return true;
}

// Takes "x001/x234/067" off `text`.
bool ConsumeTileIndex(std::string_view& text) {
  while (Consume(text, "x")) {
    if (!ConsumeThreeDigits(text) || !Consume(text, "/")) return false;
  }
  return ConsumeThreeDigits(text);
}

http::Response NotFound() {
  http::Response response = http::TextResponse(404, "not found\n");
  response.headers.push_back({"Cache-Control", "no-store"});
  return response;
}

http::Response AnswerFile(const std::string& folder,
                          const http::Request& request) {
  if (request.method != "GET" && request.method != "HEAD") {
    http::Response refusal = http::TextResponse(405, "only GET and HEAD\n");
    refusal.headers.push_back({"Allow", "GET, HEAD"});
    return refusal;
  }
  std::string_view path = request.path();
  if (!Consume(path, "/") || !IsLogPath(path)) return NotFound();
  absl::StatusOr<std::string> bytes =
      ReadFile(absl::StrCat(folder, "/", std::string(path)));
  if (!bytes.ok()) {
    if (bytes.status().code() == absl::StatusCode::kNotFound) return NotFound();
    return http::TextResponse(503, "the file cannot be read\n");
  }
  http::Response response;
  response.body = *std::move(bytes);
  if (path == kCheckpoint || path == kLogList) {
    response.headers = {{"Content-Type", "text/plain; charset=utf-8"},
                        {"Cache-Control", "no-store"}};
  } else {
    response.headers = {
        {"Content-Type", "application/octet-stream"},
        {"Cache-Control", "public, max-age=31536000, immutable"}};
  }
  response.headers.push_back({"X-Content-Type-Options", "nosniff"});
  return response;
}

}  // namespace

bool IsLogPath(std::string_view path) {
  if (path == kCheckpoint || path == kLogList) return true;
  if (!Consume(path, "tile/")) return false;
  if (!Consume(path, "entries/")) {
    if (!ConsumeNumber(path, kHighestLevel) || !Consume(path, "/")) {
      return false;
    }
  }
  if (!ConsumeTileIndex(path)) return false;
  if (path.empty()) return true;
  return Consume(path, ".p/") && !path.empty() && path[0] != '0' &&
         ConsumeNumber(path, kFullWidth - 1) && path.empty();
}

LogEndpoint::LogEndpoint(std::string folder) : folder_(std::move(folder)) {}

asio::awaitable<http::Response> LogEndpoint::Answer(
    const http::Request& request) {
  co_return AnswerFile(folder_, request);
}

}  // namespace shiming::gateway
