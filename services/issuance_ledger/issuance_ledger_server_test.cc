// Goal: both services through the real dispatcher, on a configuration file, a
// real database and real files.
#include "services/issuance_ledger/issuance_ledger_server.h"

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/crypto/digest.h"
#include "common/crypto/encoding.h"
#include "common/crypto/keys.h"
#include "common/status/reason.h"
#include "common/testing/status_matchers.h"
#include "common/testing/temp_dir.h"
#include "common/time/fake_clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "ledger/audit_reader.h"
#include "ledger/entry.h"
#include "ledger/policy.h"
#include "ledger/proofs.h"
#include "services/issuance_ledger/testing/ledger_life.h"
#include "shiming/ledger/v1/ledger_service.grpc.pb.h"
#include "storage/testing/database_place.h"

namespace shiming::issuance_ledger {
namespace {

using ledger::v1::AppendOutcome;
using ledger::v1::Event;
using shiming::testing::FailsWith;
using shiming::testing::IsOk;

constexpr char kOrigin[] = "ledger.shiming.test/1";

Event OrderEvent(const std::string& order, int64_t version) {
  Event event;
  event.set_format(ledger::kEntryFormat);
  event.mutable_id()->set_source("profile_order");
  event.mutable_id()->set_aggregate("order/" + order);
  event.mutable_id()->set_version(version);
  event.set_kind(ledger::v1::EVENT_KIND_ORDER_PLACED);
  event.mutable_time()->set_seconds(1700000000 + version);
  event.set_order(order);
  event.set_session("s1");
  return event;
}

using Writer = ledger::v1::LedgerWriterService::Stub;
using Audit = ledger::v1::LedgerAuditService::Stub;

class IssuanceLedgerServerTest : public ::testing::Test {
 protected:
  IssuanceLedgerServerTest() {
    const auto key = crypto::SigningKey::FromEd25519Seed(std::string(32, 'k'));
    folder_.Write("ledger.key", key->ToPem().Reveal());
    config_file_ = WriteConfig("");
  }

  std::string WriteConfig(const std::string& more) {
    return folder_.Write(
        "ledger.textproto",
        absl::StrCat("process { trust_domain: 'shiming.test' "
                     "admin_listen: '127.0.0.1:0' }\n"
                     "database { url: '",
                     place_.url(),
                     "' create: true }\n"
                     "origin: '",
                     kOrigin,
                     "'\nsigning_key_file: 'ledger.key'\nlog_folder: 'log'\n"
                     "guard_file: 'guard/ledger'\n"
                     "checkpoint_interval { nanos: 20000000 }\n"
                     "pseudonym_key_commitment: '",
                     std::string(64, 'a'), "'\n", more));
  }

  std::vector<AppendOutcome> Append(Life& life,
                                    const std::vector<Event>& events) {
    ledger::v1::AppendEntriesRequest request;
    for (const Event& event : events) {
      request.add_entries(ledger::SerializeEvent(event));
    }
    const auto response = Call(life.Writer(), &Writer::AppendEntries, request);
    EXPECT_THAT(response.status(), IsOk());
    if (!response.ok()) return std::vector<AppendOutcome>(events.size());
    return {response->outcomes().begin(), response->outcomes().end()};
  }

