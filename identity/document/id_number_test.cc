#include "identity/document/id_number.h"

#include <gtest/gtest.h>

#include <string>

#include "common/status/reason.h"

namespace shiming::identity {
namespace {

Date AsOf() { return *Date::ParseIso("2026-06-30"); }

// "OK" or the reason.
std::string Verdict(std::string_view text, DocumentKind kind) {
  const absl::StatusOr<IdNumber> number = ParseIdNumber(text, kind, AsOf());
  if (number.ok()) return "OK";
  const std::optional<Reason> reason = ReasonOf(number.status());
  EXPECT_EQ(number.status().code(), absl::StatusCode::kInvalidArgument);
  return reason.has_value() ? std::string(NameOf(*reason)) : "no reason";
}

constexpr auto kResident = DocumentKind::kResidentId;
constexpr auto kPermit = DocumentKind::kHmtResidencePermit;
constexpr auto k2017 = DocumentKind::kForeignPr2017;
constexpr auto k2023 = DocumentKind::kForeignPr2023;

TEST(IdNumber, ReadsWhatTheNumberSays) {
  const absl::StatusOr<IdNumber> number =
      ParseIdNumber("11010519491231002x", kResident, AsOf());
  ASSERT_TRUE(number.ok());
  EXPECT_EQ(number->canonical(), "11010519491231002X");
  EXPECT_EQ(number->birth_date(), *Date::ParseIso("1949-12-31"));
  EXPECT_EQ(number->sex(), Sex::kFemale);
  EXPECT_EQ(number->birth_yymmdd(), "491231");
  EXPECT_EQ(number->country(), "");
}

TEST(IdNumber, ReadsTheCountryOfForeigners) {
  EXPECT_EQ(ParseIdNumber("932682198501010017", k2023, AsOf())->country(),
            "SAU");
  const absl::StatusOr<IdNumber> number =
      ParseIdNumber("CAN210015110505", k2017, AsOf());
  ASSERT_TRUE(number.ok());
  EXPECT_EQ(number->country(), "CAN");
  EXPECT_EQ(number->birth_yymmdd(), "151105");
  EXPECT_FALSE(number->birth_date().has_value());
  EXPECT_FALSE(number->sex().has_value());
}

TEST(IdNumber, TellsOtherKindsApart) {
  EXPECT_EQ(Verdict("110105491231002", kResident), "LEGACY_15_DIGIT");
  EXPECT_EQ(Verdict("110105491231002", kPermit), "BAD_LENGTH");
  EXPECT_EQ(Verdict("110105491231002", k2017), "BAD_CHARACTER");
  EXPECT_EQ(Verdict("CAN210015110505", k2023), "KIND_MISMATCH");
  EXPECT_EQ(Verdict("932682198501010017", k2017), "KIND_MISMATCH");
  // Not a valid 2023 number: only its length counts.
  EXPECT_EQ(Verdict("932682198501010018", k2017), "BAD_LENGTH");
  EXPECT_EQ(Verdict("11010519491231002X", k2017), "BAD_LENGTH");
}

TEST(IdNumber, RefusesTaiwanDivisionCode) {
  EXPECT_EQ(Verdict("710000194912310020", kResident), "BAD_REGION");
}

TEST(IdNumber, RepairsNothingButATrailingX) {
  EXPECT_EQ(Verdict("can210015110505", k2017), "BAD_CHARACTER");
  EXPECT_EQ(Verdict(" 11010519491231002X", kResident), "BAD_CHARACTER");
  EXPECT_EQ(Verdict("x", kResident), "BAD_LENGTH");
  EXPECT_EQ(Verdict(std::string("1\0", 2), kResident), "BAD_CHARACTER");
  EXPECT_EQ(Verdict(std::string(1 << 20, '1'), kResident), "BAD_LENGTH");
}

TEST(IdNumber, LeapDayOf2017NumbersNeedsOneCentury) {
  // 1900 was no leap year, 2000 was.
  EXPECT_EQ(Verdict("USA230000022986", k2017), "OK");
  EXPECT_EQ(Verdict("USA230001022986", k2017), "BAD_BIRTH_DATE");
}

TEST(IdNumber, FindsEveryWrongDigitAndEverySwapOfNeighbours) {
  const std::string right = "340000202402292063";
  for (size_t i = 0; i < right.size(); ++i) {
    for (char c = '0'; c <= '9'; ++c) {
      std::string wrong = right;
      wrong[i] = c;
      if (wrong == right) continue;
      EXPECT_NE(Verdict(wrong, kResident), "OK") << wrong;
    }
    if (i + 1 < right.size() && right[i] != right[i + 1]) {
      std::string swapped = right;
      std::swap(swapped[i], swapped[i + 1]);
      EXPECT_NE(Verdict(swapped, kResident), "OK") << swapped;
    }
  }
}

}  // namespace
}  // namespace shiming::identity
