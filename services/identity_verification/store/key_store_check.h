// Whether the key store is as new as the database that rests on it.
#ifndef SHIMING_SERVICES_IDENTITY_VERIFICATION_STORE_KEY_STORE_CHECK_H_
#define SHIMING_SERVICES_IDENTITY_VERIFICATION_STORE_KEY_STORE_CHECK_H_

#include "absl/status/status.h"
#include "storage/sql/database.h"

namespace shiming::identity_verification {

// A person's key is durable before the person is, and is destroyed after: a
// person without a key means that `keys` was put back to an older copy.
// DATABASE_BEHIND_LEDGER then. Looks at the newest persons only, whose keys any
// older copy lacks; one whose erasure a crash has cut off between key and
// person is left out. Both are migrated. Blocks: for start-up.
absl::Status CheckKeysNotBehind(sql::Database& database, sql::Database& keys);

}  // namespace shiming::identity_verification

#endif  // SHIMING_SERVICES_IDENTITY_VERIFICATION_STORE_KEY_STORE_CHECK_H_
