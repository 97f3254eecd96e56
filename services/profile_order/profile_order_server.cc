#include "services/profile_order/profile_order_server.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_future.hpp>
#include <chrono>
#include <future>
#include <map>
#include <optional>
#include <set>
#include <thread>
#include <utility>

#include "common/crypto/encoding.h"
#include "common/log/log.h"
#include "common/rpc/ledger_sink.h"
#include "common/status/reason.h"
#include "common/status/status_macros.h"
#include "identity/attestation/attestation.h"
#include "identity/vault/file_keyring.h"
#include "services/profile_order/core/change_feed.h"
#include "services/profile_order/core/ends_watcher.h"
#include "services/profile_order/core/housekeeper.h"
#include "services/profile_order/core/inventory.h"
#include "services/profile_order/core/notice_intake.h"
#include "services/profile_order/core/order_book.h"
#include "services/profile_order/core/order_eraser.h"
#include "services/profile_order/core/order_events.h"
#include "services/profile_order/core/order_hub.h"
#include "services/profile_order/core/order_machine.h"
#include "services/profile_order/core/order_vault.h"
#include "services/profile_order/core/order_worker.h"
#include "services/profile_order/core/orders.h"
#include "services/profile_order/core/reveal.h"
#include "services/profile_order/core/standings.h"
#include "services/profile_order/erasure_client.h"
#include "services/profile_order/ledger_record.h"
#include "services/profile_order/order_streams.h"
#include "services/profile_order/profile_order_config.h"
#include "services/profile_order/profile_order_service.h"
#include "services/profile_order/smdp/es2plus_smdp.h"
#include "services/profile_order/store/migrations.h"
#include "services/profile_order/store/service_keys.h"
#include "services/profile_order/store/sql_change_store.h"
#include "services/profile_order/store/sql_order_erasure_store.h"
#include "services/profile_order/store/sql_order_store.h"
#include "services/profile_order/store/sql_run_store.h"
#include "services/profile_order/store/sql_stock_store.h"
#include "services/profile_order/terminal_client.h"
#include "storage/outbox/outbox.h"
#include "storage/outbox/own_aggregates.h"
#include "storage/outbox/relay.h"
#include "storage/requests/idempotency_keys.h"
#include "storage/sql/configured_database.h"

namespace shiming::profile_order {
namespace {

constexpr char kSource[] = "profile_order";
constexpr absl::Duration kHousekeeping = absl::Seconds(30);
constexpr int64_t kHousekeepingLimit = 200;
// How often identity_verification is asked for persons to erase.
constexpr absl::Duration kErasing = absl::Seconds(1);
constexpr absl::Duration kRecount = absl::Hours(24);
constexpr std::chrono::milliseconds kStartRetry{300};
// Of a run id: names this run of the process among all.
constexpr size_t kRunIdBytes = 8;

http::TlsFiles TlsOf(const config::v1::TlsFiles& config) {
  http::TlsFiles files;
  files.certificate_file = config.certificate_file();
  files.key_file = config.key_file();
  files.ca_file = config.ca_file();
  files.floor = http::TlsFloor::k12;  // ES2+ allows it (DESIGN 5)
  return files;
}

}  // namespace

// Everything, in the order in which each needs what stands above it.
struct ProfileOrderServer::Parts {
  struct Channels {
    std::shared_ptr<grpc::Channel> terminal;
    std::shared_ptr<grpc::Channel> ledger;
    std::shared_ptr<grpc::Channel> identity;  // null: nobody is erased
  };
  struct Keys {
    std::unique_ptr<identity::FileKeyring> ring;
    crypto::Secret content;
    crypto::Secret pseudonym;
    std::map<std::string, crypto::VerifyKey, std::less<>> attestation;
  };

  Parts(const config::v1::ProfileOrderConfig& config,
        const process::RoomDeps& deps, std::unique_ptr<sql::Database> db,
        Channels channels, Keys secret_keys,
        std::map<std::string, std::unique_ptr<smdp::Es2PlusSmdp>> ports);

  // A task of the housekeeper.
  Awaitable<absl::StatusOr<int64_t>> FreeNumbers();
  Awaitable<absl::StatusOr<int64_t>> ForgetRequests();
  // Another: the recount of DESIGN 4.
  Awaitable<absl::StatusOr<int64_t>> Recount();

  // Waits until it is done or `stop` is requested.
  absl::Status BeginRun(const std::stop_token& stop);

  static std::map<std::string, smdp::SmdpPort*> PortsOf(
      const std::map<std::string, std::unique_ptr<smdp::Es2PlusSmdp>>& smdps);

  rpc::Runtime& runtime;
  const Clock& clock;
  const std::unique_ptr<sql::Database> database;
  const Keys keys;
  const std::map<std::string, std::unique_ptr<smdp::Es2PlusSmdp>> smdps;

