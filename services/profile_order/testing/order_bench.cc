#include "services/profile_order/testing/order_bench.h"

#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/crypto/commitment.h"
#include "common/crypto/keys.h"
#include "common/ids/ids.h"
#include "common/status/check.h"
#include "common/status/status_macros.h"
#include "common/time/proto_time.h"
#include "services/profile_order/store/migrations.h"
#include "services/profile_order/store/sql_order_store.h"
#include "services/profile_order/store/sql_run_store.h"
#include "services/profile_order/store/sql_stock_store.h"
#include "storage/outbox/outbox.h"
#include "storage/outbox/relay.h"
#include "storage/requests/idempotency_keys.h"

namespace shiming::profile_order::testing {
namespace {

constexpr char kSource[] = "profile_order";
constexpr char kKeyId[] = "attestation-1";
constexpr std::chrono::seconds kPatience{30};
constexpr std::chrono::milliseconds kLook{20};

// `digits` and the Luhn digit that makes them valid.
std::string WithLuhn(std::string digits) {
  int sum = 0;
  bool twice = true;
  for (auto it = digits.rbegin(); it != digits.rend(); ++it, twice = !twice) {
    int digit = *it - '0';
    if (twice && (digit *= 2) > 9) digit -= 9;
    sum += digit;
  }
  digits.push_back(static_cast<char>('0' + (10 - sum % 10) % 10));
  return digits;
}

// The record without a ledger service: the relay to the fake ledger.
class BenchRecord final : public Record {
 public:
  explicit BenchRecord(outbox::Relay& relay) : relay_(relay) {}
  void Poke() override { relay_.Poke(); }
  boost::asio::awaitable<absl::StatusOr<int64_t>> WaitSequenced(
      ledger::v1::EventId event, absl::Time deadline) override {
    co_return co_await relay_.WaitSequenced(std::move(event), deadline);
  }
  boost::asio::awaitable<absl::StatusOr<ledger::v1::Receipt>> Receipt(
      ledger::v1::EventId event, absl::Time) override {
    ledger::v1::Receipt receipt;
    receipt.set_entry(event.SerializeAsString());
    co_return receipt;
  }

 private:
  outbox::Relay& relay_;
};

OrderWorker::Options FastOptions(const std::string& instance) {
  OrderWorker::Options options;
  options.holder = instance;
  options.scan = absl::Milliseconds(10);
  options.first_backoff = absl::Milliseconds(5);
  options.most_backoff = absl::Milliseconds(20);
  return options;
}

}  // namespace

// One run of the process.
struct OrderBench::Parts {
  Parts(OrderBench& bench, const std::string& instance,
        const std::string& run_id)
      : outbox({.source = kSource, .clock = bench.clock_}),
        requests({.clock = bench.clock_}),
        relay({.database = bench.database(),
               .sink = bench.ledger_,
               .clock = bench.clock_,
               .metrics = bench.metrics_,
               .source = kSource,
               .poll_interval = absl::Milliseconds(20),
               .retry_delay = absl::Milliseconds(5)}),
        record(relay),
        sql_store(bench.database(), outbox, requests),
        store(sql_store),
        stock(bench.database(), outbox, requests),
        runs(bench.database()),
        events(OrderBench::Events()),
        vault(*bench.keyring_, bench.random_),
        machine({.events = events,
                 .vault = vault,
                 .random = bench.random_,
                 .default_addresses = {{kSmdpId, kSmdpAddress}},
                 .run_id = run_id}),
        book({.store = store,
              .hub = hub,
              .record = record,
              .clock = bench.clock_,
              .metrics = bench.metrics_}),
        worker({.book = book,
                .runs = runs,
                .machine = machine,
                .vault = vault,
                .smdps = {{kSmdpId, &bench.smdp_}},
                .clock = bench.clock_,
                .metrics = bench.metrics_,
                .executor = bench.runtime_.executor(),
                .options = FastOptions(instance)}),
        orders({.book = book,
                .stock = stock,
                .worker = worker,
                .machine = machine,
                .events = events,
                .vault = vault,
                .attestations = *bench.verifier_,
                .authority = bench.authority_,
                .record = record,
                .clock = bench.clock_,
                .random = bench.random_,
                .content_key = bench.content_key_}),
        reveals({.book = book,
                 .worker = worker,
                 .machine = machine,
                 .vault = vault,
                 .authority = bench.authority_,
                 .record = record,
                 .clock = bench.clock_,
                 .executor = bench.runtime_.executor()}),
        intake({.book = book,
                .worker = worker,
                .machine = machine,
                .events = events,
                .clock = bench.clock_}),
        inventory({.stock = stock,
                   .record = record,
                   .random = bench.random_,
                   .content_key = bench.content_key_,
                   .events = events,
                   .smdps = {kSmdpId}}) {}

