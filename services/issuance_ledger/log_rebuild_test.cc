// Goal: a ledger whose database was put back to an older copy, or is lost, is
// refused, is repaired from its own published files, and then goes on as if
// nothing had been; nothing else repairs it.
#include "services/issuance_ledger/core/log_rebuild.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "common/files/file.h"
#include "common/status/reason.h"
#include "common/status/status_macros.h"
#include "common/time/fake_clock.h"
#include "ledger/audit_reader.h"
#include "ledger/entry.h"
#include "ledger/policy.h"
#include "services/issuance_ledger/core/lease_keeper.h"
#include "services/issuance_ledger/store/sql_ledger_store.h"
#include "services/issuance_ledger/testing/log_instance.h"
#include "storage/sql/sqlite_database.h"
#include "storage/testing/temp_folder.h"

namespace shiming::issuance_ledger {
namespace {

namespace fs = std::filesystem;
using ledger::v1::Event;

constexpr char kGuard[] = "guard/ledger";

// A store whose blocking writes end in an error after `count` of them, as a
// process that is killed.
class EndingStore final : public LedgerStore {
 public:
  EndingStore(LedgerStore& store, int count) : store_(store), left_(count) {}

  asio::awaitable<absl::Status> Write(LedgerWriteFn fn) override {
    return store_.Write(std::move(fn));
  }
  asio::awaitable<absl::Status> Read(LedgerReadFn fn) override {
    return store_.Read(std::move(fn));
  }
  absl::Status WriteBlocking(LedgerWriteFn fn) override {
    if (left_-- == 0) return absl::UnavailableError("killed");
    return store_.WriteBlocking(std::move(fn));
  }
  absl::Status ReadBlocking(LedgerReadFn fn) override {
    return store_.ReadBlocking(std::move(fn));
  }

 private:
  LedgerStore& store_;
  int left_;
};

class LogRebuildTest : public ::testing::Test {
 protected:
  absl::Status Start() {
    LogInstance::Setup setup{.database = "sqlite:" + Path("ledger.db"),
                             .folder = folder_.path().string()};
    setup.after_step = after_step_;
    return instance_.Start(std::move(setup), clock_);
  }
  void Halt() { instance_.Stop(); }

  std::string Path(const std::string& name) const {
    return (folder_.path() / name).string();
  }

  // Appends orders [begin, end) and waits until they are published.
  void AppendOrders(int begin, int end) {
    std::vector<Event> events;
    for (int i = begin; i < end; ++i) {
      events.push_back(OrderEvent(std::to_string(i), 1));
      events.back().set_once_key("once/" + std::to_string(i));
    }
    instance_.Append(events);
    const auto receipt = instance_.ReceiptOf(instance_.Size() - 1);
    ASSERT_TRUE(receipt.ok()) << receipt.status();
  }

  // The database, which nobody has open, as a backup has it.
  void CopyTo(const std::string& name) {
    fs::copy_file(Path("ledger.db"), Path(name),
                  fs::copy_options::overwrite_existing);
  }
  void PutBack(const std::string& name) {
    for (const char* suffix : {"", "-wal", "-shm"}) {
      fs::remove(Path("ledger.db") + suffix);
    }
    if (!name.empty()) fs::copy_file(Path(name), Path("ledger.db"));
  }

  // A log of 1 + 300 entries, a copy of its database, 1 + 700 entries.
  void MakeOldCopy() {
    ASSERT_TRUE(Start().ok());
    ASSERT_NO_FATAL_FAILURE(AppendOrders(0, 300));
    Halt();
    CopyTo("old.db");
    ASSERT_TRUE(Start().ok());
    ASSERT_NO_FATAL_FAILURE(AppendOrders(300, 700));
    Halt();
  }

  void ExpectRefused() {
    EXPECT_TRUE(HasReason(Start(), Reason::LEDGER_GUARD_MISMATCH));
    Halt();
  }

  // `writes`: how many transactions it may make before it is killed.
  absl::StatusOr<RebuiltLog> Rebuild(bool make_guard = false,
                                     int writes = 1'000'000) {
    ASSIGN_OR_RETURN(
        const std::unique_ptr<sql::Database> database,
        sql::OpenSqlite({.path = Path("ledger.db"), .create = true}));
    ASSIGN_OR_RETURN(const std::unique_ptr<SqlLedgerStore> store,
                     SqlLedgerStore::Open(*database, kTestOrigin));
    ASSIGN_OR_RETURN(
        const std::unique_ptr<LogFiles> files,
        LogFiles::Open({.directory = Path("log"), .guard_file = Path(kGuard)}));
    ASSIGN_OR_RETURN(const int64_t epoch, TakeLease(*store, clock_, "primary"));
    EndingStore ending(*store, writes);
    return RebuildFromFiles({.store = ending,
                             .files = *files,
                             .log_key = policy_,
                             .epoch = epoch,
                             .make_guard = make_guard});
  }

