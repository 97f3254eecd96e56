// Builds 256-byte card blocks of people who do not exist, for demonstrations,
// simulators and tests. Resident numbers use an address code PP0000, which no
// real card carries.
#ifndef SHIMING_IDENTITY_DOCUMENT_CARD_BLOCK_BUILDER_H_
#define SHIMING_IDENTITY_DOCUMENT_CARD_BLOCK_BUILDER_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/time/date.h"
#include "identity/document/card_layout.h"
#include "identity/document/document_kind.h"
#include "identity/document/id_number.h"

namespace shiming::identity {

// A block under construction: blanks and the kind's type flag, until fields are
// set. Makes no check beside what fits, so that wrong blocks can be built too.
// Not thread-safe.
class CardBlockBuilder {
 public:
  explicit CardBlockBuilder(DocumentKind kind);

  // Writes a field, padded with blanks. INVALID_ARGUMENT: FIELD_TOO_LONG when
  // the text has more UTF-16 units than the field, NOT_FOUND when this kind of
  // card has no such field; BAD_TEXT when it is no UTF-8. An English name of
  // the 2023 edition is spread over both of its parts.
  absl::Status Set(CardField field, std::string_view utf8);

  // The 256 bytes.
  const std::string& block() const { return block_; }

 private:
  DocumentKind kind_;
  std::string block_;
};

// What a synthetic resident card shows.
struct SyntheticPerson {
  std::string name = "样本甲";      // at most 15 UTF-16 units
  std::string province = "11";      // code of ResidentProvinces()
  Date birth_date;                  // from 1900 on
  int sequence = 1;                 // 0 to 999; odd = male, even = female
  std::string ethnic_group = "01";  // GB/T 3304
  std::string address = "测试省测试市样本路1号";  // at most 35 UTF-16 units
  std::string issuing_authority = "测试县公安局样本";
  Date valid_from;
  std::optional<Date> valid_to;  // absent: 长期
};

// The person's 18-character number: province, 0000, birth date, sequence,
// check character. INVALID_ARGUMENT (INVALID_REQUEST) when the sequence is out
// of range or the province is no resident cards' one.
absl::StatusOr<std::string> ResidentNumberOf(const SyntheticPerson& person);

// The person's resident card. Errors of ResidentNumberOf and
// CardBlockBuilder::Set.
absl::StatusOr<std::string> BuildResidentCard(const SyntheticPerson& person);

// Another adult for each counter below 500 million, born from 1950 to 1999,
// the card valid from 2020-01-15 without end. The same counter gives the same
// person.
SyntheticPerson SyntheticPersonOf(uint64_t counter);

}  // namespace shiming::identity

#endif  // SHIMING_IDENTITY_DOCUMENT_CARD_BLOCK_BUILDER_H_
