#include "ledger/audit/log_walk.h"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/status/reason.h"
#include "common/status/status_macros.h"
#include "ledger/proofs.h"
#include "ledger/tiles.h"

namespace shiming::ledger {
namespace {

using Prepared = std::vector<AuditEntry>;

absl::Status Differs(std::string_view path, std::string_view how) {
  return MakeError(Reason::LEDGER_PROOF_INVALID,
                   absl::StrCat(std::string(path), ": ", std::string(how)));
}

// Threads that run tasks in the order in which they were given.
class Workers {
 public:
  explicit Workers(int count) {
    for (int i = 0; i < count; ++i) {
      threads_.emplace_back([this] { Loop(); });
    }
  }
  // Runs what it was given to its end.
  ~Workers() {
    {
      const std::lock_guard lock(mutex_);
      ended_ = true;
    }
    given_.notify_all();
    for (std::thread& thread : threads_) thread.join();
  }

  // Without threads the task runs here and now.
  std::future<Prepared> Run(std::packaged_task<Prepared()> task) {
    std::future<Prepared> result = task.get_future();
    if (threads_.empty()) {
      task();
      return result;
    }
    {
      const std::lock_guard lock(mutex_);
      tasks_.push_back(std::move(task));
    }
    given_.notify_one();
    return result;
  }

 private:
  void Loop() {
    std::unique_lock lock(mutex_);
    while (true) {
      given_.wait(lock, [this] { return ended_ || !tasks_.empty(); });
      if (tasks_.empty()) return;
      std::packaged_task<Prepared()> task = std::move(tasks_.front());
      tasks_.pop_front();
      lock.unlock();
      task();
      lock.lock();
    }
  }

  std::mutex mutex_;
  std::condition_variable given_;
  std::deque<std::packaged_task<Prepared()>> tasks_;
  bool ended_ = false;
  std::vector<std::thread> threads_;
};

// Reads each tile once; for the few that a proof and the edge share.
TileReader Once(const TileReader& read) {
  auto known = std::make_shared<std::map<std::string, std::string>>();
  return [read, known](const TileId& id) -> absl::StatusOr<std::string> {
    const std::string path = TilePath(id);
    const auto found = known->find(path);
    if (found != known->end()) return found->second;
    ASSIGN_OR_RETURN(std::string bytes, read(id));
    return (*known)[path] = std::move(bytes);
  };
}

absl::Status CheckExtends(const TileReader& tiles, const WalkStart& start,
                          const Checkpoint& current, const Hasher& hasher) {
  if (start.origin != current.origin) {
    return MakeError(Reason::AUDIT_STATE_FOREIGN,
                     "the state is of another log");
  }
  if (start.size > current.size) {
    return Differs("checkpoint", "the log is smaller than it was");
  }
  std::vector<Hash> path;
  if (start.size > 0 && start.size < current.size) {
    ASSIGN_OR_RETURN(path,
                     MakeConsistencyProof(
                         hasher, SubtreesFromTiles(hasher, tiles, current.size),
                         start.size, current.size));
  }
  if (!VerifyConsistency(hasher, start.size, current.size, path, start.root,
                         current.root)
           .ok()) {
    return Differs("checkpoint", "does not extend what was audited before");
  }
  return absl::OkStatus();
}

// One walk.
class Walk {
 public:
  Walk(const FileReader& files, const WalkOptions& options, const KeyRing& keys,
       const EntryHandler& visit)
      : files_(files),
        tiles_(TilesOf(files)),
        options_(options),
        keys_(keys),
        visit_(visit),
        edge_(hasher_),
        workers_(options.threads) {}

