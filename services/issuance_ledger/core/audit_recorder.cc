#include "services/issuance_ledger/core/audit_recorder.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/crypto/encoding.h"
#include "common/status/reason.h"
#include "common/time/proto_time.h"
#include "ledger/entry.h"
#include "services/issuance_ledger/core/ledger_store.h"

namespace shiming::issuance_ledger {
namespace {

using SteadyClock = std::chrono::steady_clock;

// Limit of AuditReadDetails.filter_sha256.
constexpr size_t kMaxFilters = 16;
// Further filters that are told apart in one event; more are not counted.
constexpr size_t kMaxUnlistedFilters = 4096;
// How long an event that names earlier reads may take.
constexpr absl::Duration kPatience = absl::Seconds(10);
constexpr absl::Duration kPatienceAtEnd = absl::Seconds(2);

}  // namespace

void AuditRecorder::Reads::Add(const AuditRead& read) {
  if (empty()) first = read;
  switch (read.kind) {
    case AuditRead::Kind::kPage:
      ++pages;
      break;
    case AuditRead::Kind::kStream:
      ++streams;
      break;
    case AuditRead::Kind::kReceipt:
      ++receipts;
      return;
  }
  if (filters.contains(read.filter_sha256)) return;
  if (filters.size() < kMaxFilters) {
    filters.insert(read.filter_sha256);
  } else if (unlisted_filters.size() < kMaxUnlistedFilters) {
    unlisted_filters.insert(read.filter_sha256);
  }
}

void AuditRecorder::Reads::Add(const Reads& other) {
  if (empty()) first = other.first;
  pages += other.pages;
  streams += other.streams;
  receipts += other.receipts;
  for (const auto* digests : {&other.filters, &other.unlisted_filters}) {
    for (const std::string& digest : *digests) {
      if (filters.contains(digest)) continue;
      (filters.size() < kMaxFilters ? filters : unlisted_filters)
          .insert(digest);
    }
  }
}

AuditRecorder::AuditRecorder(Options options)
    : options_(std::move(options)),
      strand_(asio::make_strand(options_.executor)) {}

std::shared_ptr<AuditRecorder> AuditRecorder::Start(Options options) {
  return std::shared_ptr<AuditRecorder>(new AuditRecorder(std::move(options)));
}

void AuditRecorder::Stop() {
  asio::post(strand_, [self = shared_from_this()] {
    self->stopping_ = true;
    for (const auto& [auditor, reader] : self->readers_) {
      reader->timer.cancel();
    }
    self->EndIfIdle();
  });
  ended_.wait();
}

void AuditRecorder::EndIfIdle() {
  if (!stopping_ || !readers_.empty() || has_ended_) return;
  has_ended_ = true;
  all_ended_.set_value();
}

asio::awaitable<absl::Status> AuditRecorder::Record(std::string auditor,
                                                    AuditRead read,
                                                    absl::Time deadline) {
  const auto self = shared_from_this();
  co_return co_await asio::co_spawn(
      strand_, RecordOnStrand(std::move(auditor), std::move(read), deadline),
      asio::use_awaitable);
}

asio::awaitable<absl::Status> AuditRecorder::RecordOnStrand(
    std::string auditor, AuditRead read, absl::Time deadline) {
  if (stopping_) {
    co_return MakeError(Reason::SHUTTING_DOWN, "the ledger is stopping");
  }
  std::shared_ptr<Reader>& known = readers_[auditor];
  if (known == nullptr) {
    known = std::make_shared<Reader>(strand_);
    known->unnamed.Add(read);
    std::shared_ptr<Reader> reader = known;
    co_return co_await OpenReader(std::move(auditor), std::move(reader),
                                  deadline);
  }
  const std::shared_ptr<Reader> reader = known;
  reader->unnamed.Add(read);
  // The call that opened the reader gives up by its own deadline and cancels.
  while (!reader->is_recorded && reader->failed.ok()) {
    co_await reader->timer.async_wait(asio::as_tuple(asio::use_awaitable));
  }
  co_return reader->failed;
}

asio::awaitable<absl::Status> AuditRecorder::OpenReader(
    std::string auditor, std::shared_ptr<Reader> reader, absl::Time deadline) {
  reader->timer.expires_at(SteadyClock::time_point::max());
  const Reads opening = std::exchange(reader->unnamed, {});
  ledger::v1::Event event = EventOf(auditor, opening);
  const absl::Status written =
      co_await options_.append(std::move(event), deadline);
  if (!written.ok()) {
    reader->failed = written;
    reader->timer.cancel();
    readers_.erase(auditor);
    EndIfIdle();
    co_return written;
  }
  reader->is_recorded = true;
  reader->timer.cancel();
  const auto self = shared_from_this();
  auto follow = [self, auditor, reader]() -> asio::awaitable<void> {
    co_await self->Follow(auditor, reader);
  };
  asio::co_spawn(strand_, std::move(follow), asio::detached);
  co_return absl::OkStatus();
}

asio::awaitable<void> AuditRecorder::Follow(std::string auditor,
                                            std::shared_ptr<Reader> reader) {
  while (true) {
    if (!stopping_) {
      reader->timer.expires_after(
          absl::ToChronoMicroseconds(options_.interval));
      co_await reader->timer.async_wait(asio::as_tuple(asio::use_awaitable));
    }
    if (reader->unnamed.empty()) break;
    const bool is_last = stopping_;
    const Reads taken = std::exchange(reader->unnamed, {});
    ledger::v1::Event event = EventOf(auditor, taken);
    const absl::Time deadline =
        absl::Now() + (is_last ? kPatienceAtEnd : kPatience);
    const absl::Status written =
        co_await options_.append(std::move(event), deadline);
    // Kept for the next event.
    if (!written.ok()) reader->unnamed.Add(taken);
    if (is_last) break;
  }
  readers_.erase(auditor);
  EndIfIdle();
}

ledger::v1::Event AuditRecorder::EventOf(const std::string& auditor,
                                         const Reads& reads) const {
  ledger::v1::Event event;
  event.set_format(ledger::kEntryFormat);
  event.mutable_id()->set_source(kLedgerSource);
  // Each is an aggregate of its own: two at once do not race.
  event.mutable_id()->set_aggregate(
      absl::StrCat("audit_read/", crypto::ToHex(options_.random.Bytes(16))));
  event.mutable_id()->set_version(1);
  event.set_kind(ledger::v1::EVENT_KIND_AUDIT_READ);
  *event.mutable_time() = ToProto(options_.clock.Now());
  event.set_admin("/auditor/" + auditor);
  event.set_trace_id(reads.first.trace_id);
  if (reads.filters.size() == 1 && reads.receipts == 0) {
    event.set_order(reads.first.order);
    event.set_session(reads.first.session);
  }
  ledger::v1::AuditReadDetails& details = *event.mutable_audit_read();
  details.set_page_count(static_cast<int32_t>(reads.pages));
  details.set_stream_count(static_cast<int32_t>(reads.streams));
  details.set_receipt_count(static_cast<int32_t>(reads.receipts));
  details.mutable_filter_sha256()->Assign(reads.filters.begin(),
                                          reads.filters.end());
  details.set_unlisted_filter_count(
      static_cast<int32_t>(reads.unlisted_filters.size()));
  return event;
}

}  // namespace shiming::issuance_ledger
