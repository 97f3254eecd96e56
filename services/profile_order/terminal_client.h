// SessionAuthority and EndsSource over terminal_session's stubs.
#ifndef SHIMING_SERVICES_PROFILE_ORDER_TERMINAL_CLIENT_H_
#define SHIMING_SERVICES_PROFILE_ORDER_TERMINAL_CLIENT_H_

#include <grpcpp/channel.h>

#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "services/profile_order/core/ends_watcher.h"
#include "services/profile_order/core/ports.h"
#include "shiming/terminal/v1/terminal_service.grpc.pb.h"

namespace shiming::profile_order {

// Thread-safe.
class TerminalClient final : public SessionAuthority, public EndsSource {
 public:
  explicit TerminalClient(const std::shared_ptr<grpc::Channel>& channel);

  boost::asio::awaitable<absl::StatusOr<Standing>> Check(
      Caller caller, std::string shift_token, std::string session_id) override;
  boost::asio::awaitable<absl::StatusOr<Permit>> PermitReveal(
      Caller display, std::string order_id, std::string session_id,
      std::string request_id, ledger::v1::EventId order_ready) override;

  boost::asio::awaitable<absl::Status> Watch(int64_t after,
                                             OnNotice on_notice) override;
  void Cancel() override;

 private:
  const std::unique_ptr<terminal::v1::SessionAuthorityService::Stub> stub_;
  std::mutex mutex_;
  std::function<void()> cancel_;  // guarded by mutex_; of the open stream
};

}  // namespace shiming::profile_order

#endif  // SHIMING_SERVICES_PROFILE_ORDER_TERMINAL_CLIENT_H_
