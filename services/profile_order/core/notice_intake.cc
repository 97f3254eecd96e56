#include "services/profile_order/core/notice_intake.h"

#include <algorithm>
#include <utility>

#include "common/crypto/digest.h"
#include "common/crypto/encoding.h"
#include "common/es2plus/notice.h"
#include "common/log/log.h"
#include "common/status/reason.h"
#include "common/status/status_macros.h"

namespace shiming::profile_order {
namespace {

constexpr size_t kMaxCodeBytes = 16;
constexpr size_t kMaxStampBytes = 40;

// "8.1.1/3.8"; a code that is no dotted number becomes "?".
std::string StatusCodeOf(const es2plus::Notice& notice) {
  const auto part = [](const std::string& code) -> std::string {
    const bool dotted = !code.empty() && code.size() <= kMaxCodeBytes &&
                        std::all_of(code.begin(), code.end(), [](char c) {
                          return (c >= '0' && c <= '9') || c == '.';
                        });
    return dotted ? code : "?";
  };
  if (notice.subject_code.empty() && notice.reason_code.empty()) return "";
  return part(notice.subject_code) + "/" + part(notice.reason_code);
}

// As sent where it is printable and short; a digest of anything else.
std::string StampOf(const std::string& text) {
  if (text.empty()) return "-";
  const bool printable = text.size() <= kMaxStampBytes &&
                         std::all_of(text.begin(), text.end(), [](char c) {
                           return c >= 0x20 && c < 0x7f;
                         });
  return printable ? text : crypto::ToHex(crypto::Sha256(text));
}

}  // namespace

absl::StatusOr<DownloadNotice> ReadNotice(std::string_view body,
                                          std::string_view smdp_peer) {
  ASSIGN_OR_RETURN(const es2plus::Notice parsed, es2plus::ParseNotice(body));
  DownloadNotice notice{.smdp_peer = std::string(smdp_peer),
                        .iccid = parsed.iccid,
                        .eid = parsed.eid,
                        .point = parsed.point,
                        .success = parsed.success,
                        .timestamp = StampOf(parsed.timestamp)};
  if (!notice.success) notice.status_code = StatusCodeOf(parsed);
  notice.digest = DigestOf(notice);
  return notice;
}

Awaitable<absl::Status> NoticeIntake::Take(std::string smdp_peer,
                                           std::string body,
                                           int64_t received_us) {
  absl::StatusOr<DownloadNotice> notice = ReadNotice(body, smdp_peer);
  if (!notice.ok()) co_return Under("body", notice.status());
  ledger::v1::Event stray = deps_.events.StrayNotice(*notice);
  DecideNotice decide = [this](const Order& order,
                               const DownloadNotice& taken) {
    return deps_.machine.OnNotice(order, taken, ToMicros(deps_.clock.Now()));
  };
  CO_ASSIGN_OR_RETURN(
      const NoticeOutcome outcome,
      co_await deps_.book.AddNotice(*std::move(notice), received_us,
                                    std::move(decide), std::move(stray)));
  if (outcome.stray) {
    Log(Severity::kError, "download notice of no order of its SM-DP+",
        {{"smdp", smdp_peer}});
  }
  if (outcome.updated.has_value()) {
    deps_.worker.Poke(outcome.updated->order.order_id);
  }
  co_return absl::OkStatus();
}

}  // namespace shiming::profile_order
