#include "services/terminal_session/core/enrollment.h"

#include "common/crypto/encoding.h"
#include "common/log/log.h"
#include "common/status/reason.h"
#include "common/status/status_macros.h"

namespace shiming::terminal_session {
namespace {

constexpr size_t kDigestBytes = 32;
constexpr size_t kMaxWhyBytes = 200;
// "<shop>/<device>" at most.
constexpr size_t kMaxSubjectIdCharacters = 2 * kMaxIdCharacters + 1;

absl::Status CheckKind(SubjectKind kind) {
  if (kind >= SubjectKind::SUBJECT_KIND_SHOP &&
      kind <= SubjectKind::SUBJECT_KIND_CLERK) {
    return absl::OkStatus();
  }
  return MakeError(Reason::INVALID_REQUEST, "no kind of subject",
                   {.field = "kind"});
}

void LogAct(std::string_view act, const SubjectRecord& record,
            const std::string& admin, const Mutation& mutation) {
  Log(Severity::kInfo, "admin act",
      {{"act", act},
       {"subject", record.subject_id},
       {"admin", admin},
       {"digest", crypto::ToHex(record.digest)},
       {"trace_id", mutation.trace_id}});
}

}  // namespace

Enrollment::Result<SubjectView> Enrollment::Propose(
    Mutation mutation, std::string admin,
    terminal::v1::ProposalContent content) {
  CO_ASSIGN_OR_RETURN(const CheckedProposal proposal,
                      CheckProposal(content, deps_.credentials));
  CO_ASSIGN_OR_RETURN(SubjectRecord record,
                      co_await deps_.store.Propose(mutation, admin, proposal));
  deps_.after_commit.event();
  LogAct("propose", record, admin, mutation);
  co_return co_await WithLock(std::move(record), mutation.now);
}

Enrollment::Result<SubjectView> Enrollment::Approve(Mutation mutation,
                                                    std::string admin,
                                                    std::string digest_hex) {
  const absl::StatusOr<std::string> digest = crypto::FromHex(digest_hex);
  if (!digest.ok() || digest->size() != kDigestBytes) {
    co_return MakeError(Reason::INVALID_REQUEST, "no SHA-256 in hex",
                        {.field = "digest"});
  }
  CO_ASSIGN_OR_RETURN(SubjectRecord record,
                      co_await deps_.store.Approve(mutation, admin, *digest));
  deps_.after_commit.end();
  LogAct("approve", record, admin, mutation);
  co_return co_await WithLock(std::move(record), mutation.now);
}

Enrollment::Result<SubjectView> Enrollment::Revoke(Mutation mutation,
                                                   std::string admin,
                                                   SubjectKind kind,
                                                   std::string subject_id,
                                                   std::string why) {
  CO_RETURN_IF_ERROR(CheckKind(kind));
  if (subject_id.empty()) {
    co_return MakeError(Reason::FIELD_REQUIRED, "subject_id is missing",
                        {.field = "subject_id"});
  }
  if (subject_id.size() > kMaxSubjectIdCharacters) {
    co_return MakeError(Reason::FIELD_TOO_LONG, "subject_id is too long",
                        {.field = "subject_id"});
  }
  if (why.size() > kMaxWhyBytes) {
    co_return MakeError(Reason::FIELD_TOO_LONG, "why is too long",
                        {.field = "why"});
  }
  CO_ASSIGN_OR_RETURN(
      SubjectRecord record,
      co_await deps_.store.Revoke(mutation, admin, kind, subject_id, why));
  deps_.after_commit.end();
  LogAct("revoke", record, admin, mutation);
  co_return co_await WithLock(std::move(record), mutation.now);
}

Enrollment::Result<SubjectPage> Enrollment::List(SubjectKind kind,
                                                 int32_t page_size,
                                                 std::string page_token,
                                                 absl::Time now) {
  CO_RETURN_IF_ERROR(CheckKind(kind));
  CO_ASSIGN_OR_RETURN(const int limit, PageSize(page_size));
  CO_ASSIGN_OR_RETURN(const ListPosition after,
                      deps_.page_tokens.Parse(kind, page_token));
  // One more than asked shows whether there is a next page.
  CO_ASSIGN_OR_RETURN(std::vector<SubjectRecord> records,
                      co_await deps_.store.List(kind, after, limit + 1));
  SubjectPage page;
  if (static_cast<int>(records.size()) > limit) {
    records.resize(static_cast<size_t>(limit));
    page.next_page_token = deps_.page_tokens.Make(
        kind, {records.back().subject_id, records.back().number});
  }
  CO_ASSIGN_OR_RETURN(page.subjects,
                      co_await WithLocks(std::move(records), now));
  co_return page;
}

Enrollment::Result<std::vector<terminal::v1::Shop>> Enrollment::ListShops() {
  co_return co_await deps_.store.ListShops();
}

Enrollment::Result<std::vector<SubjectView>> Enrollment::WithLocks(
    std::vector<SubjectRecord> records, absl::Time now) {
  std::vector<std::string> clerk_ids;
  for (const SubjectRecord& record : records) {
    if (record.kind == SubjectKind::SUBJECT_KIND_CLERK) {
      clerk_ids.push_back(record.subject_id);
    }
  }
  std::vector<std::optional<absl::Time>> locks;
  if (!clerk_ids.empty()) {
    CO_ASSIGN_OR_RETURN(locks, co_await deps_.store.LockedUntil(clerk_ids));
  }
  std::vector<SubjectView> views;
  size_t clerk = 0;
  for (SubjectRecord& record : records) {
    SubjectView& view = views.emplace_back();
    view.record = std::move(record);
    if (view.record.kind != SubjectKind::SUBJECT_KIND_CLERK) continue;
    const std::optional<absl::Time> lock = locks[clerk++];
    if (lock.has_value() && now < *lock) view.locked_until = lock;
  }
  co_return views;
}

Enrollment::Result<SubjectView> Enrollment::WithLock(SubjectRecord record,
                                                     absl::Time now) {
  std::vector<SubjectRecord> records;
  records.push_back(std::move(record));
  CO_ASSIGN_OR_RETURN(std::vector<SubjectView> views,
                      co_await WithLocks(std::move(records), now));
  co_return std::move(views.front());
}

}  // namespace shiming::terminal_session
