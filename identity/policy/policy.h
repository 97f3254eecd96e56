// Which documents, ages and faces are accepted, by versions that come into
// force on a day.
#ifndef SHIMING_IDENTITY_POLICY_POLICY_H_
#define SHIMING_IDENTITY_POLICY_POLICY_H_

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/time/date.h"
#include "identity/document/card_block.h"
#include "identity/document/document_kind.h"

namespace shiming::identity {

// One version of the rules. Immutable once in a PolicyBook.
struct Policy {
  // Names it in events and attestations: 1 to 32 characters of [a-z0-9.-].
  std::string version;
  // First day on which it holds (Asia/Shanghai).
  Date effective_from;
  // Kinds of document that are accepted.
  std::set<DocumentKind> accepted_documents;
  // Age in years from which a holder may come alone; 16 in the first release
  // (below it a guardian would be needed, which is not served).
  int min_age_alone;
  // Lowest face score in millionths.
  int32_t face_min_score_millionths;
};

// All versions. Immutable; thread-safe.
class PolicyBook {
 public:
  // INVALID_ARGUMENT when there is none, two begin on the same day or have the
  // same version, or a field is out of range; the message names the version.
  static absl::StatusOr<PolicyBook> Make(std::vector<Policy> policies);

  // The version in force on a day: the one that began last.
  // FAILED_PRECONDITION (DOCUMENT_NOT_ACCEPTED) before the first.
  absl::StatusOr<Policy> InForceOn(Date day) const;

 private:
  explicit PolicyBook(std::vector<Policy> policies);

  std::vector<Policy> policies_;  // in order of effective_from
};

// DOCUMENT_NOT_ACCEPTED or HOLDER_TOO_YOUNG. Thread-safe.
absl::Status CheckDocumentPolicy(const Policy& policy, const CardBlock& card,
                                 Date today);

}  // namespace shiming::identity

#endif  // SHIMING_IDENTITY_POLICY_POLICY_H_
