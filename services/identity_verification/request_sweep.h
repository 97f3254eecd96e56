// Forgets old request ids, time and again.
#ifndef SHIMING_SERVICES_IDENTITY_VERIFICATION_REQUEST_SWEEP_H_
#define SHIMING_SERVICES_IDENTITY_VERIFICATION_REQUEST_SWEEP_H_

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <future>

#include "services/identity_verification/store/sql_verification_store.h"

namespace shiming::identity_verification {

// Start and Stop belong to one thread, none of the executor's.
class RequestSweep {
 public:
  // `store` is not owned and outlives this.
  RequestSweep(SqlVerificationStore& store,
               const boost::asio::any_io_executor& executor);
  // Stops.
  ~RequestSweep();

  // Sweeps at once, then every ten minutes.
  void Start();
  // Waits for a sweep that is under way.
  void Stop();

 private:
  boost::asio::awaitable<void> Run();

  SqlVerificationStore& store_;
  boost::asio::strand<boost::asio::any_io_executor> strand_;
  boost::asio::steady_timer timer_;  // used on strand_ only
  bool stopping_ = false;            // the same
  std::future<void> done_;
};

}  // namespace shiming::identity_verification

#endif  // SHIMING_SERVICES_IDENTITY_VERIFICATION_REQUEST_SWEEP_H_
