// Rights that one instance has at a time: name, epoch, holder, expiry.
#ifndef SHIMING_SERVICES_PROFILE_ORDER_STORE_LEASE_ROWS_H_
#define SHIMING_SERVICES_PROFILE_ORDER_STORE_LEASE_ROWS_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "services/profile_order/core/order_store.h"
#include "storage/sql/database.h"

namespace shiming::profile_order {

// As OrderStore::HoldLease.
absl::StatusOr<int64_t> HoldLeaseIn(sql::Transaction& tx,
                                    const LeaseClaim& claim);

// Holds the transaction to the epoch: until it is committed nobody takes the
// lease, and where somebody has, it fails with LOST_RACE. Whether the time is
// over does not matter.
absl::Status FenceLease(sql::Transaction& tx, const std::string& name,
                        int64_t epoch);

}  // namespace shiming::profile_order

#endif  // SHIMING_SERVICES_PROFILE_ORDER_STORE_LEASE_ROWS_H_
