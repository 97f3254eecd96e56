// Runs coroutines to their end in a test.
#ifndef SHIMING_STORAGE_TESTING_RUN_H_
#define SHIMING_STORAGE_TESTING_RUN_H_

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_future.hpp>
#include <future>
#include <utility>
#include <vector>

#include "absl/status/status.h"

namespace shiming::sql::testing {

// Runs `work` on `pool` and waits for its result. Join the pool before a
// database that it waited for outlives it.
template <class Pool, class T>
T RunOn(Pool& pool, boost::asio::awaitable<T> work) {
  return boost::asio::co_spawn(pool, std::move(work), boost::asio::use_future)
      .get();
}

// Runs all at once on two threads; the results in the given order.
template <class T>
std::vector<T> RunAll(std::vector<boost::asio::awaitable<T>> work) {
  boost::asio::thread_pool pool(2);
  std::vector<std::future<T>> futures;
  futures.reserve(work.size());
  for (auto& one : work) {
    futures.push_back(
        boost::asio::co_spawn(pool, std::move(one), boost::asio::use_future));
  }
  std::vector<T> results;
  results.reserve(futures.size());
  for (std::future<T>& future : futures) results.push_back(future.get());
  pool.join();
  return results;
}

}  // namespace shiming::sql::testing

#endif  // SHIMING_STORAGE_TESTING_RUN_H_
