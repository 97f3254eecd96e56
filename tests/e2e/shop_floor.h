// One counter of a shop in a cluster: clerk's terminal, customer display and
// the customer's phone, with blocking calls for tests.
#ifndef SHIMING_TESTS_E2E_SHOP_FLOOR_H_
#define SHIMING_TESTS_E2E_SHOP_FLOOR_H_

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_future.hpp>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/http/http_client.h"
#include "common/time/clock.h"
#include "tests/e2e/cluster.h"
#include "tools/shiming_terminal/clerk_terminal.h"
#include "tools/shiming_terminal/customer_display.h"
#include "tools/shiming_terminal/issuance.h"
#include "tools/shiming_terminal/reveal_requests.h"
#include "tools/shiming_terminal/synthetic_customer.h"

namespace shiming::e2e {

// What the simulated SM-DP+ answered a phone.
struct DownloadResult {
  std::string result;  // "installed", "refused" ...
  std::string subject_code;
  std::string reason_code;
};

// Not thread-safe, but for Download.
class ShopFloor {
 public:
  struct Options {
    // Runs the calls; null: a pool of its own. Joined with the last floor.
    std::shared_ptr<boost::asio::thread_pool> pool;
    // ClerkTerminal::Options::patience.
    absl::Duration patience = absl::ZeroDuration();
  };

  static absl::StatusOr<std::unique_ptr<ShopFloor>> Open(Cluster& cluster,
                                                         const Counter& counter,
                                                         Options options);
  static absl::StatusOr<std::unique_ptr<ShopFloor>> Open(
      Cluster& cluster, const Counter& counter) {
    return Open(cluster, counter, Options());
  }
  ~ShopFloor();

  shiming_terminal::ClerkTerminal& terminal() { return *terminal_; }
  shiming_terminal::CustomerDisplay& display() { return *display_; }

  // Runs a coroutine to its end.
  template <class T>
  T Run(boost::asio::awaitable<T> work) {
    return boost::asio::co_spawn(pool_->get_executor(), std::move(work),
                                 boost::asio::use_future)
        .get();
  }

  // Steps 0 and 1.
  absl::Status SignIn();
  absl::Status SignInAndStartSession();
  // Steps 2 to 4 for a synthetic customer: device checked, identity approved,
  // number reserved.
  absl::Status VerifyAndReserve(
      const shiming_terminal::SyntheticCustomer& customer);
  // Step 5, until READY; the order id.
  absl::StatusOr<std::string> OrderUntilReady();
  // Steps 1 to 5 in a fresh session; the order id.
  absl::StatusOr<std::string> ReadyOrder(
      const shiming_terminal::SyntheticCustomer& customer);
  // Evidence over a synthetic customer, signed as the terminal would; tests
  // that tamper begin with it.
  absl::StatusOr<shiming_terminal::BuiltEvidence> BuildEvidence(
      const shiming_terminal::SyntheticCustomer& customer,
      const shiming_terminal::DemoFace& face = {});
  // Step 3 with exactly this evidence.
  absl::StatusOr<identity::v1::Verification> VerifyRaw(
      const shiming_terminal::BuiltEvidence& evidence,
      identity::v1::OrderKind kind = identity::v1::ORDER_KIND_NEW_NUMBER);
  // Step 5 with the terminal's own token, session and reservation.
  order::v1::CreateOrderRequest OrderRequest(
      const identity::v1::SignedObject& attestation,
      const identity::v1::EvidenceOpenings& openings);
  absl::StatusOr<order::v1::ProfileOrder> CreateRaw(
      const order::v1::CreateOrderRequest& request);

  // Step 6; the code.
  absl::StatusOr<std::string> Reveal(const std::string& order_id);
  // Waits until the order is in `state`; the last state seen when it ended in
  // another or `limit` is over.
  absl::StatusOr<order::v1::ProfileOrder> WaitFor(
      const std::string& order_id, order::v1::ProfileOrderState state,
      absl::Duration limit = absl::Seconds(20));

  // A phone asks the SM-DP+; an empty code asks by EID alone.
  absl::StatusOr<DownloadResult> Download(const std::string& eid,
                                          const std::string& code);
  // The same for coroutines. UNAVAILABLE when the SM-DP+ is away.
  boost::asio::awaitable<absl::StatusOr<DownloadResult>> AskToDownload(
      std::string eid, std::string code);

  const crypto::SigningKey& evidence_key() const { return *evidence_key_; }
  const shiming_terminal::DemoFaceEngine& face_engine() const {
    return *face_engine_;
  }
  const Clock& clock() const { return clock_; }
  const std::string& terminal_id() const { return terminal_id_; }

  // A synthetic customer that no other call in this process gave.
  static shiming_terminal::SyntheticCustomer NewCustomer();

 private:
  ShopFloor(Cluster& cluster, Options options);

  absl::Status Connect(const DeviceFiles& terminal, const DeviceFiles& display);

  Cluster& cluster_;
  std::string terminal_id_;
  // Documents, TOTP and evidence follow the services' time.
  const OffsetFileClock clock_;
  const std::shared_ptr<boost::asio::thread_pool> pool_;
  const absl::Duration patience_;
  std::unique_ptr<crypto::SigningKey> evidence_key_;
  std::unique_ptr<shiming_terminal::DemoFaceEngine> face_engine_;
  std::unique_ptr<shiming_terminal::ClerkTerminal> terminal_;
  std::unique_ptr<shiming_terminal::RevealRequests> reveal_requests_;
  std::unique_ptr<shiming_terminal::CustomerDisplay> display_;
  std::unique_ptr<http::HttpClient> phone_;
  shiming_terminal::ClerkCredentials credentials_;
};

}  // namespace shiming::e2e

#endif  // SHIMING_TESTS_E2E_SHOP_FLOOR_H_
