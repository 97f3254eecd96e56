#include "identity/document/card_layout.h"

namespace shiming::identity {

const std::vector<FieldPlace>& LayoutOf(DocumentKind kind) {
  using F = CardField;
  static const auto& resident =
      *new std::vector<FieldPlace>{{F::kName, 0, 30},
                                   {F::kSex, 30, 2},
                                   {F::kEthnicGroup, 32, 4},
                                   {F::kBirthDate, 36, 16},
                                   {F::kAddress, 52, 70},
                                   {F::kNumber, 122, 36},
                                   {F::kIssuingAuthority, 158, 30},
                                   {F::kValidFrom, 188, 16},
                                   {F::kValidTo, 204, 16},
                                   {F::kTypeFlag, kTypeFlagOffset, 2}};
  static const auto& permit =
      *new std::vector<FieldPlace>{{F::kName, 0, 30},
                                   {F::kSex, 30, 2},
                                   {F::kBirthDate, 36, 16},
                                   {F::kAddress, 52, 70},
                                   {F::kNumber, 122, 36},
                                   {F::kIssuingAuthority, 158, 30},
                                   {F::kValidFrom, 188, 16},
                                   {F::kValidTo, 204, 16},
                                   {F::kTravelPermitNumber, 220, 18},
                                   {F::kIssueCount, 238, 4},
                                   {F::kTypeFlag, kTypeFlagOffset, 2}};
  static const auto& foreign_2017 =
      *new std::vector<FieldPlace>{{F::kNameEn, 0, 120},
                                   {F::kSex, 120, 2},
                                   {F::kNumber, 122, 30},
                                   {F::kNationality, 152, 6},
                                   {F::kName, 158, 30},
                                   {F::kValidFrom, 188, 16},
                                   {F::kValidTo, 204, 16},
                                   {F::kBirthDate, 220, 16},
                                   {F::kCardVersion, 236, 4},
                                   {F::kIssuingAuthority, 240, 8},
                                   {F::kTypeFlag, kTypeFlagOffset, 2}};
  static const auto& foreign_2023 =
      *new std::vector<FieldPlace>{{F::kName, 0, 30},
                                   {F::kSex, 30, 2},
                                   {F::kIssueCount, 32, 4},
                                   {F::kBirthDate, 36, 16},
                                   {F::kNameEn, 52, 70},
                                   {F::kNumber, 122, 36},
                                   {F::kValidFrom, 188, 16},
                                   {F::kValidTo, 204, 16},
                                   {F::kNameEnRest, 220, 22},
                                   {F::kNationality, 242, 6},
                                   {F::kTypeFlag, kTypeFlagOffset, 2},
                                   {F::kOldNumberLink, 250, 6}};
  switch (kind) {
    case DocumentKind::kResidentId:
      return resident;
    case DocumentKind::kHmtResidencePermit:
      return permit;
    case DocumentKind::kForeignPr2017:
      return foreign_2017;
    case DocumentKind::kForeignPr2023:
      break;
  }
  return foreign_2023;
}

std::optional<FieldPlace> PlaceOf(DocumentKind kind, CardField field) {
  for (const FieldPlace& place : LayoutOf(kind)) {
    if (place.field == field) return place;
  }
  return std::nullopt;
}

char TypeFlagOf(DocumentKind kind) {
  switch (kind) {
    case DocumentKind::kResidentId:
      return ' ';
    case DocumentKind::kHmtResidencePermit:
      return 'J';
    case DocumentKind::kForeignPr2017:
      return 'I';
    case DocumentKind::kForeignPr2023:
      break;
  }
  return 'Y';
}

std::optional<DocumentKind> KindByTypeFlag(std::string_view flag) {
  for (DocumentKind kind : AllDocumentKinds()) {
    const char expected = TypeFlagOf(kind);
    if (flag == std::string_view(&expected, 1)) return kind;
  }
  return std::nullopt;
}

}  // namespace shiming::identity
