// Data keys of people, in the key database.
#ifndef SHIMING_SERVICES_IDENTITY_VERIFICATION_STORE_SQL_PERSON_KEY_STORE_H_
#define SHIMING_SERVICES_IDENTITY_VERIFICATION_STORE_SQL_PERSON_KEY_STORE_H_

#include <optional>
#include <string>

#include "common/time/clock.h"
#include "services/identity_verification/core/verification_store.h"
#include "storage/sql/database.h"

namespace shiming::identity_verification {

// On a database that MigrateKeys has prepared. Thread-safe.
class SqlPersonKeyStore final : public PersonKeyStore {
 public:
  // Neither is owned; both outlive the store.
  SqlPersonKeyStore(sql::Database& database, const Clock& clock)
      : database_(database), clock_(clock) {}

  boost::asio::awaitable<absl::Status> Add(const std::string& person_id,
                                           const std::string& wrapped) override;
  boost::asio::awaitable<absl::StatusOr<std::optional<std::string>>> Find(
      const std::string& person_id) override;
  boost::asio::awaitable<absl::Status> Destroy(
      const std::string& person_id) override;
  boost::asio::awaitable<absl::Status> Scrub() override;

 private:
  sql::Database& database_;
  const Clock& clock_;
};

}  // namespace shiming::identity_verification

#endif  // SHIMING_SERVICES_IDENTITY_VERIFICATION_STORE_SQL_PERSON_KEY_STORE_H_
