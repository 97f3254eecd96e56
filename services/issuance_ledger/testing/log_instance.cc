#include "services/issuance_ledger/testing/log_instance.h"

#include "absl/time/clock.h"
#include "common/crypto/keys.h"
#include "common/status/status_macros.h"
#include "gtest/gtest.h"
#include "storage/sql/open_database.h"

namespace shiming::issuance_ledger {

using ledger::v1::Event;

ledger::NoteSigner TestLogSigner(const std::string& origin) {
  return *ledger::NoteSigner::ForLog(
      origin, *crypto::SigningKey::FromEd25519Seed(std::string(32, 'k')));
}

Event OrderEvent(const std::string& order, int64_t version) {
  Event event;
  event.set_format(ledger::kEntryFormat);
  event.mutable_id()->set_source("profile_order");
  event.mutable_id()->set_aggregate("order/" + order);
  event.mutable_id()->set_version(version);
  event.set_kind(ledger::v1::EVENT_KIND_ORDER_PLACED);
  event.mutable_time()->set_seconds(1700000000 + version);
  event.set_order(order);
  return event;
}

absl::Status LogInstance::Start(Setup setup, const Clock& clock) {
  ASSIGN_OR_RETURN(database_,
                   sql::OpenDatabase(setup.database, {.create = true}));
  ASSIGN_OR_RETURN(store_, SqlLedgerStore::Open(*database_, setup.origin));
  ASSIGN_OR_RETURN(
      files_, LogFiles::Open({.directory = setup.folder + "/log",
                              .guard_file = setup.folder + "/guard/ledger"}));
  if (setup.write_fault != nullptr) {
    faulty_store_ =
        std::make_unique<FaultyStore>(*store_, std::move(setup.write_fault));
  }
  LedgerStore* store = store_.get();
  if (faulty_store_ != nullptr) store = faulty_store_.get();
  pool_ = std::make_unique<asio::thread_pool>(2);
  file_pool_ = std::make_unique<asio::thread_pool>(1);
  ASSIGN_OR_RETURN(
      log_, LedgerLog::Open(
                {.executor = pool_->get_executor(),
                 .file_executor = file_pool_->get_executor(),
                 .store = *store,
                 .files = *files_,
                 .observer = observer,
                 .clock = clock,
                 .random = random_,
                 .signer = TestLogSigner(setup.origin),
                 .holder = setup.holder,
                 .pseudonym_key_commitment = setup.pseudonym_key_commitment,
                 .checkpoint_interval = setup.interval,
                 .freeze = setup.freeze,
                 .earlier_folders = setup.earlier_folders,
                 .sealing = setup.sealing,
                 .cosigning = std::move(setup.plan),
                 .cosigning_observer = &cosigning_observer,
                 .after_step = std::move(setup.after_step)}));
  return absl::OkStatus();
}

void LogInstance::Stop() {
  log_.reset();
  if (pool_ != nullptr) pool_->join();
  if (file_pool_ != nullptr) file_pool_->join();
  pool_.reset();
  file_pool_.reset();
  files_.reset();
  faulty_store_.reset();
  store_.reset();
  database_.reset();
}

absl::StatusOr<std::vector<Verdict>> LogInstance::TryAppend(
    const std::vector<Event>& events, absl::Duration patience) {
  return Run(AppendTask(events, patience));
}

std::vector<Verdict> LogInstance::Append(const std::vector<Event>& events,
                                         absl::Duration patience) {
  auto verdicts = TryAppend(events, patience);
  EXPECT_TRUE(verdicts.ok()) << verdicts.status();
  return verdicts.ok() ? *verdicts : std::vector<Verdict>(events.size());
}

int64_t LogInstance::AppendOne(const Event& event) {
  const Verdict verdict = Append({event})[0];
  EXPECT_EQ(verdict.state, Verdict::State::kSequenced);
  return verdict.position;
}

absl::StatusOr<ledger::v1::Receipt> LogInstance::ReceiptOf(
    int64_t index, absl::Duration patience) {
  return Run(log_->GetReceipt(index, absl::Now() + patience));
}

asio::awaitable<absl::StatusOr<std::vector<Verdict>>> LogInstance::AppendTask(
    std::vector<Event> events, absl::Duration patience) {
  std::vector<std::string> entries;
  for (const Event& event : events) {
    entries.push_back(ledger::SerializeEvent(event));
  }
  const std::string source =
      events.empty() ? "profile_order" : events[0].id().source();
  co_return co_await log_->Append(std::move(entries), source,
                                  absl::Now() + patience);
}

}  // namespace shiming::issuance_ledger
