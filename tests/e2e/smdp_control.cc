#include "tests/e2e/smdp_control.h"

#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/status/status_macros.h"

namespace shiming::e2e {
namespace {

using nlohmann::json;

}  // namespace

absl::StatusOr<std::unique_ptr<SmdpControl>> SmdpControl::Open(
    const std::string& address) {
  auto control = std::unique_ptr<SmdpControl>(new SmdpControl());
  ASSIGN_OR_RETURN(
      control->client_,
      http::HttpClient::Create({.executor = control->pool_.get_executor(),
                                .base_url = "http://" + address}));
  return control;
}

SmdpControl::~SmdpControl() {
  client_.reset();
  pool_.join();
}

absl::StatusOr<std::string> SmdpControl::Call(const std::string& method,
                                              const std::string& path,
                                              const std::string& body) {
  const http::Outcome outcome =
      client_->CallBlocking({.method = method,
                             .target = path,
                             .headers = {{"Content-Type", "application/json"}},
                             .body = body,
                             .timeout = absl::Seconds(10)});
  if (outcome.kind != http::Outcome::Kind::kResponse) {
    return absl::UnavailableError(outcome.why);
  }
  if (outcome.response.status != 200) {
    return absl::InternalError(absl::StrCat(path, ": ", outcome.response.status,
                                            " ", outcome.response.body));
  }
  return outcome.response.body;
}

absl::Status SmdpControl::Refuse(const std::string& function,
                                 const std::string& subject,
                                 const std::string& reason, int count) {
  const json fault = {{"function", function},
                      {"kind", "refuse"},
                      {"subject_code", subject},
                      {"reason_code", reason},
                      {"count", count}};
  return Call("POST", "/control/fault", fault.dump()).status();
}

absl::Status SmdpControl::DoubleNextNotice() {
  const json fault = {{"function", "handleDownloadProgressInfo"},
                      {"kind", "duplicate"}};
  return Call("POST", "/control/fault", fault.dump()).status();
}

absl::Status SmdpControl::SendNotice(const MadeUpNotice& notice) {
  const json body = {
      {"iccid", notice.iccid}, {"eid", notice.eid}, {"point", notice.point}};
  return Call("POST", "/control/notice", body.dump()).status();
}

absl::StatusOr<NoticeCounts> SmdpControl::Notices() {
  ASSIGN_OR_RETURN(const std::string text, Call("GET", "/control/state", ""));
  const json state = json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!state.is_object() || !state.contains("notices") ||
      !state["notices"].is_object()) {
    return absl::InternalError("the simulator's state has no notices");
  }
  const json& notices = state["notices"];
  return NoticeCounts{
      .undelivered = notices.value("undelivered", int64_t{-1}),
      .delivered = notices.value("delivered", int64_t{-1}),
      .failed_calls = notices.value("failed_calls", int64_t{-1})};
}

absl::StatusOr<NoticeCounts> SmdpControl::WaitForNotices(
    const std::function<bool(const NoticeCounts&)>& enough) {
  const absl::Time deadline = absl::Now() + absl::Seconds(20);
  while (true) {
    ASSIGN_OR_RETURN(const NoticeCounts counts, Notices());
    if (enough(counts) || absl::Now() > deadline) return counts;
    absl::SleepFor(absl::Milliseconds(20));
  }
}

}  // namespace shiming::e2e
