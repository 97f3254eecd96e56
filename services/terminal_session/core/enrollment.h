// Giving and taking rights: two admins give, one takes away.
#ifndef SHIMING_SERVICES_TERMINAL_SESSION_CORE_ENROLLMENT_H_
#define SHIMING_SERVICES_TERMINAL_SESSION_CORE_ENROLLMENT_H_

#include <boost/asio/awaitable.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "services/terminal_session/core/after_commit.h"
#include "services/terminal_session/core/credential_box.h"
#include "services/terminal_session/core/enrollment_store.h"
#include "services/terminal_session/core/page_token.h"
#include "services/terminal_session/core/records.h"

namespace shiming::terminal_session {

// A subject as admins see it.
struct SubjectView {
  SubjectRecord record;
  // Clerks only.
  std::optional<absl::Time> locked_until;
};

struct SubjectPage {
  std::vector<SubjectView> subjects;
  std::string next_page_token;  // empty at the end
};

// Thread-safe.
class Enrollment {
 public:
  template <class T>
  using Result = boost::asio::awaitable<absl::StatusOr<T>>;

  // All references must outlive this.
  struct Deps {
    EnrollmentStore& store;
    const CredentialBox& credentials;
    const PageTokens& page_tokens;
    AfterCommit after_commit;
  };

  explicit Enrollment(Deps deps) : deps_(std::move(deps)) {}

  // Errors of CheckProposal. `admin`: "/admin/<id>".
  Result<SubjectView> Propose(Mutation mutation, std::string admin,
                              terminal::v1::ProposalContent content);

  // `digest_hex`: 64 hex digits, else INVALID_REQUEST. As
  // EnrollmentStore::Approve.
  Result<SubjectView> Approve(Mutation mutation, std::string admin,
                              std::string digest_hex);

  // As EnrollmentStore::Revoke. FIELD_TOO_LONG when `why` has more than 200
  // bytes.
  Result<SubjectView> Revoke(Mutation mutation, std::string admin,
                             SubjectKind kind, std::string subject_id,
                             std::string why);

  // INVALID_REQUEST for a bad kind, size or token.
  Result<SubjectPage> List(SubjectKind kind, int32_t page_size,
                           std::string page_token, absl::Time now);

  Result<std::vector<terminal::v1::Shop>> ListShops();

 private:
  // The records with the locks of clerks.
  Result<std::vector<SubjectView>> WithLocks(std::vector<SubjectRecord> records,
                                             absl::Time now);
  Result<SubjectView> WithLock(SubjectRecord record, absl::Time now);

  const Deps deps_;
};

}  // namespace shiming::terminal_session

#endif  // SHIMING_SERVICES_TERMINAL_SESSION_CORE_ENROLLMENT_H_
