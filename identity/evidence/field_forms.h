// Forms of the fields of signed objects. Private to the package.
#ifndef SHIMING_IDENTITY_EVIDENCE_FIELD_FORMS_H_
#define SHIMING_IDENTITY_EVIDENCE_FIELD_FORMS_H_

#include <google/protobuf/timestamp.pb.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace shiming::identity {

// Length of nonces, salts and SHA-256 values.
inline constexpr size_t kDigestBytes = 32;

// 1 to `max` characters of [0-9A-Za-z._-]: names that may stand on the record.
// So narrow, that no person's name or document number with blanks, Chinese
// characters or separators fits by accident.
inline bool IsPlainName(std::string_view text, size_t max) {
  return !text.empty() && text.size() <= max &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
                  (c >= 'a' && c <= 'z') || c == '.' || c == '_' || c == '-';
         });
}

// Times that absl::Time holds exactly.
inline bool IsTimestamp(const google::protobuf::Timestamp& time) {
  // Year 9999, the last one of google.protobuf.Timestamp.
  constexpr int64_t kMaxSeconds = 253402300799;
  return time.seconds() > 0 && time.seconds() <= kMaxSeconds &&
         time.nanos() >= 0 && time.nanos() <= 999'999'999;
}

}  // namespace shiming::identity

#endif  // SHIMING_IDENTITY_EVIDENCE_FIELD_FORMS_H_
