#include "ledger/audit/key_ring.h"

#include <mutex>

namespace shiming::ledger {

bool KeyRing::Add(std::string_view der) {
  const auto key = crypto::VerifyKey::FromDer(der);
  if (!key.ok() || key->algorithm() != crypto::KeyAlgorithm::kEcdsaP256) {
    return false;
  }
  const std::unique_lock lock(mutex_);
  keys_.emplace(key->Hash(), *key);
  return true;
}

std::optional<crypto::VerifyKey> KeyRing::Find(std::string_view sha256) const {
  const std::shared_lock lock(mutex_);
  const auto found = keys_.find(sha256);
  if (found == keys_.end()) return std::nullopt;
  return found->second;
}

std::vector<std::string> KeyRing::Keys() const {
  const std::shared_lock lock(mutex_);
  std::vector<std::string> keys;
  for (const auto& [hash, key] : keys_) keys.push_back(key.Der());
  return keys;
}

}  // namespace shiming::ledger
