// The evidence keys that the log has pinned so far, by their SHA-256.
#ifndef SHIMING_LEDGER_AUDIT_KEY_RING_H_
#define SHIMING_LEDGER_AUDIT_KEY_RING_H_

#include <map>
#include <optional>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <vector>

#include "common/crypto/keys.h"

namespace shiming::ledger {

// Keys are added, never taken away: whether one was in force is another
// question. Thread-safe.
class KeyRing {
 public:
  // False when `der` is no ECDSA P-256 public key.
  bool Add(std::string_view der);
  std::optional<crypto::VerifyKey> Find(std::string_view sha256) const;
  // All keys in DER, for storage.
  std::vector<std::string> Keys() const;

 private:
  mutable std::shared_mutex mutex_;
  std::map<std::string, crypto::VerifyKey, std::less<>> keys_;
};

}  // namespace shiming::ledger

#endif  // SHIMING_LEDGER_AUDIT_KEY_RING_H_
