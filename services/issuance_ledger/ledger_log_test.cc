// Goal: the acceptance rules, the checkpoints and the recovery of the whole
// log core over a real database and real files.
#include "services/issuance_ledger/core/ledger_log.h"

#include <atomic>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_future.hpp>
#include <filesystem>
#include <fstream>
#include <future>
#include <set>
#include <string>
#include <vector>

#include "absl/time/clock.h"
#include "common/files/file.h"
#include "common/status/reason.h"
#include "common/time/fake_clock.h"
#include "common/time/proto_time.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "ledger/audit_reader.h"
#include "ledger/entry.h"
#include "ledger/policy.h"
#include "services/issuance_ledger/core/page_token.h"
#include "services/issuance_ledger/testing/log_instance.h"
#include "storage/testing/database_place.h"
#include "storage/testing/temp_folder.h"

namespace shiming::issuance_ledger {
namespace {

using ledger::v1::Event;
using ledger::v1::EventId;
using State = Verdict::State;

EventId Id(const std::string& source, const std::string& aggregate,
           int64_t version) {
  EventId id;
  id.set_source(source);
  id.set_aggregate(aggregate);
  id.set_version(version);
  return id;
}

Event SessionEvent(const std::string& session) {
  Event event;
  event.set_format(ledger::kEntryFormat);
  *event.mutable_id() = Id("terminal_session", "session/" + session, 1);
  event.set_kind(ledger::v1::EVENT_KIND_SESSION_OPENED);
  event.mutable_time()->set_seconds(1700000000);
  event.set_session(session);
  return event;
}

class LedgerLogTest : public testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(Start().ok()); }
  void TearDown() override { Halt(); }

  absl::Status Start() {
    return instance_.Start({.database = place_.url(),
                            .folder = folder_.path().string(),
                            .holder = holder_,
                            .pseudonym_key_commitment = commitment_,
                            .after_step = after_step_,
                            .write_fault = write_fault_,
                            .interval = interval_},
                           clock_);
  }
  void Halt() { instance_.Stop(); }

  std::string Path(const std::string& name) const {
    return (folder_.path() / name).string();
  }

  template <class T>
  T Run(asio::awaitable<T> work) {
    return instance_.Run(std::move(work));
  }
  std::vector<Verdict> Append(const std::vector<Event>& events,
                              absl::Duration patience = absl::Seconds(20)) {
    return instance_.Append(events, patience);
  }
  absl::StatusOr<std::vector<Verdict>> TryAppend(
      const std::vector<Event>& events) {
    return instance_.TryAppend(events);
  }
  LedgerLog& log() { return instance_.log(); }

  // The first 100 entries.
  static ScanRange All() {
    return {.begin = 0, .end = 100, .limit = 10, .byte_limit = 1 << 20};
  }

  // Waits until everything sequenced is published, then verifies all files.
  ledger::Checkpoint VerifyAll() {
    const auto receipt = instance_.ReceiptOf(instance_.Size() - 1);
    EXPECT_TRUE(receipt.ok()) << receipt.status();
    EXPECT_TRUE(ledger::VerifyReceipt(receipt->entry(), receipt->tlog_proof(),
                                      {}, policy_)
                    .ok());
    return VerifyFiles();
  }

  ledger::Checkpoint VerifyFiles() {
    uint64_t entries = 0;
    const auto report =
        ledger::VerifyLog(ledger::FilesBelow(Path("log")), policy_,
                          [&](uint64_t, const std::string& entry) {
                            ++entries;
                            return ledger::ParseEntry(entry).status();
                          });
    EXPECT_TRUE(report.ok()) << report.status();
    if (!report.ok()) return {};
    EXPECT_EQ(entries, report->checkpoint.size);
    return report->checkpoint;
  }

