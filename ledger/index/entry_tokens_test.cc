#include "ledger/index/entry_tokens.h"

#include <string>

#include "common/crypto/encoding.h"
#include "gtest/gtest.h"

namespace shiming::ledger {
namespace {

TEST(EntryTokensTest, EachFieldGivesItsBytesInOrderOfField) {
  v1::Event event;
  event.set_kind(v1::EVENT_KIND_CODE_REVEALED);
  event.mutable_time()->set_seconds(1'700'000'000);
  event.mutable_time()->set_nanos(123'456'789);
  event.set_shop("demo");
  event.set_terminal("demo/t1");
  event.set_clerk("c1");
  event.set_session("s");
  event.set_order("o");
  event.set_person_id("p");
  event.set_display("demo/d1");  // not searched
  for (const auto field : {v1::PSEUDONYM_FIELD_MSISDN, v1::PSEUDONYM_FIELD_EID,
                           v1::PSEUDONYM_FIELD_ICCID}) {
    v1::Pseudonym& pseudonym = *event.add_pseudonyms();
    pseudonym.set_field(field);
    pseudonym.set_value(std::string(32, static_cast<char>('0' + field)));
  }
  const std::vector<EntryToken> expected = {
      {v1::INDEX_FIELD_SHOP, "demo"},
      {v1::INDEX_FIELD_TERMINAL, "demo/t1"},
      {v1::INDEX_FIELD_CLERK, "c1"},
      {v1::INDEX_FIELD_SESSION, "s"},
      {v1::INDEX_FIELD_ORDER, "o"},
      {v1::INDEX_FIELD_PERSON, "p"},
      {v1::INDEX_FIELD_EID, std::string(32, '1')},
      {v1::INDEX_FIELD_ICCID, std::string(32, '2')},
      {v1::INDEX_FIELD_MSISDN, std::string(32, '3')},
      {v1::INDEX_FIELD_KIND, std::string("\0\0\0\x3e", 4)},
      {v1::INDEX_FIELD_TIME, *crypto::FromHex("00060a2418202240")}};
  EXPECT_EQ(TokensOf(event), expected);
}

TEST(EntryTokensTest, AbsentFieldsHaveNoToken) {
  v1::Event event;
  event.set_kind(v1::EVENT_KIND_LOG_OPENED);
  event.mutable_time()->set_seconds(1);
  const std::vector<EntryToken> tokens = TokensOf(event);
  ASSERT_EQ(tokens.size(), 2u);
  EXPECT_EQ(tokens[0].field, v1::INDEX_FIELD_KIND);
  EXPECT_EQ(tokens[1].bytes, *crypto::FromHex("00000000000f4240"));
}

TEST(EntryTokensTest, LaterTimesHaveGreaterTokens) {
  const absl::Time time = absl::FromUnixMicros(1'700'000'000'123'456);
  EXPECT_LT(TimeToken(time), TimeToken(time + absl::Microseconds(1)));
  EXPECT_EQ(TimeToken(time), TimeToken(time + absl::Nanoseconds(999)));
  EXPECT_LT(TimeToken(absl::FromUnixSeconds(255)),
            TimeToken(absl::FromUnixSeconds(256)));
  EXPECT_EQ(TimeToken(absl::InfinitePast()), std::string(8, '\0'));
}

}  // namespace
}  // namespace shiming::ledger
