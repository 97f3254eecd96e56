#include "services/issuance_ledger/core/log_rebuild.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/status/reason.h"
#include "common/status/status_macros.h"
#include "ledger/audit_reader.h"
#include "ledger/entry.h"
#include "ledger/note.h"
#include "ledger/tiles.h"
#include "ledger/tree.h"
#include "services/issuance_ledger/core/acceptance.h"

namespace shiming::issuance_ledger {
namespace {

// Entries of one transaction: with at most 14 rows each, below 500 rows
// (portable SQL's limit).
constexpr uint64_t kStep = 32;
// Entries that are read at a time.
constexpr int kPage = 1024;

absl::Status Mismatch(std::string_view why) {
  return MakeError(Reason::LEDGER_GUARD_MISMATCH, why);
}

absl::StatusOr<ledger::TreeEdge> ReadHead(LedgerStore& store) {
  ledger::TreeEdge head;
  RETURN_IF_ERROR(store.ReadBlocking([&head](LedgerSnapshot& db) {
    ASSIGN_OR_RETURN(head, db.Head());
    return absl::OkStatus();
  }));
  return head;
}

// Roots of the tree of the log's files at two sizes, taken on the way through.
class RootsOnTheWay {
 public:
  RootsOnTheWay(std::optional<uint64_t> first, uint64_t second)
      : first_size_(first), second_size_(second) {}

  // Before each entry and after the last one.
  void Look() {
    if (tree_.size() == first_size_) first_root = tree_.Root();
    if (tree_.size() == second_size_) second_root = tree_.Root();
  }
  void Append(const std::string& entry) {
    Look();
    tree_.Append(ledger::Hasher().Leaf(entry));
  }

  // "" for a size that the log has not come to.
  ledger::Hash first_root;
  ledger::Hash second_root;

 private:
  const std::optional<uint64_t> first_size_;
  const uint64_t second_size_;
  ledger::TreeEdge tree_;
};

// Root of the database's first `size` entries, which it has.
absl::StatusOr<ledger::Hash> RootInDatabase(LedgerStore& store, uint64_t size) {
  ledger::TreeEdge tree;
  while (tree.size() < size) {
    std::vector<StoredEntry> page;
    RETURN_IF_ERROR(store.ReadBlocking([&](LedgerSnapshot& db) {
      ASSIGN_OR_RETURN(page, db.Entries(static_cast<int64_t>(tree.size()),
                                        static_cast<int64_t>(size), kPage));
      return absl::OkStatus();
    }));
    if (page.empty()) return Mismatch("the database lacks entries");
    for (const StoredEntry& entry : page) {
      tree.Append(ledger::Hasher().Leaf(entry.bytes));
    }
  }
  return tree.Root();
}

// The note with the log's own line alone, as the database keeps it.
absl::StatusOr<std::string> OwnNote(const std::string& published,
                                    const ledger::NoteVerifier& key) {
  ASSIGN_OR_RETURN(const ledger::Note note, ledger::ParseNote(published));
  for (const ledger::NoteSignature& signature : note.signatures) {
    if (signature.name != key.name() || signature.key_id != key.key_id()) {
      continue;
    }
    return ledger::JoinNote(note.text, ledger::FormatSignatureLine(signature));
  }
  return MakeError(Reason::LEDGER_SIGNATURE_INVALID,
                   "the checkpoint lacks the log's own line");
}

// Appends the entries of the files in [begin, end).
class Appender {
 public:
  explicit Appender(const RebuildOptions& options) : options_(options) {}

  absl::Status Run(uint64_t begin, uint64_t end) {
    const ledger::FileReader files = options_.files.Reader();
    uint64_t next = begin;
    while (next < end) {
      ledger::TileId id{.index = next / ledger::kTileWidth, .is_bundle = true};
      id.width = ledger::WidthOf(0, id.index, end);
      ASSIGN_OR_RETURN(const std::vector<std::string> entries,
                       ledger::ReadBundle(files, id));
      for (uint64_t at = next % ledger::kTileWidth; at < entries.size();) {
        const uint64_t stop = std::min<uint64_t>(at + kStep, entries.size());
        RETURN_IF_ERROR(Append(entries, at, stop, next + (stop - at)));
        next += stop - at;
        at = stop;
      }
    }
    return absl::OkStatus();
  }

