// A ledger's database whose writes fail when the test says so: before anything
// was written, or after it was, so that only the answer is lost.
#ifndef SHIMING_SERVICES_ISSUANCE_LEDGER_TESTING_FAULTY_STORE_H_
#define SHIMING_SERVICES_ISSUANCE_LEDGER_TESTING_FAULTY_STORE_H_

#include <functional>
#include <utility>

#include "services/issuance_ledger/core/ledger_store.h"

namespace shiming::issuance_ledger {

enum class WriteStep { kBefore, kAfter };

// Asked at each step of each write; an error ends the write there.
using WriteFault = std::function<absl::Status(WriteStep)>;

class FaultyStore final : public LedgerStore {
 public:
  // `store` must outlive this.
  FaultyStore(LedgerStore& store, WriteFault fault)
      : store_(store), fault_(std::move(fault)) {}

  asio::awaitable<absl::Status> Write(LedgerWriteFn fn) override {
    absl::Status status = fault_(WriteStep::kBefore);
    if (!status.ok()) co_return status;
    status = co_await store_.Write(std::move(fn));
    if (!status.ok()) co_return status;
    co_return fault_(WriteStep::kAfter);
  }
  asio::awaitable<absl::Status> Read(LedgerReadFn fn) override {
    return store_.Read(std::move(fn));
  }
  absl::Status WriteBlocking(LedgerWriteFn fn) override {
    return store_.WriteBlocking(std::move(fn));
  }
  absl::Status ReadBlocking(LedgerReadFn fn) override {
    return store_.ReadBlocking(std::move(fn));
  }

 private:
  LedgerStore& store_;
  const WriteFault fault_;
};

}  // namespace shiming::issuance_ledger

#endif  // SHIMING_SERVICES_ISSUANCE_LEDGER_TESTING_FAULTY_STORE_H_
