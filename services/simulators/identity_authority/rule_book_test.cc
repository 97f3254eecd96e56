#include "services/simulators/identity_authority/rule_book.h"

#include <gtest/gtest.h>

namespace shiming::identity_authority {
namespace {

TEST(RuleBookTest, MatchesUnlessTheFileSaysOtherwise) {
  RuleBook rules;
  ASSERT_TRUE(rules
                  .AddCsv("document_number,answer,numbers_elsewhere\r\n"
                          "11010519491231002X,no_match,\r\n"
                          "440524188001010014,match,4\n\n")
                  .ok());
  EXPECT_EQ(rules.Ask("other").answer, Answer::kMatch);
  EXPECT_EQ(rules.Ask("other").numbers_elsewhere, 0);
  EXPECT_EQ(rules.Ask("11010519491231002X").answer, Answer::kNoMatch);
  EXPECT_EQ(rules.Ask("440524188001010014").numbers_elsewhere, 4);
  rules.Set("", {.answer = Answer::kUnavailable});
  EXPECT_EQ(rules.Ask("other").answer, Answer::kUnavailable);
  EXPECT_EQ(rules.call_count(), 5);
}

TEST(RuleBookTest, RefusesMalformedFiles) {
  for (const char* csv :
       {"", "document_number,answer\n",
        "document_number,answer,numbers_elsewhere\nx,match\n",
        "document_number,answer,numbers_elsewhere\nx,maybe,\n",
        "document_number,answer,numbers_elsewhere\n,match,1\n",
        "document_number,answer,numbers_elsewhere\nx,match,-1\n"}) {
    RuleBook rules;
    EXPECT_EQ(rules.AddCsv(csv).code(), absl::StatusCode::kInvalidArgument)
        << csv;
  }
}

}  // namespace
}  // namespace shiming::identity_authority
