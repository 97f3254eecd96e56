// Looks into tables, for tests.
#ifndef SHIMING_SERVICES_IDENTITY_VERIFICATION_STORE_TESTING_ROW_COUNT_H_
#define SHIMING_SERVICES_IDENTITY_VERIFICATION_STORE_TESTING_ROW_COUNT_H_

#include <cstdint>
#include <string>

#include "storage/sql/database.h"

namespace shiming::identity_verification {

// Rows of a table; ends the process when there is no such table. Blocks.
int64_t RowCount(sql::Database& database, const std::string& table);

// Deletes every data key, as a key store that was made anew. Blocks.
void LoseAllKeys(sql::Database& keys);

}  // namespace shiming::identity_verification

#endif  // SHIMING_SERVICES_IDENTITY_VERIFICATION_STORE_TESTING_ROW_COUNT_H_