  sql::testing::TempFolder folder_;
  sql::testing::DatabasePlace place_;
  FakeClock clock_{absl::FromUnixSeconds(1700000000)};
  ledger::TrustPolicy policy_ = ledger::TrustPolicy::ForLog(
      *ledger::NoteVerifier::Parse(TestLogSigner().vkey()));
  std::string holder_ = "primary";
  std::string commitment_ = std::string(32, 'K');
  absl::Duration interval_ = absl::Milliseconds(20);
  std::function<absl::Status(PublishStep)> after_step_;
  WriteFault write_fault_;
  LogInstance instance_;
};

TEST_F(LedgerLogTest, FirstEntryOpensTheLogAndCommitsToTheKey) {
  const ledger::Checkpoint checkpoint = VerifyAll();
  EXPECT_EQ(checkpoint.size, 1u);
  EXPECT_EQ(checkpoint.origin, kTestOrigin);
  const auto entry = Run(log().EntryAt(0));
  const auto event = ledger::ParseEntry(entry->bytes);
  ASSERT_TRUE(event.ok());
  EXPECT_EQ(event->kind(), ledger::v1::EVENT_KIND_LOG_OPENED);
  EXPECT_EQ(event->commitments(0).sha256(), commitment_);
  Halt();
  commitment_ = std::string(32, 'L');
  EXPECT_TRUE(absl::IsFailedPrecondition(Start()));
  Halt();
  commitment_ = std::string(32, 'K');
  EXPECT_TRUE(Start().ok());
}

TEST_F(LedgerLogTest, VersionsFollowOneAnother) {
  EXPECT_EQ(Append({OrderEvent("a", 1)})[0].position, 1);
  EXPECT_EQ(Append({OrderEvent("a", 2)})[0].position, 2);
  // A gap waits; it is forgotten at the deadline, never stored.
  const auto gap = Append({OrderEvent("a", 4)}, absl::Milliseconds(100));
  EXPECT_EQ(gap[0].state, State::kWaiting);
  ASSERT_EQ(gap[0].missing.size(), 1u);
  EXPECT_EQ(gap[0].missing[0].version(), 3);
  EXPECT_EQ(Append({OrderEvent("a", 3)})[0].position, 3);
  EXPECT_EQ(*Run(log().Size()), 4);
  EXPECT_EQ(instance_.observer.waiting, 0);
}

TEST_F(LedgerLogTest, OneCallMaySendThemInAnyOrder) {
  const auto verdicts =
      Append({OrderEvent("a", 3), OrderEvent("a", 1), OrderEvent("a", 2)});
  EXPECT_EQ(verdicts[1].position, 1);
  EXPECT_EQ(verdicts[2].position, 2);
  EXPECT_EQ(verdicts[0].position, 3);
}

TEST_F(LedgerLogTest, RepeatGivesTheSameIndex) {
  const Event event = OrderEvent("a", 1);
  EXPECT_EQ(Append({event, event})[1].position, 1);
  EXPECT_EQ(Append({OrderEvent("a", 2)})[0].position, 2);
  const auto again = Append({event});
  EXPECT_EQ(again[0].state, State::kSequenced);
  EXPECT_EQ(again[0].position, 1);
  EXPECT_EQ(*Run(log().Size()), 3);
}

TEST_F(LedgerLogTest, OtherBytesFreezeTheAggregateOnly) {
  const Event event = OrderEvent("a", 1);
  Append({event});
  Event other = event;
  other.set_shop("elsewhere");
  const auto conflict = Append({other});
  EXPECT_EQ(conflict[0].state, State::kRejected);
  EXPECT_EQ(conflict[0].reason, Reason::LEDGER_CONFLICT);
  EXPECT_EQ(Append({OrderEvent("a", 2)})[0].reason,
            Reason::LEDGER_AGGREGATE_FROZEN);
  // What is on the record still is.
  EXPECT_EQ(Append({event})[0].position, 1);
  EXPECT_EQ(Append({OrderEvent("b", 1)})[0].state, State::kSequenced);
  Halt();
  ASSERT_TRUE(Start().ok());
  EXPECT_EQ(Append({OrderEvent("a", 2)})[0].reason,
            Reason::LEDGER_AGGREGATE_FROZEN);
}

