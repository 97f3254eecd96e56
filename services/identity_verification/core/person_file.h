// People by their documents: who is known, and under which data key.
#ifndef SHIMING_SERVICES_IDENTITY_VERIFICATION_CORE_PERSON_FILE_H_
#define SHIMING_SERVICES_IDENTITY_VERIFICATION_CORE_PERSON_FILE_H_

#include <boost/asio/awaitable.hpp>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/crypto/random.h"
#include "common/crypto/secret.h"
#include "identity/document/card_block.h"
#include "identity/vault/person_vault.h"
#include "services/identity_verification/core/records.h"
#include "services/identity_verification/core/verification_store.h"

namespace shiming::identity_verification {

// A person as the next transaction is to write it.
struct PreparedPerson {
  PersonChange change;
  crypto::Secret data_key;
};

// Thread-safe.
class PersonFile {
 public:
  // Not owned; all outlive the file.
  struct Deps {
    VerificationStore& store;
    PersonKeyStore& keys;
    const identity::PersonVault& vault;
    const crypto::Secret& index_key;
    crypto::Random& random;
  };

  explicit PersonFile(Deps deps) : deps_(deps) {}

  // Finds the person of the card, or prepares a new one: a random id and a data
  // key that is durable in the key store before anything is sealed under it.
  // The transaction that stores the change decides whether the plan still
  // holds. ERASURE_UNDER_WAY while the person is being erased: whoever asks
  // again later comes as a new person.
  boost::asio::awaitable<absl::StatusOr<PreparedPerson>> Prepare(
      const identity::CardBlock& card) const;

  // Takes back what Prepare made for a new person, when the transaction has
  // certainly not stored it. Best effort: a key that stays opens nothing.
  boost::asio::awaitable<void> Discard(const PersonChange& change) const;

  // nullopt when it was destroyed: the person was erased.
  boost::asio::awaitable<absl::StatusOr<std::optional<crypto::Secret>>>
  DataKeyOf(const std::string& person_id) const;

 private:
  boost::asio::awaitable<absl::StatusOr<PreparedPerson>> MakeNew() const;
  boost::asio::awaitable<absl::StatusOr<PreparedPerson>> Open(
      const KnownPerson& known, const std::string& alias) const;
  // A data key in place of one that was lost.
  boost::asio::awaitable<absl::StatusOr<PreparedPerson>> MakeKeyAgain(
      const std::string& person_id) const;

  const Deps deps_;
};

}  // namespace shiming::identity_verification

#endif  // SHIMING_SERVICES_IDENTITY_VERIFICATION_CORE_PERSON_FILE_H_
