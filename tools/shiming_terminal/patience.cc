#include "tools/shiming_terminal/patience.h"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace shiming::shiming_terminal {

bool MayPassByItself(const absl::Status& status) {
  return status.code() == absl::StatusCode::kUnavailable ||
         status.code() == absl::StatusCode::kDeadlineExceeded ||
         status.code() == absl::StatusCode::kAborted;
}

boost::asio::awaitable<void> PauseBeforeRepeat() {
  boost::asio::steady_timer timer(
      co_await boost::asio::this_coro::executor,
      absl::ToChronoMilliseconds(kPauseBeforeRepeat));
  co_await timer.async_wait(boost::asio::use_awaitable);
}

}  // namespace shiming::shiming_terminal
