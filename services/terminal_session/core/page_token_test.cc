#include "services/terminal_session/core/page_token.h"

#include <gtest/gtest.h>

#include "common/status/reason.h"

namespace shiming::terminal_session {
namespace {

constexpr SubjectKind kTerminals = SubjectKind::SUBJECT_KIND_TERMINAL;
constexpr SubjectKind kShops = SubjectKind::SUBJECT_KIND_SHOP;

TEST(PageTokenTest, ComesBackAsItWasMade) {
  const PageTokens tokens(crypto::Secret(std::string(32, 'k')));
  const std::string token = tokens.Make(kTerminals, {"s1/t-2", 7});
  const auto position = tokens.Parse(kTerminals, token);
  ASSERT_TRUE(position.ok());
  EXPECT_EQ(position->subject_id, "s1/t-2");
  EXPECT_EQ(position->number, 7);
}

TEST(PageTokenTest, EmptyIsTheStart) {
  const PageTokens tokens(crypto::Secret(std::string(32, 'k')));
  const auto position = tokens.Parse(kTerminals, "");
  ASSERT_TRUE(position.ok());
  EXPECT_EQ(position->subject_id, "");
}

TEST(PageTokenTest, RefusesForeignAndChangedTokens) {
  const PageTokens tokens(crypto::Secret(std::string(32, 'k')));
  const PageTokens others(crypto::Secret(std::string(32, 'o')));
  const std::string token = tokens.Make(kTerminals, {"s1/t1", 1});
  for (const std::string& bad : {std::string("x"), token + "A", token.substr(4),
                                 others.Make(kTerminals, {"s1/t1", 1}),
                                 tokens.Make(kShops, {"s1/t1", 1})}) {
    EXPECT_TRUE(HasReason(tokens.Parse(kTerminals, bad).status(),
                          Reason::INVALID_REQUEST));
  }
}

TEST(PageSizeTest, DefaultsAndLimits) {
  EXPECT_EQ(*PageSize(0), 50);
  EXPECT_EQ(*PageSize(7), 7);
  EXPECT_EQ(*PageSize(5000), 1000);
  EXPECT_TRUE(HasReason(PageSize(-1).status(), Reason::INVALID_REQUEST));
}

}  // namespace
}  // namespace shiming::terminal_session