TEST_F(LedgerLogTest, OnceKeyIsTakenOnce) {
  Event first = OrderEvent("a", 1);
  first.set_once_key("reveal/a");
  EXPECT_EQ(Append({first})[0].position, 1);
  EXPECT_EQ(Append({first})[0].position, 1);
  // The row was set back and the order reveals again.
  Event again = OrderEvent("a", 2);
  again.set_once_key("reveal/a");
  EXPECT_EQ(Append({again})[0].reason, Reason::LEDGER_CONFLICT);
  EXPECT_EQ(Append({OrderEvent("a", 2)})[0].reason,
            Reason::LEDGER_AGGREGATE_FROZEN);
  EXPECT_EQ(*Run(log().Size()), 2);
}

TEST_F(LedgerLogTest, SourceComesFromTheCaller) {
  const std::string entry = ledger::SerializeEvent(OrderEvent("a", 1));
  const auto foreign = Run(log().Append({entry}, "terminal_session",
                                        absl::Now() + absl::Seconds(5)));
  EXPECT_EQ((*foreign)[0].reason, Reason::LEDGER_WRONG_SOURCE);
  // Its own source, but a kind of another.
  Event event = OrderEvent("a", 1);
  event.set_kind(ledger::v1::EVENT_KIND_SESSION_OPENED);
  EXPECT_EQ(Append({event})[0].reason, Reason::LEDGER_WRONG_SOURCE);
  const auto junk = Run(log().Append({"junk", entry}, "profile_order",
                                     absl::Now() + absl::Seconds(5)));
  EXPECT_EQ((*junk)[0].reason, Reason::LEDGER_MALFORMED_ENTRY);
  EXPECT_EQ((*junk)[1].state, State::kSequenced);
}

TEST_F(LedgerLogTest, WaitsForAnotherSourceAndHoldsUpNobody) {
  Event order = OrderEvent("a", 1);
  *order.add_after() = Id("terminal_session", "session/s", 1);
  auto waiting = asio::co_spawn(
      instance_.pool(), instance_.AppendTask({order}, absl::Seconds(20)),
      asio::use_future);
  // Others go on meanwhile, also when queued in the same batch.
  while (instance_.observer.waiting == 0) std::this_thread::yield();
  EXPECT_EQ(instance_.observer.missing_from("terminal_session"), 1);
  EXPECT_EQ(Append({OrderEvent("b", 1)})[0].position, 1);
  EXPECT_EQ(Append({SessionEvent("s")})[0].position, 2);
  const auto verdicts = waiting.get();
  ASSERT_TRUE(verdicts.ok()) << verdicts.status();
  EXPECT_EQ((*verdicts)[0].position, 3);
  EXPECT_EQ(instance_.observer.waiting, 0);
  EXPECT_EQ(instance_.observer.missing_from("terminal_session"), 0);
}

TEST_F(LedgerLogTest, MixedCallIsAnsweredSoon) {
  Event order = OrderEvent("a", 1);
  *order.add_after() = Id("terminal_session", "session/never", 1);
  const absl::Time begin = absl::Now();
  const auto verdicts = Append({order, OrderEvent("b", 1)}, absl::Seconds(60));
  EXPECT_LT(absl::Now() - begin, absl::Seconds(20));
  EXPECT_EQ(verdicts[0].state, State::kWaiting);
  EXPECT_EQ(verdicts[1].state, State::kSequenced);
  EXPECT_EQ(instance_.observer.waiting, 0);
}

