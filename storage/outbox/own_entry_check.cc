#include "storage/outbox/own_entry_check.h"

#include <memory>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/crypto/digest.h"
#include "common/status/reason.h"
#include "common/status/status_macros.h"
#include "storage/outbox/outbox_rows.h"

namespace shiming::outbox {
namespace {

// Largest page of ListOwnEntries.
constexpr int kPageSize = 1000;

absl::Status Behind(const OwnEntry& entry, std::string_view why) {
  return MakeError(
      Reason::DATABASE_BEHIND_LEDGER,
      absl::StrCat("the ledger holds ", entry.id.aggregate(), " version ",
                   entry.id.version(), ", this database ", std::string(why),
                   ": it is older than the record. Restore the newest copy; "
                   "`shimingctl storage gap` says what it still lacks, "
                   "`shimingctl storage repair` brings it up to the record"),
      {.metadata = {{"aggregate", entry.id.aggregate()},
                    {"version", absl::StrCat(entry.id.version())},
                    {"ledgerIndex", absl::StrCat(entry.index)}}});
}

}  // namespace

absl::Status CheckOwnEntry(sql::Snapshot& snapshot, const OwnEntry& entry) {
  const std::string& aggregate = entry.id.aggregate();
  ASSIGN_OR_RETURN(std::optional<AggregateHead> head,
                   ReadHead(snapshot, aggregate));
  if (!head.has_value()) return Behind(entry, "knows nothing of it");
  if (head->version < entry.id.version()) {
    return Behind(entry, absl::StrCat("has come to version ", head->version));
  }
  ASSIGN_OR_RETURN(std::optional<EventRow> row,
                   ReadEvent(snapshot, aggregate, entry.id.version()));
  if (row.has_value() && crypto::Sha256(row->entry) != entry.sha256) {
    return Behind(entry, "holds other bytes for it");
  }
  return absl::OkStatus();
}

boost::asio::awaitable<absl::Status> OwnEntryCheck::Run() {
  absl::StatusOr<int64_t> mark = co_await ReadMark();
  CO_RETURN_IF_ERROR(mark.status());
  for (;;) {
    absl::StatusOr<std::vector<OwnEntry>> page =
        co_await sink_.ListOwnEntries(*mark, kPageSize);
    CO_RETURN_IF_ERROR(page.status());
    if (page->empty()) co_return absl::OkStatus();
    const int64_t last_index = page->back().index;
    const bool is_last = page->size() < static_cast<size_t>(kPageSize);
    if (last_index <= *mark) {
      co_return MakeError(Reason::INTERNAL_ERROR, "own entries do not go on");
    }
    absl::Status checked = co_await CheckPage(*std::move(page));
    CO_RETURN_IF_ERROR(checked);
    mark = last_index;
    sql::WriteFn write = [source = source_, last_index](sql::Transaction& tx) {
      return WriteCheckedIndex(tx, source, last_index);
    };
    absl::Status written = co_await database_.Write(std::move(write));
    CO_RETURN_IF_ERROR(written);
    if (is_last) co_return absl::OkStatus();
  }
}

boost::asio::awaitable<absl::StatusOr<int64_t>> OwnEntryCheck::ReadMark() {
  auto read = [source = source_](sql::Snapshot& snapshot) {
    return ReadCheckedIndex(snapshot, source);
  };
  return database_.ReadValue(std::move(read));
}

boost::asio::awaitable<absl::Status> OwnEntryCheck::CheckPage(
    std::vector<OwnEntry> page) {
  auto entries = std::make_shared<const std::vector<OwnEntry>>(std::move(page));
  sql::ReadFn read = [entries](sql::Snapshot& snapshot) -> absl::Status {
    for (const OwnEntry& entry : *entries) {
      RETURN_IF_ERROR(CheckOwnEntry(snapshot, entry));
    }
    return absl::OkStatus();
  };
  return database_.Read(std::move(read));
}

}  // namespace shiming::outbox
