// Pseudonyms of values that audits must link without the ledger knowing them
// (docs/formats/ledger_entry.md). Pure, thread-safe.
#ifndef SHIMING_LEDGER_INDEX_PSEUDONYM_H_
#define SHIMING_LEDGER_INDEX_PSEUDONYM_H_

#include <string>
#include <string_view>

#include "common/crypto/secret.h"
#include "shiming/ledger/v1/ledger_resources.pb.h"

namespace shiming::ledger {

// HMAC-SHA-256(K, field name || 0x00 || value), 32 bytes. `value` in its
// canonical digits: an EID, an ICCID without F, a number with country code.
// Empty for a field without a name.
std::string PseudonymOf(const crypto::Secret& key, v1::PseudonymField field,
                        std::string_view value);

}  // namespace shiming::ledger

#endif  // SHIMING_LEDGER_INDEX_PSEUDONYM_H_