 private:
  // entries[begin, end), after which the log has `size`.
  absl::Status Append(const std::vector<std::string>& entries, uint64_t begin,
                      uint64_t end, uint64_t size) {
    std::vector<Candidate> candidates;
    for (uint64_t i = begin; i < end; ++i) {
      ASSIGN_OR_RETURN(const ledger::v1::Event event,
                       ledger::ParseEntry(entries[i]));
      ASSIGN_OR_RETURN(Candidate candidate,
                       Inspect(entries[i], event.id().source()));
      candidates.push_back(std::move(candidate));
    }
    std::vector<const Candidate*> batch;
    for (const Candidate& candidate : candidates) batch.push_back(&candidate);
    return options_.store.WriteBlocking(
        [&](LedgerTransaction& tx) -> absl::Status {
          ASSIGN_OR_RETURN(const BatchOutcome outcome,
                           AcceptBatch(tx, options_.epoch, batch));
          if (outcome.size == size) return absl::OkStatus();
          return MakeError(
              Reason::LEDGER_PROOF_INVALID,
              absl::StrCat("an entry before ", size, " is not accepted again"));
        });
  }

  const RebuildOptions& options_;
};

absl::Status PutCheckpoint(const RebuildOptions& options,
                           const ledger::LogReport& log) {
  ASSIGN_OR_RETURN(const std::string note,
                   OwnNote(log.note, options.log_key.logs().front()));
  const StoredCheckpoint published{
      .size = static_cast<int64_t>(log.checkpoint.size),
      .root = log.checkpoint.root,
      .note = note};
  return options.store.WriteBlocking(
      [&](LedgerTransaction& tx) -> absl::Status {
        RETURN_IF_ERROR(tx.Fence(options.epoch));
        ASSIGN_OR_RETURN(const std::optional<StoredCheckpoint> stored,
                         tx.LastCheckpoint());
        if (stored.has_value() && stored->size >= published.size) {
          return absl::OkStatus();
        }
        return tx.PutCheckpoint(published, stored.has_value()
                                               ? std::optional(stored->size)
                                               : std::nullopt);
      });
}

// OK when the files extend the guard, and files and database agree as far as
// both go.
absl::Status CheckAgreement(const RebuildOptions& options,
                            const std::optional<ledger::Checkpoint>& guard,
                            const ledger::TreeEdge& head,
                            const ledger::Checkpoint& published,
                            const RootsOnTheWay& roots) {
  if (guard.has_value() && guard->origin != published.origin) {
    return Mismatch("the guard is of another log");
  }
  if (guard.has_value() && guard->size > published.size) {
    return Mismatch(absl::StrCat(
        "the log's files end at ", published.size, " entries, but ",
        guard->size, " were published: bring newer files, such as a mirror's"));
  }
  if (guard.has_value() && guard->root != roots.first_root) {
    return Mismatch("the log's files are not those that were published");
  }
  ledger::Hash in_database = head.Root();
  ledger::Hash in_files = roots.second_root;
  if (head.size() > published.size) {
    ASSIGN_OR_RETURN(in_database,
                     RootInDatabase(options.store, published.size));
    in_files = published.root;
  }
  if (in_database == in_files) return absl::OkStatus();
  return Mismatch(
      "the database holds other entries than the log: it is no older copy of "
      "it. Put back an older one");
}

}  // namespace

absl::StatusOr<RebuiltLog> RebuildFromFiles(const RebuildOptions& options) {
  ASSIGN_OR_RETURN(const std::optional<ledger::Checkpoint> guard,
                   options.files.ReadGuard());
  if (!guard.has_value() && !options.make_guard) {
    return Mismatch("the guard file is missing");
  }
  ASSIGN_OR_RETURN(const ledger::TreeEdge head, ReadHead(options.store));
  RootsOnTheWay roots(
      guard.has_value() ? std::optional(guard->size) : std::nullopt,
      head.size());
  ASSIGN_OR_RETURN(
      const ledger::LogReport log,
      ledger::VerifyLog(options.files.Reader(), options.log_key,
                        [&roots](uint64_t, const std::string& entry) {
                          roots.Append(entry);
                          return absl::OkStatus();
                        }));
  roots.Look();
  RETURN_IF_ERROR(CheckAgreement(options, guard, head, log.checkpoint, roots));
  const uint64_t published = log.checkpoint.size;
  if (head.size() < published) {
    RETURN_IF_ERROR(Appender(options).Run(head.size(), published));
  }
  RETURN_IF_ERROR(PutCheckpoint(options, log));
  if (!guard.has_value()) {
    RETURN_IF_ERROR(options.files.WriteGuard(log.checkpoint));
  }
  return RebuiltLog{
      .old_size = static_cast<int64_t>(head.size()),
      .new_size = static_cast<int64_t>(std::max(head.size(), published)),
      .published_size = static_cast<int64_t>(published),
      .guard_made = !guard.has_value()};
}

}  // namespace shiming::issuance_ledger
