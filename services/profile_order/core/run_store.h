// Which runs of the service's processes are at work.
#ifndef SHIMING_SERVICES_PROFILE_ORDER_CORE_RUN_STORE_H_
#define SHIMING_SERVICES_PROFILE_ORDER_CORE_RUN_STORE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "services/profile_order/core/order_store.h"

namespace shiming::profile_order {

// A run is one life of a process. An ES2+ call on its way belongs to the run
// that stored it; others touch it only once that run is over. Being wrong about
// that costs a repeated call whose answers are settled as those of a lost one,
// so clocks that differ cost time and never more. Thread-safe.
class RunStore {
 public:
  virtual ~RunStore() = default;

  // The run is at work until `until_us`; every earlier run of the instance is
  // over.
  virtual Awaitable<absl::Status> Begin(std::string instance,
                                        std::string run_id,
                                        int64_t until_us) = 0;
  // It still is, until then.
  virtual Awaitable<absl::Status> Hold(std::string instance, std::string run_id,
                                       int64_t until_us) = 0;
  // It is over.
  virtual Awaitable<absl::Status> End(std::string run_id) = 0;

  // False for a run whose time is over at `now_us`, and for an unknown one:
  // runs begin before they do anything else.
  virtual Awaitable<absl::StatusOr<bool>> IsLive(std::string run_id,
                                                 int64_t now_us) = 0;
  // Runs that are over at `now_us` and not forgotten, up to a hundred.
  virtual Awaitable<absl::StatusOr<std::vector<std::string>>> ListOver(
      int64_t now_us) = 0;
  // Forgets them, but those that are at work again.
  virtual Awaitable<absl::Status> Forget(std::vector<std::string> run_ids,
                                         int64_t now_us) = 0;
};

}  // namespace shiming::profile_order

#endif  // SHIMING_SERVICES_PROFILE_ORDER_CORE_RUN_STORE_H_
