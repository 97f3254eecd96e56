// All rows gone, all tables kept: for a test that fills them again and again.
#ifndef SHIMING_STORAGE_TESTING_EMPTY_TABLES_H_
#define SHIMING_STORAGE_TESTING_EMPTY_TABLES_H_

#include "storage/sql/database.h"

namespace shiming::sql::testing {

// Empties every table of the database but the record of its migrations, while
// nobody else uses it. On PostgreSQL those of the URL's schema. Ends the
// process when that fails.
void EmptyTables(Database& database);

}  // namespace shiming::sql::testing

#endif  // SHIMING_STORAGE_TESTING_EMPTY_TABLES_H_
