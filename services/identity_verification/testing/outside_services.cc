#include "services/identity_verification/testing/outside_services.h"

#include <chrono>
#include <utility>

#include "common/crypto/digest.h"
#include "common/status/status_macros.h"

namespace shiming::identity_verification {

using boost::asio::awaitable;

grpc::ServerUnaryReactor* FakeSessionAuthorityService::CheckSession(
    grpc::CallbackServerContext* context,
    const terminal::v1::CheckSessionRequest* request,
    terminal::v1::CheckSessionResponse* response) {
  return dispatcher_.Unary(
      context, "/shiming.terminal.v1.SessionAuthorityService/CheckSession",
      request, response,
      [this](const rpc::Call&, const terminal::v1::CheckSessionRequest& asked,
             terminal::v1::CheckSessionResponse* answer)
          -> awaitable<absl::Status> {
        {
          std::lock_guard lock(mutex_);
          last_check_ = asked;
        }
        const Caller caller;
        CO_ASSIGN_OR_RETURN(
            const Standing standing,
            co_await sessions_.CheckSession(caller, asked.shift_token(),
                                            asked.session_id()));
        answer->set_shop_id(standing.shop);
        answer->set_terminal(standing.terminal);
        answer->set_display(standing.display);
        answer->set_clerk_id(standing.clerk);
        answer->set_shift_id(standing.shift);
        answer->set_session_id(standing.session_id);
        answer->set_evidence_public_key(standing.evidence_public_key);
        *answer->mutable_session_opened() = standing.session_opened;
        co_return absl::OkStatus();
      });
}

grpc::ServerUnaryReactor* FakeSessionAuthorityService::ConsumeReadNonce(
    grpc::CallbackServerContext* context,
    const terminal::v1::ConsumeReadNonceRequest* request,
    terminal::v1::ConsumeReadNonceResponse* response) {
  return dispatcher_.Unary(
      context, "/shiming.terminal.v1.SessionAuthorityService/ConsumeReadNonce",
      request, response,
      [this](
          const rpc::Call&, const terminal::v1::ConsumeReadNonceRequest& asked,
          terminal::v1::ConsumeReadNonceResponse*) -> awaitable<absl::Status> {
        const Caller caller;
        co_return co_await sessions_.ConsumeReadNonce(
            caller, asked.session_id(), asked.nonce(), asked.evidence_sha256());
      });
}

terminal::v1::CheckSessionRequest FakeSessionAuthorityService::last_check()
    const {
  std::lock_guard lock(mutex_);
  return last_check_;
}

grpc::ServerUnaryReactor* FakeIdentityAuthorityService::CheckIdentity(
    grpc::CallbackServerContext* context,
    const outside::v1::CheckIdentityRequest* request,
    outside::v1::CheckIdentityResponse* response) {
  return dispatcher_.Unary(
      context, "/shiming.outside.v1.IdentityAuthorityService/CheckIdentity",
      request, response,
      [this](const rpc::Call&, const outside::v1::CheckIdentityRequest& asked,
             outside::v1::CheckIdentityResponse* answer)
          -> awaitable<absl::Status> {
        std::lock_guard lock(mutex_);
        last_question_ = asked;
        answer->set_answer(answer_);
        answer->set_transaction_id("authority-1");
        co_return absl::OkStatus();
      });
}

grpc::ServerUnaryReactor* FakeIdentityAuthorityService::CountNumbers(
    grpc::CallbackServerContext* context,
    const outside::v1::CountNumbersRequest* request,
    outside::v1::CountNumbersResponse* response) {
  return dispatcher_.Unary(
      context, "/shiming.outside.v1.IdentityAuthorityService/CountNumbers",
      request, response,
      [](const rpc::Call&, const outside::v1::CountNumbersRequest&,
         outside::v1::CountNumbersResponse* answer) -> awaitable<absl::Status> {
        answer->set_numbers_elsewhere(1);
        co_return absl::OkStatus();
      });
}

void FakeIdentityAuthorityService::AnswerWith(
    outside::v1::AuthorityAnswer answer) {
  std::lock_guard lock(mutex_);
  answer_ = answer;
}

outside::v1::CheckIdentityRequest FakeIdentityAuthorityService::last_question()
    const {
  std::lock_guard lock(mutex_);
  return last_question_;
}

grpc::ServerUnaryReactor* FakeLedgerWriterService::AppendEntries(
    grpc::CallbackServerContext* context,
    const ledger::v1::AppendEntriesRequest* request,
    ledger::v1::AppendEntriesResponse* response) {
  return dispatcher_.Unary(
      context, "/shiming.ledger.v1.LedgerWriterService/AppendEntries", request,
      response,
      [this](const rpc::Call&, const ledger::v1::AppendEntriesRequest& asked,
             ledger::v1::AppendEntriesResponse* answer)
          -> awaitable<absl::Status> {
        std::lock_guard lock(mutex_);
        for (const std::string& entry : asked.entries()) {
          ledger::v1::Event event;
          event.ParseFromString(entry);
          ledger::v1::AppendOutcome* outcome = answer->add_outcomes();
          outcome->set_state(ledger::v1::AppendOutcome::STATE_SEQUENCED);
          outcome->set_index(static_cast<int64_t>(own_.size()));
          ledger::v1::OwnEntry own;
          own.set_index(static_cast<int64_t>(own_.size()));
          *own.mutable_id() = event.id();
          own.set_sha256(crypto::Sha256(entry));
          own_.push_back(std::move(own));
          appended_.push_back(std::move(event));
        }
        more_.notify_all();
        co_return absl::OkStatus();
      });
}

grpc::ServerUnaryReactor* FakeLedgerWriterService::ListOwnEntries(
    grpc::CallbackServerContext* context,
    const ledger::v1::ListOwnEntriesRequest* request,
    ledger::v1::ListOwnEntriesResponse* response) {
  return dispatcher_.Unary(
      context, "/shiming.ledger.v1.LedgerWriterService/ListOwnEntries", request,
      response,
      [this](const rpc::Call&, const ledger::v1::ListOwnEntriesRequest& asked,
             ledger::v1::ListOwnEntriesResponse* answer)
          -> awaitable<absl::Status> {
        std::lock_guard lock(mutex_);
        for (const ledger::v1::OwnEntry& own : own_) {
          if (own.index() > asked.after_index()) *answer->add_entries() = own;
        }
        co_return absl::OkStatus();
      });
}

void FakeLedgerWriterService::AddOwnEntry(ledger::v1::OwnEntry entry) {
  std::lock_guard lock(mutex_);
  entry.set_index(static_cast<int64_t>(own_.size()));
  own_.push_back(std::move(entry));
}

std::vector<ledger::v1::Event> FakeLedgerWriterService::WaitForAppended(
    size_t count) {
  std::unique_lock lock(mutex_);
  more_.wait_for(lock, std::chrono::seconds(20),
                 [&] { return appended_.size() >= count; });
  return appended_;
}

}  // namespace shiming::identity_verification
