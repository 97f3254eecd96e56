#include "services/terminal_session/core/time_keeper.h"

#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "common/log/log.h"

namespace shiming::terminal_session {
namespace {

// How late an end by time may be stored; nothing rests on it, since every check
// also looks at the time itself.
constexpr absl::Duration kEndPeriod = absl::Milliseconds(200);
constexpr absl::Duration kDeletePeriod = absl::Minutes(1);
constexpr int kEndLimit = 100;
constexpr int kDeleteLimit = 400;

}  // namespace

TimeKeeper::TimeKeeper(Deps deps)
    : deps_(std::move(deps)),
      ending_(deps_.executor, kEndPeriod, [this] { return EndDue(); }),
      deleting_(deps_.executor, kDeletePeriod, [this] { return DeleteOld(); }) {
}

void TimeKeeper::Start() {
  ending_.Start();
  deleting_.Start();
}

void TimeKeeper::Stop() {
  ending_.Stop();
  deleting_.Stop();
}

boost::asio::awaitable<bool> TimeKeeper::EndDue() {
  const absl::StatusOr<int> ended =
      co_await deps_.store.EndDue(deps_.clock.Now(), kEndLimit);
  if (!ended.ok()) {
    Log(Severity::kWarning, "sessions cannot be ended by time",
        {{"reason", std::string(ended.status().message())}});
    co_return false;
  }
  if (*ended > 0) {
    deps_.metrics.timed_out.Increment(*ended);
    deps_.after_commit.end();
  }
  co_return *ended >= kEndLimit;
}

boost::asio::awaitable<bool> TimeKeeper::DeleteOld() {
  const absl::StatusOr<bool> more = co_await deps_.store.DeleteOld(
      deps_.clock.Now() - deps_.keep_time, kDeleteLimit);
  if (!more.ok()) {
    Log(Severity::kWarning, "old rows cannot be deleted",
        {{"reason", std::string(more.status().message())}});
    co_return false;
  }
  co_return *more;
}

}  // namespace shiming::terminal_session
