// Where personal data and secrets must not be (P6): after issuances, logs,
// metrics, ledger and databases are searched for what only the customer, the
// clerk and the services' memory may know. That the search finds anything is
// shown by what must be there.
#include <gtest/gtest.h>

#include <filesystem>

#include "absl/strings/str_cat.h"
#include "common/crypto/encoding.h"
#include "common/crypto/password.h"
#include "common/files/file.h"
#include "common/ids/activation_code.h"
#include "common/time/date.h"
#include "identity/document/card_block.h"
#include "identity/document/utf16.h"
#include "tests/e2e/audit.h"
#include "tests/e2e/e2e_test_base.h"
#include "tests/fault/log_record.h"

namespace shiming::fault {
namespace {

using e2e::Counter;
using e2e::ShopFloor;

// Something that must not be found.
struct Needle {
  std::string what;  // for people
  std::string bytes;
};

// Everything that was written in one place.
struct Haystack {
  std::string where;
  std::string bytes;
};

class PrivacyTest : public e2e::E2eTest {
 protected:
  void AddText(const std::string& what, const std::string& text) {
    ASSERT_GE(text.size(), 6u) << what << " is too short to search for";
    needles_.push_back({what, text});
    auto utf16 = identity::Utf8ToUtf16Le(text);
    ASSERT_TRUE(utf16.ok());
    needles_.push_back({what + " in UTF-16", *utf16});
  }

  void AddBytes(const std::string& what, const std::string& bytes) {
    needles_.push_back({what, bytes});
    needles_.push_back({what + " in hex", crypto::ToHex(bytes)});
    needles_.push_back({what + " in Base64", crypto::Base64(bytes)});
  }

  void AddPerson(const std::string& card_block) {
    auto card = identity::ParseCardBlock(card_block, Date::Of(absl::Now()));
    ASSERT_TRUE(card.ok()) << card.status();
    AddText("name", card->name);
    AddText("document number", card->number.canonical());
    AddText("address", card->address);
  }

  // A whole issuance; keeps what nobody may find.
  void Issue() {
    const auto customer = ShopFloor::NewCustomer();
    AddPerson(customer.card_block);
    floor_ = OpenFloor();
    ASSERT_NE(floor_, nullptr);
    const Counter& counter = last_counter_;
    AddText("password", std::string(counter.clerk.password.Reveal()));
    const std::string seed(counter.clerk.totp_seed.Reveal());
    AddBytes("TOTP seed", seed);
    AddText("TOTP seed in Base32", crypto::Base32(seed));
    ASSERT_TRUE(floor_->VerifyAndReserve(customer).ok());
    AddText("shift token", floor_->terminal().shift_token());
    numbers_.push_back(floor_->terminal().reservation().msisdn());
    const auto order_id = floor_->OrderUntilReady();
    ASSERT_TRUE(order_id.ok()) << order_id.status();
    order_ids_.push_back(*order_id);
    const auto code = floor_->Reveal(*order_id);
    ASSERT_TRUE(code.ok()) << code.status();
    // The matching id is what makes the code.
    AddText("matching id", ActivationCode::Parse(*code)->matching_id());
    ASSERT_TRUE(floor_->Download(customer.eid, *code).ok());
    const auto order =
        floor_->WaitFor(*order_id, order::v1::PROFILE_ORDER_STATE_INSTALLED);
    ASSERT_TRUE(order.ok()) << order.status();
    ASSERT_EQ(order->state(), order::v1::PROFILE_ORDER_STATE_INSTALLED);
    devices_.push_back(customer.eid);
    devices_.push_back(customer.imei);
    // A checkpoint covers all of it then.
    ASSERT_TRUE(floor_->Run(floor_->terminal().GetReceipt(*order_id)).ok());
    ASSERT_TRUE(floor_->Run(floor_->terminal().CloseSession()).ok());
  }

  // A refusal goes other ways through logs and ledger.
  void BeRefused() {
    const auto customer = ShopFloor::NewCustomer();
    AddPerson(customer.card_block);
    floor_ = OpenFloor();
    ASSERT_NE(floor_, nullptr);
    auto evidence = floor_->BuildEvidence(customer, {.score_millionths = 1});
    ASSERT_TRUE(evidence.ok()) << evidence.status();
    auto verification = floor_->VerifyRaw(*evidence);
    ASSERT_TRUE(verification.ok()) << verification.status();
    EXPECT_EQ(verification->refused_reason(), "FACE_SCORE_LOW");
    auto malformed = customer;
    malformed.card_block[20] = '\xff';
    malformed.eid = "89860099";
    evidence = floor_->BuildEvidence(malformed);
    if (evidence.ok()) (void)floor_->VerifyRaw(*evidence);
    (void)floor_->Run(
        floor_->terminal().CheckDevice(malformed.eid, customer.imei));
  }

