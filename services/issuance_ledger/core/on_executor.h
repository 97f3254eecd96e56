// Runs a blocking function elsewhere and comes back.
#ifndef SHIMING_SERVICES_ISSUANCE_LEDGER_CORE_ON_EXECUTOR_H_
#define SHIMING_SERVICES_ISSUANCE_LEDGER_CORE_ON_EXECUTOR_H_

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <functional>
#include <utility>

namespace shiming::issuance_ledger {

template <class R>
boost::asio::awaitable<R> CallNow(std::function<R()> fn) {
  co_return fn();
}

// Calls `fn` on `executor` (a pool whose threads may block on the disk);
// resumes on the awaiting coroutine's executor. R must have a default value,
// as absl::Status and absl::StatusOr do.
template <class R>
boost::asio::awaitable<R> OnExecutor(boost::asio::any_io_executor executor,
                                     std::function<R()> fn) {
  co_return co_await boost::asio::co_spawn(executor, CallNow(std::move(fn)),
                                           boost::asio::use_awaitable);
}

}  // namespace shiming::issuance_ledger

#endif  // SHIMING_SERVICES_ISSUANCE_LEDGER_CORE_ON_EXECUTOR_H_
