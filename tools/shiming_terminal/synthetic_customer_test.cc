#include "tools/shiming_terminal/synthetic_customer.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "common/ids/eid.h"
#include "common/ids/imei.h"

namespace shiming::shiming_terminal {
namespace {

TEST(SyntheticCustomerTest, PhonesAreWellFormedAndDifferent) {
  std::set<std::string> eids;
  std::set<std::string> cards;
  for (int64_t i = 0; i < 2000; ++i) {
    const SyntheticCustomer customer = MakeSyntheticCustomer(i, i);
    EXPECT_TRUE(Eid::Parse(customer.eid).ok()) << customer.eid;
    EXPECT_TRUE(Imei::Parse(customer.imei).ok()) << customer.imei;
    EXPECT_EQ(customer.card_block.size(), 256u);
    EXPECT_TRUE(eids.insert(customer.eid).second);
    EXPECT_TRUE(cards.insert(customer.card_block).second);
  }
}

TEST(SyntheticCustomerTest, TheSameCountersGiveTheSameCustomer) {
  const SyntheticCustomer a = MakeSyntheticCustomer(7, 8);
  const SyntheticCustomer b = MakeSyntheticCustomer(7, 9);
  EXPECT_EQ(a.card_block, b.card_block);
  EXPECT_NE(a.eid, b.eid);
  EXPECT_EQ(a.imei, MakeSyntheticCustomer(1, 8).imei);
}

}  // namespace
}  // namespace shiming::shiming_terminal
