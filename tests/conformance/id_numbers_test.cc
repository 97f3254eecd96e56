// Goal: ParseIdNumber gives the verdict of every row of a vector file, and for
// valid numbers the canonical form, birth date and sex.
#include <gtest/gtest.h>

#include <string>

#include "absl/flags/flag.h"
#include "absl/flags/parse.h"
#include "common/status/reason.h"
#include "identity/document/id_number.h"
#include "tests/conformance/csv.h"

ABSL_FLAG(std::string, vectors, "tests/testdata/resident_id_numbers.csv",
          "CSV file with the columns id, input, doc_kind, as_of, reason, "
          "canonical, birth_date, sex");

namespace shiming::conformance {
namespace {

using identity::DocumentKind;
using identity::IdNumber;
using identity::Sex;

std::string ReasonName(const absl::Status& status) {
  if (status.ok()) return "OK";
  const std::optional<Reason> reason = ReasonOf(status);
  return reason.has_value() ? std::string(NameOf(*reason)) : "";
}

void CheckContent(const CsvRow& row, const IdNumber& number) {
  EXPECT_EQ(number.canonical(), row.at("canonical"));
  EXPECT_EQ(number.birth_date().has_value() ? number.birth_date()->ToIso() : "",
            row.at("birth_date"));
  const std::string sex = !number.sex().has_value()     ? ""
                          : *number.sex() == Sex::kMale ? "M"
                                                        : "F";
  EXPECT_EQ(sex, row.at("sex"));
}

TEST(IdNumbers, EveryVectorGetsItsVerdict) {
  const auto rows = ReadCsv(absl::GetFlag(FLAGS_vectors));
  ASSERT_TRUE(rows.ok()) << rows.status();
  ASSERT_FALSE(rows->empty());
  for (const CsvRow& row : *rows) {
    SCOPED_TRACE(row.at("id"));
    const auto kind = identity::DocumentKindByName(row.at("doc_kind"));
    const auto as_of = Date::ParseIso(row.at("as_of"));
    ASSERT_TRUE(kind.has_value() && as_of.ok());
    const auto number = identity::ParseIdNumber(row.at("input"), *kind, *as_of);
    EXPECT_EQ(ReasonName(number.status()), row.at("reason"));
    if (number.ok() && row.at("reason") == "OK") CheckContent(row, *number);
  }
}

}  // namespace
}  // namespace shiming::conformance

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  absl::ParseCommandLine(argc, argv);
  return RUN_ALL_TESTS();
}
