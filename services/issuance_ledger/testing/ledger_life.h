// The service in this process, for tests: on a configuration file, behind the
// real dispatcher.
#ifndef SHIMING_SERVICES_ISSUANCE_LEDGER_TESTING_LEDGER_LIFE_H_
#define SHIMING_SERVICES_ISSUANCE_LEDGER_TESTING_LEDGER_LIFE_H_

#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "common/crypto/fake_random.h"
#include "common/rpc/grpc_status.h"
#include "common/testing/in_process_server.h"
#include "common/testing/status_matchers.h"
#include "common/time/clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/issuance_ledger/issuance_ledger_server.h"
#include "shiming/ledger/v1/ledger_service.grpc.pb.h"

namespace shiming::issuance_ledger {

// One life of the service: made, started, served, stopped.
class Life {
 public:
  Life(const std::string& config_file, const Clock& clock) {
    const auto plan = IssuanceLedgerRoom(config_file);
    EXPECT_THAT(plan.status(), shiming::testing::IsOk());
    auto room = plan->make({.runtime = host_.runtime(),
                            .dispatcher = host_.dispatcher(),
                            .clock = clock,
                            .random = random_,
                            .metrics = host_.metrics(),
                            .channel_to = nullptr});
    EXPECT_THAT(room.status(), shiming::testing::IsOk());
    room_ = *std::move(room);
    started_ = room_->Start(stop_.get_token());
    if (started_.ok()) host_.Serve(room_->services());
  }
  ~Life() {
    if (started_.ok()) host_.Stop();
    room_->Stop();
    room_.reset();
  }

  const absl::Status& started() const { return started_; }
  process::Room& room() { return *room_; }
  Metrics& metrics() { return host_.metrics(); }

  std::unique_ptr<ledger::v1::LedgerWriterService::Stub> Writer(
      std::string_view name = "profile_order") {
    return ledger::v1::LedgerWriterService::NewStub(
        host_.Channel(shiming::testing::ServicePeer(name)));
  }
  std::unique_ptr<ledger::v1::LedgerAuditService::Stub> Auditor() {
    return ledger::v1::LedgerAuditService::NewStub(
        host_.Channel(shiming::testing::AuditorPeer("eve")));
  }

 private:
  shiming::testing::InProcessServer host_;
  crypto::FakeRandom random_{3};
  std::stop_source stop_;
  std::unique_ptr<process::Room> room_;
  absl::Status started_;
};

// Calls a stub's method with a deadline.
template <class Stub, class Request, class Response>
absl::StatusOr<Response> Call(const std::unique_ptr<Stub>& stub,
                              grpc::Status (Stub::*method)(grpc::ClientContext*,
                                                           const Request&,
                                                           Response*),
                              const Request& request,
                              absl::Duration limit = absl::Seconds(20)) {
  grpc::ClientContext context;
  context.set_deadline(absl::ToChronoTime(absl::Now() + limit));
  Response response;
  const grpc::Status status = ((*stub).*method)(&context, request, &response);
  if (!status.ok()) return rpc::FromGrpcStatus(status);
  return response;
}

// All messages of a stream.
inline absl::StatusOr<std::vector<ledger::v1::StreamEntriesResponse>> Stream(
    Life& life, const ledger::v1::StreamEntriesRequest& request) {
  const auto stub = life.Auditor();
  grpc::ClientContext context;
  const auto reader = stub->StreamEntries(&context, request);
  std::vector<ledger::v1::StreamEntriesResponse> messages;
  ledger::v1::StreamEntriesResponse message;
  while (reader->Read(&message)) messages.push_back(message);
  const grpc::Status status = reader->Finish();
  if (!status.ok()) return rpc::FromGrpcStatus(status);
  return messages;
}

}  // namespace shiming::issuance_ledger

#endif  // SHIMING_SERVICES_ISSUANCE_LEDGER_TESTING_LEDGER_LIFE_H_
