// A complete step 3 on real databases, with the world around it faked: one
// terminal that can play its part.
#ifndef SHIMING_SERVICES_IDENTITY_VERIFICATION_TESTING_VERIFICATION_DESK_H_
#define SHIMING_SERVICES_IDENTITY_VERIFICATION_TESTING_VERIFICATION_DESK_H_

#include <boost/asio/thread_pool.hpp>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/crypto/fake_random.h"
#include "common/metrics/metrics.h"
#include "common/time/fake_clock.h"
#include "identity/attestation/attestation.h"
#include "identity/testing/evidence_maker.h"
#include "identity/vault/key_provider.h"
#include "identity/vault/person_vault.h"
#include "services/identity_verification/core/eraser.h"
#include "services/identity_verification/core/erasure_desk.h"
#include "services/identity_verification/core/verifier.h"
#include "services/identity_verification/store/sql_erasure_store.h"
#include "services/identity_verification/store/sql_person_key_store.h"
#include "services/identity_verification/store/sql_verification_store.h"
#include "services/identity_verification/testing/fake_authorities.h"
#include "shiming/identity/v1/identity_service.pb.h"
#include "shiming/ledger/v1/ledger_resources.pb.h"
#include "storage/outbox/outbox.h"
#include "storage/requests/idempotency_keys.h"
#include "storage/testing/faulty_database.h"
#include "storage/testing/temp_database.h"

namespace shiming::identity_verification {

// Wraps data keys with a key in memory.
class MemoryKeyProvider final : public identity::KeyProvider {
 public:
  explicit MemoryKeyProvider(crypto::Random& random);
  absl::StatusOr<std::string> Wrap(const crypto::Secret& data_key,
                                   std::string_view owner) const override;
  absl::StatusOr<crypto::Secret> Unwrap(std::string_view wrapped,
                                        std::string_view owner) const override;
  crypto::Suite suite() const override { return crypto::Suite::kInternational; }

 private:
  crypto::Random& random_;
  const crypto::Secret key_;
};

// The clock stands at 2026-06-30 12:00 in the shop until a test moves it.
class VerificationDesk {
 public:
  VerificationDesk();
  ~VerificationDesk();

  // Opens a session at terminal shop-1/terminal-1; `maker` becomes part of it,
  // with a fresh nonce that the session has issued.
  identity::EvidenceMaker OpenSession();
  // A fresh nonce for another reading in the same session.
  void NewNonce(identity::EvidenceMaker& maker);

  // A request with this evidence under a fresh request id.
  identity::v1::VerifyIdentityRequest RequestOf(
      const identity::EvidenceMaker& maker);

  absl::StatusOr<identity::v1::Verification> Verify(
      const identity::v1::VerifyIdentityRequest& request);
  // All at once, on two threads.
  std::vector<absl::StatusOr<identity::v1::Verification>> VerifyAll(
      const std::vector<identity::v1::VerifyIdentityRequest>& requests);
  absl::StatusOr<identity::v1::Verification> Get(
      const std::string& session_id, const std::string& verification_id);

  // The event as it stands in the outbox.
  absl::StatusOr<ledger::v1::Event> EventOf(
      const identity::v1::Verification& verification);
  // Rows of a table of the main or key database.
  int64_t RowCount(const std::string& table);

  // As after a restart of the process: nothing in memory is left.
  void Restart();
  // What the server does at start: keys that came back, the check of the key
  // store, erasures that were cut off.
  absl::Status Start();

  // --- erasure, by officers "officer-1", "officer-2" ...
  absl::StatusOr<identity::v1::Erasure> Propose(const std::string& officer,
                                                const std::string& person_id,
                                                std::string request_id = "");
  absl::StatusOr<identity::v1::Erasure> Approve(const std::string& officer,
                                                const std::string& digest,
                                                std::string request_id = "");
  // Coroutines of the same, to run side by side.
  boost::asio::awaitable<absl::StatusOr<identity::v1::Erasure>> Approving(
      const std::string& officer, const std::string& digest);
  boost::asio::awaitable<absl::StatusOr<identity::v1::Verification>> Verifying(
      const identity::v1::VerifyIdentityRequest& request);
  absl::StatusOr<identity::v1::ListErasuresResponse> ListErasures(
      const identity::v1::ListErasuresRequest& request);
  // The person's erasure as it stands.
  identity::v1::Erasure ErasureOf(const std::string& person_id);
  std::vector<identity::v1::ErasureTask> Tasks(int64_t after = 0);
  // profile_order's report on the task; empty reason: done.
  absl::Status Report(int64_t task_number, const std::string& refused = "",
                      absl::Time newest_end = absl::InfinitePast());
  // The event with this id as it stands in the outbox.
  absl::StatusOr<ledger::v1::Event> EventOf(const ledger::v1::EventId& id);
  // A person's key as it is stored; empty when there is none.
  std::string WrappedKeyOf(const std::string& person_id);
  // Puts a key back, as an older copy of the key store does.
  void PutKeyBack(const std::string& person_id, const std::string& wrapped);

  // What both databases hold, for searching: TempDatabase::StoredBytes.
  std::string DatabaseBytes() const;

  FakeClock clock;
  crypto::FakeRandom random{42};
  Metrics metrics;
  FakeSessionAuthority sessions;
  FakeIdentityAuthority authority;
  // In front of the main database and the key database.
  std::unique_ptr<sql::testing::FaultyDatabase> faults;
  std::unique_ptr<sql::testing::FaultyDatabase> key_faults;
  Rules rules;  // taken by the next Restart
  ErasureRules erasure_rules{.retention = absl::ZeroDuration(),
                             .key_backup_days = 30};
  Caller caller;

  identity::AttestationVerifier AttestationVerifierOf() const;

 private:
  void Build();

  const crypto::SigningKey evidence_key_;
  const crypto::SigningKey face_engine_key_;
  const crypto::SigningKey attestation_key_;
  std::unique_ptr<boost::asio::thread_pool> pool_;
  sql::testing::TempDatabase main_;
  sql::testing::TempDatabase keys_;
  MemoryKeyProvider key_provider_{random};
  identity::PersonVault vault_{key_provider_, random};
  identity::AttestationSigner signer_;
  std::unique_ptr<outbox::Outbox> outbox_;
  std::unique_ptr<requests::IdempotencyKeys> requests_;
  std::unique_ptr<SqlVerificationStore> store_;
  std::unique_ptr<SqlPersonKeyStore> key_store_;
  std::unique_ptr<VerificationMetrics> verification_metrics_;
  std::unique_ptr<Verifier> verifier_;
  std::unique_ptr<SqlErasureStore> erasures_;
  std::unique_ptr<ErasureMetrics> erasure_metrics_;
  std::unique_ptr<ErasureDesk> erasure_desk_;
  std::unique_ptr<Eraser> eraser_;
};

}  // namespace shiming::identity_verification

#endif  // SHIMING_SERVICES_IDENTITY_VERIFICATION_TESTING_VERIFICATION_DESK_H_
