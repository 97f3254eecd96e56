// A terminal_session without gRPC, on a database of its own, with a shop in it:
// for tests of desks and stores.
#ifndef SHIMING_SERVICES_TERMINAL_SESSION_STORE_TESTING_DEMO_SHOP_H_
#define SHIMING_SERVICES_TERMINAL_SESSION_STORE_TESTING_DEMO_SHOP_H_

#include <boost/asio/awaitable.hpp>
#include <boost/asio/thread_pool.hpp>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/crypto/fake_random.h"
#include "common/crypto/keys.h"
#include "common/metrics/metrics.h"
#include "common/time/fake_clock.h"
#include "services/terminal_session/core/enrollment.h"
#include "services/terminal_session/core/password_pool.h"
#include "services/terminal_session/core/session_desk.h"
#include "services/terminal_session/core/shift_token.h"
#include "services/terminal_session/core/sign_in_desk.h"
#include "services/terminal_session/core/terminal_metrics.h"
#include "services/terminal_session/store/sql_end_store.h"
#include "services/terminal_session/store/sql_enrollment_store.h"
#include "services/terminal_session/store/sql_session_store.h"
#include "services/terminal_session/store/sql_sign_in_store.h"
#include "storage/outbox/outbox.h"
#include "storage/requests/idempotency_keys.h"
#include "storage/testing/faulty_database.h"
#include "storage/testing/run.h"
#include "storage/testing/temp_database.h"

namespace shiming::terminal_session::testing {

// Everything stands still: the clock moves when told, passwords are compared
// as text, random bytes come from a seed. The shop "s1" has the terminals t1
// and t2, each with its display d1 and d2, and the clerks wang and li; "s2" has
// t1, d1 and the clerk zhao. Passwords are "password of <clerk>".
class DemoShop {
 public:
  DemoShop();
  ~DemoShop();

  // Enrolls the two shops. Not done by the constructor, so that enrollment
  // itself can be tested.
  void EnrollAll();

  // Ends this process and starts another on the same database.
  void Restart();
  // The same with a copy of it kept, or put in its place.
  void Keep(const std::string& name);
  void PutBack(const std::string& name);

  // Runs a coroutine to its end.
  template <class T>
  T Run(boost::asio::awaitable<T> work) {
    return sql::testing::RunOn(*pool_, std::move(work));
  }
  // Runs all at the same time.
  template <class T>
  std::vector<T> RunAll(std::vector<boost::asio::awaitable<T>> work) {
    return sql::testing::RunAll(std::move(work));
  }

  FakeClock& clock() { return clock_; }
  Metrics& metrics() { return metrics_; }
  sql::testing::FaultyDatabase& faults() { return parts_->faults; }
  sql::Database& database() { return parts_->faults; }
  EnrollmentStore& enrollment_store() { return parts_->enrollment_store; }
  SessionStore& session_store() { return parts_->session_store; }
  EndStore& end_store() { return parts_->end_store; }
  Enrollment& enrollment() { return parts_->enrollment; }
  SignInDesk& sign_in() { return parts_->sign_in; }
  SessionDesk& sessions() { return parts_->sessions; }
  const ShiftTokens& tokens() { return parts_->tokens; }
  const outbox::Outbox& outbox() { return parts_->outbox; }
  const ClerkGuards& guards() { return parts_->guards; }

  // --- who calls

  // The key of "s1/t1" and the like; made on first use. `use` is "tls" or
  // "evidence".
  const crypto::SigningKey& Key(const std::string& device,
                                const std::string& use = "tls");
  // Gives the device another key from now on.
  void NewKey(const std::string& device, const std::string& use = "tls");
  // The peer that calls with that TLS key. "s1/t1".
  DevicePeer Peer(const std::string& device);

  // --- what is asked

  // A fresh request of this caller.
  Mutation Request(const std::string& caller, const std::string& method = "m",
                   const std::string& content = "c");
  // With a given request id.
  Mutation Repeat(const std::string& caller, const std::string& request_id,
                  const std::string& method = "m",
                  const std::string& content = "c");

  terminal::v1::ProposalContent ShopContent(const std::string& shop);
  terminal::v1::ProposalContent TerminalContent(const std::string& terminal);
  terminal::v1::ProposalContent DisplayContent(const std::string& display,
                                               const std::string& terminal);
  terminal::v1::ProposalContent ClerkContent(const std::string& clerk,
                                             const std::string& shop);
  // Proposed by a1, approved by a2.
  absl::StatusOr<SubjectView> Enroll(
      const terminal::v1::ProposalContent& content);
  absl::StatusOr<SubjectView> Revoke(SubjectKind kind, const std::string& id);

  // The clerk's code now, or `steps` later.
  std::string Code(const std::string& clerk, int64_t steps = 0);
  SignInAttempt Attempt(const std::string& terminal, const std::string& clerk);
  // Signs in with good credentials of the next unused step; moves the clock by
  // one step so that the next sign-in has one, too.
  absl::StatusOr<SignedIn> SignIn(const std::string& terminal,
                                  const std::string& clerk);
  TerminalCall Call(const std::string& terminal, const std::string& token);

  // --- what came of it

  // All events in the outbox in order of time: nothing is sent in these tests.
  std::vector<ledger::v1::Event> Events();
  // Sends all of them to a ledger that keeps the acceptance rules; those that
  // it never takes.
  std::vector<std::string> NotAcceptedByLedger();
  // "SHIFT_OPENED" and so on of one aggregate, in order.
  std::vector<std::string> Kinds(const std::string& aggregate);
  // "<kind> <id> <how>" of all ends, in order.
  std::vector<std::string> Ends();

 private:
  std::vector<std::string> Entries();

  struct Parts {
    explicit Parts(DemoShop& shop);

    sql::testing::FaultyDatabase faults;
    outbox::Outbox outbox;
    requests::IdempotencyKeys requests;
    TerminalMetrics terminal_metrics;
    ShiftTokens tokens;
    CredentialBox credentials;
    ClerkGuards guards;
    PageTokens page_tokens;
    PasswordPool passwords;
    SqlEnrollmentStore enrollment_store;
    SqlSignInStore sign_in_store;
    SqlSessionStore session_store;
    SqlEndStore end_store;
    Enrollment enrollment;
    SignInDesk sign_in;
    SessionDesk sessions;
  };

  sql::testing::TempDatabase database_;
  FakeClock clock_{absl::FromUnixSeconds(1'800'000'000)};
  crypto::FakeRandom random_{7};
  Metrics metrics_;
  std::map<std::string, crypto::SigningKey> keys_;
  std::unique_ptr<boost::asio::thread_pool> pool_;
  std::unique_ptr<Parts> parts_;
};

}  // namespace shiming::terminal_session::testing

#endif  // SHIMING_SERVICES_TERMINAL_SESSION_STORE_TESTING_DEMO_SHOP_H_
