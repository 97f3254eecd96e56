// ledger_bench: what the ledger takes to append, against bare SQLite, and how
// long queries and receipts take at a given size. Prints JSON;
// docs/performance.md says what is measured how.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/flags/parse.h"
#include "absl/flags/usage.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "common/status/status_macros.h"
#include "common/time/proto_time.h"
#include "tests/bench/ledger/bare_inserts.h"
#include "tests/bench/ledger/ledger_host.h"
#include "tests/bench/ledger/query_load.h"
#include "tests/bench/ledger/synthetic_orders.h"

ABSL_FLAG(std::string, folder, "", "where the log is made; it stays there");
ABSL_FLAG(int64_t, entries, 100'000, "entries of the log that is measured");
ABSL_FLAG(int64_t, kept, 0,
          "of these, entries that an earlier run has left in the folder");
ABSL_FLAG(int64_t, measured, 20'000,
          "of these, appended last, alternately by the ledger and by bare "
          "SQLite");
ABSL_FLAG(int, batch, 64, "entries in one call and one transaction");
ABSL_FLAG(int, per_second, 100, "queries, and receipts, each second");
ABSL_FLAG(absl::Duration, time, absl::Seconds(20),
          "of queries, and of receipts");

namespace shiming::bench {
namespace {

using nlohmann::json;

// Entries of one call, and calls under way, while the log is filled.
constexpr int64_t kFillBatch = 224;
constexpr int kFillThreads = 4;
// Turns of the ledger and of bare SQLite.
constexpr int kTurns = 10;

double Milliseconds(absl::Duration time) {
  return absl::ToDoubleMilliseconds(time);
}

json Times(const Samples& samples) {
  return {{"count", samples.count()},
          {"p50", Milliseconds(samples.Percentile(50))},
          {"p99", Milliseconds(samples.Percentile(99))},
          {"max", Milliseconds(samples.Percentile(100))}};
}

// Resident memory of this process in MiB (proc(5), statm).
double ResidentMebibytes() {
  std::ifstream statm("/proc/self/statm");
  int64_t total = 0;
  int64_t resident = 0;
  statm >> total >> resident;
  return static_cast<double>(resident) * 4096 / (1 << 20);
}

// Takes a file, of which nothing is to be written back, out of the kernel's
// page cache (posix_fadvise(2)).
void Forget(const std::string& file) {
  const int fd = open(file.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return;
  posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
  close(fd);
}

void ReadOnce(const std::filesystem::path& file) {
  std::vector<char> bytes(1 << 20);
  std::ifstream in(file, std::ios::binary);
  while (in.read(bytes.data(), static_cast<std::streamsize>(bytes.size()))) {
  }
}

// Reads what queries and receipts read: the kernel then has every page of it at
// hand, as far as there is memory.
void WarmFiles(const std::string& folder) {
  ReadOnce(LedgerHost::DatabaseOf(folder));
  for (const auto& file :
       std::filesystem::recursive_directory_iterator(folder + "/log/tile")) {
    if (file.is_regular_file()) ReadOnce(file.path());
  }
}

// Appends events [first, first + count). Whole blocks of parallel orders go to
// one thread each, so that no call waits for another.
absl::Status Fill(LedgerHost& host, int64_t first, int64_t count) {
  std::vector<std::thread> threads;
  std::vector<absl::Status> ended(kFillThreads);
  for (int i = 0; i < kFillThreads; ++i) {
    threads.emplace_back([&, i] {
      const auto writer = host.Writer();
      for (int64_t at = i * kFillBatch; at < count && ended[i].ok();
           at += kFillThreads * kFillBatch) {
        ended[i] = host.Append(
            *writer,
            SyntheticEntries(first + at, std::min(kFillBatch, count - at)));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const absl::Status& status : ended) RETURN_IF_ERROR(status);
  return absl::OkStatus();
}

struct Rates {
  double ledger = 0;  // entries a second
  double bare = 0;
};

absl::StatusOr<Rates> MeasureAppend(LedgerHost& host, BareInserts& bare,
                                    int64_t first, int64_t count,
                                    int64_t batch_size) {
  const auto writer = host.Writer();
  absl::Duration ledger_time;
  absl::Duration bare_time;
  int64_t done = 0;
  for (int turn = 0; turn < kTurns; ++turn) {
    std::vector<std::vector<std::string>> batches;
    std::vector<std::vector<BareEntry>> bare_batches;
    const int64_t end = count * (turn + 1) / kTurns;
    while (done < end) {
      const int64_t size = std::min(batch_size, end - done);
      batches.push_back(SyntheticEntries(first + done, size));
      std::vector<BareEntry>& bare_batch = bare_batches.emplace_back();
      for (const std::string& bytes : batches.back()) {
        bare_batch.push_back(BareEntryOf(bytes));
      }
      done += size;
    }
    const absl::Time begin = absl::Now();
    for (const std::vector<std::string>& batch : batches) {
      RETURN_IF_ERROR(host.Append(*writer, batch));
    }
    const absl::Time middle = absl::Now();
    for (const std::vector<BareEntry>& batch : bare_batches) {
      RETURN_IF_ERROR(bare.Append(batch));
    }
    ledger_time += middle - begin;
    bare_time += absl::Now() - middle;
  }
  return Rates{
      .ledger = static_cast<double>(count) / absl::ToDoubleSeconds(ledger_time),
      .bare = static_cast<double>(count) / absl::ToDoubleSeconds(bare_time)};
}

absl::Time TimeOf(int64_t number) {
  return FromProto(SyntheticEvent(number).time());
}

absl::StatusOr<json> Measure() {
  const std::string folder = absl::GetFlag(FLAGS_folder);
  const int64_t kept = absl::GetFlag(FLAGS_kept);
  const int64_t entries = absl::GetFlag(FLAGS_entries);
  const int64_t measured = std::min(entries, absl::GetFlag(FLAGS_measured));
  const int64_t filled = entries - measured;
  const absl::Time begin = absl::Now();
  if (kept < filled) {
    ASSIGN_OR_RETURN(const auto host, LedgerHost::Start(folder, TimeOf(kept)));
    // From the beginning of a block on.
    const int64_t first = kept - kept % kFillBatch;
    RETURN_IF_ERROR(Fill(*host, first, filled - first));
  }
  const absl::Duration fill_time = absl::Now() - begin;
  const std::string copy = folder + "/bare.db";
  std::error_code error;
  std::filesystem::copy_file(LedgerHost::DatabaseOf(folder), copy,
                             std::filesystem::copy_options::overwrite_existing,
                             error);
  if (error) return absl::UnavailableError(error.message());
  // Nothing of that is written back while appends are timed, and neither begins
  // with more of its pages at hand than the other: the kernel has room for one
  // of two large files, and would keep the copy.
  sync();
  Forget(LedgerHost::DatabaseOf(folder));
  Forget(copy);
  const absl::Time start = absl::Now();
  ASSIGN_OR_RETURN(const auto host, LedgerHost::Start(folder, TimeOf(filled)));
  const absl::Duration start_time = absl::Now() - start;
  Rates rates;
  {
    ASSIGN_OR_RETURN(const auto bare, BareInserts::Open(copy));
    ASSIGN_OR_RETURN(rates, MeasureAppend(*host, *bare, filled, measured,
                                          absl::GetFlag(FLAGS_batch)));
  }
  std::filesystem::remove(copy, error);
  QueryLoadOptions options{.entry_count = entries,
                           .per_second = absl::GetFlag(FLAGS_per_second),
                           .time = absl::GetFlag(FLAGS_time)};
  WarmFiles(folder);
  // Warms the processor's caches, and what the allocator keeps.
  QueryLoadOptions warm_up = options;
  warm_up.time = options.time / 4;
  RETURN_IF_ERROR(RunQueries(*host, warm_up).status());
  RETURN_IF_ERROR(RunReceipts(*host, warm_up).status());
  const double memory_before = ResidentMebibytes();
  ASSIGN_OR_RETURN(const QueryLoadResult queries, RunQueries(*host, options));
  ASSIGN_OR_RETURN(const Samples receipts, RunReceipts(*host, options));
  const double memory_after = ResidentMebibytes();

  json shapes;
  for (const auto& [name, samples] : queries.by_shape) {
    shapes[name] = Times(samples);
  }
  return json{
      {"entries", entries},
      {"database_mebibytes", static_cast<double>(std::filesystem::file_size(
                                 LedgerHost::DatabaseOf(folder), error)) /
                                 (1 << 20)},
      {"fill",
       {{"entries", filled}, {"seconds", absl::ToDoubleSeconds(fill_time)}}},
      {"start_seconds", absl::ToDoubleSeconds(start_time)},
      {"append",
       {{"entries", measured},
        {"batch", absl::GetFlag(FLAGS_batch)},
        {"entries_per_second", rates.ledger},
        {"bare_entries_per_second", rates.bare},
        {"ratio_to_bare_sqlite", rates.ledger / rates.bare}}},
      {"query_milliseconds",
       {{"all", Times(queries.all)},
        {"by_filter", shapes},
        {"per_second", options.per_second},
        {"entries_given", queries.entries},
        {"short_pages", queries.short_pages}}},
      {"receipt_milliseconds", Times(receipts)},
      {"resident_mebibytes",
       {{"before_queries", memory_before}, {"after_queries", memory_after}}}};
}

}  // namespace
}  // namespace shiming::bench

int main(int argc, char** argv) {
  absl::SetProgramUsageMessage("measures the issuance ledger; see --help");
  absl::ParseCommandLine(argc, argv);
  if (absl::GetFlag(FLAGS_folder).empty() || absl::GetFlag(FLAGS_entries) < 1 ||
      absl::GetFlag(FLAGS_batch) < 1 || absl::GetFlag(FLAGS_per_second) < 1) {
    fprintf(stderr, "--folder is missing, or a number is below 1\n");
    return 2;
  }
  const absl::StatusOr<nlohmann::json> result = shiming::bench::Measure();
  if (!result.ok()) {
    fprintf(stderr, "%s\n", result.status().ToString().c_str());
    return 1;
  }
  printf("%s\n", result->dump(2).c_str());
  return 0;
}
