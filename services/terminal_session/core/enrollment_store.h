// What enrollment needs of the database.
#ifndef SHIMING_SERVICES_TERMINAL_SESSION_CORE_ENROLLMENT_STORE_H_
#define SHIMING_SERVICES_TERMINAL_SESSION_CORE_ENROLLMENT_STORE_H_

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "services/terminal_session/core/page_token.h"
#include "services/terminal_session/core/proposal.h"
#include "services/terminal_session/core/records.h"

namespace shiming::terminal_session {

// One proposal and what became of it.
struct SubjectRecord {
  SubjectKind kind = SubjectKind::SUBJECT_KIND_UNSPECIFIED;
  std::string subject_id;
  std::string shop_id;
  int64_t number = 0;  // 1, 2, 3 ... of the subject
  SubjectState state = SubjectState::SUBJECT_STATE_UNSPECIFIED;
  terminal::v1::ProposalContent content;  // as stored
  std::string digest;                     // 32 bytes
  std::string proposed_by;
  std::string approved_by;  // empty while proposed
};

// Shops, terminals, displays and clerks with their proposals. Every method is
// one transaction; every change commits with its event. Thread-safe.
class EnrollmentStore {
 public:
  template <class T>
  using Result = boost::asio::awaitable<absl::StatusOr<T>>;

  virtual ~EnrollmentStore() = default;

  // Stores it as the subject's waiting proposal, in place of an older one.
  // `admin`: "/admin/<id>".
  virtual Result<SubjectRecord> Propose(const Mutation& mutation,
                                        const std::string& admin,
                                        const CheckedProposal& proposal) = 0;

  // Puts the waiting proposal with this digest in force and ends what rests on
  // what it replaces. PROPOSAL_UNKNOWN, PROPOSAL_NOT_WAITING, SAME_ADMIN,
  // SHOP_NOT_IN_FORCE, TERMINAL_NOT_IN_FORCE, KEY_IN_USE.
  virtual Result<SubjectRecord> Approve(const Mutation& mutation,
                                        const std::string& admin,
                                        const std::string& digest) = 0;

  // Takes the subject's rights away and ends what rests on it. A subject that
  // is revoked already comes back as it is. SUBJECT_UNKNOWN.
  virtual Result<SubjectRecord> Revoke(const Mutation& mutation,
                                       const std::string& admin,
                                       SubjectKind kind,
                                       const std::string& subject_id,
                                       const std::string& why) = 0;

  // At most `limit` behind `after`, in order of (subject_id, number): what is
  // in force, waits or was revoked.
  virtual Result<std::vector<SubjectRecord>> List(SubjectKind kind,
                                                  const ListPosition& after,
                                                  int limit) = 0;

  // Until when each of these clerks is, or was, locked; absent where it never
  // was.
  virtual Result<std::vector<std::optional<absl::Time>>> LockedUntil(
      const std::vector<std::string>& clerk_ids) = 0;

  // All in force, by id.
  virtual Result<std::vector<terminal::v1::Shop>> ListShops() = 0;
};

}  // namespace shiming::terminal_session

#endif  // SHIMING_SERVICES_TERMINAL_SESSION_CORE_ENROLLMENT_STORE_H_
