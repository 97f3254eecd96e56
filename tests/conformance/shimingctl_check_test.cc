// Goal: `shimingctl check` prints the verdict of every row of the vector files
// and ends with 0 for OK, with 1 otherwise; as text and as JSON.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "absl/flags/flag.h"
#include "absl/flags/parse.h"
#include "tests/conformance/csv.h"
#include "tests/e2e/command.h"

ABSL_FLAG(std::string, identifiers, "tests/testdata/identifiers.csv",
          "CSV file with the columns id, identifier, value, expect");
ABSL_FLAG(std::string, id_numbers, "tests/testdata/resident_id_numbers.csv",
          "CSV file with the columns id, input, doc_kind, as_of, reason");
ABSL_FLAG(std::string, card_blocks, "tests/testdata/reader_text_blocks.csv",
          "CSV file with the columns id, as_of, expect, block_hex");

namespace shiming::conformance {
namespace {

using e2e::CommandResult;
using Words = std::vector<std::string>;

CommandResult Check(Words words) {
  words.insert(words.begin(), {"tools/shimingctl/shimingctl", "check"});
  return e2e::RunCommand(words);
}

void ExpectVerdict(const Words& words, const std::string& expected) {
  const CommandResult result = Check(words);
  EXPECT_EQ(result.out, expected + "\n") << result;
  EXPECT_EQ(result.err, "");
  EXPECT_EQ(result.exit_code, expected == "OK" ? 0 : 1);
}

std::vector<CsvRow> Rows(const std::string& path) {
  const auto rows = ReadCsv(path);
  EXPECT_TRUE(rows.ok()) << rows.status();
  EXPECT_TRUE(!rows.ok() || !rows->empty());
  return rows.value_or(std::vector<CsvRow>());
}

TEST(ShimingctlCheck, EveryIdentifierGetsItsVerdict) {
  for (const CsvRow& row : Rows(absl::GetFlag(FLAGS_identifiers))) {
    SCOPED_TRACE(row.at("id"));
    ExpectVerdict({row.at("identifier"), row.at("value")}, row.at("expect"));
  }
}

TEST(ShimingctlCheck, EveryIdNumberGetsItsVerdict) {
  for (const CsvRow& row : Rows(absl::GetFlag(FLAGS_id_numbers))) {
    SCOPED_TRACE(row.at("id"));
    ExpectVerdict({"id-number", row.at("input"), "--kind", row.at("doc_kind"),
                   "--as-of", row.at("as_of")},
                  row.at("reason"));
  }
}

TEST(ShimingctlCheck, EveryCardBlockGetsItsVerdict) {
  for (const CsvRow& row : Rows(absl::GetFlag(FLAGS_card_blocks))) {
    SCOPED_TRACE(row.at("id"));
    ExpectVerdict(
        {"card-block", row.at("block_hex"), "--as-of", row.at("as_of")},
        row.at("expect"));
  }
}

TEST(ShimingctlCheck, JsonSaysTheSame) {
  const CommandResult good = Check({"imei", "490154203237518", "-o", "json"});
  EXPECT_EQ(good.exit_code, 0) << good;
  EXPECT_EQ(
      nlohmann::json::parse(good.out, nullptr, false),
      nlohmann::json({{"identifier", "imei"}, {"ok", true}, {"reason", "OK"}}));
  const CommandResult bad = Check({"-o", "json", "imei", ""});
  EXPECT_EQ(bad.exit_code, 1) << bad;
  EXPECT_EQ(nlohmann::json::parse(bad.out, nullptr, false),
            nlohmann::json(
                {{"identifier", "imei"}, {"ok", false}, {"reason", "EMPTY"}}));
}

// Without --kind a number is a resident's, without --as-of today counts.
TEST(ShimingctlCheck, KindAndDateHaveDefaults) {
  ExpectVerdict({"id-number", "11010519491231002X"}, "OK");
  ExpectVerdict({"id-number", "932682198501010017"}, "KIND_MISMATCH");
  ExpectVerdict({"id-number", "932682198501010017", "--kind=FOREIGN_PR_2023"},
                "OK");
  // Born the day after the reference date.
  ExpectVerdict({"id-number", "340000202402292063", "--as-of", "2024-02-28"},
                "FUTURE_BIRTH_DATE");
  ExpectVerdict({"id-number", "340000202402292063"}, "OK");
}

TEST(ShimingctlCheck, HexMayBeOfEitherCaseAndMustBeWhole) {
  const std::vector<CsvRow> rows = Rows(absl::GetFlag(FLAGS_card_blocks));
  std::string upper = rows.front().at("block_hex");
  for (char& c : upper) c = static_cast<char>(toupper(c));
  ExpectVerdict({"card-block", upper, "--as-of", rows.front().at("as_of")},
                rows.front().at("expect"));
  ExpectVerdict({"card-block", upper.substr(1)}, "BAD_BLOCK_LENGTH");
  ExpectVerdict({"card-block", upper + "00"}, "BAD_BLOCK_LENGTH");
  ExpectVerdict({"card-block", ""}, "BAD_BLOCK_LENGTH");
  upper[3] = 'G';
  ExpectVerdict({"card-block", upper}, "BAD_CHARACTER");
}

// No verdict, so no reason on standard output.
TEST(ShimingctlCheck, WhatItDoesNotUnderstandIsAnError) {
  for (const Words& words :
       {Words{}, Words{"eid"}, Words{"passport", "E12345678"},
        Words{"id-number", "11010519491231002X", "--kind", "PASSPORT"},
        Words{"id-number", "11010519491231002X", "--as-of", "2026-02-30"},
        Words{"id-number", "11010519491231002X", "--as-of", "yesterday"},
        Words{"eid", "89049032123451234512345678901235", "-o", "xml"},
        Words{"eid", "89049032123451234512345678901235", "--kindd", "X"},
        Words{"eid", "89049032123451234512345678901235", "one-too-many"}}) {
    const CommandResult result = Check(words);
    EXPECT_NE(result.exit_code, 0) << testing::PrintToString(words);
    EXPECT_EQ(result.out, "") << testing::PrintToString(words);
    EXPECT_NE(result.err, "") << testing::PrintToString(words);
  }
}

}  // namespace
}  // namespace shiming::conformance

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  absl::ParseCommandLine(argc, argv);
  return RUN_ALL_TESTS();
}
