// The idempotency key of a request (DESIGN 6).
#ifndef SHIMING_SERVICES_PROFILE_ORDER_CORE_REQUEST_KEY_H_
#define SHIMING_SERVICES_PROFILE_ORDER_CORE_REQUEST_KEY_H_

#include <string>
#include <string_view>

#include "common/crypto/secret.h"
#include "google/protobuf/message.h"
#include "services/profile_order/core/order_store.h"

namespace shiming::profile_order {

// `content` is the request without what may differ between repeats (shift
// token, request id). Stored is its HMAC under `content_key`.
RequestKey MakeRequestKey(const crypto::Secret& content_key,
                          std::string_view caller, std::string_view method,
                          const std::string& request_id,
                          const google::protobuf::Message& content);

}  // namespace shiming::profile_order

#endif  // SHIMING_SERVICES_PROFILE_ORDER_CORE_REQUEST_KEY_H_
