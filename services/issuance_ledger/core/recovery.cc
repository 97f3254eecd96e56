#include "services/issuance_ledger/core/recovery.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/status/reason.h"
#include "common/status/status_macros.h"
#include "ledger/entry.h"
#include "ledger/note.h"
#include "ledger/proofs.h"
#include "services/issuance_ledger/core/acceptance.h"
#include "services/issuance_ledger/core/log_events.h"

namespace shiming::issuance_ledger {
namespace {

// Entries that are read at a time: at most 64 MiB with the largest entries.
constexpr int kPage = 1024;

absl::Status Mismatch(std::string_view why) {
  return MakeError(
      Reason::LEDGER_GUARD_MISMATCH,
      absl::StrCat(std::string(why),
                   ". Keep the guard file; `shimingctl storage repair "
                   "issuance_ledger` appends what an older copy lacks"));
}

using EntryFn = std::function<absl::Status(std::string entry)>;

// Calls `fn` for the entries [begin, end) of the database.
absl::Status ForEntries(LedgerStore& store, int64_t begin, int64_t end,
                        const EntryFn& fn) {
  while (begin < end) {
    std::vector<StoredEntry> page;
    RETURN_IF_ERROR(store.ReadBlocking([&](LedgerSnapshot& db) {
      absl::StatusOr<std::vector<StoredEntry>> read =
          db.Entries(begin, end, kPage);
      if (read.ok()) page = *std::move(read);
      return read.status();
    }));
    if (page.empty()) return Mismatch("the database lacks entries");
    for (StoredEntry& entry : page) {
      if (entry.index != begin) return Mismatch("the database lacks an entry");
      RETURN_IF_ERROR(fn(std::move(entry.bytes)));
      ++begin;
    }
  }
  return absl::OkStatus();
}

// The edge at `checkpoint` from the tiles on disk, or nothing when they do not
// give its root.
std::optional<LogEdge> EdgeFromFiles(LedgerStore& store, const LogFiles& files,
                                     const StoredCheckpoint& checkpoint) {
  absl::StatusOr<ledger::TileEdge> tiles = ledger::TileEdge::Restore(
      ledger::Hasher(), checkpoint.size, ledger::TilesOf(files.Reader()));
  if (!tiles.ok() || tiles->Root() != checkpoint.root) return std::nullopt;
  const int64_t width = static_cast<int64_t>(ledger::kTileWidth);
  const int64_t begin = checkpoint.size / width * width;
  std::vector<std::string> entries;
  const absl::Status read =
      ForEntries(store, begin, checkpoint.size, [&](std::string entry) {
        entries.push_back(std::move(entry));
        return absl::OkStatus();
      });
  if (!read.ok()) return std::nullopt;
  return LogEdge(*std::move(tiles), std::move(entries));
}

// Writes all tiles up to `checkpoint` again from the database.
absl::StatusOr<LogEdge> Rebuild(LedgerStore& store, LogFiles& files,
                                const StoredCheckpoint& checkpoint) {
  LogEdge edge;
  const auto write = [&](const std::vector<TileFile>& tile_files) {
    for (const auto& [id, bytes] : tile_files) {
      RETURN_IF_ERROR(files.Write(id, bytes));
    }
    return absl::OkStatus();
  };
  RETURN_IF_ERROR(ForEntries(store, 0, checkpoint.size, [&](std::string entry) {
    std::vector<TileFile> filled;
    RETURN_IF_ERROR(edge.Append(std::move(entry), &filled));
    return write(filled);
  }));
  if (edge.Root() != checkpoint.root) {
    return Mismatch("the database's entries do not give its checkpoint");
  }
  ASSIGN_OR_RETURN(std::vector<TileFile> partials, edge.Partials());
  RETURN_IF_ERROR(write(partials));
  return edge;
}

// Entries behind the checkpoint must lead to the head that was stored with
// them: so the head extends the checkpoint, and with it the guard.
absl::Status CheckHead(LedgerStore& store, LogEdge edge,
                       const ledger::TreeEdge& head) {
  RETURN_IF_ERROR(ForEntries(store, static_cast<int64_t>(edge.size()),
                             static_cast<int64_t>(head.size()),
                             [&](std::string entry) {
                               std::vector<TileFile> unused;
                               return edge.Append(std::move(entry), &unused);
                             }));
  if (edge.Root() != head.Root()) {
    return Mismatch("the database's entries do not give its head");
  }
  return absl::OkStatus();
}

// The guard's tree must be a prefix of the checkpoint's.
absl::Status CheckGuard(const LogFiles& files, const ledger::Checkpoint& guard,
                        const std::string& origin,
                        const std::optional<StoredCheckpoint>& checkpoint) {
  const ledger::Hasher hasher;
  if (guard.origin != origin) return Mismatch("the guard is of another log");
  const uint64_t size = checkpoint.has_value() ? checkpoint->size : 0;
  if (guard.size > size) {
    return Mismatch(absl::StrCat("the database ends at checkpoint ", size,
                                 ", but ", guard.size, " was published"));
  }
  const ledger::SubtreeReader subtrees =
      ledger::SubtreesFromTiles(hasher, ledger::TilesOf(files.Reader()), size);
  ASSIGN_OR_RETURN(const ledger::Hash root,
                   ledger::MakeRoot(hasher, subtrees, guard.size));
  if (root != guard.root) {
    return Mismatch("the database's tree does not extend the guard's");
  }
  return absl::OkStatus();
}

// The published checkpoint must be one that we can have written. Gives its
// note when it is the stored one, as it is out: with its cosignatures.
absl::StatusOr<std::optional<std::string>> CheckPublished(
    const LogFiles& files, const std::string& origin,
    const std::optional<StoredCheckpoint>& stored) {
  ASSIGN_OR_RETURN(std::optional<std::string> published, files.Published());
  if (!published.has_value()) return published;
  const absl::StatusOr<ledger::Note> note = ledger::ParseNote(*published);
  if (!note.ok()) return Mismatch("the published checkpoint is malformed");
  const auto checkpoint = ledger::ParseCheckpoint(note->text);
  if (!checkpoint.ok() || checkpoint->origin != origin) {
    return Mismatch("the published checkpoint is malformed or of another log");
  }
  const int64_t size = stored.has_value() ? stored->size : -1;
  if (static_cast<int64_t>(checkpoint->size) > size) {
    return Mismatch("the published checkpoint is ahead of the database");
  }
  // Cosignatures stand behind our own line.
  if (!published->starts_with(stored->note)) published.reset();
  return published;
}

// One event of our own, before the sequencer runs.
absl::Status AppendAlone(LedgerStore& store, int64_t epoch,
                         const ledger::v1::Event& event) {
  ASSIGN_OR_RETURN(const Candidate candidate,
                   Inspect(ledger::SerializeEvent(event), kLedgerSource));
  return store.WriteBlocking([&](LedgerTransaction& tx) {
    const Candidate* const batch[] = {&candidate};
    ASSIGN_OR_RETURN(const BatchOutcome outcome, AcceptBatch(tx, epoch, batch));
    if (outcome.verdicts[0].state != Verdict::State::kSequenced) {
      return MakeError(Reason::INTERNAL_ERROR, "our event was not accepted");
    }
    return absl::OkStatus();
  });
}

}  // namespace

absl::StatusOr<RecoveredLog> RecoverLog(LedgerStore& store, LogFiles& files,
                                        const std::string& origin) {
  ledger::TreeEdge head;
  std::optional<StoredCheckpoint> checkpoint;
  RETURN_IF_ERROR(store.ReadBlocking([&](LedgerSnapshot& db) {
    ASSIGN_OR_RETURN(head, db.Head());
    ASSIGN_OR_RETURN(checkpoint, db.LastCheckpoint());
    return absl::OkStatus();
  }));
  ASSIGN_OR_RETURN(std::optional<ledger::Checkpoint> guard, files.ReadGuard());
  ASSIGN_OR_RETURN(const std::optional<std::string> published,
                   CheckPublished(files, origin, checkpoint));
  if (!guard.has_value()) {
    if (head.size() > 0 || checkpoint.has_value()) {
      return Mismatch("the guard file is missing, but the log has entries");
    }
    // A new log: from here on its guard exists.
    guard = ledger::Checkpoint{
        .origin = origin, .size = 0, .root = ledger::Hasher().EmptyRoot()};
    RETURN_IF_ERROR(files.WriteGuard(*guard));
  }
  RecoveredLog log{.checkpoint = checkpoint};
  if (checkpoint.has_value()) {
    if (checkpoint->size > static_cast<int64_t>(head.size())) {
      return Mismatch("the database's head is behind its checkpoint");
    }
    std::optional<LogEdge> edge = EdgeFromFiles(store, files, *checkpoint);
    if (!edge.has_value()) {
      ASSIGN_OR_RETURN(edge, Rebuild(store, files, *checkpoint));
    }
    log.edge = *std::move(edge);
  }
  RETURN_IF_ERROR(CheckGuard(files, *guard, origin, checkpoint));
  RETURN_IF_ERROR(CheckHead(store, log.edge, head));
  if (checkpoint.has_value()) {
    RETURN_IF_ERROR(
        files.WriteGuard({.origin = origin,
                          .size = static_cast<uint64_t>(checkpoint->size),
                          .root = checkpoint->root}));
    log.cosigned = checkpoint->note;
  }
  if (published.has_value()) {
    log.published = checkpoint;
    log.published->note = *published;
    log.cosigned = *published;
  }
  return log;
}

absl::Status OpenLog(LedgerStore& store, int64_t epoch, const Clock& clock,
                     const std::string& origin,
                     const std::string& pseudonym_key_commitment) {
  std::vector<StoredEntry> first;
  std::optional<FrozenLog> predecessor;
  RETURN_IF_ERROR(store.ReadBlocking([&](LedgerSnapshot& db) {
    if (!db.earlier().empty()) predecessor = db.earlier().back();
    ASSIGN_OR_RETURN(first, db.Entries(0, 1, 1));
    return absl::OkStatus();
  }));
  if (!first.empty()) {
    ASSIGN_OR_RETURN(const ledger::v1::Event opened,
                     ledger::ParseEntry(first[0].bytes));
    if (opened.kind() != ledger::v1::EVENT_KIND_LOG_OPENED ||
        opened.commitments_size() != 1 ||
        opened.commitments(0).sha256() != pseudonym_key_commitment) {
      return absl::FailedPreconditionError(
          "config: pseudonym_key_commitment differs from the log's LOG_OPENED");
    }
    return absl::OkStatus();
  }
  if (predecessor.has_value() &&
      predecessor->pseudonym_key_commitment != pseudonym_key_commitment) {
    return absl::FailedPreconditionError(
        "config: pseudonym_key_commitment differs from the log before: what "
        "links phones and numbers must be the same in all logs");
  }
  return AppendAlone(store, epoch,
                     MakeLogOpened(clock.Now(), origin,
                                   pseudonym_key_commitment, predecessor));
}

absl::Status FreezeLog(LedgerStore& store, int64_t epoch, const Clock& clock,
                       const std::string& origin) {
  bool is_frozen = false;
  RETURN_IF_ERROR(store.ReadBlocking([&](LedgerSnapshot& db) {
    ASSIGN_OR_RETURN(is_frozen, db.IsFrozen());
    return absl::OkStatus();
  }));
  if (is_frozen) return absl::OkStatus();
  return AppendAlone(store, epoch, MakeLogFrozen(clock.Now(), origin));
}

}  // namespace shiming::issuance_ledger
