// Goal: a search gives exactly what comparing every entry gives, page by page,
// with bounded work; and entries of an older version get their terms.
#include "services/issuance_ledger/store/entry_search.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/crypto/digest.h"
#include "common/status/status_macros.h"
#include "gtest/gtest.h"
#include "ledger/entry.h"
#include "ledger/hasher.h"
#include "ledger/tree.h"
#include "services/issuance_ledger/core/entry_query.h"
#include "services/issuance_ledger/store/sql_ledger_store.h"
#include "storage/testing/temp_database.h"

namespace shiming::issuance_ledger {
namespace {

using ledger::v1::Event;
using Random = std::mt19937_64;

constexpr char kOrigin[] = "log.test.example/1";
constexpr int64_t kLog = 1;
constexpr int64_t kStart = 1'700'000'000;

int Below(Random& random, int bound) {
  return static_cast<int>(random() % static_cast<uint64_t>(bound));
}

std::string Name(const char* what, int number) {
  return absl::StrCat(what, number);
}

std::string PseudonymOf(const char* what, int number) {
  return crypto::Sha256(Name(what, number));
}

void AddPseudonym(Event& event, ledger::v1::PseudonymField field,
                  std::string value) {
  ledger::v1::Pseudonym& pseudonym = *event.add_pseudonyms();
  pseudonym.set_field(field);
  pseudonym.set_value(std::move(value));
}

// An event with a random choice of fields; its time is near its index, but not
// in its order.
Event RandomEvent(Random& random, int64_t index) {
  constexpr ledger::v1::EventKind kKinds[] = {
      ledger::v1::EVENT_KIND_ORDER_PLACED, ledger::v1::EVENT_KIND_ORDER_READY,
      ledger::v1::EVENT_KIND_CODE_REVEALED, ledger::v1::EVENT_KIND_ORDER_CLOSED,
      ledger::v1::EVENT_KIND_ORDER_EXPIRED};
  Event event;
  event.set_format(ledger::kEntryFormat);
  event.mutable_id()->set_source("profile_order");
  event.mutable_id()->set_aggregate(absl::StrCat("order/", index));
  event.mutable_id()->set_version(1);
  event.set_kind(kKinds[Below(random, 5)]);
  event.mutable_time()->set_seconds(kStart + index + Below(random, 2000));
  event.mutable_time()->set_nanos(Below(random, 1'000'000'000));
  const int shop = Below(random, 4);
  event.set_shop(Name("shop", shop));
  event.set_terminal(absl::StrCat("shop", shop, "/t", Below(random, 3)));
  event.set_clerk(Name("clerk", Below(random, 12)));
  if (Below(random, 3) > 0) event.set_session(Name("s", Below(random, 500)));
  if (Below(random, 3) > 0) event.set_order(Name("o", Below(random, 300)));
  if (Below(random, 2) > 0) event.set_person_id(Name("p", Below(random, 80)));
  if (Below(random, 2) > 0) {
    AddPseudonym(event, ledger::v1::PSEUDONYM_FIELD_EID,
                 PseudonymOf("eid", Below(random, 100)));
    AddPseudonym(event, ledger::v1::PSEUDONYM_FIELD_ICCID,
                 PseudonymOf("iccid", Below(random, 100)));
    AddPseudonym(event, ledger::v1::PSEUDONYM_FIELD_MSISDN,
                 PseudonymOf("msisdn", Below(random, 100)));
  }
  return event;
}

EntryQuery RandomQuery(Random& random, int64_t size) {
  EntryQuery query;
  if (Below(random, 3) == 0) query.shop = Name("shop", Below(random, 5));
  if (Below(random, 5) == 0) {
    query.terminal = absl::StrCat("shop", Below(random, 4), "/t1");
  }
  if (Below(random, 4) == 0) query.clerk = Name("clerk", Below(random, 12));
  if (Below(random, 6) == 0) query.session = Name("s", Below(random, 500));
  if (Below(random, 6) == 0) query.order = Name("o", Below(random, 300));
  if (Below(random, 6) == 0) query.person_id = Name("p", Below(random, 80));
  if (Below(random, 6) == 0) {
    query.eid_pseudonym = PseudonymOf("eid", Below(random, 100));
  }
  if (Below(random, 8) == 0) {
    query.iccid_pseudonym = PseudonymOf("iccid", Below(random, 100));
  }
  if (Below(random, 8) == 0) {
    query.msisdn_pseudonym = PseudonymOf("msisdn", Below(random, 100));
  }
  for (int i = Below(random, 7); i > 2; --i) {
    query.kinds.push_back(
        static_cast<ledger::v1::EventKind>(60 + Below(random, 9)));
  }
  if (Below(random, 3) == 0) {
    query.start_time = absl::FromUnixMillis(
        (kStart + Below(random, static_cast<int>(size))) * 1000 + 500);
  }
  if (Below(random, 3) == 0) {
    query.end_time = absl::FromUnixNanos(
        (kStart + Below(random, static_cast<int>(size) + 2000)) *
            1'000'000'000 +
        250);
  }
  return query;
}

// Counts what a search reads.
class CountingSnapshot final : public sql::Snapshot {
 public:
  explicit CountingSnapshot(sql::Snapshot& db) : db_(db) {}
  absl::StatusOr<sql::Rows> Query(std::string_view sql,
                                  sql::Params params) override {
    absl::StatusOr<sql::Rows> rows = db_.Query(sql, std::move(params));
    ++statements;
    if (rows.ok()) this->rows += static_cast<int64_t>(rows->size());
    return rows;
  }

  int64_t statements = 0;
  int64_t rows = 0;

 private:
  sql::Snapshot& db_;
};

class EntrySearchTest : public testing::Test {
 protected:
  void SetUp() override { Open(); }

  void Open() {
    auto store = SqlLedgerStore::Open(database_.database(), kOrigin);
    ASSERT_TRUE(store.ok()) << store.status();
    store_ = *std::move(store);
  }

  // Appends events as the sequencer does, in batches.
  void Append(std::vector<Event> events) {
    for (size_t begin = 0; begin < events.size(); begin += 400) {
      const size_t end = std::min(events.size(), begin + 400);
      const absl::Status written =
          store_->WriteBlocking([&](LedgerTransaction& tx) -> absl::Status {
            ASSIGN_OR_RETURN(ledger::TreeEdge edge, tx.Head());
            const uint64_t old_size = edge.size();
            for (size_t i = begin; i < end; ++i) {
              const std::string bytes = ledger::SerializeEvent(events[i]);
              RETURN_IF_ERROR(
                  tx.Append({.index = static_cast<int64_t>(edge.size()),
                             .bytes = bytes,
                             .sha256 = crypto::Sha256(bytes),
                             .event = events[i],
                             .terms = TermsOf(events[i])}));
              edge.Append(ledger::Hasher().Leaf(bytes));
            }
            return tx.PutHead(edge, old_size);
          });
      ASSERT_TRUE(written.ok()) << written;
    }
    for (Event& event : events) events_.push_back(std::move(event));
  }

  void AppendRandom(Random& random, int count) {
    std::vector<Event> events;
    for (int i = 0; i < count; ++i) {
      events.push_back(RandomEvent(
          random, static_cast<int64_t>(events_.size() + events.size())));
    }
    Append(std::move(events));
  }

  absl::StatusOr<EntryScan> Scan(const EntryQuery& query,
                                 const ScanRange& range) {
    EntryScan scan;
    RETURN_IF_ERROR(store_->ReadBlocking([&](LedgerSnapshot& db) {
      ASSIGN_OR_RETURN(scan, db.Query(query, range));
      return absl::OkStatus();
    }));
    return scan;
  }

  // All pages of a query.
  std::vector<int64_t> Search(const EntryQuery& query, int limit, int64_t begin,
                              int64_t end) {
    std::vector<int64_t> found;
    while (begin < end) {
      const auto scan = Scan(
          query,
          {.begin = begin, .end = end, .limit = limit, .byte_limit = 1 << 20});
      EXPECT_TRUE(scan.ok()) << scan.status();
      if (!scan.ok()) break;
      EXPECT_GT(scan->next, begin);
      EXPECT_LE(scan->next, end);
      EXPECT_LE(scan->entries.size(), static_cast<size_t>(limit));
      for (const StoredEntry& entry : scan->entries) {
        EXPECT_EQ(entry.bytes, ledger::SerializeEvent(events_[entry.index]));
        found.push_back(entry.index);
      }
      if (scan->next <= begin) break;
      begin = scan->next;
    }
    return found;
  }

  std::vector<int64_t> Compare(const EntryQuery& query, int64_t begin,
                               int64_t end) const {
    std::vector<int64_t> found;
    for (int64_t i = begin; i < end; ++i) {
      if (Matches(query, events_[i])) found.push_back(i);
    }
    return found;
  }

  // The rows of the search's tables.
  std::vector<std::vector<int64_t>> IndexRows() {
    std::vector<std::vector<int64_t>> all;
    EXPECT_TRUE(
        database_.database()
            .ReadBlocking([&](sql::Snapshot& db) -> absl::Status {
              for (const char* select : {"SELECT term, idx FROM ledger_terms "
                                         "ORDER BY log, term, idx",
                                         "SELECT level, span, min_us, max_us "
                                         "FROM ledger_time_spans "
                                         "ORDER BY log, level, span"}) {
                ASSIGN_OR_RETURN(const sql::Rows rows, db.Query(select, {}));
                for (const sql::Row& row : rows) {
                  std::vector<int64_t>& values = all.emplace_back();
                  for (size_t i = 0; i < row.size(); ++i) {
                    values.push_back(row.Int(i));
                  }
                }
              }
              return absl::OkStatus();
            })
            .ok());
    return all;
  }

  absl::Status Execute(const char* sql) {
    return database_.database().WriteBlocking(
        [&](sql::Transaction& tx) { return tx.Execute(sql, {}).status(); });
  }

  sql::testing::TempDatabase database_;
  std::unique_ptr<SqlLedgerStore> store_;
  std::vector<Event> events_;
};

TEST_F(EntrySearchTest, FindsWhatComparingEveryEntryFinds) {
  Random random(20261122);
  AppendRandom(random, 5000);
  const int64_t size = static_cast<int64_t>(events_.size());
  int64_t matches = 0;
  for (int round = 0; round < 400; ++round) {
    const EntryQuery query = RandomQuery(random, size);
    const int64_t begin = Below(random, 3) == 0 ? Below(random, 5000) : 0;
    const int64_t end =
        Below(random, 3) == 0 ? begin + Below(random, 3000) : size;
    const std::vector<int64_t> expected =
        Compare(query, begin, std::min(end, size));
    matches += static_cast<int64_t>(expected.size());
    EXPECT_EQ(Search(query, 1 + Below(random, 120), begin, std::min(end, size)),
              expected)
        << "round " << round;
  }
  EXPECT_GT(matches, 10'000);
}

TEST_F(EntrySearchTest, EachFieldIsSearchedByItself) {
  Random random(7);
  AppendRandom(random, 2000);
  const Event& event = events_[150];
  const absl::Time time = absl::FromUnixSeconds(event.time().seconds());
  const std::vector<EntryQuery> queries = {
      {},
      {.order = Name("o", 5)},
      {.session = Name("s", 5)},
      {.shop = event.shop()},
      {.terminal = event.terminal()},
      {.clerk = event.clerk()},
      {.person_id = Name("p", 7)},
      {.eid_pseudonym = PseudonymOf("eid", 3)},
      {.iccid_pseudonym = PseudonymOf("iccid", 3)},
      {.msisdn_pseudonym = PseudonymOf("msisdn", 3)},
      {.kinds = {event.kind()}},
      {.start_time = time, .end_time = time + absl::Seconds(1)}};
  for (const EntryQuery& query : queries) {
    const std::vector<int64_t> expected = Compare(query, 0, 2000);
    EXPECT_FALSE(expected.empty());
    EXPECT_EQ(Search(query, 10, 0, 2000), expected);
  }
  // A value is searched in its own field only.
  EXPECT_TRUE(Search({.clerk = event.shop()}, 10, 0, 2000).empty());
  EXPECT_TRUE(
      Search({.iccid_pseudonym = PseudonymOf("eid", 3)}, 10, 0, 2000).empty());
}

TEST_F(EntrySearchTest, PageEndsBeforeTheByteLimit) {
  Random random(8);
  AppendRandom(random, 40);
  const auto two =
      Scan({}, {.begin = 0,
                .end = 40,
                .limit = 40,
                .byte_limit = ledger::SerializeEvent(events_[0]).size() +
                              ledger::SerializeEvent(events_[1]).size()});
  ASSERT_TRUE(two.ok());
  EXPECT_EQ(two->entries.size(), 2u);
  EXPECT_EQ(two->next, 2);
  // The first is given however large it is.
  const auto one = Scan({.kinds = {events_[0].kind()}},
                        {.begin = 0, .end = 40, .limit = 40, .byte_limit = 1});
  ASSERT_TRUE(one.ok());
  EXPECT_EQ(one->entries.size(), 1u);
  EXPECT_LT(one->next, 40);
}

TEST_F(EntrySearchTest, WorkOfOnePageIsBounded) {
  // Two terms that never meet, one at each second index: the worst case.
  std::vector<Event> events;
  for (int i = 0; i < 20'000; ++i) {
    Event event;
    event.set_format(ledger::kEntryFormat);
    event.mutable_id()->set_source("profile_order");
    event.mutable_id()->set_aggregate(absl::StrCat("order/", i));
    event.mutable_id()->set_version(1);
    event.set_kind(ledger::v1::EVENT_KIND_ALARM);
    event.mutable_time()->set_seconds(kStart + i);
    (i % 2 == 0 ? *event.mutable_shop() : *event.mutable_clerk()) = "x";
    events.push_back(std::move(event));
  }
  Append(std::move(events));
  const std::vector<EntryQuery> queries = {
      {.shop = "x", .clerk = "x"},
      // Nothing of a kind, which is compared entry by entry.
      {.shop = "x",
       .kinds = {ledger::v1::EVENT_KIND_LOG_OPENED,
                 ledger::v1::EVENT_KIND_AUDIT_READ,
                 ledger::v1::EVENT_KIND_LOG_FROZEN,
                 ledger::v1::EVENT_KIND_SHOP_PROPOSED,
                 ledger::v1::EVENT_KIND_SHOP_APPROVED}},
      // Times in the gaps between two entries.
      {.start_time = absl::FromUnixMillis(kStart * 1000 + 10'000'500),
       .end_time = absl::FromUnixMillis(kStart * 1000 + 10'000'900)}};
  for (const EntryQuery& query : queries) {
    int pages = 0;
    for (int64_t begin = 0; begin < 20'000; ++pages) {
      EntryScan scan;
      ASSERT_TRUE(database_.database()
                      .ReadBlocking([&](sql::Snapshot& db) -> absl::Status {
                        CountingSnapshot counting(db);
                        ASSIGN_OR_RETURN(
                            scan, SearchEntries(counting, kLog, query,
                                                {.begin = begin,
                                                 .end = 20'000,
                                                 .limit = 50,
                                                 .byte_limit = 1 << 20}));
                        EXPECT_LT(counting.rows, 8000);
                        EXPECT_LT(counting.statements, 1000);
                        return absl::OkStatus();
                      })
                      .ok());
      EXPECT_TRUE(scan.entries.empty());
      ASSERT_GT(scan.next, begin);
      begin = scan.next;
    }
    EXPECT_LT(pages, 60);
  }
}

// Goal: large spans are passed over only where nothing matches. Method: a log
// with few of its entries stored, in many large spans, so that it is long
// without being full; the time of each is its index in seconds.
TEST_F(EntrySearchTest, FindsATimeInWhicheverLargeSpanItIs) {
  constexpr int64_t kEnd = 10 * kSpanEntries[1];
  std::vector<int64_t> places;
  for (int64_t large = 0; large < 10; ++large) {
    for (const int64_t inside :
         {int64_t{0}, kSpanEntries[0], int64_t{9000}, kSpanEntries[1] - 1}) {
      places.push_back(large * kSpanEntries[1] + inside);
    }
  }
  Random random(11);
  const absl::Status written =
      store_->WriteBlocking([&](LedgerTransaction& tx) -> absl::Status {
        ASSIGN_OR_RETURN(ledger::TreeEdge edge, tx.Head());
        const uint64_t old_size = edge.size();
        for (const int64_t place : places) {
          Event event = RandomEvent(random, place);
          event.mutable_time()->set_seconds(place);
          const std::string bytes = ledger::SerializeEvent(event);
          RETURN_IF_ERROR(tx.Append({.index = place,
                                     .bytes = bytes,
                                     .sha256 = crypto::Sha256(bytes),
                                     .event = event,
                                     .terms = TermsOf(event)}));
          edge.Append(ledger::Hasher().Leaf(bytes));
        }
        return tx.PutHead(edge, old_size);
      });
  ASSERT_TRUE(written.ok()) << written;
  const auto search = [&](int64_t first_second, int64_t end_second) {
    std::vector<int64_t> found;
    for (int64_t begin = 0; begin < kEnd;) {
      const auto scan = Scan(
          {.start_time = absl::FromUnixSeconds(first_second),
           .end_time = absl::FromUnixSeconds(end_second)},
          {.begin = begin, .end = kEnd, .limit = 3, .byte_limit = 1 << 20});
      EXPECT_TRUE(scan.ok()) << scan.status();
      if (!scan.ok() || scan->next <= begin) break;
      for (const StoredEntry& entry : scan->entries) {
        found.push_back(entry.index);
      }
      begin = scan->next;
    }
    return found;
  };
  for (const int64_t place : places) {
    EXPECT_EQ(search(place, place + 1), std::vector<int64_t>{place});
  }
  EXPECT_EQ(search(0, kEnd), places);
  EXPECT_TRUE(search(kEnd, 2 * kEnd).empty());
  // Inside a large span that has earlier and later ones, but none of this time.
  EXPECT_TRUE(
      search(5 * kSpanEntries[1] + 100, 5 * kSpanEntries[1] + 200).empty());
}

// What an older version leaves in a database, and in how many transactions it
// is made good.
struct OldVersion {
  std::vector<std::string> statements;
  int steps;
};

class OldEntriesTest : public EntrySearchTest,
                       public ::testing::WithParamInterface<OldVersion> {};

INSTANTIATE_TEST_SUITE_P(
    Versions, OldEntriesTest,
    ::testing::Values(
        OldVersion{{"DELETE FROM ledger_terms", "DELETE FROM ledger_time_spans",
                    "UPDATE ledger_heads SET indexed = NULL, spanned = NULL"},
                   9},
        OldVersion{{"DELETE FROM ledger_time_spans",
                    "UPDATE ledger_heads SET spanned = NULL"},
                   1}));

TEST_P(OldEntriesTest, GetTheirTermsAndTimesAlsoAfterAKill) {
  Random random(9);
  AppendRandom(random, 2500);
  const std::vector<std::vector<int64_t>> expected = IndexRows();
  ASSERT_GT(expected.size(), 2500u);
  for (const std::string& statement : GetParam().statements) {
    ASSERT_TRUE(Execute(statement.c_str()).ok());
  }
  int64_t left = 2500;
  int steps = 0;
  while (left > 0) {
    const absl::Status killed =
        store_->WriteBlocking([&](LedgerTransaction& tx) -> absl::Status {
          RETURN_IF_ERROR(tx.IndexEntries(300).status());
          return absl::AbortedError("killed before the commit");
        });
    ASSERT_TRUE(absl::IsAborted(killed));
    ASSERT_TRUE(store_
                    ->WriteBlocking([&](LedgerTransaction& tx) -> absl::Status {
                      ASSIGN_OR_RETURN(left, tx.IndexEntries(300));
                      return absl::OkStatus();
                    })
                    .ok());
    database_.Reopen();
    Open();
    ++steps;
  }
  EXPECT_EQ(steps, GetParam().steps);
  EXPECT_EQ(IndexRows(), expected);
  // And the next entries follow.
  AppendRandom(random, 10);
  EXPECT_EQ(Search({.shop = "shop1"}, 50, 0, 2510),
            Compare({.shop = "shop1"}, 0, 2510));
}

TEST_F(EntrySearchTest, NothingIsAppendedBeforeOldEntriesHaveTheirTerms) {
  Random random(10);
  AppendRandom(random, 5);
  ASSERT_TRUE(Execute("UPDATE ledger_heads SET indexed = 3").ok());
  const Event event = RandomEvent(random, 5);
  const std::string bytes = ledger::SerializeEvent(event);
  const absl::Status refused =
      store_->WriteBlocking([&](LedgerTransaction& tx) -> absl::Status {
        ASSIGN_OR_RETURN(ledger::TreeEdge edge, tx.Head());
        const uint64_t old_size = edge.size();
        RETURN_IF_ERROR(tx.Append({.index = 5,
                                   .bytes = bytes,
                                   .sha256 = crypto::Sha256(bytes),
                                   .event = event,
                                   .terms = TermsOf(event)}));
        edge.Append(ledger::Hasher().Leaf(bytes));
        return tx.PutHead(edge, old_size);
      });
  EXPECT_TRUE(HasReason(refused, Reason::LOST_RACE)) << refused;
}

}  // namespace
}  // namespace shiming::issuance_ledger
