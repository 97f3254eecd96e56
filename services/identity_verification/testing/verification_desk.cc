#include "services/identity_verification/testing/verification_desk.h"

#include <utility>

#include "common/ids/ids.h"
#include "common/status/check.h"
#include "common/status/status_macros.h"
#include "common/time/proto_time.h"
#include "services/identity_verification/core/erasure_form.h"
#include "services/identity_verification/core/identity_events.h"
#include "services/identity_verification/store/key_store_check.h"
#include "services/identity_verification/store/migrations.h"
#include "services/identity_verification/store/testing/row_count.h"
#include "storage/testing/run.h"

namespace shiming::identity_verification {
namespace {

constexpr char kTerminal[] = "shop-1/terminal-1";

// The defaults of the configuration.
Rules DefaultRules(const crypto::SigningKey& face_engine_key) {
  using identity::DocumentKind;
  return {.policies = *identity::PolicyBook::Make(
              {{.version = "policy-1",
                .effective_from = *Date::ParseIso("2026-01-01"),
                .accepted_documents = {DocumentKind::kResidentId,
                                       DocumentKind::kHmtResidencePermit,
                                       DocumentKind::kForeignPr2017,
                                       DocumentKind::kForeignPr2023},
                .min_age_alone = 16,
                .face_min_score_millionths = 700'000}}),
          .face_engines = {{"engine-1", face_engine_key.Public()}},
          .sam_numbers = {"05.01-20200101-0000000001"},
          .max_clock_difference = absl::Minutes(5),
          .attestation_life = absl::Minutes(15),
          .face_failures_before_lock = 3};
}

}  // namespace

MemoryKeyProvider::MemoryKeyProvider(crypto::Random& random)
    : random_(random), key_(random.Bytes(crypto::kSealingKeyBytes)) {}

absl::StatusOr<std::string> MemoryKeyProvider::Wrap(
    const crypto::Secret& data_key, std::string_view owner) const {
  return crypto::Seal(suite(), key_, data_key.Reveal(), owner, random_);
}

absl::StatusOr<crypto::Secret> MemoryKeyProvider::Unwrap(
    std::string_view wrapped, std::string_view owner) const {
  return crypto::Open(key_, wrapped, owner);
}

VerificationDesk::VerificationDesk()
    : clock(absl::FromCivil(absl::CivilSecond(2026, 6, 30, 12, 0, 0),
                            ShopTimeZone())),
      rules{DefaultRules(*crypto::SigningKey::GenerateP256())},
      evidence_key_(*crypto::SigningKey::GenerateP256()),
      face_engine_key_(*crypto::SigningKey::GenerateP256()),
      attestation_key_(*crypto::SigningKey::GenerateEd25519()),
      signer_(*identity::AttestationSigner::Make("attestation-1",
                                                 attestation_key_)) {
  rules = DefaultRules(face_engine_key_);
  caller.spiffe_id = "spiffe://shiming.test/terminal/shop-1/terminal-1";
  caller.key_sha256 = std::string(32, 'k');
  caller.deadline = absl::InfiniteFuture();
  caller.trace_id = std::string(32, '7');
  Build();
}

VerificationDesk::~VerificationDesk() {
  pool_->join();
  // Before the databases that they use.
  eraser_.reset();
  erasure_desk_.reset();
  verifier_.reset();
  erasures_.reset();
  store_.reset();
  key_store_.reset();
}

void VerificationDesk::Build() {
  pool_ = std::make_unique<boost::asio::thread_pool>(2);
  faults = std::make_unique<sql::testing::FaultyDatabase>(main_.database());
  key_faults = std::make_unique<sql::testing::FaultyDatabase>(keys_.database());
  SHIMING_CHECK(MigrateMain(main_.database()).ok(), "migrates");
  SHIMING_CHECK(MigrateKeys(keys_.database()).ok(), "migrates");
  outbox_ = std::make_unique<outbox::Outbox>(
      outbox::Outbox::Options{.source = std::string(kSource), .clock = clock});
  requests_ = std::make_unique<requests::IdempotencyKeys>(
      requests::IdempotencyKeys::Options{.clock = clock});
  store_ = std::make_unique<SqlVerificationStore>(
      SqlVerificationStore::Deps{.database = *faults,
                                 .outbox = *outbox_,
                                 .requests = *requests_,
                                 .committed = [] {}});
  key_store_ = std::make_unique<SqlPersonKeyStore>(*key_faults, clock);
  verification_metrics_ = std::make_unique<VerificationMetrics>(metrics);
  verifier_ = std::make_unique<Verifier>(
      Verifier::Deps{.clock = clock,
                     .random = random,
                     .sessions = sessions,
                     .authority = authority,
                     .store = *store_,
                     .keys = *key_store_,
                     .vault = vault_,
                     .signer = signer_,
                     .metrics = *verification_metrics_},
      rules, crypto::Secret(std::string(32, 'i')));
  erasures_ = std::make_unique<SqlErasureStore>(
      SqlErasureStore::Deps{.database = *faults,
                            .outbox = *outbox_,
                            .requests = *requests_,
                            .committed = [] {}});
  erasure_metrics_ = std::make_unique<ErasureMetrics>(metrics);
  erasure_desk_ = std::make_unique<ErasureDesk>(
      ErasureDesk::Deps{
          .clock = clock, .store = *erasures_, .metrics = *erasure_metrics_},
      crypto::Secret(std::string(32, 'i')), rules.attestation_life);
  eraser_ = std::make_unique<Eraser>(Eraser::Deps{.clock = clock,
                                                  .store = *erasures_,
                                                  .keys = *key_store_,
                                                  .metrics = *erasure_metrics_},
                                     erasure_rules);
}

absl::Status VerificationDesk::Start() {
  RETURN_IF_ERROR(
      sql::testing::RunOn(*pool_, eraser_->DestroyAgain()).status());
  RETURN_IF_ERROR(CheckKeysNotBehind(main_.database(), keys_.database()));
  return sql::testing::RunOn(*pool_, eraser_->FinishAll());
}

void VerificationDesk::Restart() {
  pool_->join();
  eraser_.reset();
  erasure_desk_.reset();
  verifier_.reset();
  erasures_.reset();
  store_.reset();
  key_store_.reset();
  faults.reset();
  key_faults.reset();
  main_.Reopen();
  keys_.Reopen();
  Build();
}

identity::EvidenceMaker VerificationDesk::OpenSession() {
  identity::EvidenceMaker maker;
  maker.evidence_key = evidence_key_;
  maker.face_engine_key = face_engine_key_;
  maker.session_id = NewId(random);
  maker.terminal = kTerminal;
  Standing standing;
  standing.shop = "shop-1";
  standing.terminal = kTerminal;
  standing.display = "shop-1/display-1";
  standing.clerk = "clerk-1";
  standing.shift = NewId(random);
  standing.session_id = maker.session_id;
  standing.evidence_public_key = evidence_key_.PublicDer();
  standing.session_opened.set_source("terminal_session");
  standing.session_opened.set_aggregate("session/" + maker.session_id);
  standing.session_opened.set_version(1);
  sessions.Open(std::move(standing));
  NewNonce(maker);
  return maker;
}

void VerificationDesk::NewNonce(identity::EvidenceMaker& maker) {
  maker.nonce = random.Bytes(32);
  maker.now = clock.Now();
  sessions.IssueNonce(maker.nonce);
}

identity::v1::VerifyIdentityRequest VerificationDesk::RequestOf(
    const identity::EvidenceMaker& maker) {
  const identity::MadeEvidence made = maker.Make();
  identity::v1::VerifyIdentityRequest request;
  request.set_request_id(NewUuid(random));
  request.set_shift_token("token");
  request.set_session_id(maker.session_id);
  *request.mutable_evidence() = made.evidence;
  *request.mutable_openings() = made.openings;
  request.set_order_kind(identity::v1::ORDER_KIND_NEW_NUMBER);
  request.set_face_consent_text_id("face-consent/2026-01");
  return request;
}

absl::StatusOr<identity::v1::Verification> VerificationDesk::Verify(
    const identity::v1::VerifyIdentityRequest& request) {
  return sql::testing::RunOn(*pool_, verifier_->Verify(caller, request));
}

std::vector<absl::StatusOr<identity::v1::Verification>>
VerificationDesk::VerifyAll(
    const std::vector<identity::v1::VerifyIdentityRequest>& requests) {
  std::vector<
      boost::asio::awaitable<absl::StatusOr<identity::v1::Verification>>>
      work;
  for (const identity::v1::VerifyIdentityRequest& request : requests) {
    work.push_back(verifier_->Verify(caller, request));
  }
  return sql::testing::RunAll(std::move(work));
}

absl::StatusOr<identity::v1::Verification> VerificationDesk::Get(
    const std::string& session_id, const std::string& verification_id) {
  identity::v1::GetVerificationRequest request;
  request.set_shift_token("token");
  request.set_session_id(session_id);
  request.set_verification_id(verification_id);
  return sql::testing::RunOn(*pool_, verifier_->Get(caller, request));
}

namespace {

Officer OfficerNamed(const std::string& name) {
  return {.spiffe_id = "spiffe://shiming.test/officer/" + name,
          .name = "/officer/" + name,
          .trace_id = std::string(32, '7')};
}

}  // namespace

absl::StatusOr<identity::v1::Erasure> VerificationDesk::Propose(
    const std::string& officer, const std::string& person_id,
    std::string request_id) {
  identity::v1::ProposeErasureRequest request;
  request.set_request_id(request_id.empty() ? NewUuid(random) : request_id);
  request.mutable_content()->set_person_id(person_id);
  request.mutable_content()->set_basis(
      identity::v1::ERASURE_BASIS_PERSON_REQUEST);
  request.mutable_content()->set_case_reference("case/1");
  return sql::testing::RunOn(
      *pool_, erasure_desk_->Propose(OfficerNamed(officer), request));
}

absl::StatusOr<identity::v1::Erasure> VerificationDesk::Approve(
    const std::string& officer, const std::string& digest,
    std::string request_id) {
  identity::v1::ApproveErasureRequest request;
  request.set_request_id(request_id.empty() ? NewUuid(random) : request_id);
  request.set_digest(digest);
  return sql::testing::RunOn(
      *pool_, erasure_desk_->Approve(OfficerNamed(officer), request));
}

boost::asio::awaitable<absl::StatusOr<identity::v1::Erasure>>
VerificationDesk::Approving(const std::string& officer,
                            const std::string& digest) {
  identity::v1::ApproveErasureRequest request;
  request.set_request_id(NewUuid(random));
  request.set_digest(digest);
  return erasure_desk_->Approve(OfficerNamed(officer), std::move(request));
}

boost::asio::awaitable<absl::StatusOr<identity::v1::Verification>>
VerificationDesk::Verifying(
    const identity::v1::VerifyIdentityRequest& request) {
  return verifier_->Verify(caller, request);
}

absl::StatusOr<identity::v1::ListErasuresResponse>
VerificationDesk::ListErasures(
    const identity::v1::ListErasuresRequest& request) {
  return sql::testing::RunOn(*pool_, erasure_desk_->List(request));
}

identity::v1::Erasure VerificationDesk::ErasureOf(
    const std::string& person_id) {
  identity::v1::ListErasuresRequest request;
  request.set_page_size(kMaxErasurePage);
  const auto response = ListErasures(request);
  SHIMING_CHECK(response.ok(), "lists");
  for (const identity::v1::Erasure& erasure : response->erasures()) {
    if (erasure.content().person_id() == person_id) return erasure;
  }
  return {};
}

std::vector<identity::v1::ErasureTask> VerificationDesk::Tasks(int64_t after) {
  identity::v1::ListErasureTasksRequest request;
  request.set_after(after);
  const auto response =
      sql::testing::RunOn(*pool_, eraser_->ListTasks(std::move(request)));
  SHIMING_CHECK(response.ok(), "lists");
  return {response->tasks().begin(), response->tasks().end()};
}

absl::Status VerificationDesk::Report(int64_t task_number,
                                      const std::string& refused,
                                      absl::Time newest_end) {
  identity::v1::ReportErasureTaskRequest request;
  request.set_task_number(task_number);
  request.set_refused_reason(refused);
  if (newest_end != absl::InfinitePast()) {
    *request.mutable_newest_end_time() = shiming::ToProto(newest_end);
  }
  if (refused.empty()) {
    ledger::v1::EventId* id = request.add_last_events();
    id->set_source("profile_order");
    id->set_aggregate("order/" + std::string(32, 'a'));
    id->set_version(3);
  }
  return sql::testing::RunOn(*pool_, eraser_->Report(std::move(request)));
}

std::string VerificationDesk::WrappedKeyOf(const std::string& person_id) {
  const auto found = sql::testing::RunOn(*pool_, key_store_->Find(person_id));
  SHIMING_CHECK(found.ok(), "finds");
  return found->value_or("");
}

void VerificationDesk::PutKeyBack(const std::string& person_id,
                                  const std::string& wrapped) {
  SHIMING_CHECK(
      sql::testing::RunOn(*pool_, key_store_->Add(person_id, wrapped)).ok(),
      "adds");
}

absl::StatusOr<ledger::v1::Event> VerificationDesk::EventOf(
    const identity::v1::Verification& verification) {
  return EventOf(verification.event_id());
}

absl::StatusOr<ledger::v1::Event> VerificationDesk::EventOf(
    const ledger::v1::EventId& id) {
  ledger::v1::Event event;
  const absl::Status status =
      main_.database().ReadBlocking([&](sql::Snapshot& snapshot) {
        absl::StatusOr<std::string> bytes = outbox_->Bytes(snapshot, id);
        if (bytes.ok()) event.ParseFromString(*bytes);
        return bytes.status();
      });
  if (!status.ok()) return status;
  return event;
}

int64_t VerificationDesk::RowCount(const std::string& table) {
  return identity_verification::RowCount(
      table == "person_keys" ? keys_.database() : main_.database(), table);
}

std::string VerificationDesk::DatabaseBytes() const {
  return main_.StoredBytes() + keys_.StoredBytes();
}

identity::AttestationVerifier VerificationDesk::AttestationVerifierOf() const {
  return identity::AttestationVerifier(
      {.keys = {{"attestation-1", attestation_key_.Public()}},
       .audience = std::string(identity::kProfileOrderAudience),
       .clock = &clock});
}

}  // namespace shiming::identity_verification
