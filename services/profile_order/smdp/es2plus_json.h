// The JSON of ES2+ calls (SGP.22 v2.2 section 6.5.2), written strictly and read
// liberally. nlohmann stays in the .cc.
#ifndef SHIMING_SERVICES_PROFILE_ORDER_SMDP_ES2PLUS_JSON_H_
#define SHIMING_SERVICES_PROFILE_ORDER_SMDP_ES2PLUS_JSON_H_

#include <string>
#include <string_view>

#include "services/profile_order/smdp/smdp_port.h"

namespace shiming::profile_order::smdp {

// "/gsma/rsp2/es2plus/downloadOrder".
std::string PathOf(Function function);

// The body of a call by `requester` (functionRequesterIdentifier). Holds the
// matching ID: a secret. ICCIDs of 19 digits are padded with F.
std::string EncodeRequest(const Request& request, std::string_view requester);

// What an answer with HTTP status 200 says. Anything that is not a well-formed
// answer is kUnknown: it may have taken effect.
Answer DecodeAnswer(std::string_view body);

}  // namespace shiming::profile_order::smdp

#endif  // SHIMING_SERVICES_PROFILE_ORDER_SMDP_ES2PLUS_JSON_H_
