// The 256 bytes of text on an identity card, read and cross-checked.
#ifndef SHIMING_IDENTITY_DOCUMENT_CARD_BLOCK_H_
#define SHIMING_IDENTITY_DOCUMENT_CARD_BLOCK_H_

#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "common/time/date.h"
#include "identity/document/document_kind.h"
#include "identity/document/id_number.h"

namespace shiming::identity {

// A block that has passed every cross-check. All text is UTF-8 without
// trailing blanks. Personal data: it stays out of logs and messages. A block
// proves nothing by itself; evidence/ binds it to a terminal, a reader and a
// moment.
struct CardBlock {
  IdNumber number;  // also says which kind of card it is
  // In Chinese characters; may be empty on foreigners' cards only.
  std::string name;
  // Foreigners' cards only; never empty there.
  std::string name_en;
  Sex sex;
  // GB/T 3304; resident cards only.
  std::string ethnic_group;
  Date birth_date;
  // Resident cards and residence permits only.
  std::string address;
  // A name, or the four-digit code of the 2017 edition; none on 2023 cards.
  std::string issuing_authority;
  Date valid_from;
  // Last day of validity; absent for 长期, which only resident cards have.
  std::optional<Date> valid_to;
  // As on the card: eight digits or 长期.
  std::string valid_to_text;
  // ISO 3166-1 letters; foreigners' cards only.
  std::string nationality;
  // Residence permits only; may be empty.
  std::string travel_permit_number;
  // 2023 edition: two digits of the city and one of sequence that lead to the
  // 2017 number; may be empty.
  std::string old_number_link;

  DocumentKind kind() const { return number.kind(); }
};

// Reads `block`; `as_of` is today (Asia/Shanghai). FAILED_PRECONDITION with
// the first of these reasons that applies: BAD_BLOCK_LENGTH, BAD_TEXT,
// UNKNOWN_TYPE_FLAG, NUMBER_INVALID (metadata "numberReason" says which check
// of ParseIdNumber failed), BAD_SEX_CODE, BAD_ETHNIC_CODE, BAD_DATE,
// BIRTH_MISMATCH, SEX_MISMATCH, NATIONALITY_MISMATCH, BAD_DATE (end not after
// start), NAME_MISSING, NOT_YET_VALID, EXPIRED. The last day counts as valid.
// Thread-safe.
absl::StatusOr<CardBlock> ParseCardBlock(std::string_view block, Date as_of);

// The kind of card as the type flag says, whatever else is wrong with the
// block; nullopt when even this cannot be told. For the record of a refusal.
std::optional<DocumentKind> KindOfCardBlock(std::string_view block);

}  // namespace shiming::identity

#endif  // SHIMING_IDENTITY_DOCUMENT_CARD_BLOCK_H_
