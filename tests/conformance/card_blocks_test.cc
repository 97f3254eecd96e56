// Goal: ParseCardBlock gives the verdict of every row of a vector file, and for
// valid blocks what the row says of the person.
#include <gtest/gtest.h>

#include <string>

#include "absl/flags/flag.h"
#include "absl/flags/parse.h"
#include "common/crypto/encoding.h"
#include "common/status/reason.h"
#include "identity/document/card_block.h"
#include "tests/conformance/csv.h"

ABSL_FLAG(std::string, vectors, "tests/testdata/reader_text_blocks.csv",
          "CSV file with the columns id, as_of, expect, doc_kind, number, "
          "name, name_en, sex, birth, valid_from, valid_to, block_hex");

namespace shiming::conformance {
namespace {

using identity::CardBlock;

std::string ReasonName(const absl::Status& status) {
  if (status.ok()) return "OK";
  const std::optional<Reason> reason = ReasonOf(status);
  return reason.has_value() ? std::string(NameOf(*reason)) : "";
}

void CheckContent(const CsvRow& row, const CardBlock& card) {
  EXPECT_EQ(NameOf(card.kind()), row.at("doc_kind"));
  EXPECT_EQ(card.number.canonical(), row.at("number"));
  EXPECT_EQ(card.name, row.at("name"));
  EXPECT_EQ(card.name_en, row.at("name_en"));
  EXPECT_EQ(std::to_string(static_cast<int>(card.sex)), row.at("sex"));
  EXPECT_EQ(card.birth_date.ToCompact(), row.at("birth"));
  EXPECT_EQ(card.valid_from.ToCompact(), row.at("valid_from"));
  EXPECT_EQ(card.valid_to_text, row.at("valid_to"));
}

TEST(CardBlocks, EveryVectorGetsItsVerdict) {
  const auto rows = ReadCsv(absl::GetFlag(FLAGS_vectors));
  ASSERT_TRUE(rows.ok()) << rows.status();
  ASSERT_FALSE(rows->empty());
  for (const CsvRow& row : *rows) {
    SCOPED_TRACE(row.at("id"));
    const auto as_of = Date::ParseIso(row.at("as_of"));
    const auto block = crypto::FromHex(row.at("block_hex"));
    ASSERT_TRUE(as_of.ok() && block.ok());
    const auto card = identity::ParseCardBlock(*block, *as_of);
    EXPECT_EQ(ReasonName(card.status()), row.at("expect"));
    if (card.ok() && row.at("expect") == "OK") CheckContent(row, *card);
  }
}

}  // namespace
}  // namespace shiming::conformance

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  absl::ParseCommandLine(argc, argv);
  return RUN_ALL_TESTS();
}
