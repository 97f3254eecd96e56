// A database that fails when told to, in front of a real one.
#ifndef SHIMING_STORAGE_TESTING_FAULTY_DATABASE_H_
#define SHIMING_STORAGE_TESTING_FAULTY_DATABASE_H_

#include <mutex>
#include <string_view>

#include "absl/status/status.h"
#include "storage/sql/database.h"

namespace shiming::sql::testing {

// Thread-safe. Each fault happens once. `inner` must outlive this.
class FaultyDatabase final : public Database {
 public:
  enum class CommitFault {
    kNotDone,         // rolled back; answered by kUnavailable
    kUnknownButDone,  // committed; answered by kUnknown
    kUnknownNotDone,  // rolled back; answered by kUnknown
  };

  explicit FaultyDatabase(Database& inner) : inner_(inner) {}

  // The n-th statement inside a Write from now on fails (1 is the next) with
  // kUnavailable.
  void FailStatement(int n);

  // The n-th Write from now on whose fn succeeds has this fault.
  void FailCommit(int n, CommitFault fault);

  // The next scrub fails with kUnavailable and does nothing.
  void FailScrub();

  // The n-th statement inside a Write from now on loses a race: kRetry, so
  // that the driver runs its fn again.
  void LoseRaceAtStatement(int n);

  // Statements inside Writes, and Writes whose fn succeeded, so far.
  int statement_count() const;
  int commit_count() const;

  void StartWrite(WriteFn fn, Done done) override;
  void StartRead(ReadFn fn, Done done) override;
  void StartScrub(Done done) override;
  const Dialect& dialect() const override { return inner_.dialect(); }
  bool is_shared() const override { return inner_.is_shared(); }

 private:
  class FaultyTransaction;

  // The fault of the statement that comes now, else OK.
  absl::Status NextStatement();
  // The fault of the commit that comes now, if any.
  std::optional<CommitFault> NextCommit();

  Database& inner_;
  mutable std::mutex mutex_;
  int statement_count_ = 0;
  int commit_count_ = 0;
  int failing_statement_ = 0;  // 0: none
  int racing_statement_ = 0;
  int failing_commit_ = 0;
  bool scrub_fails_ = false;
  CommitFault commit_fault_ = CommitFault::kNotDone;
};

}  // namespace shiming::sql::testing

#endif  // SHIMING_STORAGE_TESTING_FAULTY_DATABASE_H_
