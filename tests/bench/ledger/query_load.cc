#include "tests/bench/ledger/query_load.h"

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <random>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/rpc/grpc_status.h"
#include "common/status/status_macros.h"
#include "tests/bench/ledger/synthetic_orders.h"

namespace shiming::bench {
namespace {

using Audit = ledger::v1::LedgerAuditService::Stub;
using SteadyClock = std::chrono::steady_clock;
using ledger::v1::EntryFilter;
using ledger::v1::Event;

// Named filters; each takes its values from an entry of the log.
struct Shape {
  const char* name;
  void (*fill)(const Event& event, EntryFilter& filter);
};

void SetShop(const Event& event, EntryFilter& filter) {
  filter.set_shop(event.shop());
}
void SetKind(const Event& event, EntryFilter& filter) {
  filter.add_kinds(event.kind());
}
// The hour around the entry.
void SetTime(const Event& event, EntryFilter& filter) {
  filter.mutable_start_time()->set_seconds(event.time().seconds() - 1800);
  filter.mutable_end_time()->set_seconds(event.time().seconds() + 1800);
}

constexpr Shape kShapes[] = {
    {"order", [](const Event& e, EntryFilter& f) { f.set_order(e.order()); }},
    {"session",
     [](const Event& e, EntryFilter& f) { f.set_session(e.session()); }},
    {"person",
     [](const Event& e, EntryFilter& f) { f.set_person_id(e.person_id()); }},
    {"eid",
     [](const Event& e, EntryFilter& f) {
       f.set_eid_pseudonym(e.pseudonyms(0).value());
     }},
    {"iccid+kind",
     [](const Event& e, EntryFilter& f) {
       f.set_iccid_pseudonym(e.pseudonyms(1).value());
       SetKind(e, f);
     }},
    {"number+shop+time",
     [](const Event& e, EntryFilter& f) {
       f.set_msisdn_pseudonym(e.pseudonyms(2).value());
       SetShop(e, f);
       SetTime(e, f);
     }},
    {"kind", SetKind},
    {"time", SetTime},
    {"shop", SetShop},
    {"shop+kind",
     [](const Event& e, EntryFilter& f) {
       SetShop(e, f);
       SetKind(e, f);
     }},
    {"clerk+kind+time",
     [](const Event& e, EntryFilter& f) {
       f.set_clerk(e.clerk());
       SetKind(e, f);
       SetTime(e, f);
     }},
    {"terminal+clerk+kind",
     [](const Event& e, EntryFilter& f) {
       f.set_terminal(e.terminal());
       f.set_clerk(e.clerk());
       SetKind(e, f);
     }},
    {"shop+time",
     [](const Event& e, EntryFilter& f) {
       SetShop(e, f);
       SetTime(e, f);
     }},
    // Two lists that never meet: the worst case.
    {"shop+clerk of another",
     [](const Event& e, EntryFilter& f) {
       f.set_clerk(e.clerk());
       f.set_shop(e.shop() == "shop-0" ? "shop-1" : "shop-0");
     }},
};

void SetDeadline(grpc::ClientContext& context) {
  context.set_deadline(std::chrono::system_clock::now() +
                       std::chrono::seconds(20));
}

// Calls `call` (with a number that rises) at the rate of `options` from its
// threads; gives each time to `keep`, but for the warm-up. Each thread has its
// own `call`.
absl::Status AtFixedRate(
    const QueryLoadOptions& options,
    const std::function<std::function<absl::Status(int64_t)>()>& make_call,
    const std::function<void(int64_t, absl::Duration)>& keep) {
  const absl::Duration warm_up = options.time / 10;
  const int64_t count = static_cast<int64_t>(
      absl::ToDoubleSeconds(options.time + warm_up) * options.per_second);
  const int64_t first_kept =
      count - static_cast<int64_t>(absl::ToDoubleSeconds(options.time) *
                                   options.per_second);
  const auto gap = std::chrono::nanoseconds(1'000'000'000 / options.per_second);
  const SteadyClock::time_point begin = SteadyClock::now();
  std::atomic<int64_t> next = 0;
  std::mutex mutex;
  absl::Status failed;
  std::vector<std::thread> threads;
  for (int i = 0; i < options.threads; ++i) {
    threads.emplace_back([&, call = make_call()] {
      for (int64_t number = next++; number < count; number = next++) {
        const SteadyClock::time_point due = begin + number * gap;
        std::this_thread::sleep_until(due);
        const absl::Status status = call(number);
        const absl::Duration took = absl::FromChrono(SteadyClock::now() - due);
        std::lock_guard lock(mutex);
        if (!status.ok()) {
          failed = status;
          next = count;
          return;
        }
        if (number >= first_kept) keep(number, took);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  return failed;
}

// An entry of the log, depending on `number` alone.
int64_t AnyEntry(int64_t number, int64_t entry_count) {
  return static_cast<int64_t>(
      std::mt19937_64(static_cast<uint64_t>(number) + 1)() %
      static_cast<uint64_t>(entry_count));
}

}  // namespace

absl::StatusOr<QueryLoadResult> RunQueries(LedgerHost& host,
                                           const QueryLoadOptions& options) {
  QueryLoadResult result;
  std::atomic<int64_t> entries = 0;
  std::atomic<int64_t> short_pages = 0;
  const auto make_call = [&]() -> std::function<absl::Status(int64_t)> {
    const std::shared_ptr<Audit> stub = host.Auditor();
    return [&, stub](int64_t number) {
      ledger::v1::QueryEntriesRequest request;
      const Event event = SyntheticEvent(AnyEntry(number, options.entry_count));
      kShapes[number % std::size(kShapes)].fill(event,
                                                *request.mutable_filter());
      grpc::ClientContext context;
      SetDeadline(context);
      ledger::v1::QueryEntriesResponse page;
      const grpc::Status status = stub->QueryEntries(&context, request, &page);
      entries += page.entries_size();
      if (page.entries_size() < 50 && !page.next_page_token().empty()) {
        ++short_pages;
      }
      return rpc::FromGrpcStatus(status);
    };
  };
  RETURN_IF_ERROR(
      AtFixedRate(options, make_call, [&](int64_t number, absl::Duration took) {
        result.all.Add(took);
        result.by_shape[kShapes[number % std::size(kShapes)].name].Add(took);
      }));
  result.entries = entries;
  result.short_pages = short_pages;
  return result;
}

absl::StatusOr<Samples> RunReceipts(LedgerHost& host,
                                    const QueryLoadOptions& options) {
  Samples samples;
  const auto make_call = [&]() -> std::function<absl::Status(int64_t)> {
    const std::shared_ptr<Audit> stub = host.Auditor();
    return [&, stub](int64_t number) {
      ledger::v1::GetReceiptRequest request;
      request.set_index(AnyEntry(number, options.entry_count));
      grpc::ClientContext context;
      SetDeadline(context);
      ledger::v1::GetReceiptResponse response;
      return rpc::FromGrpcStatus(
          stub->GetReceipt(&context, request, &response));
    };
  };
  RETURN_IF_ERROR(
      AtFixedRate(options, make_call,
                  [&](int64_t, absl::Duration took) { samples.Add(took); }));
  return samples;
}

}  // namespace shiming::bench
