#include "services/simulators/smdp_plus/smdp.h"

#include <algorithm>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/ids/iccid.h"
#include "common/status/status_macros.h"
#include "services/simulators/smdp_plus/profile_codec.h"

namespace shiming::smdp_plus {
namespace {

absl::Status BadStock(size_t line, absl::string_view why) {
  return absl::InvalidArgumentError(
      absl::StrCat("stock, line ", line, ": ", why));
}

absl::Status AddStock(const std::string& csv, ProfileBook& book) {
  const std::vector<std::string> lines = absl::StrSplit(csv, '\n');
  for (size_t i = 0; i < lines.size(); ++i) {
    const absl::string_view line = absl::StripAsciiWhitespace(lines[i]);
    if (i == 0) {
      if (line != "iccid,profile_type") {
        return BadStock(1, "expected the header iccid,profile_type");
      }
      continue;
    }
    if (line.empty()) continue;
    const std::vector<std::string> cells = absl::StrSplit(line, ',');
    if (cells.size() != 2 || cells[1].empty()) {
      return BadStock(i + 1, "expected two cells");
    }
    const absl::StatusOr<Iccid> iccid = Iccid::ParseFromSmdp(cells[0]);
    if (!iccid.ok()) return BadStock(i + 1, iccid.status().message());
    book.AddStock(iccid->str(), cells[1]);
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::unique_ptr<Smdp>> Smdp::Open(Options options) {
  std::vector<std::string> lines;
  ASSIGN_OR_RETURN(auto journal, Journal::Open(options.state_file, lines));
  std::unique_ptr<Smdp> smdp(
      new Smdp(std::move(options.book), std::move(journal)));
  RETURN_IF_ERROR(smdp->Replay(lines));
  RETURN_IF_ERROR(AddStock(options.stock_csv, smdp->book_));
  RETURN_IF_ERROR(smdp->Compact());
  return smdp;
}

absl::Status Smdp::Replay(const std::vector<std::string>& lines) {
  std::lock_guard lock(mutex_);
  for (const std::string& line : lines) {
    ASSIGN_OR_RETURN(const JournalRecord record, DecodeRecord(line));
    for (const Profile& profile : record.changes.profiles) {
      book_.Restore(profile);
    }
    for (const Notice& notice : record.changes.notices) {
      undelivered_[notice.id] = notice;
    }
    for (const std::string& id : record.delivered) undelivered_.erase(id);
  }
  return absl::OkStatus();
}

absl::Status Smdp::Compact() {
  std::lock_guard lock(mutex_);
  std::vector<std::string> lines;
  for (const Profile& profile : book_.Touched()) {
    JournalRecord record;
    record.changes.profiles.push_back(profile);
    lines.push_back(EncodeRecord(record));
  }
  for (const auto& [id, notice] : undelivered_) {
    JournalRecord record;
    record.changes.notices.push_back(notice);
    lines.push_back(EncodeRecord(record));
  }
  return journal_->Rewrite(lines);
}

void Smdp::SetNoticeSink(std::function<void(const Notice&)> sink) {
  sink_ = std::move(sink);
  std::vector<Notice> left;
  {
    std::lock_guard lock(mutex_);
    for (const auto& [id, notice] : undelivered_) left.push_back(notice);
  }
  std::sort(left.begin(), left.end(), [](const Notice& a, const Notice& b) {
    return std::pair(a.time_seconds, a.point) <
           std::pair(b.time_seconds, b.point);
  });
  for (const Notice& notice : left) sink_(notice);
}

asio::awaitable<void> Smdp::Change(
    std::function<void(ProfileBook&, Changes&)> change) {
  JournalRecord record;
  Journal::Ticket ticket = 0;
  {
    std::lock_guard lock(mutex_);
    change(book_, record.changes);
    if (!record.changes.profiles.empty() || !record.changes.notices.empty()) {
      ticket = journal_->Add(EncodeRecord(record));
    }
    for (const Notice& notice : record.changes.notices) {
      undelivered_[notice.id] = notice;
    }
  }
  co_await journal_->Durable(ticket);
  for (const Notice& notice : record.changes.notices) sink_(notice);
}

asio::awaitable<void> Smdp::MarkDelivered(std::string notice_id) {
  JournalRecord record;
  record.delivered.push_back(notice_id);
  Journal::Ticket ticket = 0;
  {
    std::lock_guard lock(mutex_);
    undelivered_.erase(notice_id);
    ticket = journal_->Add(EncodeRecord(record));
  }
  co_await journal_->Durable(ticket);
}

void Smdp::Look(const std::function<void(const ProfileBook&)>& look) const {
  std::lock_guard lock(mutex_);
  look(book_);
}

size_t Smdp::UndeliveredCount() const {
  std::lock_guard lock(mutex_);
  return undelivered_.size();
}

}  // namespace shiming::smdp_plus