  outbox::OwnAggregates own_aggregates;
  const outbox::Outbox outbox;
  const requests::IdempotencyKeys requests;
  rpc::LedgerSink sink;
  outbox::Relay relay;
  LedgerRecord record;
  TerminalClient terminal;
  ErasureClient erasures;
  Standings standings;

  SqlOrderStore order_store;
  SqlStockStore stock_store;
  SqlOrderErasureStore erasure_store;
  SqlRunStore run_store;
  SqlChangeStore change_store;
  const OrderEvents events;
  const OrderVault vault;
  const OrderMachine machine;
  const identity::AttestationVerifier attestations;
  OrderHub hub;
  OrderBook book;
  OrderWorker worker;
  Orders orders;
  Reveals reveals;
  NoticeIntake intake;
  Inventory inventory;
  OrderEraser eraser;
  EndsWatcher ends;
  OrderStreams streams;
  ChangeFeed changes;
  Gauge& usage_differences;
  Housekeeper housekeeper;
  Housekeeper recount;
  Housekeeper erasing;

  ProfileOrderServiceRpc order_service;
  CustomerDisplayServiceRpc display_service;
  DownloadProgressServiceRpc progress_service;
  InventoryServiceRpc inventory_service;

  bool started = false;
};

namespace {

// The own aggregates, where other instances write to the same outbox.
outbox::OwnAggregates* OwnOf(const sql::Database& database,
                             outbox::OwnAggregates& own) {
  return database.is_shared() ? &own : nullptr;
}

std::map<std::string, std::string> AddressesOf(
    const config::v1::ProfileOrderConfig& config) {
  std::map<std::string, std::string> addresses;
  for (const config::v1::SmdpPlus& smdp : config.smdps()) {
    addresses[smdp.id()] = smdp.address();
  }
  return addresses;
}

std::set<std::string> SmdpIdsOf(const config::v1::ProfileOrderConfig& config) {
  std::set<std::string> ids;
  for (const config::v1::SmdpPlus& smdp : config.smdps()) ids.insert(smdp.id());
  return ids;
}

OrderWorker::Options WorkerOptionsOf(
    const config::v1::ProfileOrderConfig& config) {
  OrderWorker::Options options;
  options.holder = config.instance();
  return options;
}

}  // namespace

std::map<std::string, smdp::SmdpPort*> ProfileOrderServer::Parts::PortsOf(
    const std::map<std::string, std::unique_ptr<smdp::Es2PlusSmdp>>& smdps) {
  std::map<std::string, smdp::SmdpPort*> ports;
  for (const auto& [id, port] : smdps) ports[id] = port.get();
  return ports;
}

ProfileOrderServer::Parts::Parts(
    const config::v1::ProfileOrderConfig& config, const process::RoomDeps& deps,
    std::unique_ptr<sql::Database> db, Channels channels, Keys secret_keys,
    std::map<std::string, std::unique_ptr<smdp::Es2PlusSmdp>> ports)
    : runtime(deps.runtime),
      clock(deps.clock),
      database(std::move(db)),
      keys(std::move(secret_keys)),
      smdps(std::move(ports)),
      outbox({.source = kSource,
              .clock = deps.clock,
              .own = OwnOf(*database, own_aggregates)}),
      requests({.clock = deps.clock}),
      sink(channels.ledger),
      relay({.database = *database,
             .sink = sink,
             .clock = deps.clock,
             .metrics = deps.metrics,
             .source = kSource,
             .own = OwnOf(*database, own_aggregates)}),
      record(relay, channels.ledger),
      terminal(channels.terminal),
      erasures(channels.identity),
      standings(terminal),
      order_store(*database, outbox, requests),
      stock_store(*database, outbox, requests),
      erasure_store(*database, outbox),
      run_store(*database),
      change_store(*database),
      events(keys.pseudonym.Copy()),
      vault(*keys.ring, deps.random),
      machine({.events = events,
               .vault = vault,
               .random = deps.random,
               .times = TimesOf(config),
               .default_addresses = AddressesOf(config),
               .run_id = crypto::ToHex(deps.random.Bytes(kRunIdBytes))}),
      attestations({.keys = keys.attestation,
                    .audience = std::string(identity::kProfileOrderAudience),
                    .clock = &deps.clock}),
      book({.store = order_store,
            .hub = hub,
            .record = record,
            .clock = deps.clock,
            .metrics = deps.metrics}),
      worker({.book = book,
              .runs = run_store,
              .machine = machine,
              .vault = vault,
              .smdps = PortsOf(smdps),
              .clock = deps.clock,
              .metrics = deps.metrics,
              .executor = deps.runtime.executor(),
              .options = WorkerOptionsOf(config)}),
      orders({.book = book,
              .stock = stock_store,
              .worker = worker,
              .machine = machine,
              .events = events,
              .vault = vault,
              .attestations = attestations,
              .authority = standings,
              .record = record,
              .clock = deps.clock,
              .random = deps.random,
              .content_key = keys.content,
              .limits = LimitsOf(config)}),
      reveals({.book = book,
               .worker = worker,
               .machine = machine,
               .vault = vault,
               .authority = standings,
               .record = record,
               .clock = deps.clock,
               .executor = deps.runtime.executor()}),
      intake({.book = book,
              .worker = worker,
              .machine = machine,
              .events = events,
              .clock = deps.clock}),
      inventory({.stock = stock_store,
                 .record = record,
                 .random = deps.random,
                 .content_key = keys.content,
                 .events = events,
                 .smdps = SmdpIdsOf(config)}),
      eraser({.source = erasures,
              .store = erasure_store,
              .orders = order_store,
              .clock = deps.clock,
              .metrics = deps.metrics,
              .holder = config.instance()}),
      ends({.book = book,
            .worker = worker,
            .machine = machine,
            .standings = standings,
            .source = terminal,
            .clock = deps.clock,
            .executor = deps.runtime.executor()}),
      streams({.book = book,
               .orders = orders,
               .authority = standings,
               .ends = ends}),
      changes({.store = change_store,
               .hub = hub,
               .metrics = deps.metrics,
               .executor = deps.runtime.executor()}),
      usage_differences(deps.metrics.gauge(
          "shiming_usage_differences",
          "Persons and EIDs whose count differs from their orders.")),
      housekeeper(deps.runtime.executor(), kHousekeeping,
                  {[this] { return FreeNumbers(); },
                   [this] { return ForgetRequests(); }}),
      recount(deps.runtime.executor(), kRecount,
              {[this] { return Recount(); }}),
      erasing(deps.runtime.executor(), kErasing,
              {[this] { return eraser.Work(); }}),
      order_service(deps.dispatcher, orders, streams),
      display_service(deps.dispatcher, reveals, streams),
      progress_service(deps.dispatcher, intake, deps.clock),
      inventory_service(deps.dispatcher, inventory) {}

Awaitable<absl::StatusOr<int64_t>> ProfileOrderServer::Parts::FreeNumbers() {
  co_return co_await stock_store.FreeExpired(ToMicros(clock.Now()),
                                             kHousekeepingLimit);
}

Awaitable<absl::StatusOr<int64_t>> ProfileOrderServer::Parts::ForgetRequests() {
  auto forget = [this](sql::Transaction& tx) {
    return requests.DeleteExpired(tx, kHousekeepingLimit);
  };
  CO_ASSIGN_OR_RETURN(const int64_t forgotten,
                      co_await database->WriteValue(std::move(forget)));
  co_return forgotten == kHousekeepingLimit ? forgotten : 0;
}

Awaitable<absl::StatusOr<int64_t>> ProfileOrderServer::Parts::Recount() {
  CO_ASSIGN_OR_RETURN(const int64_t differences,
                      co_await stock_store.CountUsageDifferences());
  usage_differences.Set(static_cast<double>(differences));
  if (differences != 0) {
    Log(Severity::kError, "counts of live numbers differ from the orders",
        {{"differences", differences}});
  }
  co_return 0;
}

absl::Status ProfileOrderServer::Parts::BeginRun(const std::stop_token& stop) {
  for (;;) {
    const absl::Status begun =
        boost::asio::co_spawn(runtime.executor(), worker.BeginRun(),
                              boost::asio::use_future)
            .get();
    if (begun.ok()) return begun;
    std::this_thread::sleep_for(kStartRetry);
    if (stop.stop_requested()) return absl::CancelledError("stopping");
  }
}

absl::StatusOr<process::RoomPlan> ProfileOrderRoom(
    const std::string& config_file) {
  ASSIGN_OR_RETURN(auto config, LoadProfileOrderConfig(config_file));
  RETURN_IF_ERROR(CheckProfileOrderConfig(config));
  process::RoomPlan plan;
  plan.name = kSource;
  plan.process = config.process();
  plan.make = [config](const process::RoomDeps& deps)
      -> absl::StatusOr<std::unique_ptr<process::Room>> {
    return ProfileOrderServer::Make(config, deps);
  };
  return plan;
}

absl::StatusOr<std::unique_ptr<ProfileOrderServer>> ProfileOrderServer::Make(
    config::v1::ProfileOrderConfig config, const process::RoomDeps& deps) {
  Parts::Keys keys;
  ASSIGN_OR_RETURN(keys.ring, identity::FileKeyring::Load(config.keyring_file(),
                                                          deps.random));
  ASSIGN_OR_RETURN(keys.pseudonym, ReadHexKey(config.pseudonym_key_file()));
  ASSIGN_OR_RETURN(keys.attestation, AttestationKeysOf(config));

  std::map<std::string, std::unique_ptr<smdp::Es2PlusSmdp>> smdps;
  for (const config::v1::SmdpPlus& smdp : config.smdps()) {
    smdp::Es2PlusSmdp::Options options;
    options.executor = deps.runtime.executor();
    options.base_url = smdp.base_url();
    options.tls = TlsOf(smdp.tls());
    options.requester = smdp.requester();
    if (smdp.timeout_milliseconds() != 0) {
      options.timeout = absl::Milliseconds(smdp.timeout_milliseconds());
    }
    if (smdp.max_connections() != 0) {
      options.max_connections = smdp.max_connections();
    }
    ASSIGN_OR_RETURN(smdps[smdp.id()],
                     smdp::Es2PlusSmdp::Create(std::move(options)));
  }

  Parts::Channels channels;
  ASSIGN_OR_RETURN(channels.terminal,
                   deps.channel_to(config.terminal_session()));
  ASSIGN_OR_RETURN(channels.ledger, deps.channel_to(config.issuance_ledger()));
  if (config.has_identity_verification()) {
    ASSIGN_OR_RETURN(channels.identity,
                     deps.channel_to(config.identity_verification()));
  } else {
    Log(Severity::kWarning,
        "identity_verification is not configured: nobody can be erased", {});
  }

  ASSIGN_OR_RETURN(
      std::unique_ptr<sql::Database> database,
      sql::OpenConfigured(config.database(), kSource, deps.metrics));
  RETURN_IF_ERROR(MigrateAll(*database));
  ASSIGN_OR_RETURN(keys.content, EnsureServiceKey(*database, *keys.ring,
                                                  deps.random, "content"));
  return std::unique_ptr<ProfileOrderServer>(
      new ProfileOrderServer(std::make_unique<Parts>(
          config, deps, std::move(database), std::move(channels),
          std::move(keys), std::move(smdps))));
}

ProfileOrderServer::ProfileOrderServer(std::unique_ptr<Parts> parts)
    : parts_(std::move(parts)) {}

ProfileOrderServer::~ProfileOrderServer() { Stop(); }

std::vector<grpc::Service*> ProfileOrderServer::services() {
  return {&parts_->order_service, &parts_->display_service,
          &parts_->progress_service, &parts_->inventory_service};
}

absl::Status ProfileOrderServer::Start(std::stop_token stop) {
  // A database that is older than the record must not serve (DESIGN 6).
  for (;;) {
    const absl::Status checked =
        boost::asio::co_spawn(parts_->runtime.executor(),
                              parts_->relay.CheckNotBehind(),
                              boost::asio::use_future)
            .get();
    if (checked.ok()) break;
    if (HasReason(checked, Reason::DATABASE_BEHIND_LEDGER)) return checked;
    if (stop.stop_requested()) return absl::CancelledError("stopping");
    Log(Severity::kWarning, "the ledger cannot be asked yet",
        {{"error", checked.ToString()}});
    std::this_thread::sleep_for(kStartRetry);
    if (stop.stop_requested()) return absl::CancelledError("stopping");
  }
  RETURN_IF_ERROR(parts_->BeginRun(stop));
  parts_->relay.Start(parts_->runtime.executor());
  parts_->worker.Start();
  parts_->ends.Start();
  parts_->housekeeper.Start();
  parts_->recount.Start();
  parts_->erasing.Start();
  if (parts_->database->is_shared()) parts_->changes.Start();
  parts_->started = true;
  return absl::OkStatus();
}

absl::Status ProfileOrderServer::Ready() {
  if (!parts_->started) return absl::UnavailableError("starting");
  if (parts_->relay.is_behind()) {
    return MakeError(Reason::DATABASE_BEHIND_LEDGER,
                     "the database is older than the record");
  }
  return absl::OkStatus();
}

void ProfileOrderServer::Stop() {
  if (!parts_->started) return;
  parts_->started = false;
  parts_->changes.Stop();
  parts_->erasing.Stop();
  parts_->recount.Stop();
  parts_->housekeeper.Stop();
  parts_->ends.Stop();
  parts_->worker.Stop();
  const absl::Status ended =
      boost::asio::co_spawn(parts_->runtime.executor(), parts_->worker.EndRun(),
                            boost::asio::use_future)
          .get();
  if (!ended.ok()) {
    Log(Severity::kWarning, "another instance has to wait for this run's lease",
        {{"error", ended.ToString()}});
  }
  parts_->relay.Stop();
}

}  // namespace shiming::profile_order
