#include "services/identity_verification/identity_verification_server.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_future.hpp>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <utility>

#include "common/log/log.h"
#include "common/rpc/ledger_sink.h"
#include "common/status/reason.h"
#include "common/status/status_macros.h"
#include "identity/vault/file_keyring.h"
#include "identity/vault/person_vault.h"
#include "services/identity_verification/core/eraser.h"
#include "services/identity_verification/core/erasure_desk.h"
#include "services/identity_verification/core/identity_events.h"
#include "services/identity_verification/core/verifier.h"
#include "services/identity_verification/erasure_service.h"
#include "services/identity_verification/identity_verification_config.h"
#include "services/identity_verification/identity_verification_service.h"
#include "services/identity_verification/request_sweep.h"
#include "services/identity_verification/rpc_identity_authority.h"
#include "services/identity_verification/rpc_session_authority.h"
#include "services/identity_verification/store/key_store_check.h"
#include "services/identity_verification/store/migrations.h"
#include "services/identity_verification/store/sql_erasure_store.h"
#include "services/identity_verification/store/sql_person_key_store.h"
#include "services/identity_verification/store/sql_verification_store.h"
#include "storage/outbox/outbox.h"
#include "storage/outbox/own_aggregates.h"
#include "storage/outbox/relay.h"
#include "storage/requests/idempotency_keys.h"
#include "storage/sql/configured_database.h"

namespace shiming::identity_verification {
namespace {

using config::v1::IdentityVerificationConfig;

// Pause before the ledger is asked again at start.
constexpr std::chrono::milliseconds kStartRetry(200);

// What the room is made of. In this order: what comes later uses what came
// before, and goes first.
class IdentityVerificationServer final : public process::Room {
 public:
  static absl::StatusOr<std::unique_ptr<process::Room>> Create(
      const IdentityVerificationConfig& config, const process::RoomDeps& deps);

  ~IdentityVerificationServer() override { Stop(); }

  std::vector<grpc::Service*> services() override {
    return {service_.get(), erasure_service_.get(), task_service_.get()};
  }
  absl::Status Start(std::stop_token stop) override;
  absl::Status Ready() override;
  void Stop() override;

 private:
  explicit IdentityVerificationServer(const process::RoomDeps& deps)
      : deps_(deps), metrics_(deps.metrics), erasure_metrics_(deps.metrics) {}

  absl::Status OpenStorage(const IdentityVerificationConfig& config);
  absl::Status MakeVault(const IdentityVerificationConfig& config);
  absl::Status MakeCore(const IdentityVerificationConfig& config);
  absl::Status MakeEraser(const IdentityVerificationConfig& config);
  // Repeats until the ledger has said whether we may serve.
  absl::Status WaitNotBehind(std::stop_token stop);
  // Keys that an older copy of the key store brought back.
  absl::Status DestroyAgain();

  const process::RoomDeps deps_;
  VerificationMetrics metrics_;
  ErasureMetrics erasure_metrics_;

  std::unique_ptr<sql::Database> database_;
  std::unique_ptr<sql::Database> key_database_;
  outbox::OwnAggregates own_aggregates_;
  std::unique_ptr<outbox::Outbox> outbox_;
  std::unique_ptr<requests::IdempotencyKeys> requests_;
  std::unique_ptr<rpc::LedgerSink> ledger_;
  std::unique_ptr<outbox::Relay> relay_;
  std::unique_ptr<SqlVerificationStore> store_;
  std::unique_ptr<SqlPersonKeyStore> keys_;
  std::unique_ptr<SqlErasureStore> erasures_;
  std::unique_ptr<RequestSweep> sweep_;

  std::unique_ptr<identity::FileKeyring> keyring_;
  std::unique_ptr<identity::PersonVault> vault_;
  std::unique_ptr<identity::AttestationSigner> signer_;

