#include "storage/testing/unguarded_database.h"

#include <cctype>
#include <iterator>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "common/status/status_macros.h"
#include "storage/sql/sql_error.h"

namespace shiming::sql::testing {
namespace {

// `text` as a regular expression in which "$" is any parameter.
std::string PatternOf(const std::string& text) {
  constexpr std::string_view kSpecial = "^\\.*+?()[]{}|";
  std::string pattern;
  for (char c : text) {
    if (c == '$') {
      pattern += "\\$[0-9]+";
      continue;
    }
    if (kSpecial.find(c) != std::string_view::npos) pattern += '\\';
    pattern += c;
  }
  return pattern;
}

absl::Status Unexpected(std::string_view what, const std::string& sql) {
  return MakeSqlError(SqlError::kStatement,
                      absl::StrCat(std::string(what), ": ", sql));
}

// The text between two others, searched from the first on.
std::string Between(const std::string& text, const std::string& begin,
                    const std::string& end) {
  const size_t found = text.find(begin);
  if (found == std::string::npos) return "";
  const size_t start = found + begin.size();
  const size_t stop = end.empty() ? text.size() : text.find(end, start);
  return stop == std::string::npos ? "" : text.substr(start, stop - start);
}

struct BoundText {
  std::string sql;
  Params params;
};

// The same text with parameters $1, $2 ... without gaps, of which `params` has
// more than are used.
absl::StatusOr<BoundText> Renumbered(const std::string& sql,
                                     const Params& params) {
  BoundText bound;
  std::vector<size_t> numbers(params.size(), 0);  // new ones; 0: not used yet
  size_t i = 0;
  while (i < sql.size()) {
    if (sql[i] != '$') {
      bound.sql += sql[i++];
      continue;
    }
    size_t old_number = 0;
    while (++i < sql.size() &&
           std::isdigit(static_cast<unsigned char>(sql[i]))) {
      old_number = old_number * 10 + static_cast<size_t>(sql[i] - '0');
    }
    if (old_number == 0 || old_number > params.size()) {
      return Unexpected("a parameter without value", sql);
    }
    size_t& number = numbers[old_number - 1];
    if (number == 0) {
      bound.params.push_back(params[old_number - 1]);
      number = bound.params.size();
    }
    absl::StrAppend(&bound.sql, "$", number);
  }
  return bound;
}

absl::StatusOr<std::string> WithoutGuard(const std::string& sql,
                                         const std::regex& guard) {
  const auto first = std::sregex_iterator(sql.begin(), sql.end(), guard);
  if (std::distance(first, std::sregex_iterator()) != 1) {
    return Unexpected("the guard does not stand in it once", sql);
  }
  return absl::StrCat(first->prefix().str(), first->suffix().str());
}

// SELECT COUNT(*) of the rows that the UPDATE would change, or of those that
// have the INSERT's key.
absl::StatusOr<std::string> LookText(const std::string& sql,
                                     const Unguarding& unguarding) {
  if (unguarding.key.empty()) {
    const std::string table = Between(sql, "UPDATE ", " ");
    const std::string where = Between(sql, " WHERE ", "");
    if (table.empty() || where.empty()) return Unexpected("no UPDATE", sql);
    return absl::StrCat("SELECT COUNT(*) FROM ", table, " WHERE ", where);
  }
  const std::string table = Between(sql, "INSERT INTO ", " (");
  const std::vector<std::string> columns =
      absl::StrSplit(Between(sql, " (", ")"), ", ");
  const std::vector<std::string> values =
      absl::StrSplit(Between(sql, "VALUES (", ")"), ", ");
  std::vector<std::string> conditions;
  for (const std::string& column : unguarding.key) {
    for (size_t i = 0; i < columns.size() && i < values.size(); ++i) {
      if (columns[i] != column) continue;
      conditions.push_back(absl::StrCat(column, " = ", values[i]));
    }
  }
  if (table.empty() || conditions.size() != unguarding.key.size()) {
    return Unexpected("no INSERT of this key", sql);
  }
  return absl::StrCat("SELECT COUNT(*) FROM ", table, " WHERE ",
                      absl::StrJoin(conditions, " AND "));
}

// Whether the guard would let the statement through, as far as this
// transaction can see.
absl::StatusOr<bool> Look(Transaction& tx, const Unguarding& unguarding,
                          const std::string& sql, const Params& params) {
  if (unguarding.look == Unguarding::Look::kNone) return true;
  ASSIGN_OR_RETURN(const std::string text, LookText(sql, unguarding));
  ASSIGN_OR_RETURN(BoundText bound, Renumbered(text, params));
  ASSIGN_OR_RETURN(const Rows rows,
                   tx.Query(bound.sql, std::move(bound.params)));
  const bool has_rows = rows.front().Int(0) > 0;
  return unguarding.key.empty() ? has_rows : !has_rows;
}

}  // namespace

// One run of an fn.
class UnguardedDatabase::UnguardedTransaction final : public Transaction {
 public:
  // `has_come` is its Write's.
  UnguardedTransaction(UnguardedDatabase& owner, bool& has_come,
                       Transaction& inner)
      : owner_(owner), has_come_(has_come), inner_(inner) {}

