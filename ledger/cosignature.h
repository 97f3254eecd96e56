// The exact bytes that witnesses sign (C2SP tlog-cosignature).
#ifndef SHIMING_LEDGER_COSIGNATURE_H_
#define SHIMING_LEDGER_COSIGNATURE_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "ledger/hasher.h"

namespace shiming::ledger {

// Later times are invalid (tlog-cosignature, "Ed25519 signed message").
inline constexpr uint64_t kMaxCosignatureTime = INT64_MAX;

// cosignature/v1: what an Ed25519 witness signs for a checkpoint's whole text.
// `time_seconds` since 1970.
std::string Ed25519CosignatureMessage(uint64_t time_seconds,
                                      std::string_view checkpoint_text);

// subtree/v1: what an ML-DSA-44 witness signs for entries [start, end) with
// `root`; for a checkpoint start is 0 and end the tree size. Names longer than
// 255 bytes cannot be written: the answer is then empty.
std::string MlDsa44CosignatureMessage(std::string_view cosigner_name,
                                      uint64_t time_seconds,
                                      std::string_view origin, uint64_t start,
                                      uint64_t end, const Hash& root);

}  // namespace shiming::ledger

#endif  // SHIMING_LEDGER_COSIGNATURE_H_
