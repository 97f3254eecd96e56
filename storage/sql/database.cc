#include "storage/sql/database.h"

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/execution/outstanding_work.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/prefer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <future>
#include <string>

#include "absl/strings/str_cat.h"
#include "common/status/status_macros.h"

namespace shiming::sql {
namespace {

// True for well-formed UTF-8 (RFC 3629) without NUL byte.
bool IsStorableText(std::string_view text) {
  size_t i = 0;
  while (i < text.size()) {
    auto lead = static_cast<unsigned char>(text[i]);
    if (lead == 0) return false;
    if (lead < 0x80) {
      ++i;
      continue;
    }
    size_t more = lead >= 0xF0 ? 3 : lead >= 0xE0 ? 2 : 1;
    if (lead < 0xC2 || lead > 0xF4 || i + more >= text.size()) return false;
    for (size_t k = 1; k <= more; ++k) {
      auto c = static_cast<unsigned char>(text[i + k]);
      unsigned char low = 0x80;
      unsigned char high = 0xBF;
      if (k == 1 && lead == 0xE0) low = 0xA0;
      if (k == 1 && lead == 0xED) high = 0x9F;  // no surrogates
      if (k == 1 && lead == 0xF0) low = 0x90;
      if (k == 1 && lead == 0xF4) high = 0x8F;  // up to U+10FFFF
      if (c < low || c > high) return false;
    }
    i += more + 1;
  }
  return true;
}

// Awaits `start(done)`: resumes the coroutine on its own executor, on
// whichever thread `done` is called.
asio::awaitable<absl::Status> AwaitDone(std::function<void(Done)> start) {
  return asio::async_initiate<const asio::use_awaitable_t<>,
                              void(absl::Status)>(
      [](auto handler, std::function<void(Done)> start_now) {
        auto executor = asio::prefer(asio::get_associated_executor(handler),
                                     asio::execution::outstanding_work.tracked);
        // Shared, since Done is copyable and a handler is not.
        auto waiting = std::make_shared<decltype(handler)>(std::move(handler));
        start_now([waiting, executor](absl::Status status) {
          asio::post(executor, [waiting, status = std::move(status)]() mutable {
            std::move (*waiting)(std::move(status));
          });
        });
      },
      asio::use_awaitable, std::move(start));
}

absl::Status BlockOn(const std::function<void(Done)>& start) {
  auto promise = std::make_shared<std::promise<absl::Status>>();
  std::future<absl::Status> future = promise->get_future();
  start([promise](absl::Status status) {
    promise->set_value(std::move(status));
  });
  return future.get();
}

}  // namespace

absl::StatusOr<std::optional<Row>> Snapshot::QueryAtMostOne(
    std::string_view sql, Params params) {
  ASSIGN_OR_RETURN(Rows rows, Query(sql, std::move(params)));
  if (rows.empty()) return std::optional<Row>();
  if (rows.size() > 1) {
    return MakeSqlError(SqlError::kStatement,
                        absl::StrCat("more than one row: ", std::string(sql)));
  }
  return std::optional<Row>(std::move(rows[0]));
}

absl::StatusOr<int64_t> Transaction::InsertIgnore(std::string_view insert,
                                                  Params params) {
  return Execute(dialect().InsertIgnore(insert), std::move(params));
}

absl::Status Transaction::ExecuteOne(std::string_view sql, Params params,
                                     Reason if_not_one) {
  ASSIGN_OR_RETURN(int64_t affected, Execute(sql, std::move(params)));
  if (affected == 1) return absl::OkStatus();
  return MakeError(if_not_one, absl::StrCat(affected, " rows affected, not 1"));
}

asio::awaitable<absl::Status> Database::Write(WriteFn fn) {
  return AwaitDone([this, fn = std::move(fn)](Done done) mutable {
    StartWrite(std::move(fn), std::move(done));
  });
}

asio::awaitable<absl::Status> Database::Read(ReadFn fn) {
  return AwaitDone([this, fn = std::move(fn)](Done done) mutable {
    StartRead(std::move(fn), std::move(done));
  });
}

asio::awaitable<absl::Status> Database::ScrubDeleted() {
  return AwaitDone([this](Done done) { StartScrub(std::move(done)); });
}

absl::Status Database::WriteBlocking(WriteFn fn) {
  return BlockOn(
      [&](Done done) { StartWrite(std::move(fn), std::move(done)); });
}

absl::Status Database::ReadBlocking(ReadFn fn) {
  return BlockOn([&](Done done) { StartRead(std::move(fn), std::move(done)); });
}

absl::Status Database::ScrubDeletedBlocking() {
  return BlockOn([&](Done done) { StartScrub(std::move(done)); });
}

absl::Status CheckParams(const Params& params) {
  for (const Value& value : params) {
    if (value.type() != Type::kText || value.is_null()) continue;
    const std::string& text = value.string_value();
    if (text.empty()) {
      return MakeError(Reason::INVALID_REQUEST,
                       "empty TEXT: bind NULL instead");
    }
    if (!IsStorableText(text)) {
      return MakeError(Reason::INVALID_REQUEST,
                       "TEXT is no UTF-8 or holds NUL");
    }
  }
  return absl::OkStatus();
}

}  // namespace shiming::sql
