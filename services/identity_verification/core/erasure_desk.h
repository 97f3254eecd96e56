// Erasures as two officers agree on them.
#ifndef SHIMING_SERVICES_IDENTITY_VERIFICATION_CORE_ERASURE_DESK_H_
#define SHIMING_SERVICES_IDENTITY_VERIFICATION_CORE_ERASURE_DESK_H_

#include <boost/asio/awaitable.hpp>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/crypto/secret.h"
#include "common/time/clock.h"
#include "services/identity_verification/core/erasure_metrics.h"
#include "services/identity_verification/core/erasure_store.h"
#include "shiming/identity/v1/erasure_service.pb.h"

namespace shiming::identity_verification {

// Who acts, proven by a certificate.
struct Officer {
  std::string spiffe_id;
  std::string name;  // "/officer/<id>"
  std::string trace_id;
};

// Thread-safe. What is asked of it stands in the proto's comments.
class ErasureDesk {
 public:
  template <class T>
  using Result = boost::asio::awaitable<absl::StatusOr<T>>;

  // Not owned; all outlive the desk.
  struct Deps {
    const Clock& clock;
    ErasureStore& store;
    ErasureMetrics& metrics;
  };

  // `index_key`: 32 secret bytes under which request contents are hashed.
  // `attestation_life`: how long after a verification an order may be placed.
  ErasureDesk(Deps deps, crypto::Secret index_key,
              absl::Duration attestation_life)
      : deps_(deps),
        index_key_(std::move(index_key)),
        attestation_life_(attestation_life) {}

  Result<identity::v1::Erasure> Propose(
      Officer officer, identity::v1::ProposeErasureRequest request);
  Result<identity::v1::Erasure> Approve(
      Officer officer, identity::v1::ApproveErasureRequest request);
  Result<identity::v1::ListErasuresResponse> List(
      identity::v1::ListErasuresRequest request);

 private:
  const Deps deps_;
  const crypto::Secret index_key_;
  const absl::Duration attestation_life_;
};

}  // namespace shiming::identity_verification

#endif  // SHIMING_SERVICES_IDENTITY_VERIFICATION_CORE_ERASURE_DESK_H_
