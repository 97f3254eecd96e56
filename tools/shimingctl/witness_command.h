// `shimingctl witness`: a witness of logs, for whoever is not the log's owner.
#ifndef SHIMING_TOOLS_SHIMINGCTL_WITNESS_COMMAND_H_
#define SHIMING_TOOLS_SHIMINGCTL_WITNESS_COMMAND_H_

#include "absl/status/status.h"
#include "tools/shimingctl/arguments.h"

namespace shiming::shimingctl {

// witness [--config FILE] [--generate-key NAME] [options, each in place of the
// field of WitnessConfig with that meaning]: serves until SIGTERM. With
// --generate-key it makes key and state instead, prints the verifier key and
// ends.
absl::Status RunWitness(Arguments& arguments);

}  // namespace shiming::shimingctl

#endif  // SHIMING_TOOLS_SHIMINGCTL_WITNESS_COMMAND_H_