// Goal: many callers at once; every acknowledged index is unique, and each
// aggregate's order is kept. Method: 16 coroutines on 2 threads, each sends
// its own order's events, and one shared once key that a single one may get.
TEST_F(LedgerLogTest, ConcurrentAppendsNeitherLoseNorDouble) {
  constexpr int kCallers = 16;
  constexpr int kEvents = 25;
  std::vector<std::future<std::vector<int64_t>>> callers;
  std::atomic<int> once_winners = 0;
  for (int caller = 0; caller < kCallers; ++caller) {
    callers.push_back(asio::co_spawn(
        instance_.pool(),
        [this, caller,
         &once_winners]() -> asio::awaitable<std::vector<int64_t>> {
          std::vector<int64_t> indexes;
          for (int version = 1; version <= kEvents; ++version) {
            // Named: gcc 12 cannot have a braced list in a co_await.
            const std::vector<Event> events(
                1, OrderEvent(std::to_string(caller), version));
            const auto verdicts =
                co_await instance_.AppendTask(events, absl::Seconds(60));
            EXPECT_TRUE(verdicts.ok());
            EXPECT_EQ((*verdicts)[0].state, State::kSequenced);
            indexes.push_back((*verdicts)[0].position);
          }
          Event once = OrderEvent("once" + std::to_string(caller), 1);
          once.set_once_key("attestation/shared");
          const std::vector<Event> events(1, once);
          const auto verdicts =
              co_await instance_.AppendTask(events, absl::Seconds(60));
          if ((*verdicts)[0].state == State::kSequenced) ++once_winners;
          co_return indexes;
        },
        asio::use_future));
  }
  std::set<int64_t> all;
  for (auto& caller : callers) {
    const std::vector<int64_t> indexes = caller.get();
    EXPECT_TRUE(std::is_sorted(indexes.begin(), indexes.end()));
    all.insert(indexes.begin(), indexes.end());
  }
  EXPECT_EQ(all.size(), static_cast<size_t>(kCallers * kEvents));
  EXPECT_EQ(once_winners, 1);
  EXPECT_EQ(VerifyAll().size, 1u + kCallers * kEvents + 1u);
}

TEST_F(LedgerLogTest, QueriesFindAnOrdersAndASessionsEntries) {
  Event order = OrderEvent("a", 1);
  order.set_session("s");
  Append({SessionEvent("s")});
  Append({order, OrderEvent("a", 2), OrderEvent("b", 1)});
  const auto count = [&](const EntryQuery& query) {
    const auto scan = Run(log().Query(query, All()));
    EXPECT_TRUE(scan.ok()) << scan.status();
    EXPECT_EQ(scan->next, 100);
    return scan->entries.size();
  };
  EXPECT_EQ(count({.order = "a"}), 2u);
  ScanRange one = All();
  one.limit = 1;
  const auto page = Run(log().Query({.order = "a"}, one));
  ASSERT_EQ(page->entries.size(), 1u);
  EXPECT_LT(page->next, 100);
  one.begin = page->next;
  const auto rest = Run(log().Query({.order = "a"}, one));
  EXPECT_EQ(rest->entries.size(), 1u);
  EXPECT_EQ(rest->next, 100);
  EXPECT_EQ(count({.session = "s"}), 2u);
  EXPECT_EQ(count({.order = "a", .session = "s"}), 1u);
  EXPECT_EQ(
      count({.order = "a", .kinds = {ledger::v1::EVENT_KIND_CODE_REVEALED}}),
      0u);
  EXPECT_EQ(
      count({.order = "a", .start_time = absl::FromUnixSeconds(1700000002)}),
      1u);
  const auto own = Run(log().EntriesOf("profile_order", -1, 10));
  EXPECT_EQ(own->size(), 3u);
  EXPECT_EQ(Run(log().FindEntry(Id("profile_order", "order/b", 1)))->index,
            (*own)[2].position);
  EXPECT_TRUE(HasReason(
      Run(log().FindEntry(Id("profile_order", "order/c", 1))).status(),
      Reason::NOT_FOUND));
}

