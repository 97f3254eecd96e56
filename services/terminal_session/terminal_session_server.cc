#include "services/terminal_session/terminal_session_server.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_future.hpp>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <utility>
#include <vector>

#include "common/crypto/hkdf.h"
#include "common/crypto/password.h"
#include "common/crypto/totp.h"
#include "common/log/log.h"
#include "common/rpc/ledger_sink.h"
#include "common/status/reason.h"
#include "common/status/status_macros.h"
#include "services/terminal_session/call_context.h"
#include "services/terminal_session/core/ends_feed.h"
#include "services/terminal_session/core/enrollment.h"
#include "services/terminal_session/core/event_drafts.h"
#include "services/terminal_session/core/session_desk.h"
#include "services/terminal_session/core/sign_in_desk.h"
#include "services/terminal_session/core/time_keeper.h"
#include "services/terminal_session/session_authority_service.h"
#include "services/terminal_session/store/schema.h"
#include "services/terminal_session/store/sql_end_store.h"
#include "services/terminal_session/store/sql_enrollment_store.h"
#include "services/terminal_session/store/sql_session_store.h"
#include "services/terminal_session/store/sql_sign_in_store.h"
#include "services/terminal_session/terminal_admin_service.h"
#include "services/terminal_session/terminal_session_config.h"
#include "services/terminal_session/terminal_session_service.h"
#include "storage/outbox/outbox.h"
#include "storage/outbox/own_aggregates.h"
#include "storage/outbox/relay.h"
#include "storage/requests/idempotency_keys.h"
#include "storage/sql/configured_database.h"
#include "storage/sql/migration.h"

namespace shiming::terminal_session {
namespace {

using config::v1::TerminalSessionConfig;

// Pause before the ledger is asked again at start.
constexpr std::chrono::milliseconds kStartRetry(200);
// How long WatchEnds can be resumed.
constexpr absl::Duration kKeepEnds = absl::Hours(48);
// Not ready when the database was not read for so long.
constexpr absl::Duration kLongestSilence = absl::Seconds(5);
constexpr size_t kDerivedKeyBytes = 32;
constexpr size_t kDummyPasswordBytes = 16;

// A key of its own for each further use of the service's secret.
crypto::Secret Derive(const crypto::Secret& secret, std::string_view use) {
  return crypto::Secret(crypto::HkdfSha256(secret, "", use, kDerivedKeyBytes));
}

// What the room needs before its objects can be put together.
struct Ingredients {
  std::unique_ptr<sql::Database> database;
  std::unique_ptr<outbox::EventSink> sink;
  crypto::Secret shift_token_key;
  crypto::Secret credentials_key;
};

absl::StatusOr<SignInDesk::DummyCredentials> MakeDummy(const CredentialBox& box,
                                                       crypto::Random& random) {
  SignInDesk::DummyCredentials dummy;
  ASSIGN_OR_RETURN(
      dummy.password_hash,
      crypto::HashPassword(crypto::Secret(random.Bytes(kDummyPasswordBytes))));
  ASSIGN_OR_RETURN(dummy.sealed_totp_seed,
                   box.Seal("", random.Bytes(crypto::kTotpSeedBytes)));
  return dummy;
}

// What the room is made of. In this order: what comes later uses what came
// before, and goes first.
class TerminalSessionServer final : public process::Room {
 public:
  TerminalSessionServer(const TerminalSessionConfig& config,
                        const process::RoomDeps& deps, Ingredients ingredients,
                        CredentialBox credentials,
                        SignInDesk::DummyCredentials dummy);
  ~TerminalSessionServer() override { Stop(); }

  std::vector<grpc::Service*> services() override {
    return {&terminal_service_, &authority_service_, &admin_service_};
  }
  absl::Status Start(std::stop_token stop) override;
  absl::Status Ready() override;
  void Stop() override;

 private:
  // Repeats until the ledger has said whether we may serve.
  absl::Status WaitNotBehind(std::stop_token stop);
  AfterCommit WakeOthers();

  const process::RoomDeps deps_;
  TerminalMetrics metrics_;

