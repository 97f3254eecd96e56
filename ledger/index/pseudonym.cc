#include "ledger/index/pseudonym.h"

#include "common/crypto/digest.h"

namespace shiming::ledger {
namespace {

std::string_view NameOf(v1::PseudonymField field) {
  switch (field) {
    case v1::PSEUDONYM_FIELD_EID:
      return "eid";
    case v1::PSEUDONYM_FIELD_ICCID:
      return "iccid";
    case v1::PSEUDONYM_FIELD_MSISDN:
      return "msisdn";
    default:
      return "";
  }
}

}  // namespace

std::string PseudonymOf(const crypto::Secret& key, v1::PseudonymField field,
                        std::string_view value) {
  std::string data(NameOf(field));
  if (data.empty()) return "";
  data.push_back('\0');
  data.append(value);
  return crypto::HmacSha256(key.Reveal(), data);
}

}  // namespace shiming::ledger