TEST_F(LedgerLogTest, ReadsAreRecordedBeforeTheAnswerAndAtMostOnceASecond) {
  const auto read = [&](const std::string& auditor, const std::string& digest,
                        AuditRead::Kind kind) {
    AuditRead what{.kind = kind};
    if (kind != AuditRead::Kind::kReceipt) {
      what.filter_sha256 = std::string(32, digest[0]);
      what.order = "o-" + digest;
    }
    return Run(
        log().RecordAuditRead(auditor, what, absl::Now() + absl::Seconds(20)));
  };
  const auto reads = [&] {
    std::vector<Event> events;
    const auto entries = Run(log().EntriesOf("issuance_ledger", 0, 100));
    for (const EntryPlace& entry : *entries) {
      events.push_back(
          *ledger::ParseEntry(Run(log().EntryAt(entry.position))->bytes));
    }
    return events;
  };
  const absl::Time begin = absl::Now();
  ASSERT_TRUE(read("eve", "a", AuditRead::Kind::kPage).ok());
  ASSERT_EQ(reads().size(), 1u);
  EXPECT_EQ(reads()[0].admin(), "/auditor/eve");
  EXPECT_EQ(reads()[0].order(), "o-a");
  EXPECT_EQ(reads()[0].audit_read().page_count(), 1);
  ASSERT_EQ(reads()[0].audit_read().filter_sha256_size(), 1);
  // Another auditor has a second of his own.
  ASSERT_TRUE(read("mallory", "a", AuditRead::Kind::kStream).ok());
  ASSERT_EQ(reads().size(), 2u);
  EXPECT_EQ(reads()[1].audit_read().stream_count(), 1);
  for (int i = 0; i < 40; ++i) {
    ASSERT_TRUE(read("eve", std::string(1, static_cast<char>('b' + i % 20)),
                     i == 0 ? AuditRead::Kind::kStream : AuditRead::Kind::kPage)
                    .ok());
  }
  ASSERT_TRUE(read("eve", "", AuditRead::Kind::kReceipt).ok());
  // What was counted is named at a second's end, or when the ledger stops.
  log().Stop();
  ASSERT_TRUE(HasReason(read("eve", "a", AuditRead::Kind::kPage),
                        Reason::SHUTTING_DOWN));
  const absl::Duration took = absl::Now() - begin;
  const std::vector<Event> events = reads();
  EXPECT_LE(events.size(), 3u + static_cast<size_t>(took / absl::Seconds(1)));
  int pages = 0;
  int streams = 0;
  int receipts = 0;
  for (const Event& event : events) {
    if (event.admin() != "/auditor/eve") continue;
    pages += event.audit_read().page_count();
    streams += event.audit_read().stream_count();
    receipts += event.audit_read().receipt_count();
    EXPECT_LE(event.audit_read().filter_sha256_size(), 16);
  }
  EXPECT_EQ(pages, 40);
  EXPECT_EQ(streams, 1);
  EXPECT_EQ(receipts, 1);
  if (events.size() == 3) {
    EXPECT_EQ(events[2].audit_read().filter_sha256_size(), 16);
    EXPECT_EQ(events[2].audit_read().unlisted_filter_count(), 4);
    EXPECT_EQ(events[2].order(), "");
  }
}

TEST_F(LedgerLogTest, ReadsAtOnceMakeOneEvent) {
  std::vector<std::future<absl::Status>> reads;
  for (int i = 0; i < 50; ++i) {
    const AuditRead read{.filter_sha256 = std::string(32, 'f')};
    reads.push_back(asio::co_spawn(
        instance_.pool(),
        log().RecordAuditRead("eve", read, absl::Now() + absl::Seconds(20)),
        asio::use_future));
  }
  for (std::future<absl::Status>& read : reads) EXPECT_TRUE(read.get().ok());
  const auto entries = Run(log().EntriesOf("issuance_ledger", 0, 100));
  ASSERT_GE(entries->size(), 1u);
  // Each second's end adds one.
  EXPECT_LE(entries->size(), 5u);
}

