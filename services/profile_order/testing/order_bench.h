// profile_order's core on a real store, between fakes: SM-DP+,
// terminal_session, ledger. For tests.
#ifndef SHIMING_SERVICES_PROFILE_ORDER_TESTING_ORDER_BENCH_H_
#define SHIMING_SERVICES_PROFILE_ORDER_TESTING_ORDER_BENCH_H_

#include <functional>
#include <memory>
#include <string>

#include "common/crypto/fake_random.h"
#include "common/metrics/metrics.h"
#include "common/rpc/runtime.h"
#include "common/testing/run_awaitable.h"
#include "common/time/fake_clock.h"
#include "identity/attestation/attestation.h"
#include "identity/vault/file_keyring.h"
#include "services/profile_order/core/inventory.h"
#include "services/profile_order/core/notice_intake.h"
#include "services/profile_order/core/orders.h"
#include "services/profile_order/core/reveal.h"
#include "services/profile_order/store/tally.h"
#include "services/profile_order/testing/crashing_store.h"
#include "services/profile_order/testing/fake_authority.h"
#include "services/profile_order/testing/fake_smdp.h"
#include "storage/outbox/fake_ledger.h"
#include "storage/testing/database_place.h"
#include "storage/testing/temp_database.h"
#include "storage/testing/temp_folder.h"

namespace shiming::profile_order::testing {

inline constexpr char kEid[] = "89049032123451234512345678901235";
inline constexpr char kOtherEid[] = "89882119900000000000000000001654";
inline constexpr char kImei[] = "490154203237518";
inline constexpr char kProfileType[] = "CONSUMER-5G";
inline constexpr char kSmdpId[] = "smdp-1";
inline constexpr char kSmdpAddress[] = "smdp.example.test";

// One database, many runs. Not thread-safe but where it says so.
class OrderBench {
 public:
  explicit OrderBench(
      sql::testing::TempEngine engine = sql::testing::EngineOfThisRun());
  ~OrderBench();

  // Ends this run of the process and begins another on the same database;
  // ledger, SM-DP+ and terminal_session live on.
  void Restart();
  // Between two runs: keeps a copy of the database under a name of [a-z], and
  // begins the next.
  void Keep(const std::string& name);
  // Ends this run and puts a copy in place of the database. Nothing runs until
  // Restart.
  void PutBack(const std::string& name);
  // Makes pseudonyms as all runs do.
  static OrderEvents Events();
  // Begins the worker's scan and the relay; done by the constructor.
  void Start();
  // Stops worker and relay, as a process that hangs.
  void Stop();

  // Another instance of the service, "2" beside "1", on the same database.
  struct Instance {
    CrashingStore& store;
    OrderBook& book;
    OrderWorker& worker;
    OrderMachine& machine;
    Orders& orders;
    Reveals& reveals;
  };
  // Begins it; valid until StopOther. One at a time.
  Instance StartOther();
  void StopOther();

  template <class T>
  T Run(boost::asio::awaitable<T> task) {
    return shiming::testing::RunAwaitable(runtime_.executor(), std::move(task));
  }

  // Stock: `count` ICCIDs and numbers of region 11, and the TAC of kImei.
  void ImportStock(int count);

  // A valid request for a fresh person, or for `person_id`, in a session of
  // terminal `terminal`; its number is reserved.
  order::v1::CreateOrderRequest NewRequest(const std::string& session,
                                           const std::string& eid = kEid,
                                           std::string person_id = "",
                                           int terminal = 1,
                                           int numbers_elsewhere = 0);
  // Signs what the request's attestation is to say instead.
  void SignAgain(order::v1::CreateOrderRequest& request,
                 const std::function<void(identity::v1::Attestation&)>& change);
  std::string NewPersonId();
  std::string NewUuid();

  absl::StatusOr<Order> Create(const order::v1::CreateOrderRequest& request,
                               int terminal = 1);
  absl::StatusOr<RevealedCode> Reveal(const std::string& order_id,
                                      const std::string& request_id,
                                      int display = 1);
  // Order placed and READY in the open session.
  Order PlaceReady();
  absl::Status Notice(const Order& order, int point, const std::string& code,
                      int second = 0, const std::string& peer = kSmdpId);

  Order Get(const std::string& order_id);
  // Waits, up to 30 s, until it holds, whichever instance brings it about.
  Order WaitFor(const std::string& order_id,
                const std::function<bool(const Order&)>& condition);
  Order WaitForState(const std::string& order_id, OrderState state);

  // What the database holds, for searching: TempDatabase::StoredBytes.
  std::string DatabaseBytes() const { return database_.StoredBytes(); }

  // What stands in the tables.
  Tally Count() { return TakeTally(database()); }

  Caller TerminalCaller(int number = 1);
  Caller DisplayCaller(int number = 1);

  FakeClock& clock() { return clock_; }
  FakeSmdp& smdp() { return smdp_; }
  FakeAuthority& authority() { return authority_; }
  outbox::FakeLedger& ledger() { return ledger_; }
  sql::Database& database() { return database_.database(); }
  Metrics& metrics() { return metrics_; }
  rpc::Runtime& runtime() { return runtime_; }

  // Of the present run.
  CrashingStore& store();
  OrderBook& book();
  OrderWorker& worker();
  OrderMachine& machine();
  Orders& orders();
  Reveals& reveals();
  StockStore& stock();
  Inventory& inventory();
  NoticeIntake& intake();
  OrderHub& hub();

 private:
  struct Parts;

  rpc::Runtime runtime_{3};
  FakeClock clock_;
  crypto::FakeRandom random_{7};
  Metrics metrics_;
  sql::testing::TempDatabase database_;
  sql::testing::TempFolder folder_;
  outbox::FakeLedger ledger_{"profile_order"};
  FakeSmdp smdp_;
  FakeAuthority authority_{ledger_};
  std::unique_ptr<identity::FileKeyring> keyring_;
  std::unique_ptr<identity::AttestationSigner> signer_;
  std::unique_ptr<identity::AttestationVerifier> verifier_;
  const crypto::Secret content_key_;
  int run_number_ = 0;
  int attestation_number_ = 0;
  std::unique_ptr<Parts> parts_;
  std::unique_ptr<Parts> other_;
};

}  // namespace shiming::profile_order::testing

#endif  // SHIMING_SERVICES_PROFILE_ORDER_TESTING_ORDER_BENCH_H_