  static std::vector<Haystack> FilesBelow(const std::string& folder) {
    std::vector<Haystack> files;
    for (const auto& file :
         std::filesystem::recursive_directory_iterator(folder)) {
      if (!file.is_regular_file()) continue;
      auto bytes = ReadFile(file.path());
      EXPECT_TRUE(bytes.ok()) << bytes.status();
      files.push_back({file.path(), bytes.value_or("")});
    }
    return files;
  }

  static std::vector<Haystack> Metrics() {
    std::vector<Haystack> texts;
    for (const std::string& name : cluster_->ServiceNames()) {
      auto metrics = cluster_->AdminGet(name, "/metrics");
      EXPECT_TRUE(metrics.ok()) << metrics.status();
      if (metrics.ok()) texts.push_back({"metrics of " + name, metrics->body});
    }
    return texts;
  }

  static std::vector<Haystack> Entries() {
    auto record = ReadLog(cluster_->layout());
    EXPECT_TRUE(record.ok()) << record.status();
    std::vector<Haystack> entries;
    if (!record.ok()) return entries;
    for (const std::string& entry : record->entries) {
      entries.push_back({absl::StrCat("entry ", entries.size()), entry});
    }
    return entries;
  }

  static bool Holds(const std::vector<Haystack>& places,
                    const std::string& bytes) {
    for (const Haystack& place : places) {
      if (place.bytes.find(bytes) != std::string::npos) return true;
    }
    return false;
  }

  static void ExpectNone(const std::vector<Haystack>& places,
                         const std::vector<Needle>& needles) {
    EXPECT_FALSE(places.empty());
    for (const Haystack& place : places) {
      for (const Needle& needle : needles) {
        const size_t at = place.bytes.find(needle.bytes);
        EXPECT_EQ(at, std::string::npos)
            << needle.what << " in " << place.where << " at " << at;
      }
    }
  }

  // Numbers, EIDs and IMEIs: profile_order works with them and keeps them.
  std::vector<Needle> WorkingData() const {
    std::vector<Needle> needles;
    for (const std::string& number : numbers_) {
      needles.push_back({"number", number});
    }
    for (const std::string& id : devices_) {
      needles.push_back({"EID or IMEI", id});
    }
    return needles;
  }

  std::unique_ptr<ShopFloor> floor_;
  std::vector<Needle> needles_;
  std::vector<std::string> numbers_;
  std::vector<std::string> devices_;
  std::vector<std::string> order_ids_;
};

TEST_F(PrivacyTest, NothingPersonalAndNoSecretIsWrittenInClear) {
  ASSERT_NO_FATAL_FAILURE(Issue());
  ASSERT_NO_FATAL_FAILURE(Issue());
  ASSERT_NO_FATAL_FAILURE(BeRefused());

  const std::string data = cluster_->layout().data;
  const std::vector<Haystack> metrics = Metrics();
  // Everything that is written at once is there when the processes are gone.
  cluster_->KillAll();
  const std::vector<Haystack> logs = FilesBelow(data + "/run");
  const std::vector<Haystack> log_files = FilesBelow(data + "/log");
  const std::vector<Haystack> databases = FilesBelow(data + "/db");
  const std::vector<Haystack> entries = Entries();

  // The search finds what is there.
  EXPECT_TRUE(Holds(databases, order_ids_.front()));
  EXPECT_TRUE(Holds(entries, order_ids_.front()));
  EXPECT_TRUE(Holds(log_files, order_ids_.front()));
  EXPECT_TRUE(Holds(databases, devices_.front()));
  EXPECT_TRUE(Holds(metrics, "shiming_"));
  EXPECT_TRUE(Holds(logs, "\"serving\""));

  for (const auto* places :
       {&logs, &metrics, &log_files, &entries, &databases}) {
    ExpectNone(*places, needles_);
  }
  const std::vector<Needle> working = WorkingData();
  for (const auto* places : {&logs, &metrics, &log_files, &entries}) {
    ExpectNone(*places, working);
  }
  for (const Haystack& database : databases) {
    if (database.where.find("profile_order.db") != std::string::npos) continue;
    ExpectNone({database}, working);
  }
}

}  // namespace
}  // namespace shiming::fault