TEST_F(LedgerLogTest, ReadThatCannotBeRecordedIsRefused) {
  AuditRead read{.filter_sha256 = "too short to be named"};
  EXPECT_TRUE(
      Run(log().RecordAuditRead("eve", read, absl::Now() + absl::Seconds(20)))
          .ok());
  read.order = "not\nprintable";
  EXPECT_FALSE(Run(log().RecordAuditRead("mallory", read,
                                         absl::Now() + absl::Seconds(20)))
                   .ok());
}

TEST_F(LedgerLogTest, ReceiptsAndProofsVerify) {
  std::vector<Event> events;
  for (int i = 0; i < 300; ++i) {
    events.push_back(OrderEvent(std::to_string(i), 1));
  }
  Append(events);
  const ledger::Checkpoint checkpoint = VerifyAll();
  for (int64_t index : {0, 1, 255, 256, 257, 300}) {
    const auto receipt =
        Run(log().GetReceipt(index, absl::Now() + absl::Seconds(5)));
    ASSERT_TRUE(receipt.ok()) << receipt.status();
    const auto report = ledger::VerifyReceipt(
        receipt->entry(), receipt->tlog_proof(), {}, policy_);
    ASSERT_TRUE(report.ok()) << report.status();
    EXPECT_EQ(report->index, static_cast<uint64_t>(index));
  }
  const ledger::Hasher hasher;
  const auto path = Run(log().InclusionProof(3, 200));
  ASSERT_TRUE(path.ok()) << path.status();
  const auto consistency = Run(log().ConsistencyProof(200, checkpoint.size));
  ASSERT_TRUE(consistency.ok());
  const ledger::Hash old_root = *ledger::MakeRoot(
      hasher,
      ledger::SubtreesFromTiles(
          hasher, ledger::TilesOf(ledger::FilesBelow(Path("log"))),
          checkpoint.size),
      200);
  EXPECT_TRUE(ledger::VerifyConsistency(hasher, 200, checkpoint.size,
                                        *consistency, old_root, checkpoint.root)
                  .ok());
  EXPECT_TRUE(ledger::VerifyInclusion(hasher, 3, 200,
                                      hasher.Leaf(Run(log().EntryAt(3))->bytes),
                                      *path, old_root)
                  .ok());
  EXPECT_TRUE(
      HasReason(Run(log().InclusionProof(5, checkpoint.size + 1)).status(),
                Reason::LEDGER_INDEX_OUT_OF_RANGE));
  EXPECT_TRUE(Run(log().ConsistencyProof(0, 5))->empty());
  EXPECT_TRUE(HasReason(Run(log().GetReceipt(10000, absl::Now())).status(),
                        Reason::NOT_FOUND));
}

// Goal: the sizes at which tiles fill up, with a restart at each.
TEST_F(LedgerLogTest, TileBoundariesSurviveRestarts) {
  int64_t next = 1;  // LOG_OPENED is entry 0
  for (const int64_t size : {2, 255, 256, 257, 511, 512, 513}) {
    std::vector<Event> events;
    for (; next < size; ++next) {
      events.push_back(OrderEvent(std::to_string(next), 1));
    }
    Append(events);
    EXPECT_EQ(VerifyAll().size, static_cast<uint64_t>(size));
    Halt();
    ASSERT_TRUE(Start().ok()) << size;
    EXPECT_EQ(VerifyFiles().size, static_cast<uint64_t>(size));
  }
  // Superfluous partials are gone, needed ones are there.
  EXPECT_FALSE(std::filesystem::exists(Path("log/tile/0/000.p")));
  EXPECT_TRUE(std::filesystem::exists(Path("log/tile/1/000.p/2")));
}