  shiming::testing::TempDir folder_;
  sql::testing::DatabasePlace place_;
  FakeClock clock_{absl::FromUnixSeconds(1700000000)};
  std::string config_file_;
  ledger::TrustPolicy policy_ =
      ledger::TrustPolicy::ForLog(*ledger::NoteVerifier::Parse(
          ledger::NoteSigner::ForLog(
              kOrigin,
              *crypto::SigningKey::FromEd25519Seed(std::string(32, 'k')))
              ->vkey()));
};

TEST_F(IssuanceLedgerServerTest, AppendsListsAndGivesReceipts) {
  Life life(config_file_, clock_);
  ASSERT_THAT(life.started(), IsOk());
  EXPECT_THAT(life.room().Ready(), IsOk());
  const auto outcomes =
      Append(life, {OrderEvent("o1", 1), OrderEvent("o1", 2)});
  EXPECT_EQ(outcomes[0].state(), AppendOutcome::STATE_SEQUENCED);
  EXPECT_EQ(outcomes[1].index(), 2);

  const auto own = Call(life.Writer(), &Writer::ListOwnEntries,
                        ledger::v1::ListOwnEntriesRequest());
  ASSERT_THAT(own.status(), IsOk());
  // after_index 0 is after LOG_OPENED.
  ASSERT_EQ(own->entries_size(), 2);
  EXPECT_EQ(own->entries(0).id().aggregate(), "order/o1");
  // Another source sees its own only.
  EXPECT_EQ(Call(life.Writer("terminal_session"), &Writer::ListOwnEntries,
                 ledger::v1::ListOwnEntriesRequest())
                ->entries_size(),
            0);

  ledger::v1::GetOwnReceiptRequest request;
  *request.mutable_id() = OrderEvent("o1", 2).id();
  const auto receipt = Call(life.Writer(), &Writer::GetOwnReceipt, request);
  ASSERT_THAT(receipt.status(), IsOk());
  const auto verified = ledger::VerifyReceipt(
      receipt->receipt().entry(), receipt->receipt().tlog_proof(), {}, policy_);
  ASSERT_THAT(verified.status(), IsOk());
  EXPECT_EQ(verified->index, 2u);
  EXPECT_THAT(
      Call(life.Writer("terminal_session"), &Writer::GetOwnReceipt, request)
          .status(),
      FailsWith(Reason::ACCESS_DENIED));
  request.mutable_id()->set_version(9);
  EXPECT_THAT(Call(life.Writer(), &Writer::GetOwnReceipt, request).status(),
              FailsWith(Reason::NOT_FOUND));
  EXPECT_THAT(life.metrics().Text(),
              ::testing::HasSubstr("shiming_ledger_entries_total 2"));
}

TEST_F(IssuanceLedgerServerTest, RejectsByReason) {
  Life life(config_file_, clock_);
  ASSERT_THAT(life.started(), IsOk());
  Append(life, {OrderEvent("o1", 1)});
  Event edited = OrderEvent("o1", 1);
  edited.set_shop("other");
  EXPECT_EQ(Append(life, {edited})[0].reason(), "LEDGER_CONFLICT");
  EXPECT_EQ(Append(life, {OrderEvent("o1", 2)})[0].reason(),
            "LEDGER_AGGREGATE_FROZEN");
  Event foreign = OrderEvent("o2", 1);
  foreign.mutable_id()->set_source("terminal_session");
  EXPECT_EQ(Append(life, {foreign})[0].reason(), "LEDGER_WRONG_SOURCE");
  ledger::v1::AppendEntriesRequest junk;
  junk.add_entries("junk");
  EXPECT_EQ(
      Call(life.Writer(), &Writer::AppendEntries, junk)->outcomes(0).reason(),
      "LEDGER_MALFORMED_ENTRY");
  // Too few and too many.
  EXPECT_THAT(Call(life.Writer(), &Writer::AppendEntries,
                   ledger::v1::AppendEntriesRequest())
                  .status(),
              FailsWith(Reason::INVALID_REQUEST));
  for (int i = 0; i < 256; ++i) junk.add_entries("junk");
  EXPECT_THAT(Call(life.Writer(), &Writer::AppendEntries, junk).status(),
              FailsWith(Reason::INVALID_REQUEST));
  ledger::v1::ListOwnEntriesRequest negative;
  negative.set_page_size(-1);
  EXPECT_THAT(Call(life.Writer(), &Writer::ListOwnEntries, negative).status(),
              FailsWith(Reason::INVALID_REQUEST));
}

TEST_F(IssuanceLedgerServerTest, WaitingIsAnsweredBeforeTheDeadline) {
  Life life(config_file_, clock_);
  ASSERT_THAT(life.started(), IsOk());
  ledger::v1::AppendEntriesRequest request;
  request.add_entries(ledger::SerializeEvent(OrderEvent("o1", 2)));
  const auto response = Call(life.Writer(), &Writer::AppendEntries, request,
                             absl::Milliseconds(500));
  ASSERT_THAT(response.status(), IsOk());
  EXPECT_EQ(response->outcomes(0).state(), AppendOutcome::STATE_WAITING);
  EXPECT_EQ(response->outcomes(0).missing(0).version(), 1);
}

TEST_F(IssuanceLedgerServerTest, AuditorQueriesPageByPageAndIsOnTheRecord) {
  Life life(config_file_, clock_);
  ASSERT_THAT(life.started(), IsOk());
  std::vector<Event> events;
  for (int version = 1; version <= 5; ++version) {
    events.push_back(OrderEvent("o1", version));
  }
  Append(life, events);
  ledger::v1::QueryEntriesRequest request;
  request.mutable_filter()->set_order("o1");
  request.set_page_size(2);
  std::vector<std::string> found;
  int pages = 0;
  do {
    const auto page = Call(life.Auditor(), &Audit::QueryEntries, request);
    ASSERT_THAT(page.status(), IsOk());
    for (const auto& entry : page->entries()) found.push_back(entry.entry());
    request.set_page_token(page->next_page_token());
    ++pages;
  } while (!request.page_token().empty() && pages < 10);
  EXPECT_EQ(pages, 3);
  ASSERT_EQ(found.size(), 5u);
  EXPECT_EQ(found[4], ledger::SerializeEvent(events[4]));

  // The reads themselves can be found by what was asked for; the ledger names
  // those of one second together, so how many events they are depends on time.
  request.mutable_filter()->add_kinds(ledger::v1::EVENT_KIND_AUDIT_READ);
  request.set_page_size(0);
  const auto reads = Call(life.Auditor(), &Audit::QueryEntries, request);
  ASSERT_THAT(reads.status(), IsOk());
  ASSERT_GE(reads->entries_size(), 1);
  ASSERT_LE(reads->entries_size(), 3);
  const auto first_read = ledger::ParseEntry(reads->entries(0).entry());
  EXPECT_EQ(first_read->admin(), "/auditor/eve");
  EXPECT_EQ(first_read->audit_read().page_count(), 1);
  ledger::v1::EntryFilter asked;
  asked.set_order("o1");
  ASSERT_EQ(first_read->audit_read().filter_sha256_size(), 1);
  EXPECT_EQ(first_read->audit_read().filter_sha256(0),
            crypto::Sha256(asked.SerializeAsString()));

  ledger::v1::QueryEntriesRequest by_id;
  *by_id.mutable_filter()->mutable_id() = events[2].id();
  EXPECT_EQ(
      Call(life.Auditor(), &Audit::QueryEntries, by_id)->entries(0).index(), 3);
  by_id.mutable_filter()->set_order("other");
  EXPECT_EQ(Call(life.Auditor(), &Audit::QueryEntries, by_id)->entries_size(),
            0);
  ledger::v1::QueryEntriesRequest by_session;
  by_session.mutable_filter()->set_session("s1");
  EXPECT_EQ(
      Call(life.Auditor(), &Audit::QueryEntries, by_session)->entries_size(),
      5);
}

TEST_F(IssuanceLedgerServerTest, PageTokenBelongsToItsFilter) {
  Life life(config_file_, clock_);
  ASSERT_THAT(life.started(), IsOk());
  Append(life, {OrderEvent("o1", 1), OrderEvent("o1", 2), OrderEvent("o1", 3)});
  ledger::v1::QueryEntriesRequest request;
  request.mutable_filter()->set_order("o1");
  request.set_page_size(1);
  const auto first = Call(life.Auditor(), &Audit::QueryEntries, request);
  ASSERT_THAT(first.status(), IsOk());
  request.set_page_token(first->next_page_token());
  request.mutable_filter()->set_session("s1");
  EXPECT_THAT(Call(life.Auditor(), &Audit::QueryEntries, request).status(),
              FailsWith(Reason::INVALID_REQUEST));
  // Pages stay what they were while the log grows.
  Append(life, {OrderEvent("o1", 4)});
  request.mutable_filter()->clear_session();
  request.set_page_size(10);
  const auto rest = Call(life.Auditor(), &Audit::QueryEntries, request);
  ASSERT_THAT(rest.status(), IsOk());
  EXPECT_EQ(rest->entries_size(), 2);
  EXPECT_EQ(rest->next_page_token(), "");
}

TEST_F(IssuanceLedgerServerTest, EntriesAreFoundByPseudonymsOfTheAuditor) {
  Life life(config_file_, clock_);
  ASSERT_THAT(life.started(), IsOk());
  const std::string key(32, 'K');
  const auto pseudonym = [&](const std::string& value) {
    return crypto::HmacSha256(key, std::string("eid\0", 4) + value);
  };
  std::vector<Event> events = {OrderEvent("o1", 1), OrderEvent("o2", 1)};
  for (size_t i = 0; i < 2; ++i) {
    ledger::v1::Pseudonym& eid = *events[i].add_pseudonyms();
    eid.set_field(ledger::v1::PSEUDONYM_FIELD_EID);
    eid.set_value(pseudonym(i == 0 ? "8904" : "8905"));
  }
  Append(life, events);
  ledger::v1::QueryEntriesRequest request;
  request.mutable_filter()->set_eid_pseudonym(pseudonym("8905"));
  request.set_with_receipts(true);
  const auto page = Call(life.Auditor(), &Audit::QueryEntries, request);
  ASSERT_THAT(page.status(), IsOk());
  ASSERT_EQ(page->entries_size(), 1);
  EXPECT_EQ(page->entries(0).entry(), ledger::SerializeEvent(events[1]));
  const auto receipt = ledger::VerifyReceipt(
      page->entries(0).entry(), page->entries(0).tlog_proof(), {}, policy_);
  ASSERT_THAT(receipt.status(), IsOk());
  EXPECT_EQ(receipt->index, 2u);
  EXPECT_THAT(policy_.OpenCheckpoint(page->checkpoint()).status(), IsOk());
  // Without asking for receipts there are none.
  request.set_with_receipts(false);
  EXPECT_EQ(Call(life.Auditor(), &Audit::QueryEntries, request)
                ->entries(0)
                .tlog_proof(),
            "");
}

TEST_F(IssuanceLedgerServerTest, StreamGivesEverythingAndGoesOnAnywhere) {
  Life life(config_file_, clock_);
  ASSERT_THAT(life.started(), IsOk());
  std::vector<Event> events;
  for (int i = 0; i < 1300; ++i) {
    events.push_back(OrderEvent(absl::StrCat("o", i), 1));
    if (events.size() < 250) continue;
    Append(life, events);
    events.clear();
  }
  Append(life, events);
  const auto all = Stream(life, {});
  ASSERT_THAT(all.status(), IsOk());
  std::vector<int64_t> indexes;
  int64_t told = 0;
  for (const ledger::v1::StreamEntriesResponse& message : *all) {
    EXPECT_GE(message.next_index(), told);
    told = message.next_index();
    EXPECT_EQ(message.end_index(), 1301);
    for (const auto& entry : message.entries()) {
      EXPECT_LT(entry.index(), told);
      indexes.push_back(entry.index());
    }
  }
  EXPECT_EQ(told, 1301);
  ASSERT_EQ(indexes.size(), 1301u);
  for (int64_t i = 0; i < 1301; ++i) EXPECT_EQ(indexes[i], i);
  EXPECT_GE(all->size(), 3u);
  EXPECT_THAT(policy_.OpenCheckpoint(all->back().checkpoint()).status(),
              IsOk());

  ledger::v1::StreamEntriesRequest part;
  part.set_start_index(1290);
  part.set_end_index(1300);
  part.mutable_filter()->set_session("s1");
  const auto rest = Stream(life, part);
  ASSERT_THAT(rest.status(), IsOk());
  ASSERT_EQ(rest->size(), 1u);
  ASSERT_EQ(rest->at(0).entries_size(), 10);
  EXPECT_EQ(rest->at(0).entries(0).index(), 1290);
}

TEST_F(IssuanceLedgerServerTest, StreamEndsWhenTheAuditorGoes) {
  Life life(config_file_, clock_);
  ASSERT_THAT(life.started(), IsOk());
  std::vector<Event> events;
  for (int i = 0; i < 200; ++i) {
    Event& event = events.emplace_back(OrderEvent(absl::StrCat("o", i), 1));
    // Entries of 8 KB fill what gRPC takes before the auditor has read it.
    event.mutable_order_details()->set_status_code(std::string(8000, 'x'));
    if (events.size() < 100) continue;
    Append(life, events);
    events.clear();
  }
  {
    const auto stub = life.Auditor();
    grpc::ClientContext context;
    const auto reader =
        stub->StreamEntries(&context, ledger::v1::StreamEntriesRequest());
    ledger::v1::StreamEntriesResponse message;
    ASSERT_TRUE(reader->Read(&message));
    context.TryCancel();
    while (reader->Read(&message)) {
    }
    EXPECT_EQ(reader->Finish().error_code(), grpc::StatusCode::CANCELLED);
  }
  // Life's end waits for the handler.
}

TEST_F(IssuanceLedgerServerTest, BadQueriesAreRefused) {
  Life life(config_file_, clock_);
  ASSERT_THAT(life.started(), IsOk());
  const auto refused = [&](const ledger::v1::QueryEntriesRequest& request) {
    return Call(life.Auditor(), &Audit::QueryEntries, request).status();
  };
  ledger::v1::QueryEntriesRequest request;
  request.mutable_filter()->set_order("o1");
  request.set_page_size(-1);
  EXPECT_THAT(refused(request), FailsWith(Reason::INVALID_REQUEST));
  request.set_page_size(1);
  request.set_page_token("made-up");
  EXPECT_THAT(refused(request), FailsWith(Reason::INVALID_REQUEST));
  request.clear_page_token();
  const auto bad_filter = [&](const ledger::v1::EntryFilter& filter) {
    ledger::v1::QueryEntriesRequest bad;
    *bad.mutable_filter() = filter;
    EXPECT_THAT(refused(bad), FailsWith(Reason::INVALID_REQUEST))
        << filter.ShortDebugString();
    ledger::v1::StreamEntriesRequest stream;
    *stream.mutable_filter() = filter;
    EXPECT_THAT(Stream(life, stream).status(),
                FailsWith(Reason::INVALID_REQUEST));
  };
  ledger::v1::EntryFilter filter;
  filter.set_eid_pseudonym("not 32 bytes");
  bad_filter(filter);
  filter.Clear();
  filter.set_shop("no shop");
  bad_filter(filter);
  filter.Clear();
  filter.add_kinds(ledger::v1::EVENT_KIND_UNSPECIFIED);
  bad_filter(filter);
  filter.Clear();
  filter.mutable_start_time()->set_nanos(-1);
  bad_filter(filter);
  filter.Clear();
  for (int i = 0; i < 65; ++i) filter.add_kinds(ledger::v1::EVENT_KIND_ALARM);
  bad_filter(filter);
  ledger::v1::StreamEntriesRequest stream;
  *stream.mutable_filter()->mutable_id() = OrderEvent("o1", 1).id();
  EXPECT_THAT(Stream(life, stream).status(),
              FailsWith(Reason::INVALID_REQUEST));
  stream.clear_filter();
  stream.set_start_index(1000);
  EXPECT_THAT(Stream(life, stream).status(),
              FailsWith(Reason::INVALID_REQUEST));
  request.mutable_filter()->set_order("no id\n");
  EXPECT_THAT(refused(request), FailsWith(Reason::INVALID_REQUEST));
  request.mutable_filter()->set_order(std::string(1000, 'o'));
  EXPECT_THAT(refused(request), FailsWith(Reason::INVALID_REQUEST));
  request.mutable_filter()->set_order("o1");
  request.mutable_filter()->mutable_id()->set_source("?");
  EXPECT_THAT(refused(request), FailsWith(Reason::INVALID_REQUEST));
  EXPECT_THAT(
      Call(life.Auditor(), &Audit::GetReceipt, ledger::v1::GetReceiptRequest())
          .status(),
      FailsWith(Reason::FIELD_REQUIRED));
  ledger::v1::GetReceiptRequest unknown;
  unknown.set_index(-5);
  EXPECT_THAT(Call(life.Auditor(), &Audit::GetReceipt, unknown).status(),
              FailsWith(Reason::NOT_FOUND));
  ledger::v1::GetInclusionProofRequest proof;
  proof.set_index(0);
  proof.set_tree_size(1000);
  EXPECT_THAT(Call(life.Auditor(), &Audit::GetInclusionProof, proof).status(),
              FailsWith(Reason::LEDGER_INDEX_OUT_OF_RANGE));
  proof.set_index(-1);
  EXPECT_THAT(Call(life.Auditor(), &Audit::GetInclusionProof, proof).status(),
              FailsWith(Reason::INVALID_REQUEST));
}

TEST_F(IssuanceLedgerServerTest, ProofsOfSealedEntriesAreOnTheRecord) {
  const std::string config = WriteConfig("seal_entries: 16\n");
  Life life(config, clock_);
  ASSERT_THAT(life.started(), IsOk());
  std::vector<Event> events;
  for (int i = 0; i < 20; ++i) {
    events.push_back(OrderEvent(absl::StrCat("o", i), 1));
  }
  Append(life, events);
  ledger::v1::ProveEntriesRequest request;
  request.mutable_question()->set_field(ledger::v1::INDEX_FIELD_ORDER);
  request.mutable_question()->set_low("o7");
  request.mutable_question()->set_high("o7");
  absl::StatusOr<ledger::v1::ProveEntriesResponse> proof;
  // The seal comes within a second, its checkpoint soon after.
  const absl::Time limit = absl::Now() + absl::Seconds(20);
  do {
    const auto checkpoint = Call(life.Auditor(), &Audit::GetCheckpoint,
                                 ledger::v1::GetCheckpointRequest());
    ASSERT_THAT(checkpoint.status(), IsOk());
    const auto opened = policy_.OpenCheckpoint(checkpoint->checkpoint());
    ASSERT_THAT(opened.status(), IsOk());
    request.set_tree_size(static_cast<int64_t>(opened->size));
    proof = Call(life.Auditor(), &Audit::ProveEntries, request);
    ASSERT_THAT(proof.status(), IsOk());
  } while (proof->runs().empty() && absl::Now() < limit);
  ASSERT_EQ(proof->runs_size(), 1);
  ASSERT_EQ(proof->runs(0).entries_size(), 1);
  EXPECT_EQ(proof->runs(0).entries(0).entry(),
            ledger::SerializeEvent(events[7]));
  EXPECT_EQ(proof->next_seal(), 0);

  ledger::v1::QueryEntriesRequest reads;
  reads.mutable_filter()->add_kinds(ledger::v1::EVENT_KIND_AUDIT_READ);
  const auto page = Call(life.Auditor(), &Audit::QueryEntries, reads);
  ASSERT_THAT(page.status(), IsOk());
  ASSERT_FALSE(page->entries().empty());
  const auto read = ledger::ParseEntry(page->entries(0).entry());
  ASSERT_THAT(read.status(), IsOk());
  EXPECT_EQ(read->order(), "o7");
  EXPECT_EQ(read->audit_read().filter_sha256(0),
            crypto::Sha256(request.question().SerializeAsString()));
}

TEST_F(IssuanceLedgerServerTest, BadQuestionsAreRefused) {
  Life life(config_file_, clock_);
  ASSERT_THAT(life.started(), IsOk());
  ledger::v1::ProveEntriesRequest good;
  good.mutable_question()->set_field(ledger::v1::INDEX_FIELD_SHOP);
  good.mutable_question()->set_low("a");
  good.mutable_question()->set_high("b");
  good.set_tree_size(1);
  const auto ask =
      [&](const std::function<void(ledger::v1::ProveEntriesRequest&)>& change) {
        ledger::v1::ProveEntriesRequest request = good;
        change(request);
        return Call(life.Auditor(), &Audit::ProveEntries, request).status();
      };
  using Request = ledger::v1::ProveEntriesRequest;
  const std::function<void(Request&)> changes[] = {
      [](Request& r) { r.clear_question(); },
      [](Request& r) { r.mutable_question()->clear_field(); },
      [](Request& r) {
        r.mutable_question()->set_field(
            static_cast<ledger::v1::IndexField>(99));
      },
      [](Request& r) { r.mutable_question()->clear_low(); },
      [](Request& r) { r.mutable_question()->set_high("A"); },
      [](Request& r) { r.mutable_question()->set_high(std::string(257, 'x')); },
      [](Request& r) { r.set_tree_size(0); },
      [](Request& r) { r.set_seal(-1); },
      [](Request& r) { r.set_leaf(-1); },
  };
  for (const auto& change : changes) {
    EXPECT_THAT(ask(change), FailsWith(Reason::INVALID_REQUEST));
  }
  EXPECT_THAT(ask([](Request& r) { r.set_tree_size(1000); }),
              FailsWith(Reason::LEDGER_INDEX_OUT_OF_RANGE));
}

TEST_F(IssuanceLedgerServerTest, ProofsJoinTwoCheckpoints) {
  Life life(config_file_, clock_);
  ASSERT_THAT(life.started(), IsOk());
  const auto first = Call(life.Auditor(), &Audit::GetCheckpoint,
                          ledger::v1::GetCheckpointRequest());
  ASSERT_THAT(first.status(), IsOk());
  const auto old_tree = policy_.OpenCheckpoint(first->checkpoint());
  ASSERT_THAT(old_tree.status(), IsOk());
  Append(life, {OrderEvent("o1", 1), OrderEvent("o1", 2)});
  ledger::v1::GetReceiptRequest by_id;
  *by_id.mutable_id() = OrderEvent("o1", 2).id();
  const auto receipt = Call(life.Auditor(), &Audit::GetReceipt, by_id);
  ASSERT_THAT(receipt.status(), IsOk());
  const auto second = Call(life.Auditor(), &Audit::GetCheckpoint,
                           ledger::v1::GetCheckpointRequest());
  const auto new_tree = policy_.OpenCheckpoint(second->checkpoint());
  ASSERT_THAT(new_tree.status(), IsOk());

  const ledger::Hasher hasher;
  ledger::v1::GetConsistencyProofRequest sizes;
  sizes.set_old_size(static_cast<int64_t>(old_tree->size));
  sizes.set_new_size(static_cast<int64_t>(new_tree->size));
  const auto consistency =
      Call(life.Auditor(), &Audit::GetConsistencyProof, sizes);
  ASSERT_THAT(consistency.status(), IsOk());
  EXPECT_THAT(ledger::VerifyConsistency(
                  hasher, old_tree->size, new_tree->size,
                  std::vector<std::string>(consistency->hashes().begin(),
                                           consistency->hashes().end()),
                  old_tree->root, new_tree->root),
              IsOk());
  ledger::v1::GetInclusionProofRequest place;
  place.set_index(2);
  place.set_tree_size(static_cast<int64_t>(new_tree->size));
  const auto inclusion = Call(life.Auditor(), &Audit::GetInclusionProof, place);
  ASSERT_THAT(inclusion.status(), IsOk());
  EXPECT_THAT(ledger::VerifyInclusion(
                  hasher, 2, new_tree->size, inclusion->leaf_hash(),
                  std::vector<std::string>(inclusion->hashes().begin(),
                                           inclusion->hashes().end()),
                  new_tree->root),
              IsOk());
}

TEST_F(IssuanceLedgerServerTest, RestartKeepsEverythingAcknowledged) {
  {
    Life life(config_file_, clock_);
    ASSERT_THAT(life.started(), IsOk());
    Append(life, {OrderEvent("o1", 1)});
  }
  Life life(config_file_, clock_);
  ASSERT_THAT(life.started(), IsOk());
  const auto outcomes =
      Append(life, {OrderEvent("o1", 1), OrderEvent("o1", 2)});
  EXPECT_EQ(outcomes[0].index(), 1);
  EXPECT_EQ(outcomes[1].index(), 2);
}

TEST_F(IssuanceLedgerServerTest, LostDatabaseIsNotReplacedByAnEmptyOne) {
  {
    Life life(config_file_, clock_);
    ASSERT_THAT(life.started(), IsOk());
    ASSERT_THAT(Call(life.Auditor(), &Audit::GetCheckpoint,
                     ledger::v1::GetCheckpointRequest())
                    .status(),
                IsOk());
  }
  place_.Lose();
  Life life(config_file_, clock_);
  EXPECT_THAT(life.started(), FailsWith(Reason::LEDGER_GUARD_MISMATCH));
  EXPECT_FALSE(life.room().Ready().ok());
}

TEST_F(IssuanceLedgerServerTest, ConfigurationNamesTheBadField) {
  using Config = config::v1::IssuanceLedgerConfig;
  const std::vector<std::pair<std::string, std::function<void(Config&)>>>
      changes = {
          {"origin", [](Config& c) { c.set_origin("a b"); }},
          {"pseudonym_key_commitment",
           [](Config& c) { c.set_pseudonym_key_commitment("zz"); }},
          {"guard_file", [](Config& c) { c.clear_guard_file(); }},
          {"log_folder", [](Config& c) { c.clear_log_folder(); }},
          {"signing_key_file", [](Config& c) { c.clear_signing_key_file(); }},
          {"database.url", [](Config& c) { c.clear_database(); }},
          {"database.url",
           [](Config& c) { c.mutable_database()->set_url("mysql://h/d"); }},
          {"database.url",
           [](Config& c) {
             c.mutable_database()->set_url("postgres://h/d?isolation=none");
           }},
          {"checkpoint_interval",
           [](Config& c) {
             c.mutable_checkpoint_interval()->set_seconds(100000);
           }},
          {"seal_entries", [](Config& c) { c.set_seal_entries(15); }},
          {"seal_entries", [](Config& c) { c.set_seal_entries(65537); }},
          {"seal_age",
           [](Config& c) { c.mutable_seal_age()->set_seconds(59); }},
          {"witnesses.policy_file", [](Config& c) { c.mutable_witnesses(); }},
          {"witnesses.round_time",
           [](Config& c) {
             c.mutable_witnesses()->set_policy_file("policy");
             c.mutable_witnesses()->mutable_round_time()->set_seconds(61);
           }},
      };
  const auto good = LoadIssuanceLedgerConfig(config_file_);
  ASSERT_THAT(good.status(), IsOk());
  EXPECT_THAT(LedgerSettingsOf(*good).status(), IsOk());
  for (const auto& [field, change] : changes) {
    Config config = *good;
    change(config);
    const auto settings = LedgerSettingsOf(config);
    EXPECT_FALSE(settings.ok()) << field;
    EXPECT_THAT(std::string(settings.status().message()),
                ::testing::HasSubstr(field));
  }
}

}  // namespace
}  // namespace shiming::issuance_ledger
