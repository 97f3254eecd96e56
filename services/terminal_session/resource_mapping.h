// Records as the messages that clients see.
#ifndef SHIMING_SERVICES_TERMINAL_SESSION_RESOURCE_MAPPING_H_
#define SHIMING_SERVICES_TERMINAL_SESSION_RESOURCE_MAPPING_H_

#include "services/terminal_session/core/enrollment.h"
#include "services/terminal_session/core/records.h"
#include "shiming/terminal/v1/terminal_resources.pb.h"

namespace shiming::terminal_session {

terminal::v1::Shift ToMessage(const ShiftRecord& shift);
terminal::v1::Session ToMessage(const SessionRecord& session);
terminal::v1::ReadNonce ToMessage(const NonceRecord& nonce);
// Without a clerk's credentials.
terminal::v1::Subject ToMessage(const SubjectView& view);

}  // namespace shiming::terminal_session

#endif  // SHIMING_SERVICES_TERMINAL_SESSION_RESOURCE_MAPPING_H_