TEST_F(LedgerLogTest, LostTilesAreWrittenAgain) {
  std::vector<Event> events;
  for (int i = 0; i < 260; ++i) {
    events.push_back(OrderEvent(std::to_string(i), 1));
  }
  Append(events);
  VerifyAll();
  Halt();
  std::filesystem::remove_all(Path("log/tile"));
  ASSERT_TRUE(Start().ok());
  EXPECT_EQ(VerifyFiles().size, 261u);
}

// Goal: entries whose COMMIT was not answered, as PostgreSQL may have it, are
// published although the repeat of the call adds nothing. Method: the answer to
// the first write of each append is lost; nothing but the same event comes
// after it.
TEST_F(LedgerLogTest, EntriesOfALostAnswerArePublishedToo) {
  VerifyAll();  // the log's own first entry is out
  Halt();
  std::atomic<bool> loses = false;
  std::atomic<int> lost = 0;
  write_fault_ = [&](WriteStep at) -> absl::Status {
    if (at == WriteStep::kBefore || !loses.exchange(false)) {
      return absl::OkStatus();
    }
    ++lost;
    return MakeError(Reason::DATABASE_UNAVAILABLE, "no answer to COMMIT");
  };
  ASSERT_TRUE(Start().ok());
  for (int64_t version = 1; version <= 3; ++version) {
    const Event event = OrderEvent("a", version);
    loses = true;
    // An answer unless the write was a renewal of the lease.
    TryAppend({event}).IgnoreError();
    EXPECT_EQ(Append({event})[0].position, version);
    EXPECT_EQ(VerifyAll().size, static_cast<uint64_t>(version) + 1);
  }
  EXPECT_EQ(lost, 3);
  Halt();  // before what the fault refers to goes
}

TEST_F(LedgerLogTest, OlderDatabaseIsRefused) {
  Append({OrderEvent("a", 1)});
  VerifyAll();
  Halt();
  place_.Keep("older");
  ASSERT_TRUE(Start().ok());
  Append({OrderEvent("a", 2)});
  VerifyAll();
  Halt();
  place_.PutBack("older");
  EXPECT_TRUE(HasReason(Start(), Reason::LEDGER_GUARD_MISMATCH));
  Halt();
  // Also when the published files were restored along with it.
  std::filesystem::remove_all(Path("log"));
  EXPECT_TRUE(HasReason(Start(), Reason::LEDGER_GUARD_MISMATCH));
  Halt();
  // And when the database is a new one.
  place_.Lose();
  EXPECT_TRUE(HasReason(Start(), Reason::LEDGER_GUARD_MISMATCH));
}

TEST_F(LedgerLogTest, ForkedDatabaseIsRefused) {
  Append({OrderEvent("a", 1)});
  VerifyAll();
  Halt();
  // The guard says another root for the same size.
  std::string text = *ReadFile(Path("guard/ledger"));
  auto checkpoint = *ledger::ParseCheckpoint(text);
  checkpoint.root[0] ^= 1;
  ASSERT_TRUE(ReplaceFile(Path("guard/ledger"),
                          ledger::FormatCheckpoint(checkpoint),
                          FileAccess::kEveryone)
                  .ok());
  EXPECT_TRUE(HasReason(Start(), Reason::LEDGER_GUARD_MISMATCH));
}

TEST_F(LedgerLogTest, MissingGuardIsRefused) {
  VerifyAll();
  Halt();
  std::filesystem::remove(Path("guard/ledger"));
  EXPECT_TRUE(HasReason(Start(), Reason::LEDGER_GUARD_MISMATCH));
}

