// K, by which services and auditors make pseudonyms, as an auditor with a grant
// has it: two files of 64 hexadecimal digits.
#ifndef SHIMING_TOOLS_SHIMINGCTL_PSEUDONYM_KEY_H_
#define SHIMING_TOOLS_SHIMINGCTL_PSEUDONYM_KEY_H_

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/crypto/secret.h"

namespace shiming::shimingctl {

struct PseudonymKey {
  crypto::Secret key;
  std::string salt;  // 32 bytes; empty where there is no file
};

// Without `salt_file`, the key's with ".salt" in place of ".key", if it is
// there. INVALID_ARGUMENT for a file of something else; errors of ReadFile.
absl::StatusOr<PseudonymKey> ReadPseudonymKey(const std::string& key_file,
                                              const std::string& salt_file);

// OK when K is the one that LOG_OPENED commits to; else PSEUDONYM_KEY_MISMATCH:
// pseudonyms of another key find nothing. INVALID_ARGUMENT without a salt.
absl::Status CheckPseudonymKey(const PseudonymKey& key,
                               std::string_view commitment);

}  // namespace shiming::shimingctl

#endif  // SHIMING_TOOLS_SHIMINGCTL_PSEUDONYM_KEY_H_
