#include "services/issuance_ledger/store/entry_search.h"

#include <algorithm>
#include <limits>
#include <memory>
#include <utility>
#include <vector>

#include "common/status/status_macros.h"
#include "common/time/clock.h"
#include "ledger/entry.h"

namespace shiming::issuance_ledger {
namespace {

using sql::Value;

// What one search may read, in rows of an index; a few milliseconds.
constexpr int64_t kWork = 4000;
// What a statement costs beside its rows.
constexpr int64_t kStatementWork = 10;
// What reading and parsing an entry costs.
constexpr int64_t kEntryWork = 10;
// Large spans that one statement looks through for a time, and how many spans
// cost as much as a row that is given back.
constexpr int64_t kSpanWindow = 16384;
constexpr int64_t kSpansPerRow = 16;
// Small spans in a large one.
constexpr int64_t kSmallInLarge = kSpanEntries[1] / kSpanEntries[0];
// Rows that are read ahead of a list.
constexpr int64_t kLeastReadAhead = 8;
constexpr int64_t kMostReadAhead = 512;
// With more kinds than this beside another term, entries are read and compared
// in place of following a list for each kind.
constexpr size_t kMostKindLists = 4;

// What may still be read.
class Work {
 public:
  void Spend(int64_t rows) { left_ -= rows; }
  bool is_spent() const { return left_ <= 0; }

 private:
  int64_t left_ = kWork;
};

// Where a search looks.
struct Place {
  sql::Snapshot& db;
  const int64_t log;
  const int64_t end;
  Work work;
};

// Ascending indexes.
class Cursor {
 public:
  virtual ~Cursor() = default;
  // The first index from `at` on, at most Place::end (which is not a match).
  // `at` never falls. May give a lower bound of it above or equal to `at`.
  virtual absl::StatusOr<int64_t> Seek(int64_t at) = 0;
};

// The entries that have a term.
class TermCursor final : public Cursor {
 public:
  TermCursor(Place& place, int64_t term) : place_(place), term_(term) {}

  absl::StatusOr<int64_t> Seek(int64_t at) override {
    next_ = std::lower_bound(next_, read_.cend(), at);
    ++seeks_;
    if (next_ == read_.cend() && !is_last_) {
      RETURN_IF_ERROR(ReadFrom(at));
    }
    return next_ == read_.cend() ? place_.end : *next_;
  }

 private:
  absl::Status ReadFrom(int64_t at) {
    // Twice as many where most of the last rows were looked at, fewer where
    // they were jumped over.
    const bool was_dense = seeks_ * 2 >= static_cast<int64_t>(read_.size());
    read_ahead_ = was_dense ? std::min(read_ahead_ * 2, kMostReadAhead)
                            : std::max(read_ahead_ / 2, kLeastReadAhead);
    seeks_ = 0;
    ASSIGN_OR_RETURN(
        const sql::Rows rows,
        place_.db.Query(
            "SELECT idx FROM ledger_terms WHERE log = $1 "
            "AND term = $2 AND idx >= $3 AND idx < $4 "
            "ORDER BY idx LIMIT $5",
            {Value::Int(place_.log), Value::Int(term_), Value::Int(at),
             Value::Int(place_.end), Value::Int(read_ahead_)}));
    const int64_t count = static_cast<int64_t>(rows.size());
    place_.work.Spend(kStatementWork + count);
    read_.clear();
    for (const sql::Row& row : rows) read_.push_back(row.Int(0));
    next_ = read_.cbegin();
    is_last_ = count < read_ahead_;
    return absl::OkStatus();
  }

  Place& place_;
  const int64_t term_;
  std::vector<int64_t> read_;
  std::vector<int64_t>::const_iterator next_ = read_.cbegin();
  int64_t seeks_ = 0;
  int64_t read_ahead_ = kLeastReadAhead;
  bool is_last_ = false;  // nothing comes behind read_
};

// The entries that have one of some terms.
class AnyTermCursor final : public Cursor {
 public:
  AnyTermCursor(Place& place, const std::vector<int64_t>& terms)
      : place_(place) {
    for (const int64_t term : terms) {
      cursors_.push_back(std::make_unique<TermCursor>(place, term));
    }
  }

  absl::StatusOr<int64_t> Seek(int64_t at) override {
    int64_t first = place_.end;
    for (const std::unique_ptr<TermCursor>& cursor : cursors_) {
      ASSIGN_OR_RETURN(const int64_t index, cursor->Seek(at));
      first = std::min(first, index);
    }
    return first;
  }

