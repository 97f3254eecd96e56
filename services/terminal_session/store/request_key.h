// From a mutation to the key under which it is remembered.
#ifndef SHIMING_SERVICES_TERMINAL_SESSION_STORE_REQUEST_KEY_H_
#define SHIMING_SERVICES_TERMINAL_SESSION_STORE_REQUEST_KEY_H_

#include "services/terminal_session/core/records.h"
#include "storage/requests/idempotency_keys.h"

namespace shiming::terminal_session {

inline requests::RequestKey KeyOf(const Mutation& mutation) {
  return {.caller = mutation.caller,
          .method = mutation.method,
          .request_id = mutation.request_id};
}

}  // namespace shiming::terminal_session

#endif  // SHIMING_SERVICES_TERMINAL_SESSION_STORE_REQUEST_KEY_H_
