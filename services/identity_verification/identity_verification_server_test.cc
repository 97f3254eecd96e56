// Goal: the room, put together from a configuration file, serves step 3 over
// gRPC, sends its events, and does not start on a database behind the ledger.
#include "services/identity_verification/identity_verification_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "common/crypto/encoding.h"
#include "common/crypto/fake_random.h"
#include "common/ids/ids.h"
#include "common/rpc/grpc_status.h"
#include "common/testing/in_process_server.h"
#include "common/testing/status_matchers.h"
#include "common/testing/temp_dir.h"
#include "common/time/fake_clock.h"
#include "identity/attestation/attestation.h"
#include "identity/testing/evidence_maker.h"
#include "identity/vault/file_keyring.h"
#include "services/identity_verification/testing/outside_services.h"
#include "shiming/identity/v1/identity_service.grpc.pb.h"
#include "storage/testing/database_place.h"

namespace shiming::identity_verification {
namespace {

using identity::v1::IdentityVerificationService;
using ::shiming::testing::FailsWith;
using ::shiming::testing::InProcessServer;
using ::shiming::testing::IsOk;
using ::shiming::testing::ServicePeer;
using ::shiming::testing::TerminalPeer;
using ::testing::HasSubstr;

// MAIN and KEYS stand for the URLs of two databases.
constexpr char kConfig[] = R"(
process { trust_domain: "shiming.test" admin_listen: "127.0.0.1:0" }
database { url: "MAIN" create: true }
key_database { url: "KEYS" create: true }
keyring_file: "keyring"
index_key_file: "index.key"
attestation_key_file: "attestation.key"
attestation_key_id: "attestation-1"
terminal_session { address: "unused:1" service: "terminal_session" }
issuance_ledger { address: "unused:2" service: "issuance_ledger" }
identity_authority { address: "unused:3" service: "identity_authority" }
face_engines { key_id: "engine-1" public_key_file: "engine.pub" }
sam_numbers: "05.01-20200101-0000000001"
policies {
  version: "test-1" effective_from: "2025-10-13"
  accepted_documents: "RESIDENT_ID"
  face_min_score_millionths: 800000
}
)";

class IdentityVerificationServerTest : public ::testing::Test {
 protected:
  IdentityVerificationServerTest()
      : session_service_(outside_.dispatcher(), sessions_),
        authority_service_(outside_.dispatcher()),
        ledger_service_(outside_.dispatcher()) {
    outside_.Serve({&session_service_, &authority_service_, &ledger_service_});
    WriteConfig(kConfig);
    EXPECT_THAT(
        identity::FileKeyring::CreateFile(
            dir_.File("keyring"), crypto::Suite::kInternational, random_),
        IsOk());
    dir_.Write("index.key", crypto::ToHex(std::string(32, 'i')) + "\n");
    dir_.Write("attestation.key",
               std::string(attestation_key_.ToPem().Reveal()));
    dir_.Write("engine.pub", maker_.face_engine_key.Public().ToPem());
    OpenSession();
  }

  ~IdentityVerificationServerTest() override { Close(); }

  void WriteConfig(const std::string& text) {
    config_file_ = dir_.Write(
        "config.textproto", absl::StrReplaceAll(text, {{"MAIN", main_.url()},
                                                       {"KEYS", keys_.url()}}));
  }

  // The maker's session at shop-1/terminal-1, with an issued nonce.
  void OpenSession() {
    maker_.session_id = NewId(random_);
    maker_.nonce = random_.Bytes(32);
    maker_.now = clock_.Now();
    Standing standing;
    standing.shop = "shop-1";
    standing.terminal = "shop-1/terminal-1";
    standing.display = "shop-1/display-1";
    standing.clerk = "clerk-1";
    standing.shift = NewId(random_);
    standing.session_id = maker_.session_id;
    standing.evidence_public_key = maker_.evidence_key.PublicDer();
    standing.session_opened.set_source("terminal_session");
    standing.session_opened.set_aggregate("session/" + maker_.session_id);
    standing.session_opened.set_version(1);
    sessions_.Open(std::move(standing));
    sessions_.IssueNonce(maker_.nonce);
  }

