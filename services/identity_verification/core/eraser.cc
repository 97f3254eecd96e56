#include "services/identity_verification/core/eraser.h"

#include <optional>
#include <utility>
#include <vector>

#include "common/log/log.h"
#include "common/status/reason.h"
#include "common/status/status_macros.h"
#include "common/time/date.h"
#include "common/time/proto_time.h"
#include "services/identity_verification/core/erasure_form.h"
#include "services/identity_verification/core/identity_events.h"

namespace shiming::identity_verification {
namespace {

using boost::asio::awaitable;
namespace v1 = identity::v1;

// Tasks that one page holds, as the proto promises.
constexpr int kTaskPage = 100;

// The day at whose end a backup that was made until `erased` is gone.
std::string LastBackupDay(absl::Time erased, int days) {
  return Date::Of(erased).PlusDays(days).ToIso();
}

}  // namespace

awaitable<absl::StatusOr<v1::ListErasureTasksResponse>> Eraser::ListTasks(
    v1::ListErasureTasksRequest request) {
  CO_ASSIGN_OR_RETURN(
      const std::vector<ErasureRecord> records,
      co_await deps_.store.ListTasks(request.after(), kTaskPage));
  v1::ListErasureTasksResponse response;
  for (const ErasureRecord& record : records) {
    v1::ErasureTask& task = *response.add_tasks();
    task.set_task_number(record.task_number);
    task.set_person_id(record.content.person_id());
    // By the time of the approval, so that a repeat judges alike.
    *task.mutable_kept_since() = ToProto(
        record.approve_time.value_or(deps_.clock.Now()) - rules_.retention);
  }
  co_return response;
}

awaitable<absl::Status> Eraser::Report(v1::ReportErasureTaskRequest request) {
  CO_RETURN_IF_ERROR(CheckForm(request));
  CO_ASSIGN_OR_RETURN(std::optional<ErasureRecord> found,
                      co_await deps_.store.FindTask(request.task_number()));
  if (!found.has_value()) {
    co_return MakeError(Reason::NOT_FOUND, "no such task");
  }
  ErasureRecord record = *std::move(found);
  if (record.state == v1::ERASURE_STATE_APPROVED) {
    if (!request.refused_reason().empty()) {
      co_return co_await Refuse(record, request);
    }
    const std::vector<ledger::v1::EventId> last_events(
        request.last_events().begin(), request.last_events().end());
    CO_ASSIGN_OR_RETURN(record, co_await deps_.store.BeginDestroying(
                                    record.content.person_id(),
                                    record.task_number, last_events));
  } else if (!request.refused_reason().empty()) {
    // An older copy of profile_order's database, or another instance of it.
    if (record.state != v1::ERASURE_STATE_REFUSED) {
      Log(Severity::kError, "an erasure that has passed is reported as refused",
          {{"person_id", record.content.person_id()},
           {"reason", request.refused_reason()}});
    }
  } else if (record.state == v1::ERASURE_STATE_REFUSED) {
    Log(Severity::kError, "orders were erased although the erasure was refused",
        {{"person_id", record.content.person_id()},
         {"reason", record.refused_reason}});
  }
  if (record.state != v1::ERASURE_STATE_DESTROYING) co_return absl::OkStatus();
  co_return co_await Finish(std::move(record));
}

awaitable<absl::Status> Eraser::Refuse(
    const ErasureRecord& record, const v1::ReportErasureTaskRequest& request) {
  std::optional<absl::Time> retain_until;
  if (request.has_newest_end_time()) {
    retain_until = FromProto(request.newest_end_time()) + rules_.retention;
  }
  CO_ASSIGN_OR_RETURN(const ErasureRecord now,
                      co_await deps_.store.Refuse(
                          record.content.person_id(), record.task_number,
                          request.refused_reason(), retain_until));
  if (now.state == v1::ERASURE_STATE_REFUSED) {
    deps_.metrics.Count(now.refused_reason);
    Log(Severity::kWarning, "erasure refused",
        {{"person_id", record.content.person_id()},
         {"reason", now.refused_reason}});
  }
  co_await ShowUnderWay();
  co_return absl::OkStatus();
}

awaitable<absl::Status> Eraser::Finish(ErasureRecord record) {
  const std::string person_id = record.content.person_id();
  CO_RETURN_IF_ERROR(co_await deps_.keys.Destroy(person_id));
  CO_RETURN_IF_ERROR(co_await deps_.keys.Scrub());
  ErasureEnd end;
  end.erase_time = deps_.clock.Now();
  end.last_backup_day = LastBackupDay(end.erase_time, rules_.key_backup_days);
  end.event = PersonErased(record, end.last_backup_day);
  CO_ASSIGN_OR_RETURN(const ErasureRecord now,
                      co_await deps_.store.Finish(person_id, end));
  deps_.metrics.Count("ERASED");
  Log(Severity::kInfo, "person erased",
      {{"person_id", person_id}, {"last_backup_day", now.last_backup_day}});
  co_await ShowUnderWay();
  co_return absl::OkStatus();
}

awaitable<absl::StatusOr<int64_t>> Eraser::DestroyAgain() {
  int64_t came_back = 0;
  int64_t after = 0;
  for (;;) {
    CO_ASSIGN_OR_RETURN(const std::vector<ErasureRecord> records,
                        co_await deps_.store.ListTasks(after, kTaskPage));
    if (records.empty()) break;
    for (const ErasureRecord& record : records) {
      after = record.task_number;
      if (record.state != v1::ERASURE_STATE_ERASED) continue;
      const std::string person_id = record.content.person_id();
      CO_ASSIGN_OR_RETURN(const std::optional<std::string> key,
                          co_await deps_.keys.Find(person_id));
      if (!key.has_value()) continue;
      Log(Severity::kError,
          "the key store is an older copy: an erased person's key was in it "
          "and is destroyed again",
          {{"person_id", person_id}});
      CO_RETURN_IF_ERROR(co_await deps_.keys.Destroy(person_id));
      deps_.metrics.CountCameBack();
      came_back += 1;
    }
  }
  if (came_back > 0) {
    CO_RETURN_IF_ERROR(co_await deps_.keys.Scrub());
  }
  co_return came_back;
}

awaitable<absl::Status> Eraser::FinishAll() {
  int64_t after = 0;
  for (;;) {
    CO_ASSIGN_OR_RETURN(const std::vector<ErasureRecord> records,
                        co_await deps_.store.ListTasks(after, kTaskPage));
    if (records.empty()) break;
    for (const ErasureRecord& record : records) {
      after = record.task_number;
      if (record.state != v1::ERASURE_STATE_DESTROYING) continue;
      CO_RETURN_IF_ERROR(co_await Finish(record));
    }
  }
  co_await ShowUnderWay();
  co_return absl::OkStatus();
}

awaitable<void> Eraser::ShowUnderWay() {
  const absl::StatusOr<int64_t> count = co_await deps_.store.CountUnderWay();
  if (count.ok()) deps_.metrics.SetUnderWay(*count);
}

}  // namespace shiming::identity_verification
