// Personal data sealed under the person's own data key.
#ifndef SHIMING_IDENTITY_VAULT_PERSON_VAULT_H_
#define SHIMING_IDENTITY_VAULT_PERSON_VAULT_H_

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "common/crypto/cipher.h"
#include "common/crypto/random.h"
#include "common/crypto/secret.h"
#include "identity/document/card_block.h"
#include "identity/document/id_number.h"
#include "identity/vault/key_provider.h"
#include "shiming/identity/v1/identity_storage.pb.h"

namespace shiming::identity {

// Seals and opens what is kept about people. Each sealed value is bound to its
// owner's id, so that rows cannot trade contents. Thread-safe.
class PersonVault {
 public:
  // Neither is owned; both outlive the vault.
  PersonVault(const KeyProvider& keys, crypto::Random& random)
      : keys_(keys), random_(random) {}

  // A fresh data key.
  crypto::Secret NewDataKey() const;

  // A data key as it is stored, and back. Errors of KeyProvider.
  absl::StatusOr<std::string> Wrap(const crypto::Secret& data_key,
                                   std::string_view person_id) const;
  absl::StatusOr<crypto::Secret> Unwrap(std::string_view wrapped,
                                        std::string_view person_id) const;

  // Errors of crypto::Seal and crypto::Open; DATA_LOSS when the content is no
  // record.
  absl::StatusOr<std::string> SealPerson(const crypto::Secret& data_key,
                                         std::string_view person_id,
                                         const v1::PersonRecord& record) const;
  absl::StatusOr<v1::PersonRecord> OpenPerson(const crypto::Secret& data_key,
                                              std::string_view person_id,
                                              std::string_view sealed) const;
  absl::StatusOr<std::string> SealCase(const crypto::Secret& data_key,
                                       std::string_view verification_id,
                                       const v1::CaseRecord& record) const;
  absl::StatusOr<v1::CaseRecord> OpenCase(const crypto::Secret& data_key,
                                          std::string_view verification_id,
                                          std::string_view sealed) const;

 private:
  const KeyProvider& keys_;
  crypto::Random& random_;
};

// What is kept of a card.
v1::PersonRecord PersonRecordOf(const CardBlock& card);

// By what a person is found again: HMAC-SHA-256(index key, "person-alias" ‖
// 0x00 ‖ kind as one byte ‖ number), 32 bytes. Without the key it tells
// nothing; a plain hash of a number could be reversed by trying them all.
std::string PersonAlias(const crypto::Secret& index_key,
                        const IdNumber& number);

}  // namespace shiming::identity

#endif  // SHIMING_IDENTITY_VAULT_PERSON_VAULT_H_
