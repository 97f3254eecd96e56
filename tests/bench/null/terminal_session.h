// terminal_session of the null pipeline.
#ifndef SHIMING_TESTS_BENCH_NULL_TERMINAL_SESSION_H_
#define SHIMING_TESTS_BENCH_NULL_TERMINAL_SESSION_H_

#include <boost/asio/awaitable.hpp>

#include "absl/status/status.h"
#include "common/rpc/dispatcher.h"
#include "shiming/terminal/v1/terminal_service.grpc.pb.h"
#include "tests/bench/null/relay.h"

namespace shiming::bench {

// Whoever calls is signed in, and every session is open. Thread-safe.
class NullTerminalSession final
    : public terminal::v1::TerminalSessionService::CallbackService {
 public:
  // Both must outlive this.
  NullTerminalSession(rpc::Dispatcher& dispatcher, NullRelay& relay)
      : dispatcher_(dispatcher), relay_(relay) {}

  grpc::ServerUnaryReactor* SignIn(
      grpc::CallbackServerContext* context,
      const terminal::v1::SignInRequest* request,
      terminal::v1::SignInResponse* response) override;
  grpc::ServerUnaryReactor* StartSession(
      grpc::CallbackServerContext* context,
      const terminal::v1::StartSessionRequest* request,
      terminal::v1::StartSessionResponse* response) override;
  grpc::ServerUnaryReactor* CloseSession(
      grpc::CallbackServerContext* context,
      const terminal::v1::CloseSessionRequest* request,
      terminal::v1::CloseSessionResponse* response) override;

 private:
  rpc::Dispatcher& dispatcher_;
  NullRelay& relay_;
};

// Says yes. Thread-safe.
class NullSessionAuthority final
    : public terminal::v1::SessionAuthorityService::CallbackService {
 public:
  // Both must outlive this.
  NullSessionAuthority(rpc::Dispatcher& dispatcher, NullRelay& relay)
      : dispatcher_(dispatcher), relay_(relay) {}

  grpc::ServerUnaryReactor* CheckSession(
      grpc::CallbackServerContext* context,
      const terminal::v1::CheckSessionRequest* request,
      terminal::v1::CheckSessionResponse* response) override;
  grpc::ServerUnaryReactor* ConsumeReadNonce(
      grpc::CallbackServerContext* context,
      const terminal::v1::ConsumeReadNonceRequest* request,
      terminal::v1::ConsumeReadNonceResponse* response) override;
  // Answers once the ledger has an entry (ADR 0001).
  grpc::ServerUnaryReactor* PermitReveal(
      grpc::CallbackServerContext* context,
      const terminal::v1::PermitRevealRequest* request,
      terminal::v1::PermitRevealResponse* response) override;

 private:
  rpc::Dispatcher& dispatcher_;
  NullRelay& relay_;
};

}  // namespace shiming::bench

#endif  // SHIMING_TESTS_BENCH_NULL_TERMINAL_SESSION_H_
