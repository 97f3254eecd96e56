#include "identity/policy/policy.h"

#include <gtest/gtest.h>

#include "common/status/reason.h"
#include "identity/document/card_block_builder.h"

namespace shiming::identity {
namespace {

Date Day(std::string_view iso) { return *Date::ParseIso(iso); }

Policy Version(std::string version, std::string_view from) {
  return {.version = std::move(version),
          .effective_from = Day(from),
          .accepted_documents = {DocumentKind::kResidentId},
          .min_age_alone = 16,
          .face_min_score_millionths = 800'000};
}

TEST(PolicyBook, GivesTheVersionThatBeganLast) {
  const auto book = PolicyBook::Make(
      {Version("b", "2026-07-01"), Version("a", "2026-01-01")});
  ASSERT_TRUE(book.ok());
  EXPECT_EQ(book->InForceOn(Day("2026-06-30"))->version, "a");
  EXPECT_EQ(book->InForceOn(Day("2026-07-01"))->version, "b");
  EXPECT_TRUE(HasReason(book->InForceOn(Day("2025-12-31")).status(),
                        Reason::DOCUMENT_NOT_ACCEPTED));
}

TEST(PolicyBook, RefusesAmbiguousOrOpenVersions) {
  EXPECT_FALSE(PolicyBook::Make({}).ok());
  EXPECT_FALSE(
      PolicyBook::Make({Version("a", "2026-01-01"), Version("b", "2026-01-01")})
          .ok());
  EXPECT_FALSE(
      PolicyBook::Make({Version("a", "2026-01-01"), Version("a", "2026-02-01")})
          .ok());
  Policy any_face = Version("a", "2026-01-01");
  any_face.face_min_score_millionths = 0;
  EXPECT_FALSE(PolicyBook::Make({any_face}).ok());
  Policy no_document = Version("a", "2026-01-01");
  no_document.accepted_documents.clear();
  EXPECT_FALSE(PolicyBook::Make({no_document}).ok());
  EXPECT_FALSE(PolicyBook::Make({Version("", "2026-01-01")}).ok());
}

TEST(CheckDocumentPolicy, ChecksKindAndAge) {
  const auto card =
      ParseCardBlock(*BuildResidentCard({.birth_date = Day("2010-06-30"),
                                         .valid_from = Day("2020-01-15")}),
                     Day("2026-06-29"));
  ASSERT_TRUE(card.ok());
  Policy policy = Version("a", "2026-01-01");
  EXPECT_TRUE(HasReason(CheckDocumentPolicy(policy, *card, Day("2026-06-29")),
                        Reason::HOLDER_TOO_YOUNG));
  EXPECT_TRUE(CheckDocumentPolicy(policy, *card, Day("2026-06-30")).ok());
  policy.accepted_documents = {DocumentKind::kForeignPr2023};
  EXPECT_TRUE(HasReason(CheckDocumentPolicy(policy, *card, Day("2026-06-30")),
                        Reason::DOCUMENT_NOT_ACCEPTED));
}

}  // namespace
}  // namespace shiming::identity
