// What identity_verification calls, served inside the process.
#ifndef SHIMING_SERVICES_IDENTITY_VERIFICATION_TESTING_OUTSIDE_SERVICES_H_
#define SHIMING_SERVICES_IDENTITY_VERIFICATION_TESTING_OUTSIDE_SERVICES_H_

#include <condition_variable>
#include <mutex>
#include <string>
#include <vector>

#include "common/rpc/dispatcher.h"
#include "services/identity_verification/testing/fake_authorities.h"
#include "shiming/ledger/v1/ledger_service.grpc.pb.h"
#include "shiming/outside/v1/outside_service.grpc.pb.h"
#include "shiming/terminal/v1/terminal_service.grpc.pb.h"

namespace shiming::identity_verification {

// SessionAuthorityService in front of a FakeSessionAuthority. Keeps the last
// CheckSession request.
class FakeSessionAuthorityService final
    : public terminal::v1::SessionAuthorityService::CallbackService {
 public:
  FakeSessionAuthorityService(rpc::Dispatcher& dispatcher,
                              FakeSessionAuthority& sessions)
      : dispatcher_(dispatcher), sessions_(sessions) {}

  grpc::ServerUnaryReactor* CheckSession(
      grpc::CallbackServerContext* context,
      const terminal::v1::CheckSessionRequest* request,
      terminal::v1::CheckSessionResponse* response) override;
  grpc::ServerUnaryReactor* ConsumeReadNonce(
      grpc::CallbackServerContext* context,
      const terminal::v1::ConsumeReadNonceRequest* request,
      terminal::v1::ConsumeReadNonceResponse* response) override;

  terminal::v1::CheckSessionRequest last_check() const;

 private:
  rpc::Dispatcher& dispatcher_;
  FakeSessionAuthority& sessions_;
  mutable std::mutex mutex_;
  terminal::v1::CheckSessionRequest last_check_;
};

// IdentityAuthorityService with one answer for all. Keeps the last question.
class FakeIdentityAuthorityService final
    : public outside::v1::IdentityAuthorityService::CallbackService {
 public:
  explicit FakeIdentityAuthorityService(rpc::Dispatcher& dispatcher)
      : dispatcher_(dispatcher) {}

  grpc::ServerUnaryReactor* CheckIdentity(
      grpc::CallbackServerContext* context,
      const outside::v1::CheckIdentityRequest* request,
      outside::v1::CheckIdentityResponse* response) override;
  grpc::ServerUnaryReactor* CountNumbers(
      grpc::CallbackServerContext* context,
      const outside::v1::CountNumbersRequest* request,
      outside::v1::CountNumbersResponse* response) override;

  void AnswerWith(outside::v1::AuthorityAnswer answer);
  outside::v1::CheckIdentityRequest last_question() const;

 private:
  rpc::Dispatcher& dispatcher_;
  mutable std::mutex mutex_;
  outside::v1::AuthorityAnswer answer_ = outside::v1::AUTHORITY_ANSWER_MATCH;
  outside::v1::CheckIdentityRequest last_question_;
};

// LedgerWriterService that takes everything.
class FakeLedgerWriterService final
    : public ledger::v1::LedgerWriterService::CallbackService {
 public:
  explicit FakeLedgerWriterService(rpc::Dispatcher& dispatcher)
      : dispatcher_(dispatcher) {}

  grpc::ServerUnaryReactor* AppendEntries(
      grpc::CallbackServerContext* context,
      const ledger::v1::AppendEntriesRequest* request,
      ledger::v1::AppendEntriesResponse* response) override;
  grpc::ServerUnaryReactor* ListOwnEntries(
      grpc::CallbackServerContext* context,
      const ledger::v1::ListOwnEntriesRequest* request,
      ledger::v1::ListOwnEntriesResponse* response) override;

  // An own entry that stands in the record already.
  void AddOwnEntry(ledger::v1::OwnEntry entry);
  // All events so far, once there are `count`; fewer when that takes longer
  // than 20 s.
  std::vector<ledger::v1::Event> WaitForAppended(size_t count);

 private:
  rpc::Dispatcher& dispatcher_;
  std::mutex mutex_;
  std::condition_variable more_;
  std::vector<ledger::v1::OwnEntry> own_;
  std::vector<ledger::v1::Event> appended_;
};

}  // namespace shiming::identity_verification

#endif  // SHIMING_SERVICES_IDENTITY_VERIFICATION_TESTING_OUTSIDE_SERVICES_H_