  std::unique_ptr<sql::Database> database_;
  std::unique_ptr<outbox::EventSink> sink_;
  outbox::OwnAggregates own_aggregates_;
  // It, where other instances write to the same outbox; else null.
  outbox::OwnAggregates* const own_;
  outbox::Outbox outbox_;
  requests::IdempotencyKeys requests_;
  outbox::Relay relay_;

  ShiftTokens tokens_;
  CredentialBox credentials_;
  ClerkGuards guards_;
  PageTokens page_tokens_;
  CallContext context_;
  PasswordPool passwords_;

  SqlEnrollmentStore enrollment_store_;
  SqlSignInStore sign_in_store_;
  SqlSessionStore session_store_;
  SqlEndStore end_store_;

  EndsFeed ends_;
  TimeKeeper time_keeper_;
  Enrollment enrollment_;
  SignInDesk sign_in_;
  SessionDesk sessions_;

  TerminalSessionServiceRpc terminal_service_;
  SessionAuthorityServiceRpc authority_service_;
  TerminalAdminServiceRpc admin_service_;
  bool stopped_ = false;
};

TerminalSessionServer::TerminalSessionServer(
    const TerminalSessionConfig& config, const process::RoomDeps& deps,
    Ingredients ingredients, CredentialBox credentials,
    SignInDesk::DummyCredentials dummy)
    : deps_(deps),
      metrics_(deps.metrics),
      database_(std::move(ingredients.database)),
      sink_(std::move(ingredients.sink)),
      own_(database_->is_shared() ? &own_aggregates_ : nullptr),
      outbox_(
          {.source = std::string(kSource), .clock = deps.clock, .own = own_}),
      requests_({.clock = deps.clock}),
      relay_({.database = *database_,
              .sink = *sink_,
              .clock = deps.clock,
              .metrics = deps.metrics,
              .source = std::string(kSource),
              .own = own_}),
      tokens_(ingredients.shift_token_key.Copy()),
      credentials_(std::move(credentials)),
      guards_(ClerkGuardKeyOf(ingredients.shift_token_key)),
      page_tokens_(
          Derive(ingredients.shift_token_key, "shiming/page-token/v1")),
      context_(deps.clock, Derive(ingredients.shift_token_key,
                                  "shiming/request-content/v1")),
      passwords_({.verify = &crypto::VerifyPassword, .metrics = deps.metrics}),
      enrollment_store_({.database = *database_,
                         .outbox = outbox_,
                         .requests = requests_,
                         .guards = guards_}),
      sign_in_store_(
          {.database = *database_, .outbox = outbox_, .requests = requests_}),
      session_store_(
          {.database = *database_, .outbox = outbox_, .requests = requests_}),
      end_store_(
          {.database = *database_, .outbox = outbox_, .requests = requests_}),
      ends_(end_store_, deps.metrics, deps.runtime.executor()),
      time_keeper_({.store = end_store_,
                    .clock = deps.clock,
                    .metrics = metrics_,
                    .executor = deps.runtime.executor(),
                    .keep_time = kKeepEnds,
                    .after_commit = WakeOthers()}),
      enrollment_({.store = enrollment_store_,
                   .credentials = credentials_,
                   .page_tokens = page_tokens_,
                   .after_commit = WakeOthers()}),
      sign_in_({.store = sign_in_store_,
                .passwords = passwords_,
                .tokens = tokens_,
                .credentials = credentials_,
                .guards = guards_,
                .metrics = metrics_,
                .random = deps.random,
                .dummy = std::move(dummy),
                .shift_time = absl::Minutes(config.shift_minutes()),
                .lock_policy = LockPolicyOf(config),
                .after_commit = WakeOthers()}),
      sessions_({.store = session_store_,
                 .tokens = tokens_,
                 .metrics = metrics_,
                 .random = deps.random,
                 .session_time = absl::Minutes(config.session_minutes()),
                 .nonce_time = absl::Seconds(config.read_nonce_seconds()),
                 .after_commit = WakeOthers()}),
      terminal_service_({.dispatcher = deps.dispatcher,
                         .context = context_,
                         .sign_in = sign_in_,
                         .sessions = sessions_,
                         .ends = ends_}),
      authority_service_({.dispatcher = deps.dispatcher,
                          .context = context_,
                          .sessions = sessions_,
                          .enrollment = enrollment_,
                          .ends = ends_,
                          .end_store = end_store_,
                          .relay = relay_,
                          .trust_domain = config.process().trust_domain()}),
      admin_service_({.dispatcher = deps.dispatcher,
                      .context = context_,
                      .enrollment = enrollment_}) {}

AfterCommit TerminalSessionServer::WakeOthers() {
  return {.event = [this] { relay_.Poke(); },
          .end =
              [this] {
                relay_.Poke();
                ends_.Poke();
              }};
}

absl::Status TerminalSessionServer::Start(std::stop_token stop) {
  RETURN_IF_ERROR(sql::Migrate(*database_, outbox::Outbox::Migrations(),
                               outbox::Outbox::kSchema));
  RETURN_IF_ERROR(sql::Migrate(*database_,
                               requests::IdempotencyKeys::Migrations(),
                               requests::IdempotencyKeys::kSchema));
  RETURN_IF_ERROR(sql::Migrate(*database_, Migrations(), kSchema));
  RETURN_IF_ERROR(WaitNotBehind(stop));
  relay_.Start(deps_.runtime.executor());
  RETURN_IF_ERROR(boost::asio::co_spawn(deps_.runtime.executor(), ends_.Start(),
                                        boost::asio::use_future)
                      .get());
  time_keeper_.Start();
  return absl::OkStatus();
}

absl::Status TerminalSessionServer::WaitNotBehind(std::stop_token stop) {
  std::mutex mutex;
  std::condition_variable_any waiting;
  while (!stop.stop_requested()) {
    const absl::Status status =
        boost::asio::co_spawn(deps_.runtime.executor(), relay_.CheckNotBehind(),
                              boost::asio::use_future)
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

absl::Status TerminalSessionServer::Ready() {
  if (relay_.is_behind()) {
    return MakeError(Reason::DATABASE_BEHIND_LEDGER,
                     "the ledger holds events that this database never made");
  }
  if (ends_.Age() > kLongestSilence) {
    return MakeError(Reason::DATABASE_UNAVAILABLE,
                     "the database could not be read for seconds");
  }
  return absl::OkStatus();
}

void TerminalSessionServer::Stop() {
  if (std::exchange(stopped_, true)) return;
  time_keeper_.Stop();
  ends_.Stop();
  relay_.Stop();
}

}  // namespace

absl::StatusOr<std::unique_ptr<process::Room>> MakeTerminalSession(
    const TerminalSessionConfig& config, const process::RoomDeps& deps,
    std::unique_ptr<outbox::EventSink> sink) {
  Ingredients ingredients;
  ingredients.sink = std::move(sink);
  ASSIGN_OR_RETURN(ingredients.shift_token_key, ShiftTokenKeyOf(config));
  ASSIGN_OR_RETURN(ingredients.credentials_key, CredentialsKeyOf(config));
  CredentialBox credentials(ingredients.credentials_key.Copy(), deps.random);
  ASSIGN_OR_RETURN(SignInDesk::DummyCredentials dummy,
                   MakeDummy(credentials, deps.random));
  ASSIGN_OR_RETURN(
      ingredients.database,
      sql::OpenConfigured(config.database(), kSource, deps.metrics));
  return std::make_unique<TerminalSessionServer>(
      config, deps, std::move(ingredients), std::move(credentials),
      std::move(dummy));
}

absl::StatusOr<process::RoomPlan> TerminalSessionRoom(
    const std::string& config_file) {
  ASSIGN_OR_RETURN(const TerminalSessionConfig config,
                   LoadTerminalSessionConfig(config_file));
  // Found before anything is opened, also by --check_config.
  RETURN_IF_ERROR(ShiftTokenKeyOf(config).status());
  RETURN_IF_ERROR(CredentialsKeyOf(config).status());
  return process::RoomPlan{
      .name = std::string(kSource),
      .process = config.process(),
      .make = [config](const process::RoomDeps& deps)
          -> absl::StatusOr<std::unique_ptr<process::Room>> {
        ASSIGN_OR_RETURN(const std::shared_ptr<grpc::Channel> ledger,
                         deps.channel_to(config.issuance_ledger()));
        return MakeTerminalSession(config, deps,
                                   std::make_unique<rpc::LedgerSink>(ledger));
      }};
}

}  // namespace shiming::terminal_session
