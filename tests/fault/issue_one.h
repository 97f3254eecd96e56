// One issuance from the card to the receipt.
#ifndef SHIMING_TESTS_FAULT_ISSUE_ONE_H_
#define SHIMING_TESTS_FAULT_ISSUE_ONE_H_

#include "absl/status/status.h"
#include "tests/e2e/shop_floor.h"

namespace shiming::fault {

// At a floor whose clerk is signed in: a whole issuance to a new customer, its
// receipt included, so that a checkpoint covers it. Its session is closed.
absl::Status IssueOne(e2e::ShopFloor& floor);

}  // namespace shiming::fault

#endif  // SHIMING_TESTS_FAULT_ISSUE_ONE_H_
