// What SQLite itself takes to store what the ledger stores: the same rows, into
// the same tables with the same indexes, in the same batches, each committed
// and synced, from one thread, with nothing checked, hashed or sent.
#ifndef SHIMING_TESTS_BENCH_LEDGER_BARE_INSERTS_H_
#define SHIMING_TESTS_BENCH_LEDGER_BARE_INSERTS_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "shiming/ledger/v1/ledger_resources.pb.h"

struct sqlite3;

namespace shiming::bench {

// An entry with what is stored of it, made beforehand.
struct BareEntry {
  ledger::v1::Event event;
  std::string bytes;
  std::string sha256;
  std::vector<int64_t> terms;
};

BareEntry BareEntryOf(const std::string& bytes);

class BareInserts {
 public:
  // Opens a copy of a ledger's database (not in use) that holds one log.
  static absl::StatusOr<std::unique_ptr<BareInserts>> Open(
      const std::string& path);
  ~BareInserts();
  BareInserts(const BareInserts&) = delete;
  BareInserts& operator=(const BareInserts&) = delete;

  // One transaction.
  absl::Status Append(const std::vector<BareEntry>& batch);

 private:
  struct Statements;
  explicit BareInserts(sqlite3* db);
  absl::Status Prepare();
  absl::Status Insert(const BareEntry& entry);

  sqlite3* const db_;
  std::unique_ptr<Statements> statements_;
  int64_t size_ = 0;
};

}  // namespace shiming::bench

#endif  // SHIMING_TESTS_BENCH_LEDGER_BARE_INSERTS_H_
