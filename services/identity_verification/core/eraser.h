// Erases: what becomes of an approved erasure, through crashes and restored
// key stores.
#ifndef SHIMING_SERVICES_IDENTITY_VERIFICATION_CORE_ERASER_H_
#define SHIMING_SERVICES_IDENTITY_VERIFICATION_CORE_ERASER_H_

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/time/clock.h"
#include "services/identity_verification/core/erasure_metrics.h"
#include "services/identity_verification/core/erasure_store.h"
#include "services/identity_verification/core/verification_store.h"
#include "shiming/identity/v1/erasure_service.pb.h"

namespace shiming::identity_verification {

// From the configuration.
struct ErasureRules {
  // Data of a person is kept for so long after the last order has ended.
  absl::Duration retention;
  // Backups of key stores are kept for so many days.
  int key_backup_days;
};

// The steps of an erasure once it is approved, in this order: (1) profile_order
// takes the task and destroys the keys of the person's orders, or reports what
// stands against it; (2) DESTROYING is stored: no way back; (3) the person's
// key is destroyed and scrubbed out of the key store's files; (4) alias and
// sealed values go, PERSON_ERASED comes, in one transaction. After a crash
// between any two of them profile_order reports again, or FinishAll goes on.
// Thread-safe.
class Eraser {
 public:
  template <class T>
  using Result = boost::asio::awaitable<absl::StatusOr<T>>;

  // Not owned; all outlive the eraser.
  struct Deps {
    const Clock& clock;
    ErasureStore& store;
    PersonKeyStore& keys;
    ErasureMetrics& metrics;
  };

  Eraser(Deps deps, ErasureRules rules) : deps_(deps), rules_(rules) {}

  Result<identity::v1::ListErasureTasksResponse> ListTasks(
      identity::v1::ListErasureTasksRequest request);

  // (2) to (4), or the refusal. OK when the erasure is at its end. NOT_FOUND
  // for a number that was never given, or whose person was proposed anew.
  boost::asio::awaitable<absl::Status> Report(
      identity::v1::ReportErasureTaskRequest request);

  // At start, before anything is served: keys of erased persons that an older
  // copy of the key store has brought back are destroyed again. Gives how many.
  Result<int64_t> DestroyAgain();

  // At start, once events may be written: (3) and (4) of what a crash left in
  // DESTROYING.
  boost::asio::awaitable<absl::Status> FinishAll();

 private:
  // (3) and (4).
  boost::asio::awaitable<absl::Status> Finish(ErasureRecord record);
  boost::asio::awaitable<absl::Status> Refuse(
      const ErasureRecord& record,
      const identity::v1::ReportErasureTaskRequest& request);
  boost::asio::awaitable<void> ShowUnderWay();

  const Deps deps_;
  const ErasureRules rules_;
};

}  // namespace shiming::identity_verification

#endif  // SHIMING_SERVICES_IDENTITY_VERIFICATION_CORE_ERASER_H_
