// Goal: whatever matches a filter is among what the ledger is asked to prove,
// and nothing else is taken from its answer.
#include "tools/shimingctl/audit_proof.h"

#include <algorithm>
#include <functional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "ledger/index/entry_tokens.h"

namespace shiming::shimingctl {
namespace {

using ledger::v1::EntryFilter;
using ledger::v1::Event;

// One of a few values in each field, so that filters match some events.
Event EventOf(int number) {
  Event event;
  const auto text = [&](int divisor) {
    return absl::StrCat("v", number / divisor % 2);
  };
  event.set_kind(number % 2 == 0 ? ledger::v1::EVENT_KIND_ORDER_PLACED
                                 : ledger::v1::EVENT_KIND_CODE_REVEALED);
  event.mutable_time()->set_seconds(1000 + number);
  event.mutable_time()->set_nanos(number % 3 * 500);
  event.set_order(text(2));
  event.set_session(text(4));
  event.set_shop(text(8));
  event.set_terminal(text(16));
  event.set_clerk(text(32));
  event.set_person_id(text(64));
  ledger::v1::Pseudonym& eid = *event.add_pseudonyms();
  eid.set_field(ledger::v1::PSEUDONYM_FIELD_EID);
  eid.set_value(std::string(32, static_cast<char>('a' + number / 128 % 2)));
  return event;
}

bool IsAsked(const std::vector<ledger::v1::IndexQuestion>& questions,
             const Event& event) {
  const std::vector<ledger::EntryToken> tokens = ledger::TokensOf(event);
  return std::any_of(
      questions.begin(), questions.end(), [&](const auto& question) {
        return std::any_of(tokens.begin(), tokens.end(),
                           [&](const ledger::EntryToken& token) {
                             return token.field == question.field() &&
                                    token.bytes >= question.low() &&
                                    token.bytes <= question.high();
                           });
      });
}

TEST(AuditProofTest, QuestionsCoverWhateverMatches) {
  const std::function<void(EntryFilter&)> parts[] = {
      [](EntryFilter& f) { f.set_order("v1"); },
      [](EntryFilter& f) { f.set_session("v1"); },
      [](EntryFilter& f) { f.set_shop("v0"); },
      [](EntryFilter& f) { f.set_terminal("v1"); },
      [](EntryFilter& f) { f.set_clerk("v0"); },
      [](EntryFilter& f) { f.set_person_id("v1"); },
      [](EntryFilter& f) { f.set_eid_pseudonym(std::string(32, 'a')); },
      [](EntryFilter& f) {
        f.add_kinds(ledger::v1::EVENT_KIND_CODE_REVEALED);
        f.add_kinds(ledger::v1::EVENT_KIND_CODE_REVEALED);
        f.add_kinds(ledger::v1::EVENT_KIND_ALARM);
      },
      [](EntryFilter& f) {
        f.mutable_start_time()->set_seconds(1020);
        f.mutable_start_time()->set_nanos(200);
      },
      [](EntryFilter& f) {
        f.mutable_end_time()->set_seconds(1200);
        f.mutable_end_time()->set_nanos(700);
      },
  };
  constexpr int kParts = 10;
  for (int set = 1; set < 1 << kParts; ++set) {
    EntryFilter filter;
    for (int i = 0; i < kParts; ++i) {
      if ((set >> i & 1) != 0) parts[i](filter);
    }
    const auto questions = QuestionsOf(filter);
    ASSERT_TRUE(questions.ok()) << questions.status();
    int matches = 0;
    for (int number = 0; number < 256; ++number) {
      const Event event = EventOf(number);
      if (!MatchesFilter(filter, event)) continue;
      ++matches;
      EXPECT_TRUE(IsAsked(*questions, event))
          << filter.ShortDebugString() << number;
    }
    // Each part alone matches something.
    EXPECT_TRUE((set & (set - 1)) != 0 || matches > 0) << set;
    // About one field, and no range twice.
    for (size_t i = 1; i < questions->size(); ++i) {
      EXPECT_EQ((*questions)[i].field(), (*questions)[0].field());
      EXPECT_GT((*questions)[i].low(), (*questions)[i - 1].high());
    }
  }
}

TEST(AuditProofTest, WhatCannotBeAskedIsRefused) {
  EXPECT_TRUE(absl::IsInvalidArgument(QuestionsOf(EntryFilter()).status()));
  EntryFilter filter;
  filter.set_order("o");
  filter.mutable_id()->set_version(1);
  EXPECT_TRUE(absl::IsInvalidArgument(QuestionsOf(filter).status()));
}

}  // namespace
}  // namespace shiming::shimingctl
