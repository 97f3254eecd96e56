#include "services/identity_verification/request_sweep.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>
#include <chrono>

#include "common/log/log.h"

namespace shiming::identity_verification {
namespace {

namespace asio = boost::asio;

constexpr std::chrono::minutes kInterval(10);

}  // namespace

RequestSweep::RequestSweep(SqlVerificationStore& store,
                           const asio::any_io_executor& executor)
    : store_(store), strand_(executor), timer_(strand_) {}

RequestSweep::~RequestSweep() { Stop(); }

void RequestSweep::Start() {
  done_ = asio::co_spawn(strand_, Run(), asio::use_future);
}

void RequestSweep::Stop() {
  if (!done_.valid()) return;
  asio::post(strand_, [this] {
    stopping_ = true;
    timer_.cancel();
  });
  done_.get();
}

asio::awaitable<void> RequestSweep::Run() {
  while (!stopping_) {
    const absl::Status status = co_await store_.DeleteExpiredRequests();
    if (!status.ok()) {
      Log(Severity::kWarning, "old request ids stay",
          {{"code", static_cast<int>(status.code())}});
    }
    if (stopping_) break;
    boost::system::error_code cancelled;
    timer_.expires_after(kInterval);
    co_await timer_.async_wait(
        asio::redirect_error(asio::use_awaitable, cancelled));
  }
}

}  // namespace shiming::identity_verification
