#include "storage/outbox/relay.h"

#include <utility>

#include "storage/outbox/relay_work.h"

namespace shiming::outbox {

Relay::Relay(Options options)
    : work_(std::make_unique<Work>(std::move(options))) {}

Relay::~Relay() { work_->Stop(); }

void Relay::Start(boost::asio::any_io_executor executor) {
  work_->Start(std::move(executor));
}

void Relay::Poke() { work_->Poke(); }

void Relay::Stop() { work_->Stop(); }

bool Relay::is_behind() const { return work_->is_behind(); }

boost::asio::awaitable<absl::Status> Relay::CheckNotBehind() {
  return work_->CheckNotBehind();
}

boost::asio::awaitable<absl::StatusOr<int64_t>> Relay::WaitSequenced(
    ledger::v1::EventId id, absl::Time deadline) {
  return work_->WaitSequenced(std::move(id), deadline);
}

}  // namespace shiming::outbox
