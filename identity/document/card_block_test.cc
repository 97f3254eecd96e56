#include "identity/document/card_block.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "common/status/reason.h"
#include "identity/document/card_block_builder.h"
#include "identity/document/utf16.h"

namespace shiming::identity {
namespace {

Date Day(std::string_view iso) { return *Date::ParseIso(iso); }
Date AsOf() { return Day("2026-06-30"); }

std::string Verdict(std::string_view block) {
  const absl::StatusOr<CardBlock> card = ParseCardBlock(block, AsOf());
  if (card.ok()) return "OK";
  const std::optional<Reason> reason = ReasonOf(card.status());
  return reason.has_value() ? std::string(NameOf(*reason)) : "no reason";
}

SyntheticPerson Somebody() {
  return {.birth_date = Day("1990-05-17"), .valid_from = Day("2020-01-15")};
}

std::string SomebodysBlock() { return *BuildResidentCard(Somebody()); }

CardBlockBuilder Foreigner2023(std::string_view name_en) {
  CardBlockBuilder builder(DocumentKind::kForeignPr2023);
  const std::pair<CardField, std::string_view> fields[] = {
      {CardField::kSex, "1"},
      {CardField::kIssueCount, "00"},
      {CardField::kBirthDate, "19850101"},
      {CardField::kNameEn, name_en},
      {CardField::kNumber, "932682198501010017"},
      {CardField::kValidFrom, "20231201"},
      {CardField::kValidTo, "20331130"},
      {CardField::kNationality, "SAU"},
  };
  for (const auto& [field, text] : fields) {
    EXPECT_TRUE(builder.Set(field, text).ok());
  }
  return builder;
}

TEST(CardBlock, ReadsAResidentCard) {
  const absl::StatusOr<CardBlock> card =
      ParseCardBlock(SomebodysBlock(), AsOf());
  ASSERT_TRUE(card.ok());
  EXPECT_EQ(card->kind(), DocumentKind::kResidentId);
  EXPECT_EQ(card->name, "样本甲");
  EXPECT_EQ(card->sex, Sex::kMale);
  EXPECT_EQ(card->ethnic_group, "01");
  EXPECT_EQ(card->birth_date, Day("1990-05-17"));
  EXPECT_EQ(card->address, "测试省测试市样本路1号");
  EXPECT_EQ(card->issuing_authority, "测试县公安局样本");
  EXPECT_FALSE(card->valid_to.has_value());
  EXPECT_EQ(card->valid_to_text, "长期");
}

TEST(CardBlock, KeepsTheBlankAtTheSeamOfALongName) {
  // 35 characters, then a blank, then the rest.
  const std::string name = std::string(35, 'A') + " BCD";
  const absl::StatusOr<CardBlock> card =
      ParseCardBlock(Foreigner2023(name).block(), AsOf());
  ASSERT_TRUE(card.ok()) << card.status();
  EXPECT_EQ(card->name_en, name);
  EXPECT_EQ(card->name, "");
}

TEST(CardBlock, TakesSurrogatePairsAndPrivateUse) {
  SyntheticPerson person = Somebody();
  person.name = "样\U00020000\uE000";
  const absl::StatusOr<CardBlock> card =
      ParseCardBlock(*BuildResidentCard(person), AsOf());
  ASSERT_TRUE(card.ok()) << card.status();
  EXPECT_EQ(card->name, person.name);
}

TEST(CardBlock, RefusesBadText) {
  std::string lone = SomebodysBlock();
  lone[0] = '\x00';
  lone[1] = '\xD8';
  EXPECT_EQ(Verdict(lone), "BAD_TEXT");
  std::string nul = SomebodysBlock();
  nul[250] = '\0';
  EXPECT_EQ(Verdict(nul), "BAD_TEXT");
  // A pair over the border of name and sex is no text of either.
  std::string split = SomebodysBlock();
  split.replace(28, 4, "\x40\xD8\x00\xDC", 4);
  EXPECT_EQ(Verdict(split), "BAD_TEXT");
  // Before the type flag.
  lone[248] = 'Z';
  EXPECT_EQ(Verdict(lone), "BAD_TEXT");
}

TEST(CardBlock, RefusesOtherLengths) {
  EXPECT_EQ(Verdict(""), "BAD_BLOCK_LENGTH");
  EXPECT_EQ(Verdict(SomebodysBlock() + "  "), "BAD_BLOCK_LENGTH");
}

TEST(CardBlock, RefusesABlankName) {
  SyntheticPerson person = Somebody();
  person.name = "";
  EXPECT_EQ(Verdict(*BuildResidentCard(person)), "NAME_MISSING");
  // Just before the validity period.
  person.valid_from = Day("2026-07-01");
  EXPECT_EQ(Verdict(*BuildResidentCard(person)), "NAME_MISSING");
  CardBlockBuilder foreigner = Foreigner2023("");
  ASSERT_TRUE(foreigner.Set(CardField::kName, "证件样本").ok());
  EXPECT_EQ(Verdict(foreigner.block()), "NAME_MISSING");
}

TEST(CardBlock, ChecksInTheWrittenOrder) {
  CardBlockBuilder builder = Foreigner2023("SAMPLE, TEST");
  ASSERT_TRUE(builder.Set(CardField::kValidTo, "20260629").ok());
  EXPECT_EQ(Verdict(builder.block()), "EXPIRED");
  ASSERT_TRUE(builder.Set(CardField::kValidTo, "20231201").ok());
  EXPECT_EQ(Verdict(builder.block()), "BAD_DATE");
  ASSERT_TRUE(builder.Set(CardField::kNationality, "CAN").ok());
  EXPECT_EQ(Verdict(builder.block()), "NATIONALITY_MISMATCH");
  ASSERT_TRUE(builder.Set(CardField::kSex, "2").ok());
  EXPECT_EQ(Verdict(builder.block()), "SEX_MISMATCH");
  ASSERT_TRUE(builder.Set(CardField::kBirthDate, "19850102").ok());
  EXPECT_EQ(Verdict(builder.block()), "BIRTH_MISMATCH");
  ASSERT_TRUE(builder.Set(CardField::kValidFrom, "2023120").ok());
  EXPECT_EQ(Verdict(builder.block()), "BAD_DATE");
  ASSERT_TRUE(builder.Set(CardField::kSex, "0").ok());
  EXPECT_EQ(Verdict(builder.block()), "BAD_SEX_CODE");
  ASSERT_TRUE(builder.Set(CardField::kNumber, "932682198501010018").ok());
  EXPECT_EQ(Verdict(builder.block()), "NUMBER_INVALID");
}

TEST(CardBlock, OnlyResidentCardsLastForEver) {
  CardBlockBuilder builder = Foreigner2023("SAMPLE, TEST");
  ASSERT_TRUE(builder.Set(CardField::kValidTo, "长期").ok());
  EXPECT_EQ(Verdict(builder.block()), "BAD_DATE");
}

TEST(CardBlock, NoByteCanBeChangedUnnoticedInTheNumber) {
  for (size_t i = 122; i < 158; ++i) {
    std::string block = SomebodysBlock();
    block[i] = static_cast<char>(block[i] ^ 0x04);
    EXPECT_NE(Verdict(block), "OK") << i;
  }
}

TEST(CardBlockBuilder, RefusesWhatDoesNotFit) {
  CardBlockBuilder builder(DocumentKind::kResidentId);
  EXPECT_TRUE(
      HasReason(builder.Set(CardField::kSex, "12"), Reason::FIELD_TOO_LONG));
  EXPECT_TRUE(
      HasReason(builder.Set(CardField::kNameEn, "A"), Reason::NOT_FOUND));
  EXPECT_TRUE(
      HasReason(builder.Set(CardField::kName, "\xFF"), Reason::BAD_TEXT));
}

TEST(SyntheticPerson, EachCounterIsAnotherValidAdult) {
  std::set<std::string> numbers;
  for (uint64_t i = 0; i < 2000; ++i) {
    const SyntheticPerson person = SyntheticPersonOf(i * 7919);
    const absl::StatusOr<CardBlock> card =
        ParseCardBlock(*BuildResidentCard(person), AsOf());
    ASSERT_TRUE(card.ok()) << card.status();
    EXPECT_GE(AsOf().YearsSince(card->birth_date), 26);
    numbers.insert(card->number.canonical());
  }
  EXPECT_EQ(numbers.size(), 2000u);
}

}  // namespace
}  // namespace shiming::identity
