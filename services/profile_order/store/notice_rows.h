// The rows of download notices.
#ifndef SHIMING_SERVICES_PROFILE_ORDER_STORE_NOTICE_ROWS_H_
#define SHIMING_SERVICES_PROFILE_ORDER_STORE_NOTICE_ROWS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "services/profile_order/core/notice.h"
#include "storage/sql/database.h"

namespace shiming::profile_order {

// False when the same notice is there already.
absl::StatusOr<bool> InsertNotice(sql::Transaction& tx,
                                  const DownloadNotice& notice,
                                  std::string_view order_id,
                                  int64_t received_us, bool pending);

// The order that the ICCID was last given to, if the peer holds that ICCID.
absl::StatusOr<std::optional<std::string>> OrderOfIccid(sql::Snapshot& snapshot,
                                                        std::string_view iccid,
                                                        std::string_view smdp);

// Kept notices of an order in order of arrival.
absl::StatusOr<std::vector<DownloadNotice>> ReadPendingNotices(
    sql::Snapshot& snapshot, std::string_view order_id);
absl::Status MarkNoticesApplied(sql::Transaction& tx,
                                std::string_view order_id);

}  // namespace shiming::profile_order

#endif  // SHIMING_SERVICES_PROFILE_ORDER_STORE_NOTICE_ROWS_H_
