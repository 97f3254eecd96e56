// Statements on verifications, persons, nonces and faces. Private to the
// package.
#ifndef SHIMING_SERVICES_IDENTITY_VERIFICATION_STORE_VERIFICATION_ROWS_H_
#define SHIMING_SERVICES_IDENTITY_VERIFICATION_STORE_VERIFICATION_ROWS_H_

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "services/identity_verification/core/records.h"
#include "storage/sql/database.h"

namespace shiming::identity_verification {

absl::StatusOr<std::optional<VerificationRecord>> SelectVerification(
    sql::Snapshot& snapshot, const std::string& verification_id);

absl::Status InsertVerification(sql::Transaction& tx,
                                const VerificationRecord& record,
                                const std::string& face_consent_text_id);

absl::StatusOr<std::optional<KnownPerson>> SelectPerson(
    sql::Snapshot& snapshot, const std::string& alias);

// Makes or updates the person; LOST_RACE when the alias was taken or the
// person has gone meanwhile, or is being erased.
absl::Status StorePerson(sql::Transaction& tx, const PersonChange& change,
                         int64_t now_us);

// NONCE_USED when another verification had it.
absl::Status UseNonce(sql::Transaction& tx, const std::string& nonce_sha256,
                      const std::string& verification_id);

// Counts one face of the session. False when the session has had `limit`
// failures already; then nothing is counted.
absl::StatusOr<bool> CountFace(sql::Transaction& tx,
                               const std::string& session_id, bool failed,
                               int limit);

}  // namespace shiming::identity_verification

#endif  // SHIMING_SERVICES_IDENTITY_VERIFICATION_STORE_VERIFICATION_ROWS_H_
