// Where each field stands in the 256 bytes that a card holds, by kind of card
// (GA/T 490 for resident cards; the residence-permit and foreigner layouts as
// public reader software has them).
#ifndef SHIMING_IDENTITY_DOCUMENT_CARD_LAYOUT_H_
#define SHIMING_IDENTITY_DOCUMENT_CARD_LAYOUT_H_

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

#include "identity/document/document_kind.h"

namespace shiming::identity {

// Length of a card's text file.
inline constexpr size_t kCardBlockBytes = 256;

// Place of the 16-bit unit that tells the kinds apart.
inline constexpr size_t kTypeFlagOffset = 248;

// Fields of all kinds of card.
enum class CardField {
  kName,  // in Chinese characters
  kNameEn,
  kNameEnRest,  // characters 36 to 46, 2023 edition
  kSex,
  kEthnicGroup,
  kBirthDate,
  kAddress,
  kNumber,
  kNationality,
  kIssuingAuthority,
  kValidFrom,
  kValidTo,
  kTravelPermitNumber,
  kIssueCount,  // also "renewals"
  kCardVersion,
  kOldNumberLink,
  kTypeFlag,
};

// One field's place; both numbers are even.
struct FieldPlace {
  CardField field;
  size_t offset;
  size_t bytes;
};

// The fields of a kind of card; what they leave out is reserved and blank.
const std::vector<FieldPlace>& LayoutOf(DocumentKind kind);

// The place of one field; nullopt when this kind has none.
std::optional<FieldPlace> PlaceOf(DocumentKind kind, CardField field);

// ' ', 'J', 'I' or 'Y'.
char TypeFlagOf(DocumentKind kind);

// The kind by its type flag, given as UTF-8; nullopt for any other flag.
std::optional<DocumentKind> KindByTypeFlag(std::string_view flag);

}  // namespace shiming::identity

#endif  // SHIMING_IDENTITY_DOCUMENT_CARD_LAYOUT_H_
