// From a test's thread into a coroutine and back.
#ifndef SHIMING_COMMON_TESTING_RUN_AWAITABLE_H_
#define SHIMING_COMMON_TESTING_RUN_AWAITABLE_H_

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_future.hpp>
#include <future>
#include <utility>

namespace shiming::testing {

// Runs `awaitable` on `executor` (a Runtime's) and blocks until it has ended.
// Not from one of the runtime's own threads.
template <class T>
T RunAwaitable(const boost::asio::any_io_executor& executor,
               boost::asio::awaitable<T> awaitable) {
  std::future<T> future = boost::asio::co_spawn(executor, std::move(awaitable),
                                                boost::asio::use_future);
  return future.get();
}

}  // namespace shiming::testing

#endif  // SHIMING_COMMON_TESTING_RUN_AWAITABLE_H_
