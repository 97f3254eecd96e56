// CSV files of test vectors.
#ifndef SHIMING_TESTS_CONFORMANCE_CSV_H_
#define SHIMING_TESTS_CONFORMANCE_CSV_H_

#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace shiming::conformance {

// One row: column name to value.
using CsvRow = std::map<std::string, std::string>;

// Reads a file in RFC 4180 form whose first line names the columns. NOT_FOUND
// when it cannot be read, INVALID_ARGUMENT when a row has another number of
// fields than the header.
absl::StatusOr<std::vector<CsvRow>> ReadCsv(const std::string& path);

}  // namespace shiming::conformance

#endif  // SHIMING_TESTS_CONFORMANCE_CSV_H_
