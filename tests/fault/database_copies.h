// Copies of a cluster's SQLite files, taken and put back while all services
// are stopped.
#ifndef SHIMING_TESTS_FAULT_DATABASE_COPIES_H_
#define SHIMING_TESTS_FAULT_DATABASE_COPIES_H_

#include <string>

#include "tools/shimingctl/layout.h"

namespace shiming::fault {

// Copies of all database files of a data directory.
class DatabaseCopies {
 public:
  // Into <data>/copies-<name>, which is not there yet.
  DatabaseCopies(const shimingctl::Layout& layout, const std::string& name);

  // Takes one database away, with whatever SQLite keeps beside it.
  void Remove(const std::string& database) const;

  // Puts one database back.
  void PutBack(const std::string& database) const;

 private:
  const std::string databases_;
  const std::string folder_;
};

}  // namespace shiming::fault

#endif  // SHIMING_TESTS_FAULT_DATABASE_COPIES_H_