  absl::StatusOr<Rows> Query(std::string_view sql, Params params) override {
    return inner_.Query(sql, std::move(params));
  }

  absl::StatusOr<int64_t> Execute(std::string_view given,
                                  Params params) override {
    const std::string sql(given);
    Rule* const rule = owner_.Find(sql);
    bool goes_on = true;
    if (rule != nullptr) {
      ASSIGN_OR_RETURN(goes_on, Look(inner_, rule->unguarding, sql, params));
    }
    RETURN_IF_ERROR(Meet(sql));
    if (!goes_on) return int64_t{0};
    if (rule == nullptr) return inner_.Execute(sql, std::move(params));
    std::string text = sql;
    if (!rule->unguarding.guard.empty()) {
      ASSIGN_OR_RETURN(text, WithoutGuard(sql, rule->guard));
    }
    ASSIGN_OR_RETURN(BoundText bound, Renumbered(text, params));
    ++rule->done;
    return inner_.Execute(bound.sql, std::move(bound.params));
  }

  const Dialect& dialect() const override { return inner_.dialect(); }

 private:
  absl::Status Meet(const std::string& sql) {
    if (!owner_.meets_ || has_come_ ||
        !std::regex_search(sql, owner_.meet_before_,
                           std::regex_constants::match_continuous)) {
      return absl::OkStatus();
    }
    has_come_ = true;
    if (owner_.meeting_->Come()) return absl::OkStatus();
    return Unexpected("nobody else comes here", sql);
  }

  UnguardedDatabase& owner_;
  bool& has_come_;
  Transaction& inner_;
};

UnguardedDatabase::Rule::Rule(const Unguarding& given)
    : unguarding(given),
      statement(PatternOf(given.statement)),
      guard(PatternOf(given.guard)) {}

UnguardedDatabase::UnguardedDatabase(Database& inner, const Options& options)
    : inner_(inner),
      meets_(options.meeting != nullptr),
      meet_before_(PatternOf(options.meet_before)),
      meeting_(options.meeting) {
  for (const Unguarding& unguarding : options.unguardings) {
    rules_.emplace_back(unguarding);
  }
}

UnguardedDatabase::Rule* UnguardedDatabase::Find(const std::string& sql) {
  for (Rule& rule : rules_) {
    if (std::regex_search(sql, rule.statement,
                          std::regex_constants::match_continuous)) {
      return &rule;
    }
  }
  return nullptr;
}

void UnguardedDatabase::StartWrite(WriteFn fn, Done done) {
  // Of the driver's one thread that runs this Write, again where it must.
  auto has_come = std::make_shared<bool>(false);
  auto unguarded = [this, has_come, fn = std::move(fn)](Transaction& inner) {
    UnguardedTransaction tx(*this, *has_come, inner);
    return fn(tx);
  };
  auto answer = [this, has_come, done = std::move(done)](absl::Status status) {
    if (meets_ && !*has_come) meeting_->Miss();
    done(std::move(status));
  };
  inner_.StartWrite(std::move(unguarded), std::move(answer));
}

void UnguardedDatabase::StartRead(ReadFn fn, Done done) {
  inner_.StartRead(std::move(fn), std::move(done));
}

void UnguardedDatabase::StartScrub(Done done) {
  inner_.StartScrub(std::move(done));
}

}  // namespace shiming::sql::testing
