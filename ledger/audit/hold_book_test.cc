#include "ledger/audit/hold_book.h"

#include "gtest/gtest.h"

namespace shiming::ledger {
namespace {

const ShortHash kKey = ShortHash::Of("number");

v1::AuditMark At(uint64_t position, int64_t time_us) {
  v1::AuditMark mark;
  mark.set_position(position);
  mark.set_time_us(time_us);
  return mark;
}

TEST(HoldBookTest, CountsInOrderOfIndexAndOfTime) {
  HoldBook book;
  EXPECT_EQ(book.Take(kKey, At(1, 100)).count, 1);
  // The release of the first came after this one, by index only.
  const HoldBook::Taken second = book.Take(kKey, At(2, 300));
  EXPECT_EQ(second.count, 2);
  EXPECT_EQ(second.other_position, 1u);
  book.Release(kKey, At(3, 200));
  EXPECT_EQ(book.CountAt(kKey, 100), 1);
  EXPECT_EQ(book.CountAt(kKey, 250), 0);
  EXPECT_EQ(book.CountAt(kKey, 300), 1);
  EXPECT_EQ(book.HighestFrom(kKey, 100), 1);
}

TEST(HoldBookTest, WhatIsForgottenCountsAsEver) {
  HoldBook book;
  book.Take(kKey, At(1, 100));
  book.Take(kKey, At(2, 200));
  book.Forget(150);
  EXPECT_EQ(book.CountAt(kKey, 199), 1);
  EXPECT_EQ(book.CountAt(kKey, 50), 1);
}

TEST(HoldBookTest, ComesBackFromStorage) {
  HoldBook book;
  book.Take(kKey, At(7, 100));
  book.Take(kKey, At(8, 200));
  v1::AuditState state;
  book.EncodeChanges(2, &state);
  HoldBook restored;
  ASSERT_TRUE(restored.Decode(book.Encode()).ok());
  for (const auto& change : state.hold_changes()) {
    EXPECT_EQ(change.book(), 2);
    restored.AddStored(change);
  }
  EXPECT_EQ(restored.CountAt(kKey, 150), 1);
  EXPECT_EQ(restored.Take(kKey, At(9, 300)).other_position, 8u);
  EXPECT_FALSE(restored.Decode(book.Encode() + "x").ok());
}

}  // namespace
}  // namespace shiming::ledger