  void Start(const boost::asio::any_io_executor& executor) {
    SHIMING_CHECK(
        shiming::testing::RunAwaitable(executor, worker.BeginRun()).ok(),
        "the run cannot begin");
    relay.Start(executor);
    worker.Start();
    running = true;
  }
  void Stop() {
    if (!std::exchange(running, false)) return;
    worker.Stop();
    relay.Stop();
  }

  const outbox::Outbox outbox;
  const requests::IdempotencyKeys requests;
  outbox::Relay relay;
  BenchRecord record;
  SqlOrderStore sql_store;
  CrashingStore store;
  SqlStockStore stock;
  SqlRunStore runs;
  const OrderEvents events;
  const OrderVault vault;
  OrderMachine machine;
  OrderHub hub;
  OrderBook book;
  OrderWorker worker;
  Orders orders;
  Reveals reveals;
  NoticeIntake intake;
  Inventory inventory;
  bool running = false;
};

OrderBench::OrderBench(sql::testing::TempEngine engine)
    : clock_(absl::FromUnixSeconds(1'800'000'000)),
      database_(engine),
      content_key_(std::string(32, 'c')) {
  const std::string keyring = (folder_.path() / "order.keyring").string();
  SHIMING_CHECK(identity::FileKeyring::CreateFile(
                    keyring, crypto::Suite::kInternational, random_)
                    .ok(),
                "key ring");
  keyring_ = *identity::FileKeyring::Load(keyring, random_);
  const crypto::SigningKey key =
      *crypto::SigningKey::FromEd25519Seed(std::string(32, 's'));
  std::map<std::string, crypto::VerifyKey, std::less<>> keys;
  keys.emplace(kKeyId, key.Public());
  verifier_ = std::make_unique<identity::AttestationVerifier>(
      identity::AttestationVerifier::Options{
          .keys = std::move(keys),
          .audience = std::string(identity::kProfileOrderAudience),
          .clock = &clock_});
  signer_ = std::make_unique<identity::AttestationSigner>(
      *identity::AttestationSigner::Make(kKeyId, key));
  SHIMING_CHECK(MigrateAll(database()).ok(), "migrations");
  Restart();
}

OrderBench::~OrderBench() {
  StopOther();
  Stop();
}

void OrderBench::Stop() {
  if (parts_ != nullptr) parts_->Stop();
}

void OrderBench::Start() { parts_->Start(runtime_.executor()); }

void OrderBench::Restart() {
  Stop();
  parts_ =
      std::make_unique<Parts>(*this, "1", absl::StrCat("run-", ++run_number_));
  Start();
}

OrderBench::Instance OrderBench::StartOther() {
  StopOther();
  other_ =
      std::make_unique<Parts>(*this, "2", absl::StrCat("run-", ++run_number_));
  other_->Start(runtime_.executor());
  return {.store = other_->store,
          .book = other_->book,
          .worker = other_->worker,
          .machine = other_->machine,
          .orders = other_->orders,
          .reveals = other_->reveals};
}

void OrderBench::StopOther() {
  if (other_ != nullptr) other_->Stop();
  other_.reset();
}

void OrderBench::Keep(const std::string& name) {
  Stop();
  parts_.reset();
  database_.Keep(name);
  Restart();
}

void OrderBench::PutBack(const std::string& name) {
  Stop();
  parts_.reset();
  database_.PutBack(name);
}

OrderEvents OrderBench::Events() {
  return OrderEvents(crypto::Secret(std::string(32, 'k')));
}

CrashingStore& OrderBench::store() { return parts_->store; }
OrderBook& OrderBench::book() { return parts_->book; }
OrderWorker& OrderBench::worker() { return parts_->worker; }
OrderMachine& OrderBench::machine() { return parts_->machine; }
Orders& OrderBench::orders() { return parts_->orders; }
Reveals& OrderBench::reveals() { return parts_->reveals; }
StockStore& OrderBench::stock() { return parts_->stock; }
Inventory& OrderBench::inventory() { return parts_->inventory; }
NoticeIntake& OrderBench::intake() { return parts_->intake; }
OrderHub& OrderBench::hub() { return parts_->hub; }

Caller OrderBench::TerminalCaller(int number) {
  Caller caller;
  caller.spiffe_id = FakeAuthority::TerminalId(number);
  caller.key_hash = std::string(32, 't');
  caller.deadline = absl::Now() + absl::FromChrono(kPatience);
  return caller;
}

Caller OrderBench::DisplayCaller(int number) {
  Caller caller = TerminalCaller(number);
  caller.spiffe_id = FakeAuthority::DisplayId(number);
  caller.key_hash = std::string(32, 'd');
  return caller;
}

std::string OrderBench::NewUuid() { return shiming::NewUuid(random_); }
std::string OrderBench::NewPersonId() { return NewId(random_); }

void OrderBench::ImportStock(int count) {
  std::string iccids = "iccid,profile_type\n";
  std::string numbers = "msisdn,region\n";
  for (int i = 0; i < count; ++i) {
    iccids += WithLuhn(absl::StrCat("89860011", 1'000'000'000 + i)) + "," +
              kProfileType + "\n";
    numbers += absl::StrCat(13'900'000'000 + i, ",11\n");
  }
  order::v1::ImportIccidsRequest stock;
  stock.set_request_id(NewUuid());
  stock.set_csv(iccids);
  stock.set_smdp(kSmdpId);
  SHIMING_CHECK(Run(inventory().ImportIccids("/admin/a1", stock)).ok(),
                "iccids");
  order::v1::ImportNumbersRequest free;
  free.set_request_id(NewUuid());
  free.set_csv(numbers);
  SHIMING_CHECK(Run(inventory().ImportNumbers("/admin/a1", free)).ok(),
                "numbers");
  order::v1::ImportDeviceModelsRequest models;
  models.set_request_id(NewUuid());
  models.set_csv("tac,model,eligible\n49015420,Test Phone,true\n");
  SHIMING_CHECK(Run(inventory().ImportDeviceModels("/admin/a1", models)).ok(),
                "models");
}

void OrderBench::SignAgain(
    order::v1::CreateOrderRequest& request,
    const std::function<void(identity::v1::Attestation&)>& change) {
  const std::string& bytes = request.attestation().signed_();
  identity::v1::Attestation attestation;
  attestation.ParseFromString(bytes.substr(bytes.find('\0') + 1));
  change(attestation);
  *request.mutable_attestation() =
      *signer_->Sign(identity::AttestationSigner::BytesOf(attestation));
}

order::v1::CreateOrderRequest OrderBench::NewRequest(const std::string& session,
                                                     const std::string& eid,
                                                     std::string person_id,
                                                     int terminal,
                                                     int numbers_elsewhere) {
  if (person_id.empty()) person_id = NewPersonId();
  order::v1::ListNumbersRequest list;
  list.set_session_id(session);
  const absl::StatusOr<order::v1::ListNumbersResponse> numbers =
      Run(orders().ListNumbers(TerminalCaller(terminal), list));
  SHIMING_CHECK(numbers.ok() && numbers->numbers_size() > 0, "free numbers");
  order::v1::ReserveNumberRequest reserve;
  reserve.set_request_id(NewUuid());
  reserve.set_session_id(session);
  reserve.set_msisdn(numbers->numbers(0).msisdn());
  const absl::StatusOr<order::v1::ReserveNumberResponse> reserved =
      Run(orders().ReserveNumber(TerminalCaller(terminal), reserve));
  SHIMING_CHECK(reserved.ok(), "reservation");

  // IDENTITY_VERIFIED of this person is on the record.
  ledger::v1::Event verified;
  verified.set_format(1);
  verified.mutable_id()->set_source("identity_verification");
  verified.mutable_id()->set_aggregate(
      absl::StrCat("verification/", ++attestation_number_));
  verified.mutable_id()->set_version(1);
  verified.set_kind(ledger::v1::EVENT_KIND_IDENTITY_VERIFIED);
  ledger_.AppendDirectly(verified);

  const std::string salt(32, 'z');
  identity::v1::Attestation attestation;
  attestation.set_attestation_id(NewId(random_));
  attestation.set_verification_id(NewId(random_));
  attestation.set_session_id(session);
  attestation.set_terminal(absl::StrCat("s1/t", terminal));
  attestation.set_clerk("c1");
  attestation.set_shop("s1");
  attestation.set_person_id(person_id);
  attestation.set_order_kind(identity::v1::ORDER_KIND_NEW_NUMBER);
  attestation.set_device_commitment(
      crypto::Commit(crypto::kDeviceLabel, salt, eid + kImei));
  attestation.set_numbers_elsewhere(numbers_elsewhere);
  attestation.set_policy_version("test-1");
  *attestation.mutable_event_id() = verified.id();
  attestation.set_audience(std::string(identity::kProfileOrderAudience));
  attestation.set_key_id(kKeyId);
  *attestation.mutable_issue_time() = shiming::ToProto(clock_.Now());
  *attestation.mutable_expire_time() =
      shiming::ToProto(clock_.Now() + absl::Minutes(15));

  order::v1::CreateOrderRequest request;
  request.set_request_id(NewUuid());
  request.set_session_id(session);
  *request.mutable_attestation() =
      *signer_->Sign(identity::AttestationSigner::BytesOf(attestation));
  request.mutable_device()->set_eid(eid);
  request.mutable_device()->set_imei(kImei);
  request.mutable_device()->set_device_salt(salt);
  request.set_kind(identity::v1::ORDER_KIND_NEW_NUMBER);
  request.set_profile_type(kProfileType);
  request.set_reservation_id(reserved->reservation().reservation_id());
  request.mutable_consent()->set_text_id("contract");
  request.mutable_consent()->set_text_version("1");
  request.mutable_consent()->set_locale("zh-CN");
  *request.mutable_consent()->mutable_agree_time() =
      shiming::ToProto(clock_.Now());
  return request;
}

absl::StatusOr<Order> OrderBench::Create(
    const order::v1::CreateOrderRequest& request, int terminal) {
  return Run(orders().Create(TerminalCaller(terminal), request));
}

absl::StatusOr<RevealedCode> OrderBench::Reveal(const std::string& order_id,
                                                const std::string& request_id,
                                                int display) {
  return Run(reveals().Reveal(DisplayCaller(display), request_id, order_id));
}

Order OrderBench::PlaceReady() {
  const std::string session = authority_.OpenSession();
  const absl::StatusOr<Order> order = Create(NewRequest(session));
  SHIMING_CHECK(order.ok(), "the order was refused");
  return WaitForState(order->order_id, OrderState::kReady);
}

absl::Status OrderBench::Notice(const Order& order, int point,
                                const std::string& code, int second,
                                const std::string& peer) {
  std::string status = R"({"status":"Executed-Success"})";
  if (!code.empty()) {
    const size_t slash = code.find('/');
    status =
        absl::StrCat(R"({"status":"Failed","statusCodeData":{"subjectCode":")",
                     code.substr(0, slash), R"(","reasonCode":")",
                     code.substr(slash + 1), R"("}})");
  }
  const std::string stamp =
      absl::StrCat("2027-01-15T08:00:", second < 10 ? "0" : "", second, "Z");
  const std::string body =
      absl::StrCat(R"({"header":{"functionRequesterIdentifier":"2.999.1.1",)",
                   R"("functionCallIdentifier":"x"},"iccid":")", order.iccid,
                   R"(","profileType":"P","timestamp":")", stamp,
                   R"(","notificationPointId":)", point,
                   R"(,"notificationPointStatus":)", status, "}");
  return Run(intake().Take(peer, body, ToMicros(clock_.Now())));
}

Order OrderBench::Get(const std::string& order_id) {
  absl::StatusOr<Order> order = Run(parts_->sql_store.Get(order_id));
  SHIMING_CHECK(order.ok(), "the order is gone");
  return *std::move(order);
}

Order OrderBench::WaitFor(const std::string& order_id,
                          const std::function<bool(const Order&)>& condition) {
  std::mutex mutex;
  std::condition_variable changed;
  bool woken = false;
  const OrderHub::Subscription subscription =
      hub().Subscribe({OrderTopic(order_id)}, [&](bool) {
        std::lock_guard lock(mutex);
        woken = true;
        changed.notify_all();
      });
  const auto end = std::chrono::steady_clock::now() + kPatience;
  for (;;) {
    Order order = Get(order_id);
    if (condition(order) || std::chrono::steady_clock::now() > end) {
      return order;
    }
    std::unique_lock lock(mutex);
    // Nobody wakes us for what another instance does.
    changed.wait_for(lock, kLook, [&] { return woken; });
    woken = false;
  }
}

Order OrderBench::WaitForState(const std::string& order_id, OrderState state) {
  return WaitFor(order_id,
                 [state](const Order& order) { return order.state == state; });
}

}  // namespace shiming::profile_order::testing