 private:
  Place& place_;
  std::vector<std::unique_ptr<TermCursor>> cursors_;
};

// The small spans in which some entry may have a time that is asked for.
class TimeCursor final : public Cursor {
 public:
  TimeCursor(Place& place, int64_t least_us, int64_t most_us)
      : place_(place), least_us_(least_us), most_us_(most_us) {}

  absl::StatusOr<int64_t> Seek(int64_t at) override {
    const int64_t span = at / kSpanEntries[0];
    if (span > matching_span_) {
      RETURN_IF_ERROR(FindSpan(span));
    }
    return std::min(std::max(at, matching_span_ * kSpanEntries[0]), place_.end);
  }

  int64_t least_us() const { return least_us_; }
  int64_t most_us() const { return most_us_; }

 private:
  // Moves on to the next small span from `from` on, or to where one may be.
  absl::Status FindSpan(int64_t from) {
    const int64_t large = from / kSmallInLarge;
    ASSIGN_OR_RETURN(
        std::optional<int64_t> found,
        FirstMatch(/*level=*/0, from, (large + 1) * kSmallInLarge));
    if (!found.has_value()) {
      // In the next large span that may have one; without such a span in the
      // window, the next large span behind it may match.
      const int64_t window_end = large + 1 + kSpanWindow;
      ASSIGN_OR_RETURN(const std::optional<int64_t> next,
                       FirstMatch(/*level=*/1, large + 1, window_end));
      const int64_t begin = next.value_or(window_end) * kSmallInLarge;
      if (next.has_value()) {
        ASSIGN_OR_RETURN(found,
                         FirstMatch(/*level=*/0, begin, begin + kSmallInLarge));
      }
      // A large span may hold times on both sides, but none between.
      matching_span_ = found.value_or(begin);
      return absl::OkStatus();
    }
    matching_span_ = *found;
    return absl::OkStatus();
  }

  // The first span of the level in [begin, end) that may match.
  absl::StatusOr<std::optional<int64_t>> FirstMatch(int64_t level,
                                                    int64_t begin,
                                                    int64_t end) {
    ASSIGN_OR_RETURN(
        const std::optional<sql::Row> row,
        place_.db.QueryAtMostOne(
            "SELECT span FROM ledger_time_spans WHERE log = $1 "
            "AND level = $2 AND span >= $3 AND span < $4 "
            "AND max_us >= $5 AND min_us <= $6 ORDER BY span LIMIT 1",
            {Value::Int(place_.log), Value::Int(level), Value::Int(begin),
             Value::Int(end), Value::Int(least_us_), Value::Int(most_us_)}));
    std::optional<int64_t> found;
    if (row.has_value()) found = row->Int(0);
    place_.work.Spend(kStatementWork +
                      (found.value_or(end) - begin) / kSpansPerRow);
    return found;
  }

  Place& place_;
  const int64_t least_us_;
  const int64_t most_us_;
  int64_t matching_span_ = -1;
};

// One search.
class Search {
 public:
  Search(sql::Snapshot& db, int64_t log, const EntryQuery& query,
         const ScanRange& range)
      : query_(query),
        range_(range),
        place_{.db = db, .log = log, .end = range.end, .work = {}},
        time_(
            place_,
            query.start_time.has_value() ? ToMicros(*query.start_time)
                                         : std::numeric_limits<int64_t>::min(),
            query.end_time.has_value() ? ToMicros(*query.end_time)
                                       : std::numeric_limits<int64_t>::max()) {
    for (const int64_t term : RequiredTerms(query)) {
      lists_.push_back(std::make_unique<TermCursor>(place_, term));
    }
    const std::vector<int64_t> kinds = KindTerms(query);
    if (!kinds.empty() && (lists_.empty() || kinds.size() <= kMostKindLists)) {
      lists_.push_back(std::make_unique<AnyTermCursor>(place_, kinds));
    }
    has_lists_ = !lists_.empty();
    is_timed_ = query.start_time.has_value() || query.end_time.has_value();
  }

  absl::StatusOr<EntryScan> Run() {
    scan_.next = range_.begin;
    while (true) {
      ASSIGN_OR_RETURN(const bool agreed, Agree());
      if (!agreed || IsFull() || place_.work.is_spent()) break;
      ASSIGN_OR_RETURN(const bool fitted, has_lists_ ? TakeOne() : TakeRange());
      if (!fitted) break;
    }
    scan_.next = std::min(scan_.next, range_.end);
    return std::move(scan_);
  }

