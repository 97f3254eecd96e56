#include "services/issuance_ledger/issuance_ledger_server.h"

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/config/config.h"
#include "common/crypto/digest.h"
#include "common/crypto/keys.h"
#include "common/log/log.h"
#include "common/status/reason.h"
#include "common/status/status_macros.h"
#include "storage/sql/configured_database.h"

namespace shiming::issuance_ledger {
namespace {

// Writing and reading tiles need not wait for one another.
constexpr int kFileThreads = 2;
// How often a standby looks whether the lease is free, and strict mode whether
// the witnesses are there.
constexpr std::chrono::seconds kOpenRetry{1};

// False when `stop` was requested meanwhile.
bool Sleep(std::chrono::seconds time, std::stop_token stop) {
  std::mutex mutex;
  std::condition_variable_any wake;
  std::unique_lock<std::mutex> lock(mutex);
  wake.wait_for(lock, stop, time, [] { return false; });
  return !stop.stop_requested();
}

std::vector<std::string> NamesOf(const std::optional<CosigningPlan>& plan) {
  std::vector<std::string> names;
  if (!plan.has_value()) return names;
  for (const CosigningPlan::Witness& witness : plan->witnesses) {
    names.push_back(witness.name);
  }
  return names;
}

}  // namespace

absl::StatusOr<process::RoomPlan> IssuanceLedgerRoom(
    const std::string& config_file) {
  ASSIGN_OR_RETURN(const config::v1::IssuanceLedgerConfig config,
                   LoadIssuanceLedgerConfig(config_file));
  ASSIGN_OR_RETURN(LedgerSettings settings, LedgerSettingsOf(config));
  process::RoomPlan plan;
  plan.name = kLedgerSource;
  plan.process = config.process();
  plan.make = [settings = std::move(settings)](const process::RoomDeps& deps) {
    return IssuanceLedgerServer::Make(settings, deps);
  };
  return plan;
}

absl::StatusOr<std::unique_ptr<IssuanceLedgerServer>>
IssuanceLedgerServer::Make(LedgerSettings settings,
                           const process::RoomDeps& deps) {
  ASSIGN_OR_RETURN(const std::string pem,
                   ReadConfigFile(settings.signing_key_file));
  absl::StatusOr<crypto::SigningKey> key = crypto::SigningKey::FromPem(pem);
  if (!key.ok()) return ConfigError("signing_key_file", "holds no key in PEM");
  absl::StatusOr<ledger::NoteSigner> signer =
      ledger::NoteSigner::ForLog(settings.origin, *std::move(key));
  if (!signer.ok()) {
    return ConfigError("signing_key_file", "holds no Ed25519 key");
  }
  // Stays the same over restarts and on every instance, and needs no file.
  std::string page_token_key =
      crypto::HmacSha256(pem, "shiming/ledger-page-token/v1");
  std::optional<CosigningPlan> cosigning;
  if (settings.witnesses.has_value()) {
    ASSIGN_OR_RETURN(cosigning,
                     MakeCosigningPlan(*settings.witnesses, signer->vkey(),
                                       deps.runtime.executor()));
  }
  return std::unique_ptr<IssuanceLedgerServer>(new IssuanceLedgerServer(
      std::move(settings), *std::move(signer), std::move(page_token_key),
      std::move(cosigning), deps));
}

IssuanceLedgerServer::IssuanceLedgerServer(LedgerSettings settings,
                                           ledger::NoteSigner signer,
                                           std::string page_token_key,
                                           std::optional<CosigningPlan> plan,
                                           const process::RoomDeps& deps)
    : settings_(std::move(settings)),
      signer_(std::move(signer)),
      page_token_key_(std::move(page_token_key)),
      cosigning_(std::move(plan)),
      runtime_(deps.runtime),
      dispatcher_(deps.dispatcher),
      clock_(deps.clock),
      random_(deps.random),
      metrics_(deps.metrics),
      observer_(deps.metrics),
      witness_observer_(deps.metrics, NamesOf(cosigning_)),
      file_runtime_(kFileThreads) {}

IssuanceLedgerServer::~IssuanceLedgerServer() { Stop(); }

std::vector<grpc::Service*> IssuanceLedgerServer::services() {
  return {writer_.get(), audit_.get()};
}

absl::Status IssuanceLedgerServer::Start(std::stop_token stop) {
  ASSIGN_OR_RETURN(database_, sql::OpenConfigured(settings_.database,
                                                  kLedgerSource, metrics_));
  ASSIGN_OR_RETURN(store_, SqlLedgerStore::Open(*database_, settings_.origin));
  while (true) {
    const absl::Status opened = OpenLog();
    const bool is_held = HasReason(opened, Reason::LEDGER_FENCED);
    if (!is_held && !HasReason(opened, Reason::LEDGER_QUORUM_NOT_MET)) {
      RETURN_IF_ERROR(opened);
      break;
    }
    Log(Severity::kInfo,
        is_held ? "another instance holds the log, waiting"
                : "strict mode waits for witnesses",
        {{"error", std::string(opened.message())}});
    if (!Sleep(kOpenRetry, stop)) return absl::CancelledError("stopping");
  }
  writer_ = std::make_unique<LedgerWriterServiceRpc>(dispatcher_, *log_);
  audit_ = std::make_unique<LedgerAuditServiceRpc>(dispatcher_, *log_,
                                                   page_token_key_);
  Log(Severity::kInfo, "log is open",
      {{"origin", settings_.origin}, {"verifier_key", signer_.vkey()}});
  return absl::OkStatus();
}

absl::Status IssuanceLedgerServer::OpenLog() {
  files_.reset();
  ASSIGN_OR_RETURN(files_,
                   LogFiles::Open({.directory = settings_.log_folder,
                                   .guard_file = settings_.guard_file}));
  ASSIGN_OR_RETURN(
      log_, LedgerLog::Open(
                {.executor = runtime_.executor(),
                 .file_executor = file_runtime_.executor(),
                 .store = *store_,
                 .files = *files_,
                 .observer = observer_,
                 .clock = clock_,
                 .random = random_,
                 .signer = signer_,
                 .holder = settings_.instance,
                 .pseudonym_key_commitment = settings_.pseudonym_key_commitment,
                 .checkpoint_interval = settings_.checkpoint_interval,
                 .freeze = settings_.freeze,
                 .earlier_folders = settings_.earlier_log_folders,
                 .sealing = settings_.sealing,
                 .cosigning = cosigning_,
                 .cosigning_observer = &witness_observer_}));
  return absl::OkStatus();
}

absl::Status IssuanceLedgerServer::Ready() {
  if (log_ == nullptr) return absl::UnavailableError("log is not open");
  return observer_.halted();
}

void IssuanceLedgerServer::Stop() {
  if (log_ != nullptr) log_->Stop();
}

}  // namespace shiming::issuance_ledger