  std::unique_ptr<RpcSessionAuthority> sessions_;
  std::unique_ptr<RpcIdentityAuthority> authority_;
  std::unique_ptr<Verifier> verifier_;
  std::unique_ptr<ErasureDesk> erasure_desk_;
  std::unique_ptr<Eraser> eraser_;
  std::unique_ptr<IdentityVerificationServiceRpc> service_;
  std::unique_ptr<ErasureServiceRpc> erasure_service_;
  std::unique_ptr<ErasureTaskServiceRpc> task_service_;
  bool stopped_ = false;
};

absl::StatusOr<std::unique_ptr<process::Room>>
IdentityVerificationServer::Create(const IdentityVerificationConfig& config,
                                   const process::RoomDeps& deps) {
  std::unique_ptr<IdentityVerificationServer> server(
      new IdentityVerificationServer(deps));
  RETURN_IF_ERROR(server->MakeVault(config));
  RETURN_IF_ERROR(server->OpenStorage(config));
  RETURN_IF_ERROR(server->MakeCore(config));
  RETURN_IF_ERROR(server->MakeEraser(config));
  return std::unique_ptr<process::Room>(std::move(server));
}

absl::Status IdentityVerificationServer::MakeVault(
    const IdentityVerificationConfig& config) {
  ASSIGN_OR_RETURN(keyring_, identity::FileKeyring::Load(config.keyring_file(),
                                                         deps_.random));
  vault_ = std::make_unique<identity::PersonVault>(*keyring_, deps_.random);
  ASSIGN_OR_RETURN(identity::AttestationSigner signer, SignerOf(config));
  signer_ = std::make_unique<identity::AttestationSigner>(std::move(signer));
  return absl::OkStatus();
}

absl::Status IdentityVerificationServer::OpenStorage(
    const IdentityVerificationConfig& config) {
  ASSIGN_OR_RETURN(database_, sql::OpenConfigured(config.database(), kSource,
                                                  deps_.metrics));
  ASSIGN_OR_RETURN(key_database_,
                   sql::OpenConfigured(config.key_database(), "identity_keys",
                                       deps_.metrics));
  // Where other instances write to the same outbox.
  outbox::OwnAggregates* const own =
      database_->is_shared() ? &own_aggregates_ : nullptr;
  outbox_ = std::make_unique<outbox::Outbox>(outbox::Outbox::Options{
      .source = std::string(kSource), .clock = deps_.clock, .own = own});
  requests_ = std::make_unique<requests::IdempotencyKeys>(
      requests::IdempotencyKeys::Options{.clock = deps_.clock});
  ASSIGN_OR_RETURN(const std::shared_ptr<grpc::Channel> ledger,
                   deps_.channel_to(config.issuance_ledger()));
  ledger_ = std::make_unique<rpc::LedgerSink>(ledger);
  relay_ = std::make_unique<outbox::Relay>(
      outbox::Relay::Options{.database = *database_,
                             .sink = *ledger_,
                             .clock = deps_.clock,
                             .metrics = deps_.metrics,
                             .source = std::string(kSource),
                             .own = own});
  store_ = std::make_unique<SqlVerificationStore>(
      SqlVerificationStore::Deps{.database = *database_,
                                 .outbox = *outbox_,
                                 .requests = *requests_,
                                 .committed = [this] { relay_->Poke(); }});
  keys_ = std::make_unique<SqlPersonKeyStore>(*key_database_, deps_.clock);
  erasures_ = std::make_unique<SqlErasureStore>(
      SqlErasureStore::Deps{.database = *database_,
                            .outbox = *outbox_,
                            .requests = *requests_,
                            .committed = [this] { relay_->Poke(); }});
  sweep_ = std::make_unique<RequestSweep>(*store_, deps_.runtime.executor());
  return absl::OkStatus();
}

absl::Status IdentityVerificationServer::MakeCore(
    const IdentityVerificationConfig& config) {
  ASSIGN_OR_RETURN(Rules rules, RulesOf(config));
  ASSIGN_OR_RETURN(crypto::Secret index_key, IndexKeyOf(config));
  ASSIGN_OR_RETURN(const std::shared_ptr<grpc::Channel> sessions,
                   deps_.channel_to(config.terminal_session()));
  ASSIGN_OR_RETURN(const std::shared_ptr<grpc::Channel> authority,
                   deps_.channel_to(config.identity_authority()));
  sessions_ = std::make_unique<RpcSessionAuthority>(sessions);
  authority_ = std::make_unique<RpcIdentityAuthority>(
      authority, AuthorityTimeoutOf(config));
  verifier_ =
      std::make_unique<Verifier>(Verifier::Deps{.clock = deps_.clock,
                                                .random = deps_.random,
                                                .sessions = *sessions_,
                                                .authority = *authority_,
                                                .store = *store_,
                                                .keys = *keys_,
                                                .vault = *vault_,
                                                .signer = *signer_,
                                                .metrics = metrics_},
                                 std::move(rules), std::move(index_key));
  service_ = std::make_unique<IdentityVerificationServiceRpc>(deps_.dispatcher,
                                                              *verifier_);
  return absl::OkStatus();
}

absl::Status IdentityVerificationServer::MakeEraser(
    const IdentityVerificationConfig& config) {
  ASSIGN_OR_RETURN(const Rules rules, RulesOf(config));
  ASSIGN_OR_RETURN(crypto::Secret index_key, IndexKeyOf(config));
  erasure_desk_ = std::make_unique<ErasureDesk>(
      ErasureDesk::Deps{.clock = deps_.clock,
                        .store = *erasures_,
                        .metrics = erasure_metrics_},
      std::move(index_key), rules.attestation_life);
  eraser_ = std::make_unique<Eraser>(Eraser::Deps{.clock = deps_.clock,
                                                  .store = *erasures_,
                                                  .keys = *keys_,
                                                  .metrics = erasure_metrics_},
                                     ErasureRulesOf(config));
  erasure_service_ =
      std::make_unique<ErasureServiceRpc>(deps_.dispatcher, *erasure_desk_);
  task_service_ =
      std::make_unique<ErasureTaskServiceRpc>(deps_.dispatcher, *eraser_);
  if (config.insecure_no_identity_retention()) {
    Log(Severity::kWarning,
        "persons are erased without regard to the retention period", {});
  }
  return absl::OkStatus();
}

absl::Status IdentityVerificationServer::DestroyAgain() {
  return boost::asio::co_spawn(deps_.runtime.executor(),
                               eraser_->DestroyAgain(), boost::asio::use_future)
      .get()
      .status();
}

absl::Status IdentityVerificationServer::Start(std::stop_token stop) {
  RETURN_IF_ERROR(MigrateMain(*database_));
  RETURN_IF_ERROR(MigrateKeys(*key_database_));
  RETURN_IF_ERROR(DestroyAgain());
  RETURN_IF_ERROR(CheckKeysNotBehind(*database_, *key_database_));
  RETURN_IF_ERROR(WaitNotBehind(stop));
  RETURN_IF_ERROR(boost::asio::co_spawn(deps_.runtime.executor(),
                                        eraser_->FinishAll(),
                                        boost::asio::use_future)
                      .get());
  relay_->Start(deps_.runtime.executor());
  sweep_->Start();
  return absl::OkStatus();
}

absl::Status IdentityVerificationServer::WaitNotBehind(std::stop_token stop) {
  std::mutex mutex;
  std::condition_variable_any waiting;
  while (!stop.stop_requested()) {
    const absl::Status status =
        boost::asio::co_spawn(deps_.runtime.executor(),
                              relay_->CheckNotBehind(), boost::asio::use_future)
            .get();
    if (status.ok() || HasReason(status, Reason::DATABASE_BEHIND_LEDGER)) {
      return status;
    }
    Log(Severity::kWarning, "the ledger could not be asked; trying again",
        {{"code", static_cast<int>(status.code())}});
    std::unique_lock lock(mutex);
    waiting.wait_for(lock, stop, kStartRetry, [] { return false; });
  }
  return absl::CancelledError("stopping");
}

absl::Status IdentityVerificationServer::Ready() {
  if (!relay_->is_behind()) return absl::OkStatus();
  return MakeError(Reason::DATABASE_BEHIND_LEDGER,
                   "the ledger holds events that this database never made");
}

void IdentityVerificationServer::Stop() {
  if (std::exchange(stopped_, true)) return;
  if (sweep_ != nullptr) sweep_->Stop();
  if (relay_ != nullptr) relay_->Stop();
}

}  // namespace

absl::StatusOr<process::RoomPlan> IdentityVerificationRoom(
    const std::string& config_file) {
  ASSIGN_OR_RETURN(const IdentityVerificationConfig config,
                   LoadIdentityVerificationConfig(config_file));
  // Found before anything is opened, also by --check_config.
  RETURN_IF_ERROR(RulesOf(config).status());
  return process::RoomPlan{.name = std::string(kSource),
                           .process = config.process(),
                           .make = [config](const process::RoomDeps& deps) {
                             return IdentityVerificationServer::Create(config,
                                                                       deps);
                           }};
}

}  // namespace shiming::identity_verification
