#include "identity/document/card_block.h"

#include <map>
#include <utility>

#include "common/status/reason.h"
#include "common/status/status_macros.h"
#include "identity/document/card_layout.h"
#include "identity/document/code_tables.h"
#include "identity/document/utf16.h"

namespace shiming::identity {
namespace {

// Validity without an end.
constexpr std::string_view kLongTerm = "长期";

using FieldTexts = std::map<CardField, std::string>;

// No part of the block may stand in the message.
absl::Status Refuse(Reason reason, const ErrorParts& parts = {}) {
  return MakeError(reason, "card block refused", parts);
}

void TrimTrailingBlanks(std::string& text) {
  text.erase(text.find_last_not_of(' ') + 1);
}

absl::StatusOr<std::string> TextAt(std::string_view block, size_t offset,
                                   size_t bytes) {
  return Utf16LeToUtf8(block.substr(offset, bytes));
}

// All fields of the block without trailing blanks. Both parts of the English
// name are one field here, since a blank may stand at the seam. A surrogate
// pair over a field's border is BAD_TEXT.
absl::StatusOr<FieldTexts> ReadFields(std::string_view block,
                                      DocumentKind kind) {
  FieldTexts texts;
  for (const FieldPlace& place : LayoutOf(kind)) {
    ASSIGN_OR_RETURN(texts[place.field],
                     TextAt(block, place.offset, place.bytes));
  }
  texts[CardField::kNameEn] += texts[CardField::kNameEnRest];
  for (auto& [field, text] : texts) TrimTrailingBlanks(text);
  return texts;
}

absl::StatusOr<Date> ReadDate(const std::string& text) {
  absl::StatusOr<Date> date = Date::ParseCompact(text);
  if (!date.ok()) return Refuse(Reason::BAD_DATE);
  return date;
}

absl::StatusOr<IdNumber> ReadNumber(const std::string& text, DocumentKind kind,
                                    Date as_of) {
  absl::StatusOr<IdNumber> number = ParseIdNumber(text, kind, as_of);
  if (number.ok()) return number;
  const std::optional<Reason> why = ReasonOf(number.status());
  return Refuse(
      Reason::NUMBER_INVALID,
      {.metadata = {{"numberReason",
                     why.has_value() ? std::string(NameOf(*why)) : ""}}});
}

absl::StatusOr<Sex> ReadSex(const std::string& text) {
  if (text == "1") return Sex::kMale;
  if (text == "2") return Sex::kFemale;
  return Refuse(Reason::BAD_SEX_CODE);
}

// The end date; absent for 长期, which counts on resident cards only.
absl::StatusOr<std::optional<Date>> ReadValidTo(const std::string& text,
                                                DocumentKind kind) {
  if (text == kLongTerm && kind == DocumentKind::kResidentId) {
    return std::optional<Date>();
  }
  ASSIGN_OR_RETURN(const Date date, ReadDate(text));
  return std::optional<Date>(date);
}

// Do the fields say what the number says?
absl::Status CheckAgainstNumber(const CardBlock& card,
                                std::string_view birth_text) {
  if (birth_text.substr(2) != card.number.birth_yymmdd() ||
      (card.number.birth_date().has_value() &&
       *card.number.birth_date() != card.birth_date)) {
    return Refuse(Reason::BIRTH_MISMATCH);
  }
  if (card.number.sex().has_value() && *card.number.sex() != card.sex) {
    return Refuse(Reason::SEX_MISMATCH);
  }
  if (card.nationality != card.number.country()) {
    return Refuse(Reason::NATIONALITY_MISMATCH);
  }
  return absl::OkStatus();
}

absl::Status CheckValidity(const CardBlock& card, Date as_of) {
  if (as_of < card.valid_from) return Refuse(Reason::NOT_YET_VALID);
  if (card.valid_to.has_value() && *card.valid_to < as_of) {
    return Refuse(Reason::EXPIRED);
  }
  return absl::OkStatus();
}

bool IsForeigners(DocumentKind kind) {
  return kind == DocumentKind::kForeignPr2017 ||
         kind == DocumentKind::kForeignPr2023;
}

}  // namespace

std::optional<DocumentKind> KindOfCardBlock(std::string_view block) {
  if (block.size() != kCardBlockBytes) return std::nullopt;
  absl::StatusOr<std::string> flag = TextAt(block, kTypeFlagOffset, 2);
  if (!flag.ok()) return std::nullopt;
  return KindByTypeFlag(*flag);
}

absl::StatusOr<CardBlock> ParseCardBlock(std::string_view block, Date as_of) {
  if (block.size() != kCardBlockBytes) return Refuse(Reason::BAD_BLOCK_LENGTH);
  RETURN_IF_ERROR(Utf16LeToUtf8(block).status());
  const std::optional<DocumentKind> kind = KindOfCardBlock(block);
  if (!kind.has_value()) return Refuse(Reason::UNKNOWN_TYPE_FLAG);
  ASSIGN_OR_RETURN(FieldTexts texts, ReadFields(block, *kind));

  ASSIGN_OR_RETURN(IdNumber number,
                   ReadNumber(texts[CardField::kNumber], *kind, as_of));
  ASSIGN_OR_RETURN(const Sex sex, ReadSex(texts[CardField::kSex]));
  if (*kind == DocumentKind::kResidentId &&
      !IsEthnicGroup(texts[CardField::kEthnicGroup])) {
    return Refuse(Reason::BAD_ETHNIC_CODE);
  }
  const std::string birth_text = texts[CardField::kBirthDate];
  ASSIGN_OR_RETURN(const Date birth_date, ReadDate(birth_text));
  ASSIGN_OR_RETURN(const Date valid_from,
                   ReadDate(texts[CardField::kValidFrom]));
  ASSIGN_OR_RETURN(const std::optional<Date> valid_to,
                   ReadValidTo(texts[CardField::kValidTo], *kind));
  CardBlock card{
      .number = std::move(number),
      .name = std::move(texts[CardField::kName]),
      .name_en = std::move(texts[CardField::kNameEn]),
      .sex = sex,
      .ethnic_group = std::move(texts[CardField::kEthnicGroup]),
      .birth_date = birth_date,
      .address = std::move(texts[CardField::kAddress]),
      .issuing_authority = std::move(texts[CardField::kIssuingAuthority]),
      .valid_from = valid_from,
      .valid_to = valid_to,
      .valid_to_text = std::move(texts[CardField::kValidTo]),
      .nationality = std::move(texts[CardField::kNationality]),
      .travel_permit_number = std::move(texts[CardField::kTravelPermitNumber]),
      .old_number_link = std::move(texts[CardField::kOldNumberLink]),
  };
  RETURN_IF_ERROR(CheckAgainstNumber(card, birth_text));
  if (valid_to.has_value() && *valid_to <= valid_from) {
    return Refuse(Reason::BAD_DATE);
  }
  const std::string& needed_name =
      IsForeigners(*kind) ? card.name_en : card.name;
  if (needed_name.empty()) return Refuse(Reason::NAME_MISSING);
  RETURN_IF_ERROR(CheckValidity(card, as_of));
  return card;
}

}  // namespace shiming::identity
