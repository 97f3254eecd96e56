// A database some of whose statements have lost their guard, in front of a real
// one: with it a test shows that a race breaks what the guard holds, and thus
// that the race is really run.
#ifndef SHIMING_STORAGE_TESTING_UNGUARDED_DATABASE_H_
#define SHIMING_STORAGE_TESTING_UNGUARDED_DATABASE_H_

#include <atomic>
#include <deque>
#include <regex>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "storage/sql/database.h"
#include "storage/testing/meeting.h"

namespace shiming::sql::testing {

// How one guarded statement is made an unguarded one. In what names a text of
// the store, "$" stands for any parameter.
struct Unguarding {
  // What is done instead.
  enum class Look {
    // A SELECT asks in the same transaction, just before, whether the guard
    // would let it through; if not, no row is affected. Right for who is alone.
    kBefore,
    // Nothing: the store has looked in the same transaction by itself.
    kNone,
  };

  // How the statement begins: "UPDATE eid_usage SET live = live + $ ".
  std::string statement;
  // Of an UPDATE: what is taken out of its WHERE, " AND live < $".
  std::string guard;
  // Of an INSERT: the columns of the unique key. It guards by the table, so the
  // test has to drop it there.
  std::vector<std::string> key;
  Look look = Look::kBefore;
};

// Thread-safe. `inner` and the meeting must outlive it.
class UnguardedDatabase final : public Database {
 public:
  struct Options {
    // Empty where only the meeting is wanted.
    std::vector<Unguarding> unguardings;
    // How the statement begins before which each Write waits at the meeting,
    // at its first run; after the look, where there is one.
    std::string meet_before;
    // Null for none.
    Meeting* meeting = nullptr;
  };

  UnguardedDatabase(Database& inner, const Options& options);

  // How often the unguarding of this index has been done. A test that finds 0
  // has shown nothing. The statement in which the guard does not stand exactly
  // once fails with kStatement.
  int done_count(size_t index) const { return rules_[index].done; }

  void StartWrite(WriteFn fn, Done done) override;
  void StartRead(ReadFn fn, Done done) override;
  void StartScrub(Done done) override;
  const Dialect& dialect() const override { return inner_.dialect(); }

 private:
  class UnguardedTransaction;

  struct Rule {
    explicit Rule(const Unguarding& given);

    const Unguarding unguarding;
    const std::regex statement;
    const std::regex guard;
    std::atomic<int> done = 0;
  };

  // The first whose statement it is; null for none.
  Rule* Find(const std::string& sql);

  Database& inner_;
  std::deque<Rule> rules_;
  const bool meets_;
  const std::regex meet_before_;
  Meeting* const meeting_;
};

}  // namespace shiming::sql::testing

#endif  // SHIMING_STORAGE_TESTING_UNGUARDED_DATABASE_H_
