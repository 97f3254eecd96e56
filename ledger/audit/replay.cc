#include "ledger/audit/replay.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "ledger/audit/audit_books.h"
#include "ledger/audit/rules.h"
#include "ledger/audit/state_codec.h"

namespace shiming::ledger {
namespace {

constexpr std::string_view kAlarmPrefix = "alarm/";
// How often old records are looked for, in entries.
constexpr uint64_t kSweep = 256;

void Dispatch(const AuditEntry& entry, AuditBooks& books) {
  switch (entry.event.kind()) {
    case v1::EVENT_KIND_SHOP_PROPOSED:
    case v1::EVENT_KIND_SHOP_APPROVED:
    case v1::EVENT_KIND_SHOP_REVOKED:
    case v1::EVENT_KIND_TERMINAL_PROPOSED:
    case v1::EVENT_KIND_TERMINAL_APPROVED:
    case v1::EVENT_KIND_TERMINAL_REVOKED:
    case v1::EVENT_KIND_DISPLAY_PROPOSED:
    case v1::EVENT_KIND_DISPLAY_APPROVED:
    case v1::EVENT_KIND_DISPLAY_REVOKED:
    case v1::EVENT_KIND_CLERK_PROPOSED:
    case v1::EVENT_KIND_CLERK_APPROVED:
    case v1::EVENT_KIND_CLERK_REVOKED:
    case v1::EVENT_KIND_CLERK_LOCKED:
      VisitEnrollment(entry, books);
      return;
    case v1::EVENT_KIND_SHIFT_OPENED:
    case v1::EVENT_KIND_SHIFT_CLOSED:
    case v1::EVENT_KIND_SESSION_OPENED:
    case v1::EVENT_KIND_SESSION_CLOSED:
      VisitPlace(entry, books);
      return;
    case v1::EVENT_KIND_REVEAL_PERMITTED:
      VisitPermit(entry, books);
      return;
    case v1::EVENT_KIND_IDENTITY_VERIFIED:
    case v1::EVENT_KIND_IDENTITY_REFUSED:
      VisitIdentity(entry, books);
      return;
    case v1::EVENT_KIND_PERSON_ERASED:
      VisitErasure(entry, books);
      return;
    case v1::EVENT_KIND_DATABASE_REPAIRED:
      VisitRepair(entry, books);
      return;
    case v1::EVENT_KIND_ORDER_PLACED:
      VisitPlacing(entry, books);
      return;
    case v1::EVENT_KIND_ORDER_READY:
    case v1::EVENT_KIND_CODE_REVEALED:
    case v1::EVENT_KIND_DOWNLOAD_PROGRESS:
    case v1::EVENT_KIND_PROFILE_INSTALLED:
    case v1::EVENT_KIND_ORDER_CLOSED:
    case v1::EVENT_KIND_ORDER_CANCELLED:
    case v1::EVENT_KIND_ORDER_EXPIRED:
    case v1::EVENT_KIND_ORDER_FAILED:
    case v1::EVENT_KIND_ORDER_FROZEN:
    case v1::EVENT_KIND_ALARM:
    case v1::EVENT_KIND_RECONCILED:
      VisitOrder(entry, books);
      return;
    default:
      return;  // no rule beyond those of the record
  }
}

template <typename Records, typename Queue>
void DropOld(int64_t before_us, Queue& queue, Records& records) {
  while (!queue.empty() && queue.front().first < before_us) {
    records.erase(queue.front().second);
    queue.pop_front();
  }
}

uint64_t CountOf(const AuditBooks& books, std::string_view name) {
  const auto found = books.counts.find(name);
  return found == books.counts.end() ? 0 : found->second;
}

}  // namespace

AuditReplay::AuditReplay(const AuditOptions& options)
    : books_(std::make_unique<AuditBooks>()) {
  books_->options = options;
}
AuditReplay::~AuditReplay() = default;
AuditReplay::AuditReplay(AuditReplay&&) noexcept = default;
AuditReplay& AuditReplay::operator=(AuditReplay&&) noexcept = default;

absl::StatusOr<AuditReplay> AuditReplay::Restore(const AuditOptions& options,
                                                 const v1::AuditState& state) {
  AuditReplay replay(options);
  if (absl::Status status = DecodeBooks(state, *replay.books_); !status.ok()) {
    return status;
  }
  replay.size_ = replay.books_->base() + state.logs().rbegin()->size();
  return replay;
}

const KeyRing& AuditReplay::keys() const { return books_->keys; }

uint64_t AuditReplay::size() const { return size_; }

const std::vector<v1::AuditedLog>& AuditReplay::logs() const {
  return books_->logs;
}

bool AuditReplay::is_log_missing() const { return books_->is_log_missing; }

void AuditReplay::BeginLog(const std::string& origin) {
  v1::AuditedLog& log = books_->logs.emplace_back();
  log.set_origin(origin);
  log.set_base(size_);
}

void AuditReplay::EndLog(const Checkpoint& checkpoint) {
  v1::AuditedLog& log = books_->logs.back();
  log.set_size(checkpoint.size);
  log.set_root(checkpoint.root);
}

void AuditReplay::Visit(const AuditEntry& entry) {
  AuditBooks& books = *books_;
  if (VisitRecord(entry, books)) {
    CheckNotErased(entry, books);
    Dispatch(entry, books);
  }
  if (entry.canonical) {
    int64_t& clock = books.clocks[entry.event.id().source()];
    clock = std::max(clock, entry.time_us);
  }
  ++size_;
  if (size_ % kSweep == 0) Advance();
}

void AuditReplay::Advance() {
  AuditBooks& books = *books_;
  CheckEndsDue(books.ClockOf(kTerminalSource), books);
  const int64_t settle = absl::ToInt64Microseconds(books.options.settle_time);
  const int64_t orders = books.ClockOf(kOrderSource);
  SettleDoubts(orders - settle, books);
  // Twice as long, so that what is in doubt can still be told apart.
  for (HoldBook& book : books.holds) book.Forget(orders - 2 * settle);
  // What no service can refer to any more: all of them have written since.
  const int64_t newest = std::min(
      {books.ClockOf(kTerminalSource), books.ClockOf(kIdentitySource), orders});
  DropOld(newest - settle, books.old_sessions, books.sessions);
  DropOld(newest - settle, books.old_shifts, books.shifts);
  DropOld(newest - settle, books.old_verifications, books.verifications);
}

void AuditReplay::Save(v1::AuditState* state) const {
  EncodeBooks(*books_, state);
}

AuditFindings AuditReplay::Finish() {
  AuditBooks& books = *books_;
  Advance();
  books.findings.BeginUnsettled();
  constexpr int64_t kEver = std::numeric_limits<int64_t>::max();
  CheckEndsDue(kEver, books);
  SettleDoubts(kEver, books);
  CheckOpenOrders(books);
  AuditFindings found{
      .entries = size_,
      .codes_revealed = CountOf(books, kCodesRevealed),
      .codes_proven = CountOf(books, kCodesProven),
      .counts = books.findings.counts(),
      .violations = books.findings.violations(),
      .orders_without_kind = CountOf(books, kOrderKindAbsent),
      .pseudonym_key_commitment = books.pseudonym_key_commitment,
  };
  for (const auto& [name, count] : books.counts) {
    if (name.starts_with(kAlarmPrefix)) {
      found.alarms[name.substr(kAlarmPrefix.size())] = count;
    }
  }
  std::stable_sort(found.violations.begin(), found.violations.end(),
                   [](const Violation& a, const Violation& b) {
                     return a.entries[0] < b.entries[0];
                   });
  return found;
}

}  // namespace shiming::ledger
