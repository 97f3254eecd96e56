#include "services/profile_order/core/csv_import.h"

#include <gtest/gtest.h>

#include <string>

#include "common/status/reason.h"

namespace shiming::profile_order {
namespace {

std::string LineOf(const absl::Status& status) {
  const ErrorParts parts = PartsOf(status);
  const auto line = parts.metadata.find("line");
  return line == parts.metadata.end() ? "" : line->second;
}

TEST(CsvImportTest, ReadsRowsWithEitherLineEnd) {
  const auto rows = ParseIccids(
      "\xEF\xBB\xBFiccid,profile_type\r\n"
      "8986011123456789014F,CONSUMER-5G\r\n"
      "89860011234567890127,WATCH\n");
  ASSERT_TRUE(rows.ok()) << rows.status();
  ASSERT_EQ(rows->size(), 2u);
  EXPECT_EQ((*rows)[0].iccid, "8986011123456789014");
  EXPECT_EQ((*rows)[1].profile_type, "WATCH");
  EXPECT_EQ((*rows)[1].line, 3);
}

TEST(CsvImportTest, WrongCheckDigitOfOwnStockNamesItsLine) {
  const auto rows = ParseIccids(
      "iccid,profile_type\n8986011123456789014,A\n8986011123456789015,A\n");
  EXPECT_TRUE(HasReason(rows.status(), Reason::BAD_CHECK_DIGIT));
  EXPECT_EQ(LineOf(rows.status()), "3");
}

TEST(CsvImportTest, HeaderMustBeTheExpectedOne) {
  for (const char* csv : {"", "iccid;profile_type\n", "msisdn,region\n1,2\n"}) {
    EXPECT_TRUE(
        HasReason(ParseIccids(csv).status(), Reason::IMPORT_HEADER_WRONG))
        << csv;
  }
}

TEST(CsvImportTest, OnlyAHeaderIsAnEmptyImport) {
  const auto rows = ParseNumbers("msisdn,region\n");
  ASSERT_TRUE(rows.ok());
  EXPECT_TRUE(rows->empty());
}

TEST(CsvImportTest, EmptyLinesAndOtherFieldCountsAreMalformed) {
  const auto rows = ParseNumbers("msisdn,region\n13900000000,11\n\n");
  EXPECT_TRUE(HasReason(rows.status(), Reason::IMPORT_ROW_MALFORMED));
  EXPECT_EQ(LineOf(rows.status()), "3");
  EXPECT_TRUE(
      HasReason(ParseNumbers("msisdn,region\n13900000000,11,x\n").status(),
                Reason::IMPORT_ROW_MALFORMED));
}

TEST(CsvImportTest, TheSameNumberTwiceIsRefused) {
  const auto rows =
      ParseNumbers("msisdn,region\n13900000000,11\n+8613900000000,11\n");
  EXPECT_TRUE(HasReason(rows.status(), Reason::IMPORT_ROW_TWICE));
  EXPECT_EQ(LineOf(rows.status()), "3");
}

TEST(CsvImportTest, NumbersAreStoredWithCountryCode) {
  const auto rows = ParseNumbers("msisdn,region\n13900000000,11\n");
  ASSERT_TRUE(rows.ok());
  EXPECT_EQ((*rows)[0].msisdn, "8613900000000");
}

TEST(CsvImportTest, DeviceModelsSayTrueOrFalse) {
  const auto rows = ParseDeviceModels(
      "tac,model,eligible\n49015420,Phone One,true\n35290611,Phone "
      "Two,false\n");
  ASSERT_TRUE(rows.ok()) << rows.status();
  EXPECT_TRUE((*rows)[0].model.eligible);
  EXPECT_FALSE((*rows)[1].model.eligible);
  EXPECT_TRUE(HasReason(
      ParseDeviceModels("tac,model,eligible\n49015420,P,yes\n").status(),
      Reason::IMPORT_ROW_MALFORMED));
  EXPECT_TRUE(HasReason(
      ParseDeviceModels("tac,model,eligible\n4901542,P,true\n").status(),
      Reason::IMPORT_ROW_MALFORMED));
}

TEST(CsvImportTest, TooLargeFilesAreRefused) {
  const std::string csv(kMaxCsvBytes + 1, 'x');
  EXPECT_TRUE(HasReason(ParseIccids(csv).status(), Reason::FIELD_TOO_LONG));
}

}  // namespace
}  // namespace shiming::profile_order
