#include "services/identity_verification/store/sql_person_key_store.h"

#include "common/status/status_macros.h"
#include "services/identity_verification/store/migrations.h"

namespace shiming::identity_verification {

using boost::asio::awaitable;
using sql::Value;

awaitable<absl::Status> SqlPersonKeyStore::Add(const std::string& person_id,
                                               const std::string& wrapped) {
  const int64_t now = ToMicros(clock_.Now());
  auto insert = [person_id, wrapped, now](sql::Transaction& tx) {
    return tx.ExecuteOne(
        "INSERT INTO person_keys (route, person_id, wrapped, create_us) "
        "VALUES ($1, $2, $3, $4)",
        {Value::Int(RouteOfId(person_id)), Value::Text(person_id),
         Value::Bytes(wrapped), Value::Int(now)});
  };
  co_return co_await database_.Write(std::move(insert));
}

awaitable<absl::StatusOr<std::optional<std::string>>> SqlPersonKeyStore::Find(
    const std::string& person_id) {
  auto select = [person_id](sql::Snapshot& snapshot)
      -> absl::StatusOr<std::optional<std::string>> {
    ASSIGN_OR_RETURN(
        const std::optional<sql::Row> row,
        snapshot.QueryAtMostOne(
            "SELECT wrapped FROM person_keys "
            "WHERE route = $1 AND person_id = $2",
            {Value::Int(RouteOfId(person_id)), Value::Text(person_id)}));
    if (!row.has_value()) return std::optional<std::string>();
    return std::optional<std::string>(row->Bytes(0));
  };
  co_return co_await database_.ReadValue(std::move(select));
}

awaitable<absl::Status> SqlPersonKeyStore::Destroy(
    const std::string& person_id) {
  auto erase = [person_id](sql::Transaction& tx) {
    return tx
        .Execute("DELETE FROM person_keys WHERE route = $1 AND person_id = $2",
                 {Value::Int(RouteOfId(person_id)), Value::Text(person_id)})
        .status();
  };
  co_return co_await database_.Write(std::move(erase));
}

awaitable<absl::Status> SqlPersonKeyStore::Scrub() {
  co_return co_await database_.ScrubDeleted();
}

}  // namespace shiming::identity_verification
