#include "identity/document/id_number.h"

#include <algorithm>

#include "common/status/check.h"
#include "common/status/reason.h"
#include "common/status/status_macros.h"
#include "identity/document/code_tables.h"

namespace shiming::identity {
namespace {

// Lengths of GB 11643-1999 (also HMT permits and the 2023 edition), of
// first-generation resident numbers and of the 2017 edition.
constexpr size_t kLength18 = 18;
constexpr size_t kLength15 = 15;

// Nobody born earlier is served (product policy birth_year_floor).
constexpr int kBirthYearFloor = 1900;

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsUpper(char c) { return c >= 'A' && c <= 'Z'; }
bool IsLower(char c) { return c >= 'a' && c <= 'z'; }
bool IsLetter(char c) { return IsUpper(c) || IsLower(c); }

template <typename Predicate>
bool All(std::string_view text, Predicate predicate) {
  return std::all_of(text.begin(), text.end(), predicate);
}

// No part of the number may stand in the message.
absl::Status Refuse(Reason reason) {
  return MakeError(reason, "document number refused");
}

// Which kind of document numbers with this beginning belong to. `text` is 18
// characters whose first 17 are digits. Error: BAD_REGION.
absl::StatusOr<DocumentKind> OwnerOf(std::string_view text) {
  if (text[0] == '9') return DocumentKind::kForeignPr2023;
  switch (ProvinceOwnerOf(text.substr(0, 2)).value_or(ProvinceOwner::kNone)) {
    case ProvinceOwner::kPermit:
      return DocumentKind::kHmtResidencePermit;
    case ProvinceOwner::kResident:
      return DocumentKind::kResidentId;
    case ProvinceOwner::kNone:
      break;
  }
  return Refuse(Reason::BAD_REGION);
}

bool IsResidentProvince(std::string_view code) {
  return ProvinceOwnerOf(code) == ProvinceOwner::kResident;
}

absl::StatusOr<Date> BirthDate(std::string_view yyyymmdd, Date as_of) {
  absl::StatusOr<Date> date = Date::ParseCompact(yyyymmdd);
  if (!date.ok()) return Refuse(Reason::BAD_BIRTH_DATE);
  if (date->year() < kBirthYearFloor) {
    return Refuse(Reason::BIRTH_DATE_OUT_OF_RANGE);
  }
  if (*date > as_of) return Refuse(Reason::FUTURE_BIRTH_DATE);
  return *date;
}

// The 2017 number has no century: it is real when it is in either one.
absl::Status CheckShortBirthDate(std::string_view yymmdd, Date as_of) {
  bool real = false;
  for (const char* century : {"19", "20"}) {
    absl::StatusOr<Date> date =
        Date::ParseCompact(century + std::string(yymmdd));
    if (!date.ok()) continue;
    if (*date <= as_of) return absl::OkStatus();
    real = true;
  }
  return Refuse(real ? Reason::FUTURE_BIRTH_DATE : Reason::BAD_BIRTH_DATE);
}

}  // namespace

// Makes IdNumber values; the only one that may.
class IdNumberParser {
 public:
  // `text` has 18 characters, of which the last may be lower-case x no more.
  static absl::StatusOr<IdNumber> Parse18(std::string_view text,
                                          DocumentKind kind, Date as_of) {
    const std::string_view body = text.substr(0, 17);
    const char check = text[17];
    if (!All(body, IsDigit) || !(IsDigit(check) || check == 'X')) {
      return Refuse(Reason::BAD_CHARACTER);
    }
    ASSIGN_OR_RETURN(const DocumentKind owner, OwnerOf(text));
    if (owner != kind) return Refuse(Reason::KIND_MISMATCH);

    IdNumber number(kind, std::string(text));
    if (kind == DocumentKind::kHmtResidencePermit &&
        text.substr(2, 4) != "0000") {
      return Refuse(Reason::BAD_REGION);
    }
    if (kind == DocumentKind::kForeignPr2023) {
      if (!IsResidentProvince(text.substr(1, 2))) {
        return Refuse(Reason::BAD_REGION);
      }
      number.country_ = std::string(CountryAlpha3(text.substr(3, 3)));
      if (number.country_.empty()) return Refuse(Reason::BAD_COUNTRY);
    }
    ASSIGN_OR_RETURN(number.birth_date_, BirthDate(text.substr(6, 8), as_of));
    if (check != IdCheckCharacter(body)) {
      return Refuse(Reason::BAD_CHECK_CHARACTER);
    }
    number.sex_ = (text[16] - '0') % 2 == 1 ? Sex::kMale : Sex::kFemale;
    return number;
  }

  // `text` has 15 characters. The check digit is not tested: published
  // specimens contradict the only known rule.
  static absl::StatusOr<IdNumber> Parse2017(std::string_view text, Date as_of) {
    if (!All(text.substr(0, 3), IsUpper) || !All(text.substr(3), IsDigit)) {
      return Refuse(Reason::BAD_CHARACTER);
    }
    IdNumber number(DocumentKind::kForeignPr2017, std::string(text));
    number.country_ = std::string(text.substr(0, 3));
    if (!IsCountryAlpha3(number.country_)) return Refuse(Reason::BAD_COUNTRY);
    if (!IsResidentProvince(text.substr(3, 2))) {
      return Refuse(Reason::BAD_REGION);
    }
    RETURN_IF_ERROR(CheckShortBirthDate(number.birth_yymmdd(), as_of));
    return number;
  }
};

std::string_view IdNumber::birth_yymmdd() const {
  const size_t begin = kind_ == DocumentKind::kForeignPr2017 ? 7 : 8;
  return std::string_view(canonical_).substr(begin, 6);
}

char IdCheckCharacter(std::string_view body) {
  SHIMING_CHECK(body.size() == 17 && All(body, IsDigit), "17 digits");
  int p = 0;
  for (char c : body) p = (p + (c - '0')) * 2 % 11;
  const int check = (12 - p) % 11;
  return check == 10 ? 'X' : static_cast<char>('0' + check);
}

absl::StatusOr<IdNumber> ParseIdNumber(std::string_view text, DocumentKind kind,
                                       Date as_of) {
  if (text.empty()) return Refuse(Reason::EMPTY);
  if (!All(text, [](char c) { return IsDigit(c) || IsLetter(c); })) {
    return Refuse(Reason::BAD_CHARACTER);
  }
  std::string upper(text);
  if (upper.back() == 'x') upper.back() = 'X';

  const bool is_2017 = kind == DocumentKind::kForeignPr2017;
  if (upper.size() == kLength15 && All(upper, IsDigit) &&
      kind == DocumentKind::kResidentId) {
    return Refuse(Reason::LEGACY_15_DIGIT);
  }
  if (upper.size() == kLength15 && !is_2017 &&
      All(std::string_view(upper).substr(0, 3), IsLetter)) {
    return Refuse(Reason::KIND_MISMATCH);
  }
  if (upper.size() == kLength18 && is_2017 &&
      IdNumberParser::Parse18(upper, DocumentKind::kForeignPr2023, as_of)
          .ok()) {
    return Refuse(Reason::KIND_MISMATCH);
  }
  if (upper.size() != (is_2017 ? kLength15 : kLength18)) {
    return Refuse(Reason::BAD_LENGTH);
  }
  return is_2017 ? IdNumberParser::Parse2017(upper, as_of)
                 : IdNumberParser::Parse18(upper, kind, as_of);
}

}  // namespace shiming::identity