  // Serves, holds what it held, refuses what was done already, and goes on.
  void ExpectServes() {
    const absl::Status started = Start();
    ASSERT_TRUE(started.ok()) << started;
    EXPECT_EQ(instance_.Size(), 701);
    const auto entry = instance_.Run(instance_.log().EntryAt(650));
    ASSERT_TRUE(entry.ok()) << entry.status();
    EXPECT_EQ(ledger::ParseEntry(entry->bytes)->order(), "649");
    // The same bytes again are known; another order may not take the key.
    Event again = OrderEvent("650", 1);
    again.set_once_key("once/650");
    EXPECT_EQ(instance_.AppendOne(again), 651);
    Event thief = OrderEvent("thief", 1);
    thief.set_once_key("once/650");
    EXPECT_EQ(instance_.Append({thief})[0].reason, Reason::LEDGER_CONFLICT);
    ASSERT_NO_FATAL_FAILURE(AppendOrders(700, 800));
    Halt();
    const auto report =
        ledger::VerifyLog(ledger::FilesBelow(Path("log")), policy_);
    ASSERT_TRUE(report.ok()) << report.status();
    EXPECT_EQ(report->checkpoint.size, 801u);
  }

  sql::testing::TempFolder folder_;
  FakeClock clock_{absl::FromUnixSeconds(1700000000)};
  const ledger::TrustPolicy policy_ = ledger::TrustPolicy::ForLog(
      *ledger::NoteVerifier::Parse(TestLogSigner().vkey()));
  std::function<absl::Status(PublishStep)> after_step_;
  LogInstance instance_;
};

TEST_F(LogRebuildTest, AnOlderCopyIsRefusedUntilItIsRepaired) {
  ASSERT_NO_FATAL_FAILURE(MakeOldCopy());
  PutBack("old.db");
  ExpectRefused();
  const auto rebuilt = Rebuild();
  ASSERT_TRUE(rebuilt.ok()) << rebuilt.status();
  EXPECT_EQ(rebuilt->old_size, 301);
  EXPECT_EQ(rebuilt->new_size, 701);
  EXPECT_FALSE(rebuilt->guard_made);
  ExpectServes();
}

TEST_F(LogRebuildTest, ALostDatabaseIsMadeAgain) {
  ASSERT_NO_FATAL_FAILURE(MakeOldCopy());
  PutBack("");
  ExpectRefused();
  PutBack("");
  const auto rebuilt = Rebuild();
  ASSERT_TRUE(rebuilt.ok()) << rebuilt.status();
  EXPECT_EQ(rebuilt->old_size, 0);
  EXPECT_EQ(rebuilt->new_size, 701);
  ExpectServes();
}

TEST_F(LogRebuildTest, KilledAtAnyTransactionItGoesOn) {
  ASSERT_NO_FATAL_FAILURE(MakeOldCopy());
  PutBack("old.db");
  int killed = 0;
  // One transaction more each time, from where the last one came to.
  for (int writes = 0;; ++writes) {
    const auto rebuilt = Rebuild(false, writes);
    if (rebuilt.ok()) break;
    EXPECT_TRUE(absl::IsUnavailable(rebuilt.status())) << rebuilt.status();
    ++killed;
    ASSERT_LT(killed, 100);
    if (killed < 3) ExpectRefused();
  }
  EXPECT_GE(killed, 4);
  ExpectServes();
}

TEST_F(LogRebuildTest, FilesThatEndBeforeTheGuardRepairNothing) {
  ASSERT_TRUE(Start().ok());
  ASSERT_NO_FATAL_FAILURE(AppendOrders(0, 300));
  Halt();
  CopyTo("old.db");
  fs::copy(Path("log"), Path("old_log"), fs::copy_options::recursive);
  ASSERT_TRUE(Start().ok());
  ASSERT_NO_FATAL_FAILURE(AppendOrders(300, 700));
  Halt();
  const std::string guard = *ReadFile(Path(kGuard));
  // Everything but the guard is put back.
  PutBack("old.db");
  fs::rename(Path("log"), Path("new_log"));
  fs::copy(Path("old_log"), Path("log"), fs::copy_options::recursive);
  ExpectRefused();
  EXPECT_TRUE(HasReason(Rebuild().status(), Reason::LEDGER_GUARD_MISMATCH));
  EXPECT_TRUE(HasReason(Rebuild(true).status(), Reason::LEDGER_GUARD_MISMATCH));
  EXPECT_EQ(*ReadFile(Path(kGuard)), guard);
  // With the files that were published it is.
  fs::remove_all(Path("log"));
  fs::rename(Path("new_log"), Path("log"));
  ASSERT_TRUE(Rebuild().ok());
  ExpectServes();
}

TEST_F(LogRebuildTest, DamagedFilesRepairNothing) {
  ASSERT_NO_FATAL_FAILURE(MakeOldCopy());
  PutBack("old.db");
  const std::string bundle = Path("log/tile/entries/001");
  std::string bytes = *ReadFile(bundle);
  bytes[bytes.size() / 2] ^= 1;
  ASSERT_TRUE(ReplaceFile(bundle, bytes, FileAccess::kEveryone).ok());
  EXPECT_FALSE(Rebuild().ok());
  ExpectRefused();
}

TEST_F(LogRebuildTest, AMissingGuardIsMadeOnlyWhenAskedFor) {
  ASSERT_NO_FATAL_FAILURE(MakeOldCopy());
  PutBack("old.db");
  fs::remove(Path(kGuard));
  ExpectRefused();
  EXPECT_TRUE(HasReason(Rebuild().status(), Reason::LEDGER_GUARD_MISMATCH));
  EXPECT_FALSE(fs::exists(Path(kGuard)));
  const auto rebuilt = Rebuild(true);
  ASSERT_TRUE(rebuilt.ok()) << rebuilt.status();
  EXPECT_TRUE(rebuilt->guard_made);
  ExpectServes();
}

TEST_F(LogRebuildTest, ADatabaseWithOtherEntriesIsNotRepaired) {
  ASSERT_NO_FATAL_FAILURE(MakeOldCopy());
  // The old copy has gone on somewhere else: a fork.
  fs::create_directories(Path("elsewhere"));
  fs::copy_file(Path("old.db"), Path("elsewhere/ledger.db"));
  LogInstance fork;
  fs::create_directories(Path("elsewhere/guard"));
  ASSERT_TRUE(ReplaceFile(Path("elsewhere/guard/ledger"),
                          "log.test.example/1\n0\n"
                          "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n",
                          FileAccess::kEveryone)
                  .ok());
  ASSERT_TRUE(fork.Start({.database = "sqlite:" + Path("elsewhere/ledger.db"),
                          .folder = Path("elsewhere")},
                         clock_)
                  .ok());
  fork.AppendOne(OrderEvent("forked", 1));
  fork.Stop();
  PutBack("elsewhere/ledger.db");
  EXPECT_TRUE(HasReason(Rebuild().status(), Reason::LEDGER_GUARD_MISMATCH));
  ExpectRefused();
}

TEST_F(LogRebuildTest, WhatIsSequencedButNotPublishedStays) {
  ASSERT_TRUE(Start().ok());
  ASSERT_NO_FATAL_FAILURE(AppendOrders(0, 10));
  Halt();
  after_step_ = [](PublishStep) {
    return absl::UnavailableError("nothing is published");
  };
  ASSERT_TRUE(Start().ok());
  EXPECT_EQ(instance_.AppendOne(OrderEvent("10", 1)), 11);
  Halt();
  after_step_ = nullptr;
  const auto rebuilt = Rebuild();
  ASSERT_TRUE(rebuilt.ok()) << rebuilt.status();
  EXPECT_EQ(rebuilt->published_size, 11);
  EXPECT_EQ(rebuilt->old_size, 12);
  EXPECT_EQ(rebuilt->new_size, 12);
  ASSERT_TRUE(Start().ok());
  EXPECT_EQ(instance_.Size(), 12);
}

TEST_F(LogRebuildTest, NotWhileTheLedgerIsAtWork) {
  ASSERT_TRUE(Start().ok());
  EXPECT_TRUE(HasReason(Rebuild().status(), Reason::LEDGER_FENCED));
}

}  // namespace
}  // namespace shiming::issuance_ledger
