// One running ledger over a real database and real files, for tests.
#ifndef SHIMING_SERVICES_ISSUANCE_LEDGER_TESTING_LOG_INSTANCE_H_
#define SHIMING_SERVICES_ISSUANCE_LEDGER_TESTING_LOG_INSTANCE_H_

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_future.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/crypto/fake_random.h"
#include "common/time/clock.h"
#include "ledger/entry.h"
#include "ledger/note.h"
#include "services/issuance_ledger/core/ledger_log.h"
#include "services/issuance_ledger/store/sql_ledger_store.h"
#include "services/issuance_ledger/testing/faulty_store.h"
#include "services/issuance_ledger/testing/recording_observer.h"

namespace shiming::issuance_ledger {

inline constexpr char kTestOrigin[] = "log.test.example/1";

// Always the same key.
ledger::NoteSigner TestLogSigner(const std::string& origin = kTestOrigin);

// An ORDER_PLACED of profile_order.
ledger::v1::Event OrderEvent(const std::string& order, int64_t version);

// One thread, but Run() and Append() from any.
class LogInstance {
 public:
  struct Setup {
    std::string database;  // URL; made where nothing is
    std::string folder;    // of log/ and guard/ledger
    std::string origin = kTestOrigin;
    std::string holder = "primary";
    std::string pseudonym_key_commitment = std::string(32, 'K');
    std::optional<CosigningPlan> plan;  // nullopt: no witnesses
    std::function<absl::Status(PublishStep)> after_step;
    WriteFault write_fault;           // null: none
    std::optional<SealPlan> sealing;  // nullopt: never
    absl::Duration interval = absl::Milliseconds(20);
    bool freeze = false;
    std::vector<std::string> earlier_folders;
  };

  ~LogInstance() { Stop(); }

  // Opens the log as a start of the process does. `clock` must outlive this.
  absl::Status Start(Setup setup, const Clock& clock);
  // Ends all threads and closes everything; what is on disk stays.
  void Stop();

  template <class T>
  T Run(asio::awaitable<T> work) {
    return asio::co_spawn(*pool_, std::move(work), asio::use_future).get();
  }

  // `events` in one call, by the source of the first.
  absl::StatusOr<std::vector<Verdict>> TryAppend(
      const std::vector<ledger::v1::Event>& events,
      absl::Duration patience = absl::Seconds(20));
  // The same, expecting verdicts.
  std::vector<Verdict> Append(const std::vector<ledger::v1::Event>& events,
                              absl::Duration patience = absl::Seconds(20));
  // TryAppend() for a coroutine of the test.
  asio::awaitable<absl::StatusOr<std::vector<Verdict>>> AppendTask(
      std::vector<ledger::v1::Event> events, absl::Duration patience);
  // One that must be sequenced; its index.
  int64_t AppendOne(const ledger::v1::Event& event);

  int64_t Size() { return Run(log_->Size()).value_or(-1); }
  // Waits until the checkpoint covers `index`.
  absl::StatusOr<ledger::v1::Receipt> ReceiptOf(
      int64_t index, absl::Duration patience = absl::Seconds(30));

  LedgerLog& log() { return *log_; }
  SqlLedgerStore& store() { return *store_; }
  asio::thread_pool& pool() { return *pool_; }

  RecordingObserver observer;
  RecordingCosigningObserver cosigning_observer;

 private:
  crypto::FakeRandom random_{7};
  std::unique_ptr<sql::Database> database_;
  std::unique_ptr<SqlLedgerStore> store_;
  std::unique_ptr<FaultyStore> faulty_store_;
  std::unique_ptr<LogFiles> files_;
  std::unique_ptr<asio::thread_pool> pool_;
  std::unique_ptr<asio::thread_pool> file_pool_;
  std::unique_ptr<LedgerLog> log_;
};

}  // namespace shiming::issuance_ledger

#endif  // SHIMING_SERVICES_ISSUANCE_LEDGER_TESTING_LOG_INSTANCE_H_
