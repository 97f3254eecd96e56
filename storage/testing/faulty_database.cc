#include "storage/testing/faulty_database.h"

#include <memory>
#include <utility>

#include "common/status/status_macros.h"
#include "storage/sql/sql_error.h"

namespace shiming::sql::testing {

class FaultyDatabase::FaultyTransaction final : public Transaction {
 public:
  FaultyTransaction(FaultyDatabase& owner, Transaction& inner)
      : owner_(owner), inner_(inner) {}

  absl::StatusOr<Rows> Query(std::string_view sql, Params params) override {
    RETURN_IF_ERROR(Next());
    return inner_.Query(sql, std::move(params));
  }
  absl::StatusOr<int64_t> Execute(std::string_view sql,
                                  Params params) override {
    RETURN_IF_ERROR(Next());
    return inner_.Execute(sql, std::move(params));
  }
  const Dialect& dialect() const override { return inner_.dialect(); }

  const absl::Status& failure() const { return failure_; }

 private:
  absl::Status Next() {
    if (failure_.ok()) failure_ = owner_.NextStatement();
    return failure_;
  }

  FaultyDatabase& owner_;
  Transaction& inner_;
  absl::Status failure_;
};

void FaultyDatabase::FailStatement(int n) {
  std::lock_guard lock(mutex_);
  failing_statement_ = statement_count_ + n;
}

void FaultyDatabase::FailCommit(int n, CommitFault fault) {
  std::lock_guard lock(mutex_);
  failing_commit_ = commit_count_ + n;
  commit_fault_ = fault;
}

void FaultyDatabase::FailScrub() {
  std::lock_guard lock(mutex_);
  scrub_fails_ = true;
}

void FaultyDatabase::StartScrub(Done done) {
  {
    std::lock_guard lock(mutex_);
    if (!std::exchange(scrub_fails_, false)) {
      inner_.StartScrub(std::move(done));
      return;
    }
  }
  done(MakeSqlError(SqlError::kUnavailable, "injected"));
}

void FaultyDatabase::LoseRaceAtStatement(int n) {
  std::lock_guard lock(mutex_);
  racing_statement_ = statement_count_ + n;
}

int FaultyDatabase::statement_count() const {
  std::lock_guard lock(mutex_);
  return statement_count_;
}

int FaultyDatabase::commit_count() const {
  std::lock_guard lock(mutex_);
  return commit_count_;
}

absl::Status FaultyDatabase::NextStatement() {
  std::lock_guard lock(mutex_);
  ++statement_count_;
  if (statement_count_ == failing_statement_) {
    return MakeSqlError(SqlError::kUnavailable, "injected");
  }
  if (statement_count_ == racing_statement_) return RunAgain("injected");
  return absl::OkStatus();
}

std::optional<FaultyDatabase::CommitFault> FaultyDatabase::NextCommit() {
  std::lock_guard lock(mutex_);
  if (++commit_count_ != failing_commit_) return std::nullopt;
  return commit_fault_;
}

void FaultyDatabase::StartWrite(WriteFn fn, Done done) {
  auto fault = std::make_shared<std::optional<CommitFault>>();
  auto faulty_fn = [this, fault, fn = std::move(fn)](Transaction& inner) {
    FaultyTransaction tx(*this, inner);
    RETURN_IF_ERROR(fn(tx));
    RETURN_IF_ERROR(tx.failure());
    *fault = NextCommit();
    if (*fault == CommitFault::kNotDone) {
      return MakeSqlError(SqlError::kUnavailable, "injected");
    }
    if (*fault == CommitFault::kUnknownNotDone) {
      return MakeSqlError(SqlError::kUnknown, "injected");
    }
    return absl::OkStatus();
  };
  auto answer = [fault, done = std::move(done)](absl::Status status) {
    if (status.ok() && *fault == CommitFault::kUnknownButDone) {
      status = MakeSqlError(SqlError::kUnknown, "injected");
    }
    done(std::move(status));
  };
  inner_.StartWrite(std::move(faulty_fn), std::move(answer));
}

void FaultyDatabase::StartRead(ReadFn fn, Done done) {
  inner_.StartRead(std::move(fn), std::move(done));
}

}  // namespace shiming::sql::testing
