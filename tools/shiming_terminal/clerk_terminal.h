// The clerk's terminal: the calls of steps 0 to 5 and 8, with the state that a
// terminal keeps between them.
#ifndef SHIMING_TOOLS_SHIMING_TERMINAL_CLERK_TERMINAL_H_
#define SHIMING_TOOLS_SHIMING_TERMINAL_CLERK_TERMINAL_H_

#include <boost/asio/awaitable.hpp>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/crypto/keys.h"
#include "common/crypto/random.h"
#include "common/crypto/secret.h"
#include "common/time/clock.h"
#include "grpcpp/channel.h"
#include "shiming/identity/v1/identity_service.grpc.pb.h"
#include "shiming/order/v1/order_service.grpc.pb.h"
#include "shiming/terminal/v1/terminal_service.grpc.pb.h"
#include "tools/shiming_terminal/evidence_builder.h"
#include "tools/shiming_terminal/face_engine.h"
#include "tools/shiming_terminal/patience.h"

namespace shiming::shiming_terminal {

// Channels to the services, over mTLS with the terminal's TLS key. They may
// be one and the same where shimingd serves all.
struct TerminalChannels {
  std::shared_ptr<grpc::Channel> terminal_session;
  std::shared_ptr<grpc::Channel> identity_verification;
  std::shared_ptr<grpc::Channel> profile_order;
};

// One terminal with one clerk and one customer at a time. Each method is one
// call, repeated under the same request_id while a service is away; errors are
// the service's, with their reasons. Not thread-safe: one coroutine at a time.
class ClerkTerminal {
 public:
  struct Options {
    TerminalChannels channels;
    // "<shop>/<terminal>".
    std::string terminal;
    // Number of the reader's security module.
    std::string sam_number;
    // The terminal's second key. Not owned, as all below.
    const crypto::SigningKey* evidence_key;
    const DemoFaceEngine* face_engine;
    const Clock* clock;
    crypto::Random* random;
    // Deadline of each unary call.
    absl::Duration call_timeout = absl::Seconds(20);
    // How long a call is repeated, and a broken stream opened again, while a
    // service that is needed is away; zero: once, and the channel's own
    // retries. Not for a refusal, whatever its cause.
    absl::Duration patience = absl::ZeroDuration();
  };
  explicit ClerkTerminal(Options options);

  // Step 0.
  boost::asio::awaitable<absl::StatusOr<terminal::v1::Shift>> SignIn(
      std::string clerk_id, const crypto::Secret& password, std::string totp);
  boost::asio::awaitable<absl::Status> SignOut();
  // Step 1.
  boost::asio::awaitable<absl::StatusOr<terminal::v1::Session>> StartSession();
  // A fresh nonce, when the last one is spent or too old.
  boost::asio::awaitable<absl::Status> RenewNonce();
  // Step 2, the phone.
  boost::asio::awaitable<absl::StatusOr<order::v1::CheckDeviceResponse>>
  CheckDevice(std::string eid, std::string imei);
  // Steps 2 and 3: signs the evidence and has it verified. The answer may be
  // a refusal; an approval is kept for CreateOrder.
  boost::asio::awaitable<absl::StatusOr<identity::v1::Verification>> Verify(
      const Capture& capture);
  // Step 4: reserves the first free number that nobody else takes first.
  boost::asio::awaitable<absl::StatusOr<order::v1::Reservation>>
  ReserveAnyNumber();
  // Step 5: orders for the verified person, device and reserved number.
  boost::asio::awaitable<absl::StatusOr<order::v1::ProfileOrder>> CreateOrder(
      std::string profile_type);
  boost::asio::awaitable<absl::StatusOr<order::v1::ProfileOrder>> GetOrder(
      std::string order_id);
  // Follows WatchOrder until `reached` says true of the state or the service
  // ends the stream in order; then the last state seen.
  boost::asio::awaitable<absl::StatusOr<order::v1::ProfileOrder>> WaitForOrder(
      std::string order_id, absl::Time deadline,
      bool (*reached)(order::v1::ProfileOrderState));
  boost::asio::awaitable<absl::StatusOr<order::v1::ProfileOrder>> CancelOrder(
      std::string order_id);
  // Step 8.
  boost::asio::awaitable<absl::StatusOr<order::v1::GetReceiptResponse>>
  GetReceipt(std::string order_id);
  boost::asio::awaitable<absl::StatusOr<terminal::v1::Session>> CloseSession();

  // What the terminal holds, for tests that go their own way. Secret.
  const std::string& shift_token() const { return shift_token_; }
  const std::string& session_id() const { return session_id_; }
  const std::string& nonce() const { return nonce_; }
  const identity::v1::SignedObject& attestation() const { return attestation_; }
  const BuiltEvidence& evidence() const { return evidence_; }
  const order::v1::Reservation& reservation() const { return reservation_; }

  terminal::v1::TerminalSessionService::Stub& terminal_stub() {
    return *terminal_;
  }
  identity::v1::IdentityVerificationService::Stub& identity_stub() {
    return *identity_;
  }
  order::v1::ProfileOrderService::Stub& order_stub() { return *order_; }

 private:
  const Options options_;
  const std::unique_ptr<terminal::v1::TerminalSessionService::Stub> terminal_;
  const std::unique_ptr<identity::v1::IdentityVerificationService::Stub>
      identity_;
  const std::unique_ptr<order::v1::ProfileOrderService::Stub> order_;
  const Patience patience_;

  std::string shift_token_;
  std::string session_id_;
  std::string nonce_;
  BuiltEvidence evidence_;
  identity::v1::SignedObject attestation_;
  order::v1::Reservation reservation_;
};

}  // namespace shiming::shiming_terminal

#endif  // SHIMING_TOOLS_SHIMING_TERMINAL_CLERK_TERMINAL_H_
