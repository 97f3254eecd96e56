#include "services/profile_order/store/service_keys.h"

#include <optional>

#include "common/crypto/cipher.h"
#include "common/status/status_macros.h"

namespace shiming::profile_order {

using sql::Value;

absl::StatusOr<crypto::Secret> EnsureServiceKey(
    sql::Database& database, const identity::KeyProvider& keys,
    crypto::Random& random, const std::string& name) {
  const std::string owner = "service/" + name;
  ASSIGN_OR_RETURN(
      const std::string fresh,
      keys.Wrap(crypto::Secret(random.Bytes(crypto::kSealingKeyBytes)), owner));
  std::string wrapped;
  const auto ensure = [&](sql::Transaction& tx) -> absl::Status {
    RETURN_IF_ERROR(
        tx.InsertIgnore("INSERT INTO service_keys (name, wrapped_key) "
                        "VALUES ($1, $2)",
                        {Value::Text(name), Value::Bytes(fresh)})
            .status());
    ASSIGN_OR_RETURN(const std::optional<sql::Row> row,
                     tx.QueryAtMostOne("SELECT wrapped_key FROM service_keys "
                                       "WHERE name = $1",
                                       {Value::Text(name)}));
    if (!row.has_value()) return absl::InternalError("the key is missing");
    wrapped = row->Bytes(0);
    return absl::OkStatus();
  };
  RETURN_IF_ERROR(database.WriteBlocking(ensure));
  return keys.Unwrap(wrapped, owner);
}

}  // namespace shiming::profile_order
