// Goal: what an auditor types becomes the filter, and entries become lines that
// other tools read.
#include "tools/shimingctl/audit_lines.h"

#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/crypto/commitment.h"
#include "common/crypto/encoding.h"
#include "common/status/reason.h"
#include "common/testing/temp_dir.h"
#include "gtest/gtest.h"
#include "ledger/entry.h"
#include "tools/shimingctl/audit_filter.h"

namespace shiming::shimingctl {
namespace {

// EID of sgp22's examples, with a right check value.
constexpr char kEid[] = "89049032123451234512345678901235";

absl::StatusOr<AuditFilter> Filter(std::vector<std::string> words) {
  words.insert(words.begin(), "shimingctl");
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  auto arguments = Arguments::Parse(static_cast<int>(argv.size()), argv.data());
  if (!arguments.ok()) return arguments.status();
  return ReadAuditFilter(*arguments);
}

ledger::v1::LedgerEntry Entry() {
  ledger::v1::Event event;
  event.set_format(1);
  event.mutable_id()->set_source("profile_order");
  event.mutable_id()->set_aggregate("order/o1");
  event.mutable_id()->set_version(2);
  event.set_kind(ledger::v1::EVENT_KIND_ALARM);
  event.mutable_time()->set_seconds(1'700'000'000);
  event.set_shop("=cmd,\"x\"");
  ledger::v1::Pseudonym& eid = *event.add_pseudonyms();
  eid.set_field(ledger::v1::PSEUDONYM_FIELD_EID);
  eid.set_value(std::string(32, '\x01'));
  ledger::v1::LedgerEntry entry;
  entry.set_index(7);
  entry.set_entry(ledger::SerializeEvent(event));
  return entry;
}

TEST(AuditLinesTest, NdjsonHoldsTheEventAndItsBytes) {
  ledger::v1::LedgerEntry entry = Entry();
  entry.set_tlog_proof("two\nlines");
  const auto line = LineOf(LineFormat::kNdjson, entry);
  ASSERT_TRUE(line.ok()) << line.status();
  EXPECT_EQ(line->find('\n'), line->size() - 1);
  const auto object = nlohmann::json::parse(*line);
  EXPECT_EQ(object["index"], 7);
  EXPECT_EQ(object["event"]["kind"], "EVENT_KIND_ALARM");
  EXPECT_EQ(object["event"]["shop"], "=cmd,\"x\"");
  EXPECT_EQ(*crypto::FromBase64(object["entry"].get<std::string>()),
            entry.entry());
  EXPECT_EQ(object["tlog_proof"], "two\nlines");
  EXPECT_EQ(HeadingOf(LineFormat::kNdjson), "");
}

TEST(AuditLinesTest, CsvQuotesAndIsNoFormula) {
  const auto line = LineOf(LineFormat::kCsv, Entry());
  ASSERT_TRUE(line.ok()) << line.status();
  EXPECT_EQ(line->substr(0, line->rfind(',')),
            absl::StrCat("7,2023-11-14T22:13:20.000000Z,ALARM,profile_order,"
                         "order/o1,2,\"'=cmd,\"\"x\"\"\",,,,,,",
                         "0101010101010101010101010101010101010101010101010101"
                         "010101010101",
                         ",,,,,"));
  const std::string heading = HeadingOf(LineFormat::kCsv);
  EXPECT_EQ(std::count(heading.begin(), heading.end(), ','), 18);
}

TEST(AuditLinesTest, WhatIsNoEntryIsRefused) {
  ledger::v1::LedgerEntry entry;
  entry.set_entry("junk");
  for (const LineFormat format : {LineFormat::kNdjson, LineFormat::kCsv}) {
    EXPECT_TRUE(HasReason(LineOf(format, entry).status(),
                          Reason::LEDGER_MALFORMED_ENTRY));
  }
  EXPECT_FALSE(ParseLineFormat("xml").ok());
}

TEST(AuditFilterTest, OptionsBecomeTheFilter) {
  const auto read =
      Filter({"--order", "o", "--session", "s", "--shop", "demo", "--terminal",
              "demo/t1", "--clerk", "c", "--person", "p", "--kind",
              "ORDER_PLACED,CODE_REVEALED", "--from",
              "2026-11-22T00:00:00+08:00", "--to", "2026-11-23T00:00:00Z"});
  ASSERT_TRUE(read.ok()) << read.status();
  const ledger::v1::EntryFilter& filter = read->filter;
  EXPECT_EQ(filter.order(), "o");
  EXPECT_EQ(filter.session(), "s");
  EXPECT_EQ(filter.shop(), "demo");
  EXPECT_EQ(filter.terminal(), "demo/t1");
  EXPECT_EQ(filter.clerk(), "c");
  EXPECT_EQ(filter.person_id(), "p");
  ASSERT_EQ(filter.kinds_size(), 2);
  EXPECT_EQ(filter.kinds(1), ledger::v1::EVENT_KIND_CODE_REVEALED);
  EXPECT_EQ(filter.end_time().seconds() - filter.start_time().seconds(),
            32 * 3600);
  EXPECT_FALSE(read->uses_pseudonyms);
  // Nothing asked for is nothing in the filter.
  EXPECT_EQ(Filter({})->filter.ByteSizeLong(), 0u);
}

TEST(AuditFilterTest, BadOptionsAreRefused) {
  for (const std::vector<std::string>& words :
       std::vector<std::vector<std::string>>{
           {"--kind", "NO_SUCH_KIND"},
           {"--kind", "UNSPECIFIED"},
           {"--from", "yesterday"},
           {"--to", "2026-11-22"},
           {"--eid", kEid},
           {"--pseudonym-salt", "only-the-salt"}}) {
    EXPECT_TRUE(absl::IsInvalidArgument(Filter(words).status())) << words[0];
  }
  EXPECT_TRUE(HasReason(Filter({"--eid", std::string(32, '1')}).status(),
                        Reason::BAD_CHECK_DIGIT));
}

TEST(AuditFilterTest, PseudonymsAreOfTheLogsKeyOnly) {
  shiming::testing::TempDir folder;
  const std::string key(32, 'K');
  const std::string salt(32, 's');
  const std::string key_file =
      folder.Write("pseudonym.key", crypto::ToHex(key) + "\n");
  const auto unchecked = Filter({"--eid", kEid, "--pseudonym-key", key_file});
  ASSERT_TRUE(unchecked.ok()) << unchecked.status();
  EXPECT_TRUE(unchecked->uses_pseudonyms);
  EXPECT_EQ(unchecked->filter.eid_pseudonym().size(), 32u);
  EXPECT_EQ(unchecked->filter.iccid_pseudonym(), "");
  EXPECT_EQ(unchecked->pseudonym_key->salt, "");

  folder.Write("pseudonym.salt", crypto::ToHex(salt) + "\n");
  const auto read = Filter({"--eid", kEid, "--pseudonym-key", key_file});
  ASSERT_TRUE(read.ok()) << read.status();
  ledger::v1::Event opened;
  ledger::v1::Commitment& commitment = *opened.add_commitments();
  commitment.set_field(ledger::v1::COMMITMENT_FIELD_PSEUDONYM_KEY);
  commitment.set_sha256(crypto::Commit("shiming/pseudonym-key/v1", salt, key));
  EXPECT_TRUE(CheckKey(*read, opened).ok());
  commitment.set_sha256(
      crypto::Commit("shiming/pseudonym-key/v1", salt, std::string(32, 'L')));
  EXPECT_TRUE(
      HasReason(CheckKey(*read, opened), Reason::PSEUDONYM_KEY_MISMATCH));
  folder.Write("pseudonym.key", "too short");
  EXPECT_TRUE(absl::IsInvalidArgument(
      Filter({"--eid", kEid, "--pseudonym-key", key_file}).status()));
}

}  // namespace
}  // namespace shiming::shimingctl
