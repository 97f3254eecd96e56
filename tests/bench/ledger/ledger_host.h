// The issuance ledger as it is, on SQLite and real files, served in process.
#ifndef SHIMING_TESTS_BENCH_LEDGER_LEDGER_HOST_H_
#define SHIMING_TESTS_BENCH_LEDGER_LEDGER_HOST_H_

#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/crypto/random.h"
#include "common/process/room.h"
#include "common/testing/in_process_server.h"
#include "common/time/fake_clock.h"
#include "shiming/ledger/v1/ledger_service.grpc.pb.h"

namespace shiming::bench {

class LedgerHost {
 public:
  // Starts the service on the files in `folder`, which are made when missing.
  // Its clock stands at `now` and follows the entries that are appended, so
  // that its own entries have times like those around them.
  static absl::StatusOr<std::unique_ptr<LedgerHost>> Start(
      const std::string& folder, absl::Time now);
  // Stops it; everything is closed then.
  ~LedgerHost();

  // Path of the database that Start(folder) uses.
  static std::string DatabaseOf(const std::string& folder);

  std::unique_ptr<ledger::v1::LedgerWriterService::Stub> Writer();
  std::unique_ptr<ledger::v1::LedgerAuditService::Stub> Auditor();

  // Appends entries in one call; OK when all of them are durable.
  absl::Status Append(ledger::v1::LedgerWriterService::Stub& writer,
                      const std::vector<std::string>& entries);

 private:
  explicit LedgerHost(absl::Time now) : clock_(now) {}

  shiming::testing::InProcessServer server_;
  FakeClock clock_;
  std::stop_source stop_;
  std::unique_ptr<process::Room> room_;
};

}  // namespace shiming::bench

#endif  // SHIMING_TESTS_BENCH_LEDGER_LEDGER_HOST_H_
