// Who calls, as the core needs to know it.
#ifndef SHIMING_SERVICES_IDENTITY_VERIFICATION_CORE_CALLER_H_
#define SHIMING_SERVICES_IDENTITY_VERIFICATION_CORE_CALLER_H_

#include <string>

#include "absl/time/time.h"

namespace shiming::identity_verification {

// The terminal at the other end of a call, proven by its certificate.
struct Caller {
  std::string spiffe_id;
  // SHA-256 of the DER of its TLS key, 32 bytes.
  std::string key_sha256;
  // When it stops waiting, by the machine's clock.
  absl::Time deadline;
  // W3C trace id, 32 hex digits; diagnostics only.
  std::string trace_id;
};

}  // namespace shiming::identity_verification

#endif  // SHIMING_SERVICES_IDENTITY_VERIFICATION_CORE_CALLER_H_