  absl::StatusOr<WalkReport> Run(const TrustPolicy& policy) {
    report_.base = options_.base;
    ASSIGN_OR_RETURN(report_.note, files_("checkpoint"));
    ASSIGN_OR_RETURN(report_.checkpoint, policy.OpenCheckpoint(report_.note));
    RETURN_IF_ERROR(Start());
    const uint64_t size = report_.checkpoint.size;
    for (uint64_t next = report_.first; next < size;) {
      const uint64_t index = next / kTileWidth;
      RETURN_IF_ERROR(Launch(index, next));
      next = std::min(size, (index + 1) * kTileWidth);
      // Two for each thread, so that none waits for the caller.
      while (in_hand_.size() > 2 * static_cast<size_t>(options_.threads)) {
        RETURN_IF_ERROR(TakeOldest());
      }
    }
    while (!in_hand_.empty()) RETURN_IF_ERROR(TakeOldest());
    for (const TileEdge::Tile& tile : edge_.Partials()) {
      RETURN_IF_ERROR(CheckTile(tile));
    }
    if (edge_.Root() != report_.checkpoint.root) {
      return Differs("checkpoint", "root differs from the entries'");
    }
    return std::move(report_);
  }

 private:
  absl::Status Start() {
    if (!options_.start.has_value()) return absl::OkStatus();
    const WalkStart& start = *options_.start;
    const TileReader tiles = Once(tiles_);
    RETURN_IF_ERROR(CheckExtends(tiles, start, report_.checkpoint, hasher_));
    report_.first = start.size;
    if (start.size == 0) return absl::OkStatus();
    ASSIGN_OR_RETURN(edge_, TileEdge::Restore(hasher_, start.size, tiles));
    if (edge_.Root() != start.root) {
      return Differs("tile", "the tiles are not those of the older checkpoint");
    }
    return absl::OkStatus();
  }

  // Reads a bundle and has its entries from `first` on prepared.
  absl::Status Launch(uint64_t bundle_index, uint64_t first) {
    TileId id{.index = bundle_index, .is_bundle = true};
    id.width = WidthOf(0, bundle_index, report_.checkpoint.size);
    ASSIGN_OR_RETURN(std::vector<std::string> entries, ReadBundle(files_, id));
    ++report_.bundle_count;
    const uint64_t base = bundle_index * kTileWidth;
    in_hand_.push_back(workers_.Run(std::packaged_task<Prepared()>(
        [this, base, first, entries = std::move(entries),
         prepared = TakeUsed()]() mutable {
          const uint64_t skipped = first - base;
          prepared.resize(entries.size() - skipped);
          for (uint64_t i = skipped; i < entries.size(); ++i) {
            PrepareEntry(options_.base + base + i, entries[i], keys_, hasher_,
                         &prepared[i - skipped]);
          }
          return std::move(prepared);
        })));
    return absl::OkStatus();
  }

  absl::Status TakeOldest() {
    Prepared prepared = in_hand_.front().get();
    in_hand_.pop_front();
    std::vector<TileEdge::Tile> filled;
    for (const AuditEntry& entry : prepared) {
      visit_(entry);
      edge_.Append(entry.leaf_hash, &filled);
    }
    used_.push_back(std::move(prepared));
    for (const TileEdge::Tile& tile : filled) {
      RETURN_IF_ERROR(CheckTile(tile));
    }
    return absl::OkStatus();
  }

  // Entries that were visited: their memory is used again.
  Prepared TakeUsed() {
    if (used_.empty()) return Prepared();
    Prepared used = std::move(used_.back());
    used_.pop_back();
    return used;
  }

  absl::Status CheckTile(const TileEdge::Tile& tile) {
    ASSIGN_OR_RETURN(const std::string stored, tiles_(tile.id));
    if (!std::string_view(stored).starts_with(tile.bytes)) {
      return Differs(TilePath(tile.id), "hashes differ from what is below");
    }
    ++report_.tile_count;
    return absl::OkStatus();
  }

  const Hasher hasher_;
  const FileReader& files_;
  const TileReader tiles_;
  const WalkOptions& options_;
  const KeyRing& keys_;
  const EntryHandler& visit_;
  WalkReport report_;
  TileEdge edge_;
  std::vector<Prepared> used_;
  std::deque<std::future<Prepared>> in_hand_;
  // The last member: ended first, so nothing runs on after an early return.
  Workers workers_;
};

}  // namespace

absl::StatusOr<WalkReport> WalkLog(const FileReader& files,
                                   const TrustPolicy& policy,
                                   const WalkOptions& options,
                                   const KeyRing& keys,
                                   const EntryHandler& visit) {
  return Walk(files, options, keys, visit).Run(policy);
}

}  // namespace shiming::ledger
