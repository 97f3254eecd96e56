// Our values in PostgreSQL's binary formats, and back.
#ifndef SHIMING_STORAGE_SQL_POSTGRES_VALUES_H_
#define SHIMING_STORAGE_SQL_POSTGRES_VALUES_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "storage/sql/value.h"

typedef struct pg_result PGresult;

namespace shiming::sql {

// The arguments of PQexecPrepared and its like. Points into `params`, which
// must outlive it and not change.
class PostgresParams {
 public:
  explicit PostgresParams(const Params& params);
  PostgresParams(const PostgresParams&) = delete;
  PostgresParams& operator=(const PostgresParams&) = delete;

  int count() const { return static_cast<int>(types_.size()); }
  // OIDs, given for NULL too: BIGINT 20, TEXT 25, BYTEA 17.
  const unsigned* types() const { return types_.data(); }
  // The same with 0 for BYTES, so that the server says what it would take.
  const unsigned* types_but_bytes() const { return types_but_bytes_.data(); }
  bool has_bytes() const { return has_bytes_; }
  const char* const* values() const { return values_.data(); }
  const int* lengths() const { return lengths_.data(); }
  // All binary.
  const int* formats() const { return formats_.data(); }
  // One letter per parameter: what a prepared statement is told apart by,
  // beside its text.
  const std::string& signature() const { return signature_; }

 private:
  std::vector<std::string> integers_;
  std::vector<unsigned> types_;
  std::vector<unsigned> types_but_bytes_;
  bool has_bytes_ = false;
  std::vector<const char*> values_;
  std::vector<int> lengths_;
  std::vector<int> formats_;
  std::string signature_;
};

// True where `description` (of a statement that was prepared with
// types_but_bytes) has TEXT for one of the BYTES.
bool TakesBytesForText(const PGresult* description,
                       const PostgresParams& params);

// All rows of a binary result. kStatement for a column of a type outside the
// subset, such as the NUMERIC that SUM gives without a CAST.
absl::StatusOr<Rows> ReadPostgresRows(const PGresult* result);

}  // namespace shiming::sql

#endif  // SHIMING_STORAGE_SQL_POSTGRES_VALUES_H_
