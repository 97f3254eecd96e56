#include "identity/document/card_block_builder.h"

#include <array>

#include "absl/strings/str_format.h"
#include "common/status/check.h"
#include "common/status/reason.h"
#include "common/status/status_macros.h"
#include "identity/document/code_tables.h"
#include "identity/document/utf16.h"

namespace shiming::identity {
namespace {

// U+0020 in UTF-16LE.
constexpr std::string_view kBlank("\x20\x00", 2);

std::string Blanks(size_t bytes) {
  std::string out;
  out.reserve(bytes);
  while (out.size() < bytes) out.append(kBlank);
  return out;
}

// For dates that are written in this file.
Date KnownDate(int year, int month, int day) {
  absl::StatusOr<Date> date = Date::Make(year, month, day);
  SHIMING_CHECK(date.ok(), "a real date");
  return *date;
}

}  // namespace

CardBlockBuilder::CardBlockBuilder(DocumentKind kind)
    : kind_(kind), block_(Blanks(kCardBlockBytes)) {
  block_[kTypeFlagOffset] = TypeFlagOf(kind);
}

absl::Status CardBlockBuilder::Set(CardField field, std::string_view utf8) {
  const std::optional<FieldPlace> place = PlaceOf(kind_, field);
  if (!place.has_value()) {
    return MakeError(Reason::NOT_FOUND, "no such field on this kind of card");
  }
  ASSIGN_OR_RETURN(std::string text, Utf8ToUtf16Le(utf8));
  FieldPlace rest{.field = field, .offset = 0, .bytes = 0};
  if (field == CardField::kNameEn) {
    rest = PlaceOf(kind_, CardField::kNameEnRest).value_or(rest);
  }
  const size_t room = place->bytes + rest.bytes;
  if (text.size() > room) {
    return MakeError(Reason::FIELD_TOO_LONG, "too long for the card's field");
  }
  text += Blanks(room - text.size());
  block_.replace(place->offset, place->bytes, text, 0, place->bytes);
  block_.replace(rest.offset, rest.bytes, text, place->bytes, rest.bytes);
  return absl::OkStatus();
}

absl::StatusOr<std::string> ResidentNumberOf(const SyntheticPerson& person) {
  if (person.sequence < 0 || person.sequence > 999) {
    return MakeError(Reason::INVALID_REQUEST, "sequence is 0 to 999",
                     {.field = "sequence"});
  }
  if (ProvinceOwnerOf(person.province) != ProvinceOwner::kResident) {
    return MakeError(Reason::INVALID_REQUEST, "no province of resident cards",
                     {.field = "province"});
  }
  std::string number = person.province + "0000" +
                       person.birth_date.ToCompact() +
                       absl::StrFormat("%03d", person.sequence);
  number += IdCheckCharacter(number);
  return number;
}

absl::StatusOr<std::string> BuildResidentCard(const SyntheticPerson& person) {
  ASSIGN_OR_RETURN(const std::string number, ResidentNumberOf(person));
  const std::string valid_to =
      person.valid_to.has_value() ? person.valid_to->ToCompact() : "长期";
  CardBlockBuilder builder(DocumentKind::kResidentId);
  const std::pair<CardField, std::string> fields[] = {
      {CardField::kName, person.name},
      {CardField::kSex, person.sequence % 2 == 1 ? "1" : "2"},
      {CardField::kEthnicGroup, person.ethnic_group},
      {CardField::kBirthDate, person.birth_date.ToCompact()},
      {CardField::kAddress, person.address},
      {CardField::kNumber, number},
      {CardField::kIssuingAuthority, person.issuing_authority},
      {CardField::kValidFrom, person.valid_from.ToCompact()},
      {CardField::kValidTo, valid_to},
  };
  for (const auto& [field, text] : fields) {
    RETURN_IF_ERROR(builder.Set(field, text));
  }
  return builder.block();
}

SyntheticPerson SyntheticPersonOf(uint64_t counter) {
  static constexpr std::array<std::string_view, 10> kGivenNames = {
      "甲", "乙", "丙", "丁", "戊", "己", "庚", "辛", "壬", "癸"};
  // Days 1 to 28 only, so that every combination is a real date.
  constexpr uint64_t kYears = 50, kMonths = 12, kDays = 28, kSequences = 1000;
  auto next = [rest = counter](uint64_t size) mutable {
    const uint64_t digit = rest % size;
    rest /= size;
    return static_cast<int>(digit);
  };
  const std::vector<std::string_view>& provinces = ResidentProvinces();
  const std::string_view province =
      provinces[static_cast<size_t>(next(provinces.size()))];
  const int day = 1 + next(kDays);
  const int month = 1 + next(kMonths);
  const int year = 1950 + next(kYears);
  const int sequence = next(kSequences);
  return SyntheticPerson{
      .name = "样本" + std::string(kGivenNames[counter % kGivenNames.size()]),
      .province = std::string(province),
      .birth_date = KnownDate(year, month, day),
      .sequence = sequence,
      .address = absl::StrFormat("测试省测试市样本路%d号",
                                 static_cast<int>(counter % 1000) + 1),
      .valid_from = KnownDate(2020, 1, 15),
      .valid_to = std::nullopt};
}

}  // namespace shiming::identity
