#include "identity/vault/person_vault.h"

#include "common/crypto/digest.h"
#include "common/status/status_macros.h"

namespace shiming::identity {
namespace {

// Associated data of a sealed value: what it is and whose.
std::string AadOf(std::string_view what, std::string_view owner) {
  std::string aad(what);
  aad += '\0';
  aad += owner;
  return aad;
}

constexpr std::string_view kPerson = "shiming/person/v1";
constexpr std::string_view kCase = "shiming/case/v1";

std::string OwnerOf(std::string_view person_id) {
  return "person/" + std::string(person_id);
}

absl::StatusOr<std::string> SealMessage(
    const KeyProvider& keys, crypto::Random& random,
    const crypto::Secret& data_key, const std::string& aad,
    const google::protobuf::MessageLite& m) {
  // Owns the clear bytes until they are wiped.
  const crypto::Secret clear(m.SerializeAsString());
  return crypto::Seal(keys.suite(), data_key, clear.Reveal(), aad, random);
}

template <typename M>
absl::StatusOr<M> OpenMessage(const crypto::Secret& data_key,
                              std::string_view sealed, const std::string& aad) {
  ASSIGN_OR_RETURN(const crypto::Secret clear,
                   crypto::Open(data_key, sealed, aad));
  M message;
  if (!message.ParseFromArray(clear.Reveal().data(),
                              static_cast<int>(clear.size()))) {
    return absl::DataLossError("sealed value is no record");
  }
  return message;
}

}  // namespace

crypto::Secret PersonVault::NewDataKey() const {
  return crypto::Secret(random_.Bytes(crypto::kSealingKeyBytes));
}

absl::StatusOr<std::string> PersonVault::Wrap(
    const crypto::Secret& data_key, std::string_view person_id) const {
  return keys_.Wrap(data_key, OwnerOf(person_id));
}

absl::StatusOr<crypto::Secret> PersonVault::Unwrap(
    std::string_view wrapped, std::string_view person_id) const {
  return keys_.Unwrap(wrapped, OwnerOf(person_id));
}

absl::StatusOr<std::string> PersonVault::SealPerson(
    const crypto::Secret& data_key, std::string_view person_id,
    const v1::PersonRecord& record) const {
  return SealMessage(keys_, random_, data_key, AadOf(kPerson, person_id),
                     record);
}

absl::StatusOr<v1::PersonRecord> PersonVault::OpenPerson(
    const crypto::Secret& data_key, std::string_view person_id,
    std::string_view sealed) const {
  return OpenMessage<v1::PersonRecord>(data_key, sealed,
                                       AadOf(kPerson, person_id));
}

absl::StatusOr<std::string> PersonVault::SealCase(
    const crypto::Secret& data_key, std::string_view verification_id,
    const v1::CaseRecord& record) const {
  return SealMessage(keys_, random_, data_key, AadOf(kCase, verification_id),
                     record);
}

absl::StatusOr<v1::CaseRecord> PersonVault::OpenCase(
    const crypto::Secret& data_key, std::string_view verification_id,
    std::string_view sealed) const {
  return OpenMessage<v1::CaseRecord>(data_key, sealed,
                                     AadOf(kCase, verification_id));
}

v1::PersonRecord PersonRecordOf(const CardBlock& card) {
  v1::PersonRecord record;
  record.set_document_kind(static_cast<int>(card.kind()));
  record.set_document_number(card.number.canonical());
  record.set_name(card.name);
  record.set_name_en(card.name_en);
  record.set_sex(static_cast<int>(card.sex));
  record.set_ethnic_group(card.ethnic_group);
  record.set_birth_date(card.birth_date.ToCompact());
  record.set_address(card.address);
  record.set_issuing_authority(card.issuing_authority);
  record.set_valid_from(card.valid_from.ToCompact());
  record.set_valid_to(card.valid_to_text);
  record.set_nationality(card.nationality);
  record.set_travel_permit_number(card.travel_permit_number);
  record.set_old_number_link(card.old_number_link);
  return record;
}

std::string PersonAlias(const crypto::Secret& index_key,
                        const IdNumber& number) {
  std::string input = "person-alias";
  input += '\0';
  input += static_cast<char>(number.kind());
  input += number.canonical();
  return crypto::HmacSha256(index_key.Reveal(), input);
}

}  // namespace shiming::identity