TEST_F(LedgerLogTest, SecondInstanceIsFencedOff) {
  // The same files: the lock keeps it out.
  EXPECT_TRUE(HasReason(LogFiles::Open({.directory = Path("log"),
                                        .guard_file = Path("guard/ledger")})
                            .status(),
                        Reason::LEDGER_FENCED));
  // The same database from elsewhere: the lease does, until it has expired.
  EXPECT_TRUE(
      HasReason(TakeLease(instance_.store(), clock_, "standby").status(),
                Reason::LEDGER_FENCED));
  clock_.Advance(kLeaseTime + absl::Seconds(1));
  ASSERT_TRUE(TakeLease(instance_.store(), clock_, "standby").ok());
  // Now the first one can neither append nor sign.
  EXPECT_TRUE(HasReason(TryAppend({OrderEvent("a", 1)}).status(),
                        Reason::LEDGER_FENCED));
  EXPECT_TRUE(HasReason(instance_.observer.halted(), Reason::LEDGER_FENCED));
  EXPECT_TRUE(HasReason(TryAppend({OrderEvent("a", 1)}).status(),
                        Reason::LEDGER_FENCED));
}

// Goal: a crash after any step of a checkpoint loses nothing, forks nothing,
// and never leaves a published checkpoint that does not verify.
class PublishCrashTest : public LedgerLogTest,
                         public testing::WithParamInterface<PublishStep> {};

TEST_P(PublishCrashTest, RestartFinishesOrRepeatsTheCheckpoint) {
  Append({OrderEvent("a", 1)});
  const ledger::Checkpoint before = VerifyAll();
  Halt();
  std::promise<void> crashed;
  std::atomic<bool> once = false;
  after_step_ = [&](PublishStep step) {
    if (step != GetParam()) return absl::OkStatus();
    if (!once.exchange(true)) crashed.set_value();
    return absl::UnavailableError("crash");
  };
  interval_ = absl::Hours(1);  // no second attempt before the restart
  ASSERT_TRUE(Start().ok());
  Append({OrderEvent("a", 2), OrderEvent("b", 1)});
  crashed.get_future().wait();
  Halt();
  // What readers see is a whole checkpoint, the old or the new one.
  const ledger::Checkpoint between = VerifyFiles();
  EXPECT_GE(between.size, before.size);

  after_step_ = nullptr;
  interval_ = absl::Milliseconds(20);
  ASSERT_TRUE(Start().ok());
  EXPECT_EQ(VerifyAll().size, before.size + 2);
  EXPECT_EQ(Append({OrderEvent("a", 2)})[0].state, State::kSequenced);
  EXPECT_EQ(Append({OrderEvent("a", 3)})[0].position,
            static_cast<int64_t>(before.size) + 2);
}

INSTANTIATE_TEST_SUITE_P(
    Steps, PublishCrashTest,
    testing::Values(PublishStep::kTilesWritten, PublishStep::kSigned,
                    PublishStep::kStored, PublishStep::kGuarded,
                    PublishStep::kCosigned, PublishStep::kPublished));

TEST_F(LedgerLogTest, FailedCheckpointIsTriedAgain) {
  Halt();
  std::atomic<int> failures = 0;
  after_step_ = [&](PublishStep) {
    // Each step fails once, in turn.
    const int at = failures;
    if (at >= 6) return absl::OkStatus();
    ++failures;
    return absl::UnavailableError("disk full");
  };
  ASSERT_TRUE(Start().ok());
  Append({OrderEvent("a", 1)});
  EXPECT_EQ(VerifyAll().size, 2u);
  EXPECT_TRUE(instance_.observer.halted().ok());
}

TEST(PageTokensTest, TokenBelongsToItsFilter) {
  const PageTokens tokens("key");
  const std::string token = tokens.Make({.after = 7, .end = 9}, "filter");
  const auto position = tokens.Parse(token, "filter");
  ASSERT_TRUE(position.ok());
  EXPECT_EQ(position->after, 7);
  EXPECT_EQ(position->end, 9);
  EXPECT_TRUE(HasReason(tokens.Parse(token, "other").status(),
                        Reason::INVALID_REQUEST));
  EXPECT_FALSE(tokens.Parse("", "filter").ok());
  EXPECT_FALSE(PageTokens("key2").Parse(token, "filter").ok());
}

}  // namespace
}  // namespace shiming::issuance_ledger
