// What step 3 needs of the database.
#ifndef SHIMING_SERVICES_IDENTITY_VERIFICATION_CORE_VERIFICATION_STORE_H_
#define SHIMING_SERVICES_IDENTITY_VERIFICATION_CORE_VERIFICATION_STORE_H_

#include <boost/asio/awaitable.hpp>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "services/identity_verification/core/records.h"

namespace shiming::identity_verification {

// Each method is one transaction. Thread-safe.
class VerificationStore {
 public:
  template <class T>
  using Result = boost::asio::awaitable<absl::StatusOr<T>>;

  virtual ~VerificationStore() = default;

  // What the request made; nullopt when it made nothing yet.
  // REQUEST_ID_REUSED for other content under the same id.
  virtual Result<std::optional<VerificationRecord>> FindByRequest(
      const RequestKey& request) = 0;

  virtual Result<std::optional<VerificationRecord>> Find(
      const std::string& verification_id) = 0;

  // Who is known under this alias, also while being erased.
  virtual Result<std::optional<KnownPerson>> FindPerson(
      const std::string& alias) = 0;

  // Stores person, verification, event and the answer to the request, all or
  // none, and gives what now stands. When the request was decided meanwhile
  // (a repeat that ran beside it), gives that and stores nothing. NONCE_USED
  // when another request had this reading; LOST_RACE when the person came or
  // went meanwhile, or is being erased: plan anew.
  virtual Result<VerificationRecord> Decide(const DecisionDraft& draft) = 0;
};

// Wrapped data keys, in a database of their own (DESIGN 6). Thread-safe.
class PersonKeyStore {
 public:
  virtual ~PersonKeyStore() = default;

  // ALREADY_EXISTS never happens: person ids are random.
  virtual boost::asio::awaitable<absl::Status> Add(
      const std::string& person_id, const std::string& wrapped) = 0;

  // nullopt when it was destroyed or never made.
  virtual boost::asio::awaitable<absl::StatusOr<std::optional<std::string>>>
  Find(const std::string& person_id) = 0;

  // OK also when there is none.
  virtual boost::asio::awaitable<absl::Status> Destroy(
      const std::string& person_id) = 0;

  // Once this is OK, keys that were destroyed before can be read from the
  // store's files no longer.
  virtual boost::asio::awaitable<absl::Status> Scrub() = 0;
};

}  // namespace shiming::identity_verification

#endif  // SHIMING_SERVICES_IDENTITY_VERIFICATION_CORE_VERIFICATION_STORE_H_
