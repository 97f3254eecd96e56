// Keys that `shimingctl init` makes (DESIGN 5, table of keys). Each function
// keeps a file that is there.
#ifndef SHIMING_TOOLS_SHIMINGCTL_KEY_FILES_H_
#define SHIMING_TOOLS_SHIMINGCTL_KEY_FILES_H_

#include <string>

#include "absl/status/status.h"
#include "shiming/config/v1/witness_config.pb.h"
#include "tools/shimingctl/layout.h"

namespace shiming::shimingctl {

// Name and origin of the log (C2SP: its URL prefix without scheme).
std::string LogOrigin(const Layout& layout);

// All of them:
//   attestation.key/.pub     Ed25519, identity_verification
//   identity.keyring, order.keyring  key-encryption keys
//   identity_index.key       lookup of document numbers
//   pseudonym.key, pseudonym.salt  K, and the salt of its commitment
//   ledger.key/.vkey         Ed25519, issuance_ledger
//   ledger.policy            log and witness (C2SP tlog-policy)
//   shift_token.key, credentials.key   terminal_session
//   demo_face_engine.key/.pub  ECDSA P-256
// and beside them, in layout.Witness(), key and empty state of a witness.
absl::Status MakeKeyFiles(const Layout& layout);

// What the demonstration's witness is configured with.
config::v1::WitnessConfig WitnessConfigOf(const Layout& layout);

}  // namespace shiming::shimingctl

#endif  // SHIMING_TOOLS_SHIMINGCTL_KEY_FILES_H_