  // Loads, makes and starts the room; serves it when that went well.
  absl::Status Open() {
    absl::StatusOr<process::RoomPlan> plan =
        IdentityVerificationRoom(config_file_);
    if (!plan.ok()) return plan.status();
    own_ = std::make_unique<InProcessServer>();
    absl::StatusOr<std::unique_ptr<process::Room>> room = plan->make(
        {.runtime = own_->runtime(),
         .dispatcher = own_->dispatcher(),
         .clock = clock_,
         .random = random_,
         .metrics = own_->metrics(),
         .channel_to = [this](const config::v1::Target&)
             -> absl::StatusOr<std::shared_ptr<grpc::Channel>> {
           return outside_.Channel(ServicePeer("identity_verification"));
         }});
    if (!room.ok()) return room.status();
    room_ = *std::move(room);
    absl::Status status = room_->Start(std::stop_token());
    if (!status.ok()) return status;
    own_->Serve(room_->services());
    stub_ = IdentityVerificationService::NewStub(own_->Channel(
        TerminalPeer("shop-1", "terminal-1", std::string(32, 'k'))));
    return absl::OkStatus();
  }

  void Close() {
    stub_.reset();
    if (own_ != nullptr) own_->Stop();
    if (room_ != nullptr) room_->Stop();
    room_.reset();
    own_.reset();
  }

  identity::v1::VerifyIdentityRequest Request() {
    const identity::MadeEvidence made = maker_.Make();
    identity::v1::VerifyIdentityRequest request;
    request.set_request_id(NewUuid(random_));
    request.set_shift_token("token");
    request.set_session_id(maker_.session_id);
    *request.mutable_evidence() = made.evidence;
    *request.mutable_openings() = made.openings;
    request.set_order_kind(identity::v1::ORDER_KIND_NEW_NUMBER);
    request.set_face_consent_text_id("face-consent/2026-01");
    return request;
  }

  absl::StatusOr<identity::v1::Verification> Verify(
      const identity::v1::VerifyIdentityRequest& request) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() +
                         std::chrono::seconds(30));
    identity::v1::VerifyIdentityResponse response;
    const grpc::Status status =
        stub_->VerifyIdentity(&context, request, &response);
    if (!status.ok()) return rpc::FromGrpcStatus(status);
    return response.verification();
  }

  FakeClock clock_{absl::FromCivil(absl::CivilSecond(2026, 6, 30, 12, 0, 0),
                                   ShopTimeZone())};
  crypto::FakeRandom random_{7};
  ::shiming::testing::TempDir dir_;
  sql::testing::DatabasePlace main_;
  sql::testing::DatabasePlace keys_;
  identity::EvidenceMaker maker_;
  const crypto::SigningKey attestation_key_ =
      *crypto::SigningKey::GenerateEd25519();
  std::string config_file_;

  InProcessServer outside_;
  FakeSessionAuthority sessions_;
  FakeSessionAuthorityService session_service_;
  FakeIdentityAuthorityService authority_service_;
  FakeLedgerWriterService ledger_service_;

  std::unique_ptr<InProcessServer> own_;
  std::unique_ptr<process::Room> room_;
  std::unique_ptr<IdentityVerificationService::Stub> stub_;
};

TEST_F(IdentityVerificationServerTest, ServesStepThree) {
  ASSERT_THAT(Open(), IsOk());
  EXPECT_THAT(room_->Ready(), IsOk());
  const auto request = Request();
  const auto verified = Verify(request);
  ASSERT_THAT(verified, IsOk());
  EXPECT_EQ(verified->decision(), identity::v1::DECISION_APPROVED);
  EXPECT_THAT(identity::AttestationVerifier(
                  {.keys = {{"attestation-1", attestation_key_.Public()}},
                   .audience = std::string(identity::kProfileOrderAudience),
                   .clock = &clock_})
                  .Verify(verified->attestation()),
              IsOk());
  // terminal_session was asked about the peer that really called.
  EXPECT_EQ(session_service_.last_check().peer_spiffe_id(),
            "spiffe://shiming.test/terminal/shop-1/terminal-1");
  EXPECT_EQ(session_service_.last_check().peer_key_sha256(),
            std::string(32, 'k'));
  EXPECT_EQ(session_service_.last_check().shift_token(), "token");
  EXPECT_TRUE(IsUuid(authority_service_.last_question().request_id()));
  EXPECT_NE(authority_service_.last_question().request_id(),
            request.request_id());

  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() +
                       std::chrono::seconds(30));
  identity::v1::GetVerificationRequest get;
  get.set_shift_token("token");
  get.set_session_id(maker_.session_id);
  get.set_verification_id(verified->verification_id());
  identity::v1::GetVerificationResponse got;
  ASSERT_TRUE(stub_->GetVerification(&context, get, &got).ok());
  EXPECT_EQ(got.verification().SerializeAsString(),
            verified->SerializeAsString());
}