 private:
  bool IsFull() const {
    return static_cast<int>(scan_.entries.size()) >= range_.limit;
  }

  // Moves scan_.next to the first index at which all lists stand; every index
  // that it passes is no match. False at the end, or where the work was spent
  // before they agreed.
  absl::StatusOr<bool> Agree() {
    bool moved = true;
    while (moved && scan_.next < range_.end) {
      if (place_.work.is_spent()) return false;
      moved = false;
      if (is_timed_) {
        ASSIGN_OR_RETURN(const int64_t index, time_.Seek(scan_.next));
        moved = index > scan_.next;
        scan_.next = index;
      }
      for (const std::unique_ptr<Cursor>& list : lists_) {
        ASSIGN_OR_RETURN(const int64_t index, list->Seek(scan_.next));
        moved = moved || index > scan_.next;
        scan_.next = index;
      }
    }
    return scan_.next < range_.end;
  }

  // Compares the entry at scan_.next. False if it has no room.
  absl::StatusOr<bool> TakeOne() {
    ASSIGN_OR_RETURN(
        const sql::Rows rows,
        place_.db.Query("SELECT idx, body FROM ledger_entries "
                        "WHERE log = $1 AND idx = $2",
                        {Value::Int(place_.log), Value::Int(scan_.next)}));
    ASSIGN_OR_RETURN(const bool fitted, TakeRows(rows));
    if (fitted) ++scan_.next;
    return fitted;
  }

  // Compares the entries up to the end of the small span of scan_.next. False
  // if one has no room.
  absl::StatusOr<bool> TakeRange() {
    const int64_t span_end = std::min(
        (scan_.next / kSpanEntries[0] + 1) * kSpanEntries[0], range_.end);
    // One more than there is room for shows whether it is the last.
    const int64_t room =
        range_.limit - static_cast<int64_t>(scan_.entries.size()) + 1;
    ASSIGN_OR_RETURN(
        const sql::Rows rows,
        place_.db.Query(
            "SELECT idx, body FROM ledger_entries WHERE log = $1 "
            "AND idx >= $2 AND idx < $3 AND time_us >= $4 AND time_us <= $5 "
            "ORDER BY idx LIMIT $6",
            {Value::Int(place_.log), Value::Int(scan_.next),
             Value::Int(span_end), Value::Int(time_.least_us()),
             Value::Int(time_.most_us()), Value::Int(room)}));
    place_.work.Spend(kStatementWork + (span_end - scan_.next) / 4);
    ASSIGN_OR_RETURN(const bool fitted, TakeRows(rows));
    if (!fitted) return false;
    scan_.next = static_cast<int64_t>(rows.size()) == room
                     ? rows.back().Int(0) + 1
                     : span_end;
    return true;
  }

  // Keeps those that match. False at the first that has no room, to which
  // scan_.next then points.
  absl::StatusOr<bool> TakeRows(const sql::Rows& rows) {
    for (const sql::Row& row : rows) {
      const std::string& body = row.Bytes(1);
      place_.work.Spend(kEntryWork);
      // Stored by us, so it is well-formed.
      ledger::v1::Event event;
      if (!event.ParseFromArray(body.data(), static_cast<int>(body.size()))) {
        return MakeError(Reason::INTERNAL_ERROR, "a stored entry is no event");
      }
      if (!Matches(query_, event)) continue;
      const size_t bytes = bytes_ + body.size() + range_.bytes_beside_entry;
      if (IsFull() || (bytes > range_.byte_limit && !scan_.entries.empty())) {
        scan_.next = row.Int(0);
        return false;
      }
      bytes_ = bytes;
      scan_.entries.push_back({.index = row.Int(0), .bytes = body});
    }
    return true;
  }

  const EntryQuery& query_;
  const ScanRange range_;
  Place place_;
  TimeCursor time_;
  std::vector<std::unique_ptr<Cursor>> lists_;
  bool has_lists_ = false;
  bool is_timed_ = false;
  size_t bytes_ = 0;
  EntryScan scan_;
};

}  // namespace

absl::StatusOr<EntryScan> SearchEntries(sql::Snapshot& snapshot, int64_t log,
                                        const EntryQuery& query,
                                        const ScanRange& range) {
  return Search(snapshot, log, query, range).Run();
}

}  // namespace shiming::issuance_ledger
