// What erasure needs of the database.
#ifndef SHIMING_SERVICES_IDENTITY_VERIFICATION_CORE_ERASURE_STORE_H_
#define SHIMING_SERVICES_IDENTITY_VERIFICATION_CORE_ERASURE_STORE_H_

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "services/identity_verification/core/erasure_records.h"
#include "services/identity_verification/core/records.h"

namespace shiming::identity_verification {

// Each method is one transaction. An erasure moves PROPOSED -> APPROVED ->
// DESTROYING -> ERASED, or APPROVED -> REFUSED -> PROPOSED; each move is a
// compare-and-swap, so that of two at once one wins. Thread-safe.
class ErasureStore {
 public:
  template <class T>
  using Result = boost::asio::awaitable<absl::StatusOr<T>>;

  virtual ~ErasureStore() = default;

  // Stores the proposal in place of one that waits or was refused. A person
  // whose last verification is of `open_since` or later can still place an
  // order: PERSON_HAS_OPEN_VERIFICATION. PERSON_UNKNOWN, PERSON_IS_ERASED,
  // ERASURE_UNDER_WAY. A repeated request: what stands now.
  virtual Result<ErasureRecord> Propose(const RequestKey& request,
                                        const ErasureProposal& proposal,
                                        absl::Time open_since) = 0;

  // Approves the proposal with this digest and, at the same moment, closes the
  // person to verifications: whichever of the two comes first wins.
  // PROPOSAL_UNKNOWN, PROPOSAL_NOT_WAITING, SAME_OFFICER and the reasons of
  // Propose. A repeated request: what stands now.
  virtual Result<ErasureRecord> Approve(const RequestKey& request,
                                        const std::string& digest,
                                        const std::string& officer,
                                        absl::Time now,
                                        absl::Time open_since) = 0;

  virtual Result<std::optional<ErasureRecord>> Find(
      const std::string& person_id) = 0;

  // In order of person id, behind `after_person` (empty: from the first).
  virtual Result<std::vector<ErasureRecord>> List(
      const std::string& after_person, int limit) = 0;

  // APPROVED, DESTROYING and ERASED ones behind a task number, lowest first.
  virtual Result<std::vector<ErasureRecord>> ListTasks(int64_t after,
                                                       int limit) = 0;

  // The one that was given this number; nullopt also when it was proposed anew
  // since.
  virtual Result<std::optional<ErasureRecord>> FindTask(int64_t number) = 0;

  // How many are APPROVED or DESTROYING.
  virtual Result<int64_t> CountUnderWay() = 0;

  // APPROVED -> REFUSED, and the person can be verified again. Gives what
  // stands now, also when it was no longer APPROVED.
  virtual Result<ErasureRecord> Refuse(
      const std::string& person_id, int64_t task_number,
      const std::string& reason, std::optional<absl::Time> retain_until) = 0;

  // APPROVED -> DESTROYING: no way back. Gives what stands now likewise.
  virtual Result<ErasureRecord> BeginDestroying(
      const std::string& person_id, int64_t task_number,
      const std::vector<ledger::v1::EventId>& last_events) = 0;

  // DESTROYING -> ERASED, with the event: alias and sealed values go, so that
  // the person can come again as a new one. The data key must be destroyed.
  // Gives what stands now likewise.
  virtual Result<ErasureRecord> Finish(const std::string& person_id,
                                       const ErasureEnd& end) = 0;
};

}  // namespace shiming::identity_verification

#endif  // SHIMING_SERVICES_IDENTITY_VERIFICATION_CORE_ERASURE_STORE_H_
