// What must be true of the visits, the record and the orders after any fault.
#ifndef SHIMING_TESTS_FAULT_VISIT_CHECKS_H_
#define SHIMING_TESTS_FAULT_VISIT_CHECKS_H_

#include <deque>
#include <map>
#include <string>
#include <vector>

#include "tests/fault/issuance_load.h"
#include "tests/fault/log_record.h"
#include "tests/fault/order_rows.h"

namespace shiming::fault {

using Visits = std::deque<Visit>;
using OrderRows = std::map<std::string, OrderRow>;

// What visits were told and the record does not hold, one line each. An entry
// is acknowledged before a checkpoint covers it.
std::vector<std::string> MissingOf(const Visits& visits,
                                   const LogRecord& record);

// What visits were told and the rows do not hold, one line each.
std::vector<std::string> MissingOf(const Visits& visits, const OrderRows& rows);

// Orders that are in no state in which an order may rest, one line each.
std::vector<std::string> MovingOf(const OrderRows& rows);

// Sessions with two orders, visits that were shown two codes, codes that were
// shown to two, and orders whose code is not on the record just once where it
// was shown and never where it was not; one line each.
std::vector<std::string> DoneTwice(const Visits& visits, const OrderRows& rows,
                                   const LogRecord& record);

}  // namespace shiming::fault

#endif  // SHIMING_TESTS_FAULT_VISIT_CHECKS_H_
