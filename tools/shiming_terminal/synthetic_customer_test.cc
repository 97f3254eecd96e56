#include "tools/shiming_terminal/synthetic_customer.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "common/ids/eid.h"
#include "common/ids/iccid.h"
#include "common/ids/imei.h"
#include "tools/shiming_terminal/synthetic_stock.h"

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

TEST(SyntheticStockTest, NumbersAndIccidsAreWellFormed) {
  const std::string iccids = IccidsCsv(7, 2);
  EXPECT_EQ(iccids.rfind("iccid,profile_type\n", 0), 0u);
  const std::string iccid = iccids.substr(19, iccids.find(',', 19) - 19);
  EXPECT_TRUE(Iccid::Parse(iccid).ok()) << iccid;
  EXPECT_EQ(NumbersCsv(1, 1, "11"), "msisdn,region\n13900000001,11\n");
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
