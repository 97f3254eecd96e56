#include "tests/bench/ledger/ledger_host.h"

#include <chrono>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/crypto/keys.h"
#include "common/files/file.h"
#include "common/rpc/grpc_status.h"
#include "common/status/status_macros.h"
#include "common/time/proto_time.h"
#include "services/issuance_ledger/issuance_ledger_server.h"

namespace shiming::bench {
namespace {

using ledger::v1::AppendOutcome;

absl::StatusOr<std::string> WriteConfig(const std::string& folder) {
  ASSIGN_OR_RETURN(const crypto::SigningKey key,
                   crypto::SigningKey::FromEd25519Seed(std::string(32, 'k')));
  RETURN_IF_ERROR(MakeFolder(folder));
  RETURN_IF_ERROR(ReplaceFile(folder + "/ledger.key", key.ToPem().Reveal(),
                              FileAccess::kOwner));
  const std::string path = folder + "/ledger.textproto";
  RETURN_IF_ERROR(ReplaceFile(
      path,
      absl::StrCat("process { trust_domain: 'shiming.test' "
                   "admin_listen: '127.0.0.1:0' }\n"
                   "database { url: 'sqlite:ledger.db' create: true }\n"
                   "origin: 'bench.shiming.test/1'\n"
                   "signing_key_file: 'ledger.key'\nlog_folder: 'log'\n"
                   "guard_file: 'guard/ledger'\npseudonym_key_commitment: '",
                   std::string(64, 'a'), "'\n"),
      FileAccess::kEveryone));
  return path;
}

}  // namespace

std::string LedgerHost::DatabaseOf(const std::string& folder) {
  return folder + "/ledger.db";
}

absl::StatusOr<std::unique_ptr<LedgerHost>> LedgerHost::Start(
    const std::string& folder, absl::Time now) {
  std::unique_ptr<LedgerHost> host(new LedgerHost(now));
  ASSIGN_OR_RETURN(const std::string config, WriteConfig(folder));
  ASSIGN_OR_RETURN(const process::RoomPlan plan,
                   issuance_ledger::IssuanceLedgerRoom(config));
  ASSIGN_OR_RETURN(host->room_,
                   plan.make({.runtime = host->server_.runtime(),
                              .dispatcher = host->server_.dispatcher(),
                              .clock = host->clock_,
                              .random = crypto::SystemRandom(),
                              .metrics = host->server_.metrics(),
                              .channel_to = nullptr}));
  absl::Status started = host->room_->Start(host->stop_.get_token());
  if (!started.ok()) {
    host->room_.reset();
    return started;
  }
  host->server_.Serve(host->room_->services());
  return host;
}

LedgerHost::~LedgerHost() {
  if (room_ == nullptr) return;
  server_.Stop();
  room_->Stop();
  room_.reset();
}

std::unique_ptr<ledger::v1::LedgerWriterService::Stub> LedgerHost::Writer() {
  return ledger::v1::LedgerWriterService::NewStub(
      server_.Channel(shiming::testing::ServicePeer("profile_order")));
}

std::unique_ptr<ledger::v1::LedgerAuditService::Stub> LedgerHost::Auditor() {
  return ledger::v1::LedgerAuditService::NewStub(
      server_.Channel(shiming::testing::AuditorPeer("bench")));
}

absl::Status LedgerHost::Append(ledger::v1::LedgerWriterService::Stub& writer,
                                const std::vector<std::string>& entries) {
  ledger::v1::Event last;
  if (entries.empty() || !last.ParseFromString(entries.back())) {
    return absl::InvalidArgumentError("no entries");
  }
  // Several callers: never back.
  const absl::Time time = FromProto(last.time());
  if (time > clock_.Now()) clock_.Set(time);
  ledger::v1::AppendEntriesRequest request;
  request.mutable_entries()->Assign(entries.begin(), entries.end());
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() +
                       std::chrono::seconds(60));
  ledger::v1::AppendEntriesResponse response;
  const grpc::Status status =
      writer.AppendEntries(&context, request, &response);
  if (!status.ok()) return rpc::FromGrpcStatus(status);
  for (const AppendOutcome& outcome : response.outcomes()) {
    if (outcome.state() != AppendOutcome::STATE_SEQUENCED) {
      return absl::InternalError(
          absl::StrCat("not sequenced: ", outcome.ShortDebugString()));
    }
  }
  return absl::OkStatus();
}

}  // namespace shiming::bench
