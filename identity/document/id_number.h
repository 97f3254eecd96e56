// Numbers of identity documents: resident identity number (GB 11643-1999) and
// the three others that an ID-card reader can give.
#ifndef SHIMING_IDENTITY_DOCUMENT_ID_NUMBER_H_
#define SHIMING_IDENTITY_DOCUMENT_ID_NUMBER_H_

#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "common/time/date.h"
#include "identity/document/document_kind.h"

namespace shiming::identity {

// Values as in GB/T 2261.1.
enum class Sex { kMale = 1, kFemale = 2 };

// A number that has passed every check of its kind. Personal data: it has no
// stream operator and stays out of logs and messages. Copyable.
class IdNumber {
 public:
  DocumentKind kind() const { return kind_; }
  // 18 characters, or 15 for FOREIGN_PR_2017; upper case.
  const std::string& canonical() const { return canonical_; }
  // From the number; absent for FOREIGN_PR_2017, which lacks the century.
  const std::optional<Date>& birth_date() const { return birth_date_; }
  // From the number; absent for FOREIGN_PR_2017, which does not carry it.
  const std::optional<Sex>& sex() const { return sex_; }
  // The six digits YYMMDD of the birth date, for every kind.
  std::string_view birth_yymmdd() const;
  // ISO 3166-1 letters of the nationality; empty unless a foreigner's.
  const std::string& country() const { return country_; }

  friend bool operator==(const IdNumber&, const IdNumber&) = default;

 private:
  friend class IdNumberParser;
  IdNumber(DocumentKind kind, std::string canonical)
      : kind_(kind), canonical_(std::move(canonical)) {}

  DocumentKind kind_;
  std::string canonical_;
  std::optional<Date> birth_date_;
  std::optional<Sex> sex_;
  std::string country_;
};

// Reads a number declared to be of `kind`; `as_of` is today (Asia/Shanghai).
// INVALID_ARGUMENT with the first of these reasons that applies: EMPTY,
// BAD_CHARACTER, LEGACY_15_DIGIT, KIND_MISMATCH, BAD_LENGTH, BAD_CHARACTER,
// BAD_REGION, KIND_MISMATCH, BAD_COUNTRY, BAD_REGION, BAD_BIRTH_DATE,
// BIRTH_DATE_OUT_OF_RANGE (before 1900), FUTURE_BIRTH_DATE,
// BAD_CHECK_CHARACTER; the .cc has the exact order by kind. A trailing
// lower-case x is read as X; nothing else is repaired. Thread-safe.
absl::StatusOr<IdNumber> ParseIdNumber(std::string_view text, DocumentKind kind,
                                       Date as_of);

// Check character of 17 digits: ISO 7064 MOD 11-2, '0' to '9' or 'X'. `body`
// must be 17 ASCII digits.
char IdCheckCharacter(std::string_view body);

}  // namespace shiming::identity

#endif  // SHIMING_IDENTITY_DOCUMENT_ID_NUMBER_H_