TEST_F(IdentityVerificationServerTest, SendsItsEventsToTheLedger) {
  ASSERT_THAT(Open(), IsOk());
  authority_service_.AnswerWith(outside::v1::AUTHORITY_ANSWER_NO_MATCH);
  const auto refused = Verify(Request());
  ASSERT_THAT(refused, IsOk());
  EXPECT_EQ(refused->refused_reason(), "AUTHORITY_NO_MATCH");
  const auto events = ledger_service_.WaitForAppended(1);
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].id().source(), "identity_verification");
  EXPECT_EQ(events[0].id().aggregate(), refused->event_id().aggregate());
  EXPECT_EQ(events[0].refused_reason(), "AUTHORITY_NO_MATCH");
}

TEST_F(IdentityVerificationServerTest, ReasonsOfTerminalSessionComeThrough) {
  ASSERT_THAT(Open(), IsOk());
  const auto request = Request();
  sessions_.FailWith(MakeError(Reason::SHIFT_TOKEN_MISUSED, "misused"));
  EXPECT_THAT(Verify(request), FailsWith(Reason::SHIFT_TOKEN_MISUSED));
  sessions_.FailWith(absl::OkStatus());
  EXPECT_THAT(Verify(request), IsOk());
}

TEST_F(IdentityVerificationServerTest, KeepsEverythingOverARestart) {
  ASSERT_THAT(Open(), IsOk());
  const auto request = Request();
  const auto before = Verify(request);
  ASSERT_THAT(before, IsOk());
  Close();
  ASSERT_THAT(Open(), IsOk());
  const auto after = Verify(request);
  ASSERT_THAT(after, IsOk());
  EXPECT_EQ(before->SerializeAsString(), after->SerializeAsString());
}

TEST_F(IdentityVerificationServerTest, DoesNotStartBehindTheLedger) {
  ledger::v1::OwnEntry entry;
  entry.mutable_id()->set_source("identity_verification");
  entry.mutable_id()->set_aggregate("verification/" + std::string(32, 'a'));
  entry.mutable_id()->set_version(1);
  entry.set_sha256(std::string(32, 's'));
  ledger_service_.AddOwnEntry(std::move(entry));
  EXPECT_THAT(Open(), FailsWith(Reason::DATABASE_BEHIND_LEDGER));
}

TEST_F(IdentityVerificationServerTest, DoesNotStartOnAnOlderKeyStore) {
  ASSERT_THAT(Open(), IsOk());
  ASSERT_THAT(Verify(Request()), IsOk());
  Close();
  keys_.Lose();
  EXPECT_THAT(Open(), FailsWith(Reason::DATABASE_BEHIND_LEDGER));
}

TEST_F(IdentityVerificationServerTest, BadConfigurationNamesTheField) {
  const std::pair<const char*, const char*> changes[] = {
      {"database { url: \"MAIN\" create: true }", "database.url"},
      {"key_database { url: \"KEYS\" create: true }", "key_database.url"},
      {"attestation_key_id: \"attestation-1\"", "attestation_key_id"},
      {"sam_numbers: \"05.01-20200101-0000000001\"", "sam_numbers"},
      {"face_engines { key_id: \"engine-1\" public_key_file: \"engine.pub\" }",
       "face_engines"},
      {"RESIDENT_ID", "policies.accepted_documents"},
      {"2025-10-13", "policies.effective_from"},
      {"face_min_score_millionths: 800000", "policies"},
  };
  for (const auto& [removed, field] : changes) {
    WriteConfig(absl::StrReplaceAll(kConfig, {{removed, ""}}));
    const absl::Status status = IdentityVerificationRoom(config_file_).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << removed;
    EXPECT_THAT(std::string(status.message()), HasSubstr(field));
  }
  // Persons and their keys stay apart; a URL that no driver takes is refused.
  for (const char* keys :
       {"MAIN", "mysql://h/d", "postgres://h/d?isolation=none", "sqlite:"}) {
    WriteConfig(absl::StrReplaceAll(kConfig, {{"KEYS", keys}}));
    const absl::Status status = IdentityVerificationRoom(config_file_).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << keys;
    EXPECT_THAT(std::string(status.message()), HasSubstr("key_database.url"));
  }
  WriteConfig(absl::StrCat(kConfig, "attestation_minutes: 61"));
  EXPECT_THAT(
      std::string(IdentityVerificationRoom(config_file_).status().message()),
      HasSubstr("attestation_minutes"));
  for (const auto& [line, field] :
       {std::pair("key_backup_days: 31", "key_backup_days"),
        std::pair("identity_retention_days: -1", "identity_retention_days")}) {
    WriteConfig(absl::StrCat(kConfig, line));
    EXPECT_THAT(
        std::string(IdentityVerificationRoom(config_file_).status().message()),
        HasSubstr(field));
  }
}

}  // namespace
}  // namespace shiming::identity_verification
