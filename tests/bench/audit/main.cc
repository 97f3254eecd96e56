// audit_bench: an audit of N entries beside bare SHA-256 and signature
// verification of the same bytes, in one run. Prints JSON; asserts no time
// (docs/performance.md).
//
//   audit_bench [--entries=100000] [--threads=2] [--rounds=3]
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/flags/parse.h"
#include "common/crypto/keys.h"
#include "common/status/check.h"
#include "ledger/audit/log_walk.h"
#include "ledger/audit/replay.h"
#include "ledger/entry.h"
#include "ledger/hasher.h"
#include "ledger/note.h"
#include "ledger/tiles.h"
#include "tests/conformance/synthetic_ledger.h"

ABSL_FLAG(int, entries, 100'000, "entries of the log, at least");
ABSL_FLAG(int, threads, 2, "threads of the parallel figures");
ABSL_FLAG(int, rounds, 3, "rounds; the best of each figure counts");

namespace shiming::bench {
namespace {

using conformance::SyntheticCounter;
using conformance::SyntheticLedger;

constexpr int kCounters = 50;
// Visits of a counter within one shift.
constexpr int kVisitsPerShift = 100;

// Entries as shops write them: many counters at once, shifts that change.
std::vector<std::string> MakeEntries(size_t count) {
  SyntheticLedger ledger;
  ledger.SetStep(absl::Milliseconds(20));
  ledger.EnrollShop("demo");
  std::vector<SyntheticCounter> counters;
  for (int i = 0; i < kCounters; ++i) {
    counters.push_back(ledger.EnrollCounter("demo", std::to_string(i)));
  }
  for (int visit = 0; ledger.size() < count; ++visit) {
    for (SyntheticCounter& counter : counters) {
      if (visit % kVisitsPerShift == 0) {
        if (visit > 0) {
          ledger.CloseShift(counter, ledger::v1::SESSION_END_CLOSED);
        }
        ledger.OpenShift(counter);
      }
      ledger.Issue(counter);
    }
  }
  return ledger.entries();
}

// The files of a log, in memory: no disk in the figures.
class MemoryLog {
 public:
  explicit MemoryLog(const std::vector<std::string>& entries) {
    ledger::TileEdge edge;
    std::vector<std::string> bundle;
    for (const std::string& entry : entries) {
      std::vector<ledger::TileEdge::Tile> filled;
      edge.Append(ledger::Hasher().Leaf(entry), &filled);
      bundle.push_back(entry);
      Store(filled);
      if (bundle.size() == ledger::kTileWidth ||
          edge.size() == entries.size()) {
        files_[ledger::TilePath(
            {.index = (edge.size() - 1) / ledger::kTileWidth,
             .width = bundle.size(),
             .is_bundle = true})] = *ledger::EncodeBundle(bundle);
        bundle.clear();
      }
    }
    Store(edge.Partials());
    const std::string text = ledger::FormatCheckpoint(
        {.origin = signer_.name(), .size = edge.size(), .root = edge.Root()});
    files_["checkpoint"] =
        ledger::JoinNote(text, *signer_.SignLine(text, absl::UnixEpoch()));
  }

  ledger::TrustPolicy policy() const {
    return ledger::TrustPolicy::ForLog(
        *ledger::NoteVerifier::Parse(signer_.vkey()));
  }
  ledger::FileReader reader() const {
    return [this](std::string_view path) -> absl::StatusOr<std::string> {
      const auto file = files_.find(path);
      if (file == files_.end()) return absl::NotFoundError("no such file");
      return file->second;
    };
  }

 private:
  void Store(const std::vector<ledger::TileEdge::Tile>& tiles) {
    for (const auto& tile : tiles) {
      files_[ledger::TilePath(tile.id)] = tile.bytes;
    }
  }

  const ledger::NoteSigner signer_ = *ledger::NoteSigner::ForLog(
      "bench.example",
      *crypto::SigningKey::FromEd25519Seed(std::string(32, 'b')));
  std::map<std::string, std::string, std::less<>> files_;
};

// What anybody who checks the same bytes has to do at least.
struct BareWork {
  struct Signature {
    crypto::VerifyKey key;
    std::string message;
    std::string signature;
  };
  std::vector<std::string_view> entries;
  std::vector<Signature> signatures;
};

BareWork BareWorkOf(const std::vector<std::string>& entries) {
  BareWork work;
  std::map<std::string, crypto::VerifyKey> keys;
  for (const std::string& bytes : entries) {
    work.entries.push_back(bytes);
    ledger::v1::Event event;
    SHIMING_CHECK(event.ParseFromString(bytes), "an event");
    const std::string& der = event.admin_details().evidence_public_key();
    if (!der.empty()) {
      auto key = crypto::VerifyKey::FromDer(der);
      SHIMING_CHECK(key.ok(), "a key");
      keys.emplace(key->Hash(), *key);
    }
    if (!event.identity().signed_evidence().empty()) {
      work.signatures.push_back(
          {.key = keys.at(event.identity().evidence_key_sha256()),
           .message = event.identity().signed_evidence(),
           .signature = event.identity().evidence_signature()});
    }
  }
  return work;
}

double Seconds(const std::function<void()>& work) {
  const auto begin = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin)
      .count();
}

// Time on a core: what else the machine does hardly shows.
double CpuSeconds(const std::function<void()>& work) {
  const std::clock_t begin = std::clock();
  work();
  return static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC;
}

// SHA-256 of each entry and each signature, split over threads.
void DoBareWork(const BareWork& work, int threads) {
  std::atomic<size_t> bad = 0;
  const auto part = [&](int thread) {
    const ledger::Hasher hasher;
    for (size_t i = thread; i < work.entries.size(); i += threads) {
      if (hasher.Leaf(work.entries[i]).empty()) ++bad;
    }
    for (size_t i = thread; i < work.signatures.size(); i += threads) {
      const BareWork::Signature& one = work.signatures[i];
      if (!one.key.Verify(one.message, one.signature).ok()) ++bad;
    }
  };
  std::vector<std::thread> pool;
  for (int i = 1; i < threads; ++i) pool.emplace_back(part, i);
  part(0);
  for (std::thread& thread : pool) thread.join();
  SHIMING_CHECK(bad == 0, "signatures verify");
}

void DoAudit(const MemoryLog& log, int threads) {
  ledger::AuditReplay replay{ledger::AuditOptions{}};
  const auto walk = ledger::WalkLog(
      log.reader(), log.policy(), {.threads = threads}, replay.keys(),
      [&](const ledger::AuditEntry& entry) { replay.Visit(entry); });
  SHIMING_CHECK(walk.ok(), "the log verifies");
  const ledger::AuditFindings found = replay.Finish();
  SHIMING_CHECK(found.counts.empty(), "the log is clean");
  SHIMING_CHECK(found.codes_proven == found.codes_revealed, "all are proven");
}

// Where the time of an audit goes, on one thread.
nlohmann::json Parts(const std::vector<std::string>& entries,
                     size_t* state_bytes) {
  ledger::AuditReplay replay{ledger::AuditOptions{}};
  const ledger::Hasher hasher;
  double prepare = 0;
  double visit = 0;
  ledger::TileEdge edge;
  double tree = 0;
  std::vector<ledger::AuditEntry> prepared;
  for (size_t begin = 0; begin < entries.size(); begin += ledger::kTileWidth) {
    const size_t end = std::min(entries.size(), begin + ledger::kTileWidth);
    prepared.resize(end - begin);
    prepare += CpuSeconds([&] {
      for (size_t i = begin; i < end; ++i) {
        ledger::PrepareEntry(i, entries[i], replay.keys(), hasher,
                             &prepared[i - begin]);
      }
    });
    visit += CpuSeconds([&] {
      for (const auto& entry : prepared) replay.Visit(entry);
    });
    tree += CpuSeconds([&] {
      std::vector<ledger::TileEdge::Tile> filled;
      for (const auto& entry : prepared) edge.Append(entry.leaf_hash, &filled);
    });
  }
  ledger::v1::AuditState state;
  replay.Save(&state);
  *state_bytes = state.ByteSizeLong();
  const auto count = static_cast<double>(entries.size());
  return {{"prepare", prepare / count * 1e6},
          {"replay", visit / count * 1e6},
          {"tree", tree / count * 1e6}};
}

int Run() {
  const auto entries = MakeEntries(absl::GetFlag(FLAGS_entries));
  const MemoryLog log(entries);
  const BareWork work = BareWorkOf(entries);
  const int threads = std::max(1, absl::GetFlag(FLAGS_threads));
  const auto count = static_cast<double>(entries.size());
  double bare_one = 1e9, bare_many = 1e9, audit_one = 1e9, audit_many = 1e9;
  for (int round = 0; round < absl::GetFlag(FLAGS_rounds); ++round) {
    bare_one = std::min(bare_one, CpuSeconds([&] { DoBareWork(work, 1); }));
    audit_one = std::min(audit_one, CpuSeconds([&] { DoAudit(log, 0); }));
    bare_many =
        std::min(bare_many, Seconds([&] { DoBareWork(work, threads); }));
    audit_many = std::min(audit_many, Seconds([&] { DoAudit(log, threads); }));
  }
  size_t state_bytes = 0;
  const nlohmann::json parts = Parts(entries, &state_bytes);
  size_t bytes = 0;
  for (const std::string& entry : entries) bytes += entry.size();
  const nlohmann::json figures = {
      {"entries", entries.size()},
      {"entry_bytes", bytes},
      {"signatures", work.signatures.size()},
      {"state_bytes", state_bytes},
      {"cpu_microseconds_per_entry", parts},
      {"one_thread_of_cpu",
       {{"bare_entries_per_second", count / bare_one},
        {"audit_entries_per_second", count / audit_one},
        {"ratio", bare_one / audit_one}}},
      {"parallel",
       {{"threads", threads},
        {"bare_entries_per_second", count / bare_many},
        {"audit_entries_per_second", count / audit_many},
        {"ratio", bare_many / audit_many}}}};
  printf("%s\n", figures.dump(2).c_str());
  return 0;
}

}  // namespace
}  // namespace shiming::bench

int main(int argc, char** argv) {
  absl::ParseCommandLine(argc, argv);
  return shiming::bench::Run();
}
