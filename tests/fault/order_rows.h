// profile_order's rows, read from outside while it runs or after.
#ifndef SHIMING_TESTS_FAULT_ORDER_ROWS_H_
#define SHIMING_TESTS_FAULT_ORDER_ROWS_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "shiming/order/v1/order_resources.pb.h"
#include "tools/shimingctl/layout.h"

namespace shiming::fault {

// What of an order concerns these tests.
struct OrderRow {
  std::string order_id;
  std::string session_id;
  order::v1::ProfileOrderState state = order::v1::PROFILE_ORDER_STATE_ORDERING;
  int64_t version = 0;
  std::string msisdn;
  std::string iccid;
};

// All orders of a data directory by id, on whichever engine they are; the
// database is only read.
absl::StatusOr<std::map<std::string, OrderRow>> ReadOrders(
    const shimingctl::Layout& layout);

// True in READY, REVEALED, DOWNLOADING, INSTALLED, CLOSED and the end states:
// where an order may rest.
bool IsAtRest(order::v1::ProfileOrderState state);

// Numbers and ICCIDs that two orders not ended early have, one line each.
std::vector<std::string> SharedStock(
    const std::map<std::string, OrderRow>& orders);

}  // namespace shiming::fault

#endif  // SHIMING_TESTS_FAULT_ORDER_ROWS_H_
